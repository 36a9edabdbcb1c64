//! Host traits, and the types that stand for functions.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wit_parser::{Docs, Function, FunctionKind, Type, TypeDefKind, TypeId};

use super::emit::{Direction, Generator, Place};
use super::facts::cannot;
use super::modules::{Key, ModuleId, Modules};
use super::names::Scope;
use super::types::{Lifetime, UNANNOTATED, option};

impl<'w> Generator<'w> {
    /// Adds what a module says of its functions: for imports the traits that a host implements,
    /// for all the types that stand for them. `hosts` collects the traits for the world's own.
    pub(super) fn functions(&mut self, place: &Place<'w>, hosts: &mut Vec<(ModuleId, Ident)>) {
        if place.direction == Direction::Import {
            self.hosts(place, hosts);
        }
        if place.functions.is_empty() {
            return;
        }
        let title = format!("The functions of {}, as types.", place.docs);
        let module = self.modules.child(place.module, Key::Functions, "functions", || {
            super::docs::attributes(None, &title, None)
        });
        for function in &place.functions {
            self.marker(function, place, module);
        }
    }

    /// The trait of an interface, and one for each of its resources.
    fn hosts(&mut self, place: &Place<'w>, hosts: &mut Vec<(ModuleId, Ident)>) {
        let world = place.module == Modules::ROOT;
        let resources: Vec<(&str, TypeId)> = place
            .types
            .iter()
            .filter(|(_, id)| {
                let definition = self.resolve().types.get(*id);
                definition.is_some_and(|definition| definition.kind == TypeDefKind::Resource)
            })
            .copied()
            .collect();
        if place.functions.is_empty() && resources.is_empty() && !(world && !hosts.is_empty()) {
            return;
        }
        let Some(name) = self.modules.claim_type(place.module, "host") else { return };
        let mut above = Vec::new();
        if world {
            for (module, host) in hosts.iter() {
                above.push(self.modules.path(place.module, *module, host));
            }
        }
        for (wit, id) in resources {
            let host = self.resource_host(place, wit, id);
            above.extend(host.map(|host| quote!(#host)));
        }
        let functions: Vec<_> =
            place.functions.iter().filter(|f| f.kind.resource().is_none()).copied().collect();
        let methods = self.methods(&functions, place.module, &mut Scope::default());
        let above = (!above.is_empty()).then(|| quote!(: #(#above)+*));
        let title = format!("What a host gives to a guest for {}.", place.docs);
        let docs = super::docs::attributes(None, &title, None);
        self.modules.add(place.module, quote!(#docs pub trait #name #above { #methods }));
        hosts.push((place.module, name));
    }

    /// The trait of a resource.
    fn resource_host(&mut self, place: &Place<'w>, wit: &str, id: TypeId) -> Option<Ident> {
        let definition = self.resolve().types.get(id)?;
        let (_, resource) = self.names.get(&id).cloned()?;
        let name = self.modules.claim_type(place.module, &format!("host-{wit}"))?;
        let functions: Vec<_> =
            place.functions.iter().filter(|f| f.kind.resource() == Some(id)).copied().collect();
        let mut scope = Scope::default();
        let methods = self.methods(&functions, place.module, &mut scope);
        let drop = scope.claim_value("drop");
        let title = format!("What a host does for the resource `{wit}`.");
        let none = Docs::default();
        let docs = self.docs(&none, &title, definition.span, &UNANNOTATED);
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
    fn methods(
        &mut self,
        functions: &[&'w Function],
        module: ModuleId,
        scope: &mut Scope,
    ) -> TokenStream {
        // Names that the WIT gives come before those that are made here.
        let mut names: Vec<Option<Ident>> = Vec::new();
        for function in functions {
            names.push((!is_named_here(function)).then(|| scope.claim_value(method_name(function))));
        }
        let mut methods = Vec::new();
        for (function, name) in functions.iter().zip(names) {
            let name = name.unwrap_or_else(|| scope.claim_value(&made_name(function)));
            let title = format!("The function `{}`.", function.name);
            let docs = self.docs(&function.docs, &title, function.span, &function.stability);
            let mut scope = Scope::default();
            let mut parameters = Vec::new();
            for parameter in &function.params {
                let name = scope.claim_value(&parameter.name);
                let ty = self.value(function, parameter.ty, module, Lifetime::Elided);
                parameters.push(quote!(#name: #ty));
            }
            let result = function.result.map(|ty| self.value(function, ty, module, Lifetime::Elided));
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

    /// The type that stands for a function.
    fn marker(&mut self, function: &'w Function, place: &Place<'w>, module: ModuleId) {
        let method =
            if is_named_here(function) { made_name(function) } else { method_name(function).into() };
        let owner = function.kind.resource().and_then(|id| self.resolve().types.get(id)?.name.as_deref());
        let wit = owner.map_or(method.clone(), |owner| format!("{owner}-{method}"));
        let name = self.modules.claim_type(module, &wit);
        let title = format!("The function `{}`.", function.name);
        let none = Docs::default();
        // An import's documentation is at the method that a host implements.
        let (docs, stability) = match place.direction {
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
        let interface = option(place.interface.as_deref());
        let full = &function.name;
        let is_async = function.kind.is_async();
        self.modules.add(
            module,
            quote! {
                #docs
                #[derive(Clone, Copy, Debug)]
                pub struct #name;
                impl ::weft::binding::Function for #name {
                    const INTERFACE: ::core::option::Option<&'static str> = #interface;
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
