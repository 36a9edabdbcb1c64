//! Host traits, and the types that stand for functions.

use proc_macro2::{Ident, Span, TokenStream};
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
    /// for all the types that stand for them. `above` collects what the world's own is made of.
    pub(super) fn functions(&mut self, place: &Place<'w>, above: &mut Above) {
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
        let mut link = Link::default();
        if place.direction == Direction::Import {
            self.hosts(place, &free, &groups, above, &mut link);
        }
        if !place.functions.is_empty() {
            let title = format!("The functions of {}, as types.", place.title);
            let docs = self.docs(&Docs::default(), &title, place.span, &UNANNOTATED);
            let module = self.modules.child(place.module, Key::Functions, "functions", || docs);
            let hosts = link.hosts.clone();
            for (number, group) in groups.iter().chain([&free]).enumerate() {
                for (function, name) in &group.functions {
                    let marker = self.marker(function, group.owner, name, place.direction, module);
                    if let (Some(marker), Some(Some(host))) = (marker, hosts.get(number)) {
                        let marker = self.modules.path(place.module, module, &marker);
                        link.function(function, &marker, &quote!(#host::#name));
                    }
                }
            }
        }
        if place.direction == Direction::Import {
            self.link(place, above, link);
        }
    }

    /// The trait of an interface, and one for each of its resources.
    fn hosts(
        &mut self,
        place: &Place<'w>,
        free: &Group<'w>,
        groups: &[Group<'w>],
        above_world: &mut Above,
        link: &mut Link,
    ) {
        let world = place.module == Modules::ROOT;
        let joins = world && !above_world.hosts.is_empty();
        if !joins && place.functions.is_empty() && groups.is_empty() {
            return;
        }
        let Some(name) = self.modules.claim_type(place.module, "host") else { return };
        let mut above = Vec::new();
        if world {
            for (module, host) in &above_world.hosts {
                above.push(self.modules.path(place.module, *module, host));
            }
        }
        for group in groups {
            let host = self.resource_host(place, group);
            if let Some((host, drop)) = &host {
                above.push(quote!(#host));
                link.resources.extend(drop.clone());
            }
            link.hosts.push(host.map(|(host, _)| host));
        }
        link.hosts.push(Some(name.clone()));
        let methods = self.methods(free, place.module);
        // A bound a line: there can be dozens.
        let above = (!above.is_empty()).then(|| quote!(where #(Self: #above),*));
        let title = format!("What a host gives to a guest for {}.", place.title);
        let docs = self.docs(&Docs::default(), &title, place.span, &UNANNOTATED);
        self.modules.add(place.module, quote!(#docs pub trait #name #above { #methods }));
        above_world.hosts.push((place.module, name));
    }

    /// The function that gives all of a module to components.
    fn link(&mut self, place: &Place<'w>, above: &mut Above, mut link: Link) {
        if place.module == Modules::ROOT {
            for module in &above.links {
                let name = Ident::new("add_to_linker", Span::call_site());
                link.modules.push(self.modules.path(place.module, *module, &name));
            }
        }
        if link.is_empty() {
            return;
        }
        above.links.push(place.module);
        let interface = match &place.interface {
            Some(name) => quote!(::core::option::Option::Some(#name)),
            None => quote!(::core::option::Option::None),
        };
        let host = link.hosts.last().cloned().flatten().into_iter();
        let Link { modules, resources, functions, async_functions, .. } = link;
        self.modules.add(
            place.module,
            quote! {
                ::weft::binding::link! {
                    interface: #interface, host: [#(#host)*], modules: [#(#modules),*],
                    resources: [#(#resources),*], functions: [#(#functions),*],
                    async_functions: [#(#async_functions),*]
                }
            },
        );
    }

    /// The trait of a resource.
    fn resource_host(
        &mut self,
        place: &Place<'w>,
        group: &Group<'w>,
    ) -> Option<(Ident, Option<TokenStream>)> {
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
                    fn #drop(&mut self, self_: ::weft::binding::OwnHandle<#resource>);
                }
            },
        );
        let link = quote!(#wit #resource => #name::#drop);
        Some((name, Some(link)))
    }

    /// The methods of one trait.
    fn methods(&mut self, group: &Group<'w>, module: ModuleId) -> TokenStream {
        let mut methods = Vec::new();
        for (function, name) in &group.functions {
            let title = format!("The function `{}`.", function.name);
            let docs = self.docs(&function.docs, &title, function.span, &function.stability);
            let mut parameters = Vec::new();
            for (parameter, name) in function.params.iter().zip(parameter_names(function)) {
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
    ) -> Option<Ident> {
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
                impl ::weft::binding::BoundFunction for #name {
                    const INTERFACE: ::core::option::Option<&'static str> = super::INTERFACE;
                    const NAME: &'static str = #full;
                    const ASYNC: bool = #is_async;
                    type Params<'a> = (#(#parameters,)*);
                    type Result = #result;
                }
            },
        );
        name
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

/// What the modules of interfaces have that the world's own is made of.
#[derive(Debug, Default)]
pub(super) struct Above {
    /// The traits of hosts.
    hosts: Vec<(ModuleId, Ident)>,
    /// The modules with an `add_to_linker`.
    links: Vec<ModuleId>,
}

/// What a module gives to components.
#[derive(Debug, Default)]
struct Link {
    /// The traits: those of the resources, and last that of the module.
    hosts: Vec<Option<Ident>>,
    modules: Vec<TokenStream>,
    resources: Vec<TokenStream>,
    functions: Vec<TokenStream>,
    async_functions: Vec<TokenStream>,
}

impl Link {
    fn function(&mut self, function: &Function, marker: &TokenStream, method: &TokenStream) {
        let names = parameter_names(function);
        let line = quote!(#marker => #method(#(#names),*));
        if function.kind.is_async() {
            self.async_functions.push(line);
        } else {
            self.functions.push(line);
        }
    }

    const fn is_empty(&self) -> bool {
        self.modules.is_empty()
            && self.resources.is_empty()
            && self.functions.is_empty()
            && self.async_functions.is_empty()
    }
}

/// What the parameters of a function are called.
fn parameter_names(function: &Function) -> Vec<Ident> {
    let mut scope = Scope::default();
    function.params.iter().map(|parameter| scope.claim_value(&parameter.name)).collect()
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
