//! Host traits, and the types that stand for functions.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use wit_parser::{Docs, Function, FunctionKind, Type, TypeDefKind, TypeId};

use super::emit::{Direction, Generator, Place};
use super::facts::cannot;
use super::modules::{Key, ModuleId, Modules};
use super::names::Scope;
use super::types::{Lifetime, UNANNOTATED};

impl<'w> Generator<'w> {
    /// Adds what a module says of its functions: for imports the traits that a host implements,
    /// for all the types that stand for them. `hosts` collects the traits for the world's own.
    pub(super) fn functions(&mut self, place: &Place<'w>, hosts: &mut Vec<(ModuleId, Ident)>) {
        let resources = place.types.iter().filter(|(_, id)| {
            let definition = self.resolve().types.get(*id);
            definition.is_some_and(|definition| definition.kind == TypeDefKind::Resource)
        });
        let free = Group::new(place, None);
        let groups: Vec<_> =
            resources.map(|(name, id)| Group::new(place, Some((name, *id)))).collect();
        let known = |id: TypeId| groups.iter().any(|group| group.resource() == Some(id));
        for function in &place.functions {
            if function.kind.resource().is_some_and(|id| !known(id)) {
                self.refuse(cannot("a method of a resource from elsewhere"), function.span);
            }
        }
        if place.direction == Direction::Import {
            self.hosts(place, &free, &groups, hosts);
        }
        if place.functions.is_empty() {
            return;
        }
        let title = format!("The functions of {}, as types.", place.title);
        let docs = self.docs(&Docs::default(), &title, place.span, &UNANNOTATED);
        let module = self.modules.child(place.module, Key::Functions, "functions", || docs);
        for group in groups.iter().chain([&free]) {
            for (function, name) in &group.functions {
                self.marker(function, group.owner, name, place.direction, module);
            }
        }
    }

    /// The trait of an interface, and one for each of its resources.
    fn hosts(
        &mut self,
        place: &Place<'w>,
        free: &Group<'w>,
        groups: &[Group<'w>],
        hosts: &mut Vec<(ModuleId, Ident)>,
    ) {
        let world = place.module == Modules::ROOT;
        let joins = world && !hosts.is_empty();
        if !joins && place.functions.is_empty() && groups.is_empty() {
            return;
        }
        let Some(name) = self.modules.claim_type(place.module, "host") else { return };
        let mut above = Vec::new();
        if world {
            for (module, host) in hosts.iter() {
                above.push(self.modules.path(place.module, *module, host));
            }
        }
        for group in groups {
            let host = self.resource_host(place, group);
            above.extend(host.map(|host| quote!(#host)));
        }
        let methods = self.methods(free, place.module);
        // A bound a line: there can be dozens.
        let above = (!above.is_empty()).then(|| quote!(where #(Self: #above),*));
        let title = format!("What a host gives to a guest for {}.", place.title);
        let docs = self.docs(&Docs::default(), &title, place.span, &UNANNOTATED);
        self.modules.add(place.module, quote!(#docs pub trait #name #above { #methods }));
        hosts.push((place.module, name));
    }

    /// The trait of a resource.
    fn resource_host(&mut self, place: &Place<'w>, group: &Group<'w>) -> Option<Ident> {
        let (wit, id) = group.owner?;
        let definition = self.resolve().types.get(id)?;
        let (_, resource) = self.names.get(&id).cloned()?;
        let name = self.modules.claim_type(place.module, &format!("host-{wit}"))?;
        let methods = self.methods(group, place.module);
        let drop = group.scope.clone().claim_value("drop");
        let title = format!("What a host does for the resource `{wit}`.");
        let docs = self.docs(&Docs::default(), &title, definition.span, &UNANNOTATED);
        self.modules.add(
            place.module,
            quote! {
                #docs
                pub trait #name {
                    #methods
                    /// The guest, or whoever owned it, is done with `self_`.
                    fn #drop(&mut self, self_: ::weft::binding::Own<#resource>);
                }
            },
        );
        Some(name)
    }

    /// The methods of one trait.
    fn methods(&mut self, group: &Group<'w>, module: ModuleId) -> TokenStream {
        let mut methods = Vec::new();
        for (function, name) in &group.functions {
            let title = format!("The function `{}`.", function.name);
            let docs = self.docs(&function.docs, &title, function.span, &function.stability);
            let mut scope = Scope::default();
            let mut parameters = Vec::new();
            for parameter in &function.params {
                let name = scope.claim_value(&parameter.name);
                let ty = self.value(function, parameter.ty, module, Lifetime::Elided);
                parameters.push(quote!(#name: #ty));
            }
            let result =
                function.result.map(|ty| self.value(function, ty, module, Lifetime::Elided));
            let result = if function.kind.is_async() {
                let output = result.unwrap_or_else(|| quote!(()));
                quote! {
                    -> impl ::core::future::Future<Output = #output>
                        + ::core::marker::Send + 'static
                }
            } else {
                result.map(|ty| quote!(-> #ty)).unwrap_or_default()
            };
            methods.push(quote!(#docs fn #name(&mut self, #(#parameters),*) #result;));
        }
        quote!(#(#methods)*)
    }

    /// The type that stands for a function, which is called `method` in its trait.
    fn marker(
        &mut self,
        function: &'w Function,
        owner: Option<(&str, TypeId)>,
        method: &Ident,
        direction: Direction,
        module: ModuleId,
    ) {
        let method = method.unraw();
        let name = match owner {
            Some((owner, _)) => self.modules.claim_type(module, &format!("{owner}-{method}")),
            None => self.modules.claim_type(module, &method.to_string()),
        };
        let title = format!("The function `{}`.", function.name);
        let none = Docs::default();
        // An import's documentation is at the method that a host implements.
        let (docs, stability) = match direction {
            Direction::Import => (&none, &UNANNOTATED),
            Direction::Export => (&function.docs, &function.stability),
        };
        let docs = self.docs(docs, &title, function.span, stability);
        let parameters: Vec<_> = function
            .params
            .iter()
            .map(|parameter| self.value(function, parameter.ty, module, Lifetime::Named))
            .collect();
        let result = match function.result {
            Some(ty) if self.known.of(ty).borrows => {
                self.refuse(cannot("a borrow in a result"), function.span);
                quote!(())
            }
            Some(ty) => self.value(function, ty, module, Lifetime::Named),
            None => quote!(()),
        };
        let full = &function.name;
        let is_async = function.kind.is_async();
        self.modules.add(
            module,
            quote! {
                #docs
                #[derive(Clone, Copy, Debug)]
                pub struct #name;
                impl ::weft::binding::Function for #name {
                    const INTERFACE: ::core::option::Option<&'static str> = super::INTERFACE;
                    const NAME: &'static str = #full;
                    const ASYNC: bool = #is_async;
                    type Params<'a> = (#(#parameters,)*);
                    type Result = #result;
                }
            },
        );
    }

    /// The type of a parameter or result.
    fn value(
        &mut self,
        function: &Function,
        ty: Type,
        module: ModuleId,
        lifetime: Lifetime,
    ) -> TokenStream {
        let reference = self.reference(ty, module, lifetime);
        self.or_refuse(reference, function.span)
    }
}

/// The functions of one trait and what they are called in it: those of a resource, or all that
/// belong to none.
struct Group<'w> {
    /// The resource's name and type.
    owner: Option<(&'w str, TypeId)>,
    functions: Vec<(&'w Function, Ident)>,
    /// The names that are taken.
    scope: Scope,
}

impl<'w> Group<'w> {
    /// The functions of `owner` in `place`. Names that the WIT gives come before those that are
    /// made here.
    fn new(place: &Place<'w>, owner: Option<(&'w str, TypeId)>) -> Self {
        let mut scope = Scope::default();
        let of_owner = |f: &&&'w Function| f.kind.resource() == owner.map(|(_, id)| id);
        let functions = place.functions.iter().filter(of_owner).copied();
        let given: Vec<_> = functions
            .map(|f| (f, (!is_named_here(f)).then(|| scope.claim_value(method_name(f)))))
            .collect();
        let functions = given
            .into_iter()
            .map(|(f, name)| (f, name.unwrap_or_else(|| scope.claim_value(&made_name(f)))))
            .collect();
        Self { owner, functions, scope }
    }

    fn resource(&self) -> Option<TypeId> {
        self.owner.map(|(_, id)| id)
    }
}

/// Whether the WIT leaves a function's name to us.
fn is_named_here(function: &Function) -> bool {
    matches!(
        function.kind,
        FunctionKind::Constructor(_)
            | FunctionKind::Setter
            | FunctionKind::MethodSetter(_)
            | FunctionKind::StaticSetter(_)
    )
}

/// The name of a function that the WIT leaves to us.
fn made_name(function: &Function) -> String {
    match function.kind {
        FunctionKind::Constructor(_) => "new".to_owned(),
        _ => format!("set-{}", method_name(function)),
    }
}

/// A function's name without its kind and resource: `stat` of `[method]descriptor.stat`.
fn method_name(function: &Function) -> &str {
    let name = function.name.rsplit(']').next().unwrap_or(&function.name);
    name.rsplit('.').next().unwrap_or(name)
}
