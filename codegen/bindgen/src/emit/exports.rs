//! The structs for the exports of an instance: one for the world, one for each interface, and one
//! for each resource.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use wit_parser::{Function, WorldId};

use crate::emit::functions::{Group, Returns, parameter_names};
use crate::emit::generator::{Generator, Place};
use crate::emit::modules::{ModuleId, Modules};
use crate::emit::names::Scope;
use crate::emit::references::Lifetime;
use crate::wit::world::id_of;

/// The struct of an exported interface, as a field of the world's struct.
#[derive(Debug)]
pub(crate) struct ExportedInterface {
    /// The name in the world.
    wit: String,
    /// The name of the field.
    field: String,
    module: ModuleId,
    name: Ident,
}

/// A struct under construction.
#[derive(Debug, Default)]
struct Exported {
    /// The names of fields, and of methods.
    scope: Scope,
    fields: Vec<TokenStream>,
    /// The lines that find the fields.
    found: Vec<TokenStream>,
    names: Vec<Ident>,
    methods: Vec<TokenStream>,
}

impl Exported {
    fn new() -> Self {
        let mut scope = Scope::default();
        // The function that finds all of them, and its parameter.
        scope.reserve("find_in");
        scope.reserve("exports");
        Self { scope, ..Self::default() }
    }
}

impl<'w> Generator<'w> {
    /// Adds the struct of an exported interface.
    pub(crate) fn exported_interface(
        &mut self,
        place: &Place<'w>,
        groups: &[Group<'w>],
        interfaces: &mut Vec<ExportedInterface>,
    ) {
        let (Some(wit), Some(field)) = (place.interface.clone(), place.name.clone()) else {
            return;
        };
        if groups.iter().all(|group| group.functions.is_empty()) {
            return;
        }
        let here = place.module;
        let mut exported = Exported::new();
        self.exported_groups(place, here, groups, &mut exported);
        let Some(name) = self.modules.claim_type(here, &field) else { return };
        let title = format!(" The functions that an instance exports in {}.", place.title);
        self.exported_struct(here, &name, &title, exported);
        interfaces.push(ExportedInterface { wit, field, module: here, name });
    }

    /// Adds the struct of the world.
    pub(crate) fn exported_world(
        &mut self,
        id: WorldId,
        own: Option<(&Place<'w>, &[Group<'w>])>,
        interfaces: &[ExportedInterface],
        lists: [Vec<String>; 2],
    ) {
        let resolve = self.resolve();
        let Some(world) = resolve.worlds.get(id) else { return };
        let full = id_of(resolve, id);
        let root = Modules::ROOT;
        let docs = self.docs(&world.docs, world.span, &world.stability);
        let Some(name) = self.modules.claim_type(root, &world.name) else { return };
        let mut exported = Exported::new();
        if let Some((place, groups)) = own {
            self.exported_groups(place, root, groups, &mut exported);
        }
        for interface in interfaces {
            let field = exported.scope.claim_value(&interface.field);
            let path = self.modules.path(root, interface.module, &interface.name);
            let wit = &interface.wit;
            exported.fields.push(quote!(pub #field: #path));
            exported.found.push(quote!(let #field = exports.interface(#wit, #path::find_in);));
            exported.names.push(field);
        }
        let Exported { fields, found, names, methods, .. } = exported;
        let (title, visibility) =
            (format!(" An instance of the world `{full}`."), self.visibility(root));
        let gap = (!docs.is_empty()).then(|| quote!(#[doc = ""]));
        let [imports, exports] = lists;
        let world_trait = self.modules.binding(root, "World");
        let find = self.finding(root, &found, &names, &quote!(fn find));
        self.modules.add(
            root,
            quote! {
                #[doc = #title]
                #gap
                #docs
                #[derive(Clone, Debug)]
                #visibility struct #name { #(#fields),* }
                impl #world_trait for #name {
                    const NAME: &'static str = #full;
                    const IMPORTS: &'static [&'static str] = &[#(#imports),*];
                    const EXPORTS: &'static [&'static str] = &[#(#exports),*];
                    #find
                }
            },
        );
        if !methods.is_empty() {
            self.modules.add(root, quote!(impl #name { #(#methods)* }));
        }
    }

    /// Adds the functions of an interface or world to a struct in `here`, and a struct for each
    /// resource.
    fn exported_groups(
        &mut self,
        place: &Place<'w>,
        here: ModuleId,
        groups: &[Group<'w>],
        exported: &mut Exported,
    ) {
        for group in groups.iter().rev() {
            let Some((wit, _)) = group.owner else {
                self.exported_functions(place, here, group, exported);
                continue;
            };
            if group.functions.is_empty() {
                continue;
            }
            let mut methods = Exported::new();
            self.exported_functions(place, here, group, &mut methods);
            let name = self.modules.claim_type(here, &format!("{wit}-functions"));
            let Some(name) = name else { continue };
            let title = format!(" The functions of the resource `{wit}`.");
            self.exported_struct(here, &name, &title, methods);
            let field = exported.scope.claim_value(wit);
            exported.fields.push(quote!(pub #field: #name));
            exported.found.push(quote!(let #field = #name::find_in(exports);));
            exported.names.push(field);
        }
    }

    /// Adds a struct with its function `find_in`.
    fn exported_struct(&mut self, here: ModuleId, name: &Ident, title: &str, exported: Exported) {
        let Exported { fields, found, names, methods, .. } = exported;
        let visibility = self.visibility(here);
        let find = self.finding(here, &found, &names, &quote!(pub fn find_in));
        self.modules.add(
            here,
            quote! {
                #[doc = #title]
                #[derive(Clone, Debug)]
                #visibility struct #name { #(#fields),* }
                impl #name {
                    /// Finds the functions, and records those that are missing or have another
                    /// type.
                    #find
                    #(#methods)*
                }
            },
        );
    }

    fn finding(
        &mut self,
        here: ModuleId,
        found: &[TokenStream],
        names: &[Ident],
        signature: &TokenStream,
    ) -> TokenStream {
        let exports = self.modules.binding(here, "Exports");
        let option = self.option(here);
        let some = self.modules.prelude(here, "Some", &quote!(option::Option));
        quote! {
            #signature(exports: &mut #exports<'_>) -> #option<Self> {
                #(#found)*
                #some(Self { #(#names: #names?),* })
            }
        }
    }

    /// Adds the functions of a group, as fields and as methods.
    fn exported_functions(
        &mut self,
        place: &Place<'w>,
        here: ModuleId,
        group: &Group<'w>,
        exported: &mut Exported,
    ) {
        let names: Vec<_> = group
            .functions
            .iter()
            .map(|(_, name)| exported.scope.claim_value(&name.unraw().to_string()))
            .collect();
        for ((function, _), name) in group.functions.iter().zip(names) {
            let wit = &function.name;
            let ty = self.typed_function(place, here, function, &name);
            exported.fields.push(quote!(pub #name: #ty));
            exported.found.push(quote!(let #name = exports.function(#wit);));
            let later = exported.scope.claim_value(&format!("{}-async", name.unraw()));
            exported.methods.push(self.exported_methods(place, here, function, &name, &later));
            exported.names.push(name);
        }
    }

    /// Returns the type of a field for an exported function.
    fn typed_function(
        &mut self,
        place: &Place<'w>,
        here: ModuleId,
        function: &'w Function,
        name: &Ident,
    ) -> TokenStream {
        let parameters = match self.exported_parameter_struct(place, here, function, name) {
            Some((path, borrows)) => {
                let lifetime = borrows.then(|| quote!(<'static>));
                quote!(#path #lifetime)
            }
            None => {
                let mut types = Vec::new();
                for parameter in &function.params {
                    types.push(self.argument(function, parameter.ty, here, Lifetime::Static));
                }
                if types.is_empty() { quote!(()) } else { quote!((#(#types,)*)) }
            }
        };
        let result = self.returned(function, Returns::Value, here, Lifetime::Static);
        let typed_function = self.modules.binding(here, "TypedFunction");
        quote!(#typed_function<#parameters, #result>)
    }

    fn exported_parameter_struct(
        &mut self,
        place: &Place<'w>,
        here: ModuleId,
        function: &'w Function,
        name: &Ident,
    ) -> Option<(TokenStream, bool)> {
        let place = Place { module: here, ..place.clone() };
        let path = self.parameter_struct(&place, function, name)?;
        let borrows = self.known.of_all(function.params.iter().map(|it| it.ty)).borrows;
        Some((path, borrows))
    }

    /// Returns the methods that call a function: one that blocks, and one that does not.
    fn exported_methods(
        &mut self,
        place: &Place<'w>,
        here: ModuleId,
        function: &'w Function,
        name: &Ident,
        later: &Ident,
    ) -> TokenStream {
        let docs = self.docs(&function.docs, function.span, &function.stability);
        let mut scope = Scope::default();
        let names = parameter_names(function, &mut scope);
        let store = scope.claim_value("store");
        let structure = self.exported_parameter_struct(place, here, function, name);
        let mut parameters = Vec::new();
        for (parameter, name) in function.params.iter().zip(&names) {
            let ty = match &structure {
                Some(_) => self.value(function, parameter.ty, here, Lifetime::Elided),
                None => self.argument(function, parameter.ty, here, Lifetime::Elided),
            };
            parameters.push(quote!(#name: #ty));
        }
        let arguments = match &structure {
            Some((path, _)) => quote!(#path { #(#names),* }),
            None if names.is_empty() => quote!(()),
            None => quote!((#(#names,)*)),
        };
        let result = self.returned(function, Returns::Value, here, Lifetime::Static);
        let returned = self.result(here);
        let error = self.modules.binding(here, "CallError");
        let calls = self.modules.binding(here, "Calls");
        let async_calls = self.modules.binding(here, "AsyncCalls");
        let title = format!(" Calls [`{0}`](Self::{0}) without blocking.", name.unraw());
        quote! {
            #docs
            pub fn #name(
                &self,
                #store: &mut impl #calls,
                #(#parameters),*
            ) -> #returned<#result, #error> {
                #store.call(&self.#name, #arguments)
            }
            #[doc = #title]
            pub async fn #later(
                &self,
                #store: &mut impl #async_calls,
                #(#parameters),*
            ) -> #returned<#result, #error> {
                #store.call_async(&self.#name, #arguments).await
            }
        }
    }
}
