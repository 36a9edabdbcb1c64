//! The functions that add a host's implementations to a linker.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::Function;

use crate::emit::functions::{Group, MOST_TUPLE_PARAMETERS, Returns, parameter_names};
use crate::emit::generator::{Generator, Place};
use crate::emit::hosts::Hosts;
use crate::emit::modules::{ModuleId, Modules};
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::options::fields::StoreMode;

/// The modules that have an `add_to_linker`, for the one of the world.
#[derive(Debug, Default)]
pub(crate) struct Links {
    modules: Vec<ModuleId>,
    /// Those that also have an `add_views_to_linker`.
    views: Vec<ModuleId>,
}

/// The names in the body of an `add_to_linker` that are not from the WIT.
struct Locals {
    host: Ident,
    linker: Ident,
    find: Ident,
    interface: Ident,
}

impl<'w> Generator<'w> {
    /// Adds the function that adds all items of a place to a linker.
    pub(crate) fn link(
        &mut self,
        place: &Place<'w>,
        groups: &[Group<'w>],
        hosts: &Hosts,
        links: &mut Links,
    ) {
        let here = place.module;
        let scope = self.modules.scope(here);
        let mut values = Scope::default();
        let locals = Locals {
            host: scope.clone().claim_type("h"),
            linker: values.claim_value("linker"),
            find: values.claim_value("find"),
            interface: values.claim_value("interface"),
        };
        let inner: Vec<_> = if here == Modules::ROOT {
            let name = Ident::new("add_to_linker", proc_macro2::Span::call_site());
            links.modules.iter().map(|module| self.modules.path(here, *module, &name)).collect()
        } else {
            Vec::new()
        };
        let items = self.items(place, groups, hosts, Some(&locals.host), &locals.interface);
        if items.is_empty() && inner.is_empty() {
            return;
        }
        let is_view = self.rules.options.views && self.can_be_view(place, groups);
        let inner_views = if here == Modules::ROOT { links.views.clone() } else { Vec::new() };
        // A view of a world is a view of all its interfaces.
        if is_view && inner_views.len() == inner.len() {
            self.references_to_hosts(place, groups, hosts);
            let items = self.items(place, groups, hosts, None, &locals.interface);
            let adding = self.adding_views(place, hosts.host.as_ref(), &inner_views, &items);
            self.modules.add(here, adding);
            links.views.push(here);
        }
        links.modules.push(here);
        let bounds = match &hosts.host {
            Some(host) => quote!(#host + 'static),
            None => quote!('static),
        };
        let function = self.adding(place, &locals, &bounds, &inner, &items);
        self.modules.add(here, function);
    }

    /// Returns `add_to_linker`.
    fn adding(
        &mut self,
        place: &Place<'w>,
        locals: &Locals,
        bounds: &TokenStream,
        inner: &[TokenStream],
        items: &[TokenStream],
    ) -> TokenStream {
        let here = place.module;
        let Locals { host, linker, find, interface } = locals;
        let mut scope = self.modules.scope(here);
        let (engine, data) = (scope.claim_type("e"), scope.claim_type("t"));
        let core_engine = self.modules.binding(here, "CoreEngine");
        let linker_type = self.modules.binding(here, "Linker");
        let function = self.modules.prelude(here, "Fn", &quote!(ops));
        let clone = self.modules.prelude(here, "Clone", &quote!(clone));
        let send = self.modules.prelude(here, "Send", &quote!(marker));
        let sync = self.modules.prelude(here, "Sync", &quote!(marker));
        let name = self.interface_name(place);
        let last = inner.len().saturating_sub(usize::from(items.is_empty()));
        let inner = inner.iter().enumerate().map(|(number, add)| {
            let clone = (number < last).then(|| quote!(.clone()));
            quote!(#add(#linker, #find #clone);)
        });
        let inner: Vec<_> = inner.collect();
        let items = (!items.is_empty()).then(|| {
            let interface_type = self.modules.binding(here, "Interface");
            quote! {
                let mut #interface = #interface_type::new(#linker, #name, #find);
                #(#items)*
            }
        });
        let title = format!(" Adds {} to a linker.", place.title);
        let visibility = self.visibility(here);
        quote! {
            #[doc = #title]
            ///
            /// `find` returns the host in the data of a store.
            #visibility fn add_to_linker<
                #engine: #core_engine,
                #data: 'static,
                #host: #bounds,
            >(
                #linker: &mut #linker_type<#engine, #data>,
                #find: impl #function(&mut #data) -> &mut #host + #clone + #send + #sync + 'static,
            ) {
                #(#inner)*
                #items
            }
        }
    }

    /// Returns the name of an interface as an `Option`: `None` for the world.
    pub(crate) fn interface_name(&mut self, place: &Place<'w>) -> TokenStream {
        let here = place.module;
        match &place.interface {
            Some(name) => {
                let some = self.modules.prelude(here, "Some", &quote!(option::Option));
                quote!(#some(#name))
            }
            None => self.modules.prelude(here, "None", &quote!(option::Option)),
        }
    }

    /// Returns the lines that add resources and functions.
    fn items(
        &mut self,
        place: &Place<'w>,
        groups: &[Group<'w>],
        hosts: &Hosts,
        host: Option<&Ident>,
        interface: &Ident,
    ) -> Vec<TokenStream> {
        let here = place.module;
        let methods = Methods::new(host, groups, here == Modules::ROOT);
        let mut items = Vec::new();
        for (number, group) in groups.iter().enumerate() {
            let Some((wit, id)) = group.owner else { continue };
            let Some(resource) = self.path(id, here) else { continue };
            let drop = hosts.drops.get(number).and_then(Option::as_ref);
            let owner = hosts.groups.get(number).and_then(Option::as_ref);
            items.push(match (drop, owner) {
                (Some(drop), Some(owner)) => {
                    let method = methods.path(owner, &drop.name);
                    let method = match host {
                        Some(_) if drop.traps => method,
                        _ if drop.traps => quote!(|host, it| #method(host, it)),
                        _ => {
                            let ok = self.modules.prelude(here, "Ok", &quote!(result::Result));
                            quote!(|host, it| #ok(#method(host, it)))
                        }
                    };
                    quote!(#interface.resource_with_drop::<#resource>(#wit, #method);)
                }
                _ => quote!(#interface.resource::<#resource>(#wit);),
            });
        }
        for (number, group) in groups.iter().enumerate() {
            let Some(owner) = hosts.groups.get(number).and_then(Option::as_ref) else { continue };
            for (function, name) in &group.functions {
                let method = methods.path(owner, name);
                items.push(self.item(place, function, name, &method, interface));
            }
        }
        items
    }

    /// Returns the line that adds a function, which `method` implements.
    fn item(
        &mut self,
        place: &Place<'w>,
        function: &'w Function,
        name: &Ident,
        method: &TokenStream,
        interface: &Ident,
    ) -> TokenStream {
        let here = place.module;
        let mode = self.mode(place, function);
        let wit = &function.name;
        // Parameters must not hide the functions that the closure calls.
        let mut scope = Scope::default();
        scope.reserve("or_trap");
        let names = parameter_names(function, &mut scope);
        let parameters = match self.parameter_struct(place, function, name) {
            Some(parameters) => {
                let fields = parameter_names(function, &mut Scope::default());
                let parts = fields.iter().zip(&names).map(|(field, name)| {
                    if field == name { quote!(#field) } else { quote!(#field: #name) }
                });
                quote!(#parameters { #(#parts),* })
            }
            None if names.is_empty() => quote!(()),
            None => quote!((#(#names,)*)),
        };
        let (adds, receiver) = match mode.store {
            StoreMode::None => ("function", scope.claim_value("host")),
            StoreMode::Caller => ("caller_function", scope.claim_value("caller")),
            StoreMode::Async => ("async_function", scope.claim_value("access")),
        };
        let adds = Ident::new(adds, proc_macro2::Span::call_site());
        let call = quote!(#method(#receiver, #(#names),*));
        let awaits = (mode.store == StoreMode::Async).then(|| quote!(.await));
        let body = match mode.returns {
            Returns::Value => {
                let ok = self.modules.prelude(here, "Ok", &quote!(result::Result));
                quote!(#ok(#call #awaits))
            }
            Returns::ValueOrTrap => quote!(#call #awaits),
            Returns::OkOrError => {
                let or_trap = self.modules.binding(here, "or_trap");
                match self.error_type(function, here) {
                    Some(error) => quote!(#or_trap::<#error, _, _>(#call #awaits)),
                    None => quote!(#or_trap(#call #awaits)),
                }
            }
        };
        let body = match mode.store {
            StoreMode::Async if mode.returns == Returns::ValueOrTrap => call,
            StoreMode::Async => quote!(async move { #body }),
            _ => body,
        };
        let traced = mode.is_traced.then(|| quote!(.traced()));
        quote!(#interface #traced.#adds(#wit, |#receiver, #parameters| #body);)
    }

    /// Returns the `struct` for the parameters of a function with more parameters than a tuple can
    /// have.
    pub(crate) fn parameter_struct(
        &mut self,
        place: &Place<'w>,
        function: &'w Function,
        name: &Ident,
    ) -> Option<TokenStream> {
        if function.params.len() <= MOST_TUPLE_PARAMETERS {
            return None;
        }
        let key = (place.module, function.name.clone());
        if let Some(name) = self.parameter_structs.get(&key) {
            return Some(quote!(#name));
        }
        let owner = function.kind.resource().and_then(|id| self.resolve().types.get(id));
        let owner = owner.and_then(|owner| owner.name.as_deref()).unwrap_or_default();
        let here = place.module;
        let ident = self.modules.claim_type(here, &format!("{owner}-{name}-params"))?;
        let fields = parameter_names(function, &mut Scope::default());
        let mut types = Vec::new();
        for parameter in &function.params {
            types.push(self.value(function, parameter.ty, here, Lifetime::Named));
        }
        let facts = self.known.of_all(function.params.iter().map(|it| it.ty));
        let derive = self.derive(here, facts, &self.rules.type_(None, ""), &["tuple"]);
        let lifetime = facts.borrows.then(|| quote!(<'a>));
        let title = format!(" The parameters of `{}`.", function.name);
        let visibility = self.visibility(here);
        self.modules.add(
            here,
            quote! {
                #[doc = #title]
                #derive
                #visibility struct #ident #lifetime { #(pub #fields: #types),* }
            },
        );
        self.parameter_structs.insert(key, ident.clone());
        Some(quote!(#ident))
    }
}

/// The methods of a host, with the traits that have them.
struct Methods<'a> {
    /// The generic parameter for the host; `None` for a view, whose type the compiler infers.
    host: Option<&'a Ident>,
    /// The names that several of its traits have.
    shared: HashSet<String>,
    /// `true` if these are the world's methods: traits of interfaces also have names.
    world: bool,
}

impl<'a> Methods<'a> {
    fn new(host: Option<&'a Ident>, groups: &[Group<'_>], world: bool) -> Self {
        let (mut seen, mut shared) = (HashSet::new(), HashSet::new());
        for group in groups {
            let drop = group.owner.is_some().then(|| group.scope.clone().claim_value("drop"));
            for name in group.functions.iter().map(|(_, name)| name).chain(&drop) {
                let name = name.to_string();
                if !seen.insert(name.clone()) {
                    shared.insert(name);
                }
            }
        }
        Self { host, shared, world }
    }

    /// Returns the path of a method: `H::name` if only one trait of the host has a method of this
    /// name.
    fn path(&self, owner: &Ident, method: &Ident) -> TokenStream {
        let Some(host) = self.host else { return quote!(#owner::#method) };
        if self.world || self.shared.contains(&method.to_string()) {
            quote!(<#host as #owner>::#method)
        } else {
            quote!(#host::#method)
        }
    }
}
