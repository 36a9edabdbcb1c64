//! Every path in a file, and the item that it names.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};
use syn::{Item, Stmt};

use super::resolve::{Found, Target};
use super::source::{
    FileId, Import, ImportPath, Meaning, ModuleId, Tree, attributes, imports, is_re_export,
    only_for_tests,
};

/// The way in which a path is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `use` for this module alone.
    Import,
    /// A `use` through which other modules can name items.
    ReExport,
    /// An expression, a type, a pattern or a bound, or the input of a macro.
    Use,
}

/// A path in a file.
#[derive(Clone, Debug)]
pub(crate) struct Naming {
    /// The file.
    pub(crate) file: FileId,
    /// The module that contains the path.
    pub(crate) module: ModuleId,
    /// The line.
    pub(crate) line: usize,
    /// The path.
    pub(crate) path: String,
    /// The way in which it is written.
    pub(crate) kind: Kind,
    /// The items that it names in the crates of the tree; empty if it leads elsewhere.
    pub(crate) found: BTreeSet<Found>,
}

/// All paths of a tree.
#[derive(Debug, Default)]
pub(crate) struct Namings {
    /// The paths that are understood, including those that lead out of the tree.
    pub(crate) namings: Vec<Naming>,
    /// The paths into a module that has no such name, as `file:line: text`.
    pub(crate) unresolved: Vec<String>,
}

/// The names that a block of statements defines.
type Scope = HashMap<String, Option<ImportPath>>;

/// A collector of the paths in a file.
struct Collector<'a> {
    tree: &'a Tree,
    file: FileId,
    modules: Vec<ModuleId>,
    scopes: Vec<Scope>,
    namings: &'a mut Namings,
}

/// Returns every path in the files of a tree.
pub(crate) fn namings(tree: &Tree) -> Namings {
    let mut namings = Namings::default();
    for (number, file) in tree.files.iter().enumerate() {
        let modules = vec![file.module];
        let file_id = FileId(number);
        let mut collector =
            Collector { tree, file: file_id, modules, scopes: Vec::new(), namings: &mut namings };
        collector.visit_file(&file.syntax);
    }
    namings
}

impl Collector<'_> {
    fn module(&self) -> ModuleId {
        *self.modules.last().expect("a file is a module")
    }

    /// Records the target of a path.
    fn note(&mut self, path: &ImportPath, line: usize, kind: Kind) {
        if path.segments.is_empty() {
            return;
        }
        let path = self.through_scopes(path);
        let Some(path) = path else { return };
        let written = path.segments.join("::");
        match self.tree.resolve(self.module(), &path) {
            Ok(mut found) => {
                found.retain(|it| it.target != Target::Foreign);
                // A single name that is a module here is a variable of the same name.
                if kind == Kind::Use && path.segments.len() == 1 {
                    found.retain(|it| !matches!(it.target, Target::Module(_)));
                }
                let (file, module) = (self.file, self.module());
                self.namings.namings.push(Naming {
                    file,
                    module,
                    line,
                    path: written,
                    kind,
                    found,
                });
            }
            Err(error) => {
                let file = &self.tree.files[self.file.0].path;
                let (module, name) = (error.module, error.name);
                self.namings
                    .unresolved
                    .push(format!("{file}:{line}: {written}: there is no `{name}` in {module}"));
            }
        }
    }

    /// Resolves a first name that a surrounding block imports; none if the block defines it.
    fn through_scopes(&self, path: &ImportPath) -> Option<ImportPath> {
        let first = path.segments.first()?;
        if path.starts_with_crate {
            return Some(path.clone());
        }
        for (depth, scope) in self.scopes.iter().enumerate().rev() {
            let Some(meaning) = scope.get(first) else { continue };
            let mut imported = meaning.clone()?;
            let of_itself = imported.segments.first() == Some(first);
            imported.segments.extend(path.segments.iter().skip(1).cloned());
            if of_itself {
                return Some(imported);
            }
            let outer = Collector {
                tree: self.tree,
                file: self.file,
                modules: self.modules.clone(),
                scopes: self.scopes[..depth].to_vec(),
                namings: &mut Namings::default(),
            };
            return outer.through_scopes(&imported);
        }
        Some(path.clone())
    }

    fn note_imports(&mut self, tree: &syn::ItemUse) {
        let kind = if is_re_export(&tree.vis) { Kind::ReExport } else { Kind::Import };
        for Import { path, line, .. } in imports(&tree.tree, tree.leading_colon.is_some()) {
            self.note(&path, line, kind);
        }
    }

    /// Records the paths in tokens; in the definition of a macro, only those that do not depend on
    /// the place of use.
    fn tokens(&mut self, tokens: TokenStream, definition: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Group(group) => self.tokens(group.stream(), definition),
                TokenTree::Ident(it) if it == "use" => {
                    if let Some(item) = use_item(&tokens[at..]) {
                        for Import { path, line, .. } in
                            imports(&item.tree, item.leading_colon.is_some())
                        {
                            if !definition || is_anchored(&path) {
                                self.note(&path, line, Kind::Use);
                            }
                        }
                        at +=
                            tokens[at..].iter().position(|it| is_punct(Some(it), ';')).unwrap_or(0);
                    }
                }
                TokenTree::Ident(first) => {
                    let mut segments = vec![first.unraw().to_string()];
                    let starts_with_crate = is_path_separator(&tokens, at.wrapping_sub(2))
                        && !is_ident(tokens.get(at.wrapping_sub(3)))
                        && !is_punct(tokens.get(at.wrapping_sub(3)), '>');
                    let member = is_punct(tokens.get(at.wrapping_sub(1)), '.')
                        && !is_punct(tokens.get(at.wrapping_sub(2)), '.');
                    let inside =
                        is_path_separator(&tokens, at.wrapping_sub(2)) && !starts_with_crate;
                    let variable =
                        is_punct(tokens.get(at.wrapping_sub(1)), '$') && first != "crate";
                    let lifetime = is_punct(tokens.get(at.wrapping_sub(1)), '\'');
                    while let (true, Some(TokenTree::Ident(next))) =
                        (is_path_separator(&tokens, at + 1), tokens.get(at + 3))
                    {
                        segments.push(next.unraw().to_string());
                        at += 3;
                    }
                    let path = ImportPath { starts_with_crate, segments };
                    let left_out = member || inside || variable || lifetime;
                    if !left_out && (!definition || is_anchored(&path)) {
                        self.note(&path, first.span().start().line, Kind::Use);
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn names_of_block(block: &syn::Block) -> Scope {
        let mut scope = Scope::new();
        for statement in &block.stmts {
            let Stmt::Item(item) = statement else { continue };
            let defined = match item {
                Item::Use(it) => {
                    for import in imports(&it.tree, it.leading_colon.is_some()) {
                        scope.extend(import.name.map(|name| (name, Some(import.path))));
                    }
                    continue;
                }
                Item::Const(it) => &it.ident,
                Item::Enum(it) => &it.ident,
                Item::Fn(it) => &it.sig.ident,
                Item::Static(it) => &it.ident,
                Item::Struct(it) => &it.ident,
                Item::Trait(it) => &it.ident,
                Item::Type(it) => &it.ident,
                _ => continue,
            };
            scope.insert(defined.unraw().to_string(), None);
        }
        scope
    }
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(it)) if it.as_char() == character)
}

fn is_ident(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Ident(_)))
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    is_punct(tokens.get(at), ':') && is_punct(tokens.get(at.wrapping_add(1)), ':')
}

/// Returns true if a path in a macro's definition means the same at every use of the macro.
fn is_anchored(path: &ImportPath) -> bool {
    let first = path.segments.first().map(String::as_str);
    path.segments.len() > 1 && (path.starts_with_crate || matches!(first, Some("crate")))
}

/// Returns the `use` declaration at the start of tokens, with `crate` instead of `$crate`.
fn use_item(tokens: &[TokenTree]) -> Option<syn::ItemUse> {
    let end = tokens.iter().position(|it| is_punct(Some(it), ';'))?;
    let tokens = tokens.get(..=end)?.iter().filter(|it| !is_punct(Some(it), '$')).cloned();
    if tokens
        .clone()
        .any(|it| matches!(it, TokenTree::Group(it) if it.delimiter() != Delimiter::Brace))
    {
        return None;
    }
    syn::parse2(tokens.collect()).ok()
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let Some((_, items)) = &item.content else { return };
        let name = item.ident.unraw().to_string();
        let named = self.tree.modules[self.module().0].names.get(&name);
        let inner = named.into_iter().flatten().find_map(|it| match it {
            Meaning::Module(inner) => Some(*inner),
            _ => None,
        });
        let Some(inner) = inner else { return };
        self.modules.push(inner);
        for item in items {
            self.visit_item(item);
        }
        self.modules.pop();
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Const(it) => &it.attrs[..],
            syn::ImplItem::Fn(it) => &it.attrs,
            syn::ImplItem::Type(it) => &it.attrs,
            _ => &[],
        };
        if !only_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.note_imports(item);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.scopes.push(Self::names_of_block(block));
        visit::visit_block(self, block);
        self.scopes.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments = path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        let line = path.segments.first().map_or(0, |it| it.ident.span().start().line);
        let starts_with_crate = path.leading_colon.is_some();
        self.note(&ImportPath { starts_with_crate, segments }, line, Kind::Use);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let segments: Vec<String> =
            mac.path.segments.iter().map(|it| it.ident.unraw().to_string()).collect();
        let starts_with_crate = mac.path.leading_colon.is_some();
        let line = mac.path.segments.first().map_or(0, |it| it.ident.span().start().line);
        let around = segments.first().filter(|_| segments.len() == 1);
        let around = around.and_then(|it| self.tree.macro_around(self.module(), it));
        if let Some(module) = around {
            let through = BTreeSet::from([module]);
            let found = BTreeSet::from([Found { target: Target::Item(module), through }]);
            let (file, module, path) = (self.file, self.module(), segments.concat());
            self.namings.namings.push(Naming { file, module, line, path, kind: Kind::Use, found });
        } else {
            self.note(&ImportPath { starts_with_crate, segments }, line, Kind::Use);
        }
        self.tokens(mac.tokens.clone(), false);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if item.ident.is_some() {
            self.tokens(item.mac.tokens.clone(), true);
        } else {
            self.visit_macro(&item.mac);
        }
    }
}
