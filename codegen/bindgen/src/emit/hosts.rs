//! The traits that a host implements: one for an interface, and one for each of its resources.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Function, TypeId};

use crate::emit::functions::{Group, Mode, Returns, parameter_names};
use crate::emit::generator::{Generator, Place, deprecated};
use crate::emit::modules::{ModuleId, Modules};
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::options::fields::StoreMode;

/// The traits of a world's interfaces, which the trait of the world combines.
#[derive(Debug, Default)]
pub(crate) struct Above {
    pub(crate) hosts: Vec<(ModuleId, Ident)>,
}

/// The traits of a place.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    /// The trait of the place.
    pub(crate) host: Option<Ident>,
    /// The trait of each group of functions: those of the resources, and last that of the place.
    pub(crate) groups: Vec<Option<Ident>>,
    /// The methods that drop resources, for those that the store doesn't keep.
    pub(crate) drops: Vec<Option<DropMethod>>,
}

/// A method that is called when a resource is dropped.
#[derive(Clone, Debug)]
pub(crate) struct DropMethod {
    pub(crate) name: Ident,
    /// Set if it returns a `Result` whose error traps.
    pub(crate) traps: bool,
}

/// The bounds that the traits of a place have in common.
#[derive(Clone, Copy, Debug, Default)]
struct Needs {
    /// Set if a function gets the store, and therefore no `self`.
    store: bool,
}

impl<'w> Generator<'w> {
    /// Adds the traits of an imported interface, or of the world.
    pub(crate) fn hosts(
        &mut self,
        place: &Place<'w>,
        groups: &[Group<'w>],
        above: &mut Above,
    ) -> Hosts {
        let world = place.module == Modules::ROOT;
        let mut hosts = Hosts::default();
        let mut supers = Vec::new();
        if world {
            for (module, host) in &above.hosts {
                supers.push(self.modules.path(place.module, *module, host));
            }
        }
        let has_resources =
            groups.iter().any(|group| self.has_trait(group) && group.owner.is_some());
        let has_functions = groups.last().is_some_and(|free| !free.functions.is_empty());
        if !has_functions && !has_resources && supers.is_empty() {
            hosts.groups = groups.iter().map(|_| None).collect();
            hosts.drops = groups.iter().map(|_| None).collect();
            return hosts;
        }
        let Some(name) = self.modules.claim_type(place.module, "host") else { return hosts };
        let mut needs = Needs::default();
        for group in groups {
            let Some((wit, _)) = group.owner else {
                hosts.drops.push(None);
                continue;
            };
            if !self.has_trait(group) {
                hosts.groups.push(None);
                hosts.drops.push(None);
                continue;
            }
            let host = self.modules.claim_type(place.module, &format!("host-{wit}"));
            let drop = self.resource_host(place, group, host.as_ref(), &mut needs);
            supers.extend(host.as_ref().map(|host| quote!(#host)));
            hosts.groups.push(host);
            hosts.drops.push(drop);
        }
        hosts.groups.push(Some(name.clone()));
        if let Some(free) = groups.last() {
            self.host(place, free, &name, supers, needs);
        }
        above.hosts.push((place.module, name.clone()));
        hosts.host = Some(name);
        hosts
    }

    /// Returns `true` if a host implements a trait for a group of functions.
    fn has_trait(&self, group: &Group<'w>) -> bool {
        let is_kept = group.owner.is_some_and(|(_, id)| self.known.is_mapped(self.resolve(), id));
        !group.functions.is_empty() || (group.owner.is_some() && !is_kept)
    }

    /// Adds the trait of an interface or world.
    fn host(
        &mut self,
        place: &Place<'w>,
        free: &Group<'w>,
        name: &Ident,
        supers: Vec<TokenStream>,
        mut needs: Needs,
    ) {
        // Set if the trait of a resource needs the store; that trait then already has the bound.
        let asked = needs.store;
        let methods = self.methods(place, free, &mut needs);
        let visibility = self.visibility(place.module);
        let deprecated = deprecated(place.stability);
        let mut bounds = supers;
        if needs.store && !asked {
            bounds.push(self.host_bounds(place.module));
        }
        let colon = (!bounds.is_empty()).then(|| quote!(:));
        let title = format!(" The functions that a host implements for {}.", place.title);
        let joins = free.functions.is_empty();
        self.modules.add(
            place.module,
            quote!(#[doc = #title] #deprecated #visibility trait #name #colon #(#bounds)+* { #methods }),
        );
        if joins {
            // The trait has no functions of its own, so it is implemented for every such host.
            let generic = self.modules.scope(place.module).claim_type("h");
            self.modules
                .add(place.module, quote!(impl<#generic: #(#bounds)+*> #name for #generic {}));
        }
    }

    fn host_bounds(&mut self, here: ModuleId) -> TokenStream {
        let sized = self.modules.prelude(here, "Sized", &quote!(marker));
        quote!(#sized + 'static)
    }

    /// Adds the trait of a resource. Returns the method that is called when a resource is dropped.
    fn resource_host(
        &mut self,
        place: &Place<'w>,
        group: &Group<'w>,
        name: Option<&Ident>,
        needs: &mut Needs,
    ) -> Option<DropMethod> {
        let (wit, id) = group.owner?;
        let definition = self.resolve().types.get(id)?;
        let mut own_needs = Needs::default();
        let methods = self.methods(place, group, &mut own_needs);
        needs.store |= own_needs.store;
        let is_kept = self.known.is_mapped(self.resolve(), id);
        let dropped = if is_kept { None } else { Some(self.drop_method(place, group, wit, id)?) };
        let (drop, dropped) = dropped.unzip();
        let title = format!(" The functions that a host implements for the resource `{wit}`.");
        let deprecated = deprecated(&definition.stability);
        let visibility = self.visibility(place.module);
        let bounds = own_needs.store.then(|| self.host_bounds(place.module));
        let colon = bounds.is_some().then(|| quote!(:));
        self.modules.add(
            place.module,
            quote! {
                #[doc = #title]
                #deprecated
                #visibility trait #name #colon #bounds { #methods #dropped }
            },
        );
        drop
    }

    /// Returns the method that is called when a resource is dropped.
    fn drop_method(
        &mut self,
        place: &Place<'w>,
        group: &Group<'w>,
        wit: &str,
        id: TypeId,
    ) -> Option<(DropMethod, TokenStream)> {
        let here = place.module;
        let resource = self.path(id, here)?;
        let choice = self.rules.resource_drop(place.interface.as_deref(), wit);
        let name = group.scope.clone().claim_value("drop");
        let own = self.modules.binding(here, "OwnHandle");
        let traps = choice.traps.unwrap_or_default();
        let (arrow, body) = match (traps, choice.default) {
            (true, true) => {
                let err = self.modules.prelude(here, "Err", &quote!(result::Result));
                let function = format!("[resource-drop]{wit}");
                let error = self.not_implemented(place, &function);
                (self.or_host_error(here), quote!({ #err(#error) }))
            }
            (true, false) => (self.or_host_error(here), quote!(;)),
            (false, _) => (quote!(), quote!(;)),
        };
        let method = quote! {
            /// Drops a resource that its owner no longer needs.
            fn #name(&mut self, self_: #own<#resource>) #arrow #body
        };
        Some((DropMethod { name, traps }, method))
    }

    /// Returns the result of a drop that can trap.
    pub(crate) fn or_host_error(&mut self, here: ModuleId) -> TokenStream {
        let (result, error) = (self.result(here), self.modules.binding(here, "HostError"));
        quote!(-> #result<(), #error>)
    }

    /// Returns the methods of a trait.
    fn methods(&mut self, place: &Place<'w>, group: &Group<'w>, needs: &mut Needs) -> TokenStream {
        let mut methods = Vec::new();
        for (function, name) in &group.functions {
            let mode = self.mode(place, function);
            needs.store |= mode.store != StoreMode::None;
            methods.push(self.method(place, function, name, mode));
        }
        quote!(#(#methods)*)
    }

    /// Returns one method.
    fn method(
        &mut self,
        place: &Place<'w>,
        function: &'w Function,
        name: &Ident,
        mode: Mode,
    ) -> TokenStream {
        let here = place.module;
        let docs = self.docs(&function.docs, function.span, &function.stability);
        let lifetime = match mode.store {
            StoreMode::Async => Lifetime::Static,
            _ => Lifetime::Elided,
        };
        let mut scope = Scope::default();
        let names = parameter_names(function, &mut scope);
        let mut parameters = Vec::new();
        for (parameter, name) in function.params.iter().zip(&names) {
            let ty = self.value(function, parameter.ty, here, lifetime);
            parameters.push(quote!(#name: #ty));
        }
        let returned = self.returned(function, mode.returns, here, Lifetime::Static);
        let (receiver, arrow) = match mode.store {
            StoreMode::None if function.kind.is_async() && !self.rules.options.linker => {
                let future = self.future(here, &returned);
                (quote!(&mut self), quote!(-> #future + 'static))
            }
            StoreMode::None if mode.returns == Returns::Value && function.result.is_none() => {
                (quote!(&mut self), quote!())
            }
            StoreMode::None => (quote!(&mut self), quote!(-> #returned)),
            StoreMode::Caller => {
                let caller = scope.claim_value("caller");
                let host_caller = self.modules.binding(here, "HostCaller");
                (quote!(#caller: &mut impl #host_caller<Self>), quote!(-> #returned))
            }
            StoreMode::Async => {
                let access = scope.claim_value("access");
                let host_access = self.modules.binding(here, "HostAccess");
                let future = self.future(here, &returned);
                (quote!(#access: impl #host_access<Self>), quote!(-> #future))
            }
        };
        let body =
            if mode.has_default { self.default_body(place, function, mode) } else { quote!(;) };
        quote!(#docs fn #name(#receiver, #(#parameters),*) #arrow #body)
    }

    fn future(&mut self, here: ModuleId, output: &TokenStream) -> TokenStream {
        let future = self.modules.binding(here, "Future");
        let send = self.modules.prelude(here, "Send", &quote!(marker));
        quote!(impl #future<Output = #output> + #send)
    }

    /// Returns the default body of a function: it traps with the function's name.
    fn default_body(&mut self, place: &Place<'w>, function: &Function, mode: Mode) -> TokenStream {
        let err = self.modules.prelude(place.module, "Err", &quote!(result::Result));
        let error = self.not_implemented(place, &function.name);
        // A user's error type may have a conversion from the error that traps.
        let error = match mode.returns {
            Returns::Value | Returns::ValueOrTrap => quote!(#err(#error)),
            Returns::OkOrError => quote!(#err(#error.into())),
        };
        match mode.store {
            StoreMode::Async => quote!({ async { #error } }),
            _ => quote!({ #error }),
        }
    }

    /// Returns the error that reports an unimplemented function.
    fn not_implemented(&mut self, place: &Place<'w>, function: &str) -> TokenStream {
        let not_implemented = self.modules.binding(place.module, "not_implemented");
        let interface = self.interface_name(place);
        quote!(#not_implemented(#interface, #function))
    }
}
