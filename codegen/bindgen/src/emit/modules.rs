//! The tree of Rust modules for a world, the paths between them, and their imports.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::emit::names::Scope;

/// A module, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ModuleId(usize);

/// The meaning of a module, inside its parent module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// A namespace, such as `wasi`.
    Namespace(String),
    /// A package, with its version if it has one.
    Package(String, Option<String>),
    /// An interface.
    Interface(String),
    /// The exports of the world.
    Exports,
}

#[derive(Debug, Default)]
struct Module {
    name: Option<Ident>,
    parent: Option<ModuleId>,
    children: IndexMap<Key, ModuleId>,
    scope: Scope,
    /// The names that are imported from `binding`.
    uses: BTreeSet<String>,
    docs: TokenStream,
    /// The types that are those of other modules, by the path of the module.
    shared: IndexMap<String, Vec<TokenStream>>,
    items: Vec<TokenStream>,
}

/// The modules; the first is the file itself.
#[derive(Debug)]
pub(crate) struct Modules {
    all: Vec<Module>,
    /// The path of the crate `weft`.
    crate_path: TokenStream,
    visibility: TokenStream,
    /// `true` if the file is a module of its own, so that it may import names.
    root_imports: bool,
}

impl Modules {
    /// The file.
    pub(crate) const ROOT: ModuleId = ModuleId(0);

    pub(crate) fn new(
        crate_path: TokenStream,
        visibility: TokenStream,
        root_imports: bool,
    ) -> Self {
        Self { all: vec![Module::default()], crate_path, visibility, root_imports }
    }

    /// Returns the module for `key` in `parent`. If there is none, creates it with the name `name`
    /// and the documentation `docs`.
    pub(crate) fn child(
        &mut self,
        parent: ModuleId,
        key: Key,
        name: &str,
        docs: impl FnOnce() -> TokenStream,
    ) -> ModuleId {
        if let Some(child) = self.all.get(parent.0).and_then(|m| m.children.get(&key)) {
            return *child;
        }
        let id = ModuleId(self.all.len());
        let mut module = Module { parent: Some(parent), docs: docs(), ..Module::default() };
        if let Some(parent) = self.all.get_mut(parent.0) {
            module.name = Some(parent.scope.claim_value(name));
            parent.children.insert(key, id);
        }
        self.all.push(module);
        id
    }

    /// Claims the name of a type in a module.
    pub(crate) fn claim_type(&mut self, module: ModuleId, wit: &str) -> Option<Ident> {
        self.all.get_mut(module.0).map(|module| module.scope.claim_type(wit))
    }

    /// Claims a name for a type that is not its name in WIT.
    pub(crate) fn claim_name(&mut self, module: ModuleId, name: &str) -> Option<Ident> {
        self.all.get_mut(module.0).map(|module| module.scope.claim_name(name))
    }

    /// Returns the visibility of items at the top of the file.
    pub(crate) fn visibility(&self) -> TokenStream {
        self.visibility.clone()
    }

    /// Returns the names in use in a module, for an item of it that claims more names.
    pub(crate) fn scope(&self, module: ModuleId) -> Scope {
        self.all.get(module.0).map(|module| module.scope.clone()).unwrap_or_default()
    }

    /// Adds an item to a module.
    pub(crate) fn add(&mut self, module: ModuleId, item: TokenStream) {
        if let Some(module) = self.all.get_mut(module.0) {
            module.items.push(item);
        }
    }

    /// Makes a type of another module, at `path`, also a type of this module.
    pub(crate) fn share(&mut self, here: ModuleId, path: &TokenStream, item: TokenStream) {
        if let Some(module) = self.all.get_mut(here.0) {
            module.shared.entry(path.to_string()).or_default().push(item);
        }
    }

    /// Returns `name` of `binding` as written in a module: alone, which imports it, or with its
    /// path if the WIT uses the name for something else.
    pub(crate) fn binding(&mut self, module: ModuleId, name: &str) -> TokenStream {
        let crate_path = &self.crate_path;
        let ident = Ident::new(name, Span::call_site());
        let full = quote!(#crate_path::binding::#ident);
        if module == Self::ROOT && !self.root_imports {
            return full;
        }
        let Some(module) = self.all.get_mut(module.0) else { return full };
        if module.scope.reserve(name) {
            module.uses.insert(name.to_owned());
            return quote!(#ident);
        }
        full
    }

    /// Returns a name of Rust's prelude as written in a module: alone, or with its path in `core`
    /// if the WIT uses the name for something else.
    pub(crate) fn prelude(
        &mut self,
        module: ModuleId,
        name: &str,
        path: &TokenStream,
    ) -> TokenStream {
        let ident = Ident::new(name, Span::call_site());
        let module = self.all.get_mut(module.0);
        if module.is_some_and(|module| module.scope.reserve(name)) {
            quote!(#ident)
        } else {
            quote!(::core::#path::#ident)
        }
    }

    /// Returns the path of `name`, an item of `there`, for use in `here`.
    pub(crate) fn path(&self, here: ModuleId, there: ModuleId, name: &Ident) -> TokenStream {
        let module = self.module_path(here, there);
        quote!(#module #name)
    }

    /// Returns the path of a module for use in `here`, up to the name of an item.
    pub(crate) fn module_path(&self, here: ModuleId, there: ModuleId) -> TokenStream {
        let (from, to) = (self.ancestry(here), self.ancestry(there));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = (shared..from.len()).map(|_| quote!(super::));
        let down: Vec<_> = to
            .iter()
            .skip(shared)
            .filter_map(|id| self.all.get(id.0)?.name.as_ref())
            .map(|name| quote!(#name::))
            .collect();
        // A path must not start with a module's name, which could also be the name of a crate.
        let start = (from.len() == shared && !down.is_empty()).then(|| quote!(self::));
        quote!(#start #(#up)* #(#down)*)
    }

    /// Returns the modules from the file to `id`, including both.
    fn ancestry(&self, id: ModuleId) -> Vec<ModuleId> {
        let mut line = vec![id];
        let mut at = id;
        while let Some(parent) = self.all.get(at.0).and_then(|module| module.parent) {
            line.push(parent);
            at = parent;
        }
        line.reverse();
        line
    }

    /// Returns a module's imports, its items, and its modules.
    pub(crate) fn render(&self, id: ModuleId) -> TokenStream {
        let Some(module) = self.all.get(id.0) else { return TokenStream::new() };
        let crate_path = &self.crate_path;
        let visibility = if id == Self::ROOT { self.visibility.clone() } else { quote!(pub) };
        let uses = module.uses.iter().map(|name| Ident::new(name, Span::call_site()));
        let uses =
            (!module.uses.is_empty()).then(|| quote!(use #crate_path::binding::{#(#uses),*};));
        let shared = module.shared.iter().filter_map(|(path, items)| {
            let path: TokenStream = path.parse().ok()?;
            Some(match items.as_slice() {
                [item] => quote!(#visibility use #path #item;),
                items => quote!(#visibility use #path {#(#items),*};),
            })
        });
        let shared: Vec<_> = shared.collect();
        let items = &module.items;
        let children = module.children.values().filter_map(|child| {
            let Module { name, docs, .. } = self.all.get(child.0)?;
            let content = self.render(*child);
            (!content.is_empty()).then(|| quote!(#docs #visibility mod #name { #content }))
        });
        quote!(#uses #(#shared)* #(#items)* #(#children)*)
    }
}
