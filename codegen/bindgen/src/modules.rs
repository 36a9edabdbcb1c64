//! The tree of Rust modules that a world becomes, and the paths between them.

use indexmap::IndexMap;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::names::Scope;

/// A module, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ModuleId(usize);

/// What a module stands for, within the module around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A namespace, such as `wasi`.
    Namespace(String),
    /// A package, with its version if it has one.
    Package(String, Option<String>),
    /// An interface.
    Interface(String),
    /// What the world exports.
    Exports,
    /// The types that stand for an interface's or world's functions.
    Functions,
}

#[derive(Debug, Default)]
struct Module {
    name: Option<Ident>,
    parent: Option<ModuleId>,
    children: IndexMap<Key, ModuleId>,
    scope: Scope,
    docs: TokenStream,
    items: Vec<TokenStream>,
}

/// The modules; the first is the file itself.
#[derive(Debug)]
pub(super) struct Modules {
    modules: Vec<Module>,
}

impl Modules {
    /// The file.
    pub(super) const ROOT: ModuleId = ModuleId(0);

    pub(super) fn new() -> Self {
        Self { modules: vec![Module::default()] }
    }

    /// The module for `key` in `parent`, made if there is none: then called `name` and
    /// documented with `docs`.
    pub(super) fn child(
        &mut self,
        parent: ModuleId,
        key: Key,
        name: &str,
        docs: impl FnOnce() -> TokenStream,
    ) -> ModuleId {
        if let Some(child) = self.modules.get(parent.0).and_then(|m| m.children.get(&key)) {
            return *child;
        }
        let id = ModuleId(self.modules.len());
        let mut module = Module { parent: Some(parent), docs: docs(), ..Module::default() };
        if let Some(parent) = self.modules.get_mut(parent.0) {
            module.name = Some(parent.scope.claim_value(name));
            parent.children.insert(key, id);
        }
        self.modules.push(module);
        id
    }

    /// Claims the name of a type in a module.
    pub(super) fn claim_type(&mut self, module: ModuleId, wit: &str) -> Option<Ident> {
        self.modules.get_mut(module.0).map(|module| module.scope.claim_type(wit))
    }

    /// Adds an item to a module.
    pub(super) fn add(&mut self, module: ModuleId, item: TokenStream) {
        if let Some(module) = self.modules.get_mut(module.0) {
            module.items.push(item);
        }
    }

    /// The path of `name`, an item of `there`, for use in `here`.
    pub(super) fn path(&self, here: ModuleId, there: ModuleId, name: &Ident) -> TokenStream {
        let (from, to) = (self.ancestry(here), self.ancestry(there));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = (shared..from.len()).map(|_| quote!(super::));
        let down: Vec<_> = to
            .iter()
            .skip(shared)
            .filter_map(|id| self.modules.get(id.0)?.name.as_ref())
            .map(|name| quote!(#name::))
            .collect();
        // A path must not start with a module's name: it could be a crate's.
        let start = (from.len() == shared && !down.is_empty()).then(|| quote!(self::));
        quote!(#start #(#up)* #(#down)* #name)
    }

    /// The modules from the file to `id`, both included.
    fn ancestry(&self, id: ModuleId) -> Vec<ModuleId> {
        let mut line = vec![id];
        let mut at = id;
        while let Some(parent) = self.modules.get(at.0).and_then(|module| module.parent) {
            line.push(parent);
            at = parent;
        }
        line.reverse();
        line
    }

    /// The items of `id`, and below them its modules.
    pub(super) fn render(&self, id: ModuleId) -> TokenStream {
        let Some(module) = self.modules.get(id.0) else { return TokenStream::new() };
        let items = &module.items;
        let children = module.children.values().filter_map(|child| {
            let Module { name, docs, .. } = self.modules.get(child.0)?;
            let content = self.render(*child);
            (!content.is_empty()).then(|| quote!(#docs pub mod #name { #content }))
        });
        quote!(#(#items)* #(#children)*)
    }
}
