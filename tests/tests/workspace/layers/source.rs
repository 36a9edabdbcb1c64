//! The sources of crates: files, modules, and the names in each module.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::{Attribute, Item, Meta, UseTree, Visibility};
use toml::de::DeTable;

/// A file, by its place in [`Tree::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileId(pub usize);

/// A module, by its place in [`Tree::modules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ModuleId(pub usize);

/// A file that is compiled without `cfg(test)`.
#[derive(Debug)]
pub(crate) struct File {
    /// The path that a report shows.
    pub(crate) path: String,
    /// The text, by lines.
    pub(crate) lines: Vec<String>,
    /// The number of lines that belong to modules of tests.
    pub(crate) lines_of_tests: usize,
    /// The text as syntax.
    pub(crate) syntax: syn::File,
    /// The module whose body is the file.
    pub(crate) module: ModuleId,
}

/// A module: a file, or a part of one in braces.
#[derive(Debug)]
pub(crate) struct Module {
    /// The path, with the name of the crate first.
    pub(crate) path: Vec<String>,
    /// The surrounding module.
    pub(crate) parent: Option<ModuleId>,
    /// The file that contains the module.
    pub(crate) file: FileId,
    /// The meanings of each name.
    pub(crate) names: HashMap<String, Vec<Meaning>>,
    /// The imports that end in `*`.
    pub(crate) globs: Vec<ImportPath>,
    /// The macros that are defined here with `macro_rules!`.
    pub(crate) macros: BTreeSet<String>,
    /// Names that macros may define as items: identifiers in their input, and identifiers in the
    /// definitions of this module's macros, which may be called with them.
    pub(crate) made_by_macros: BTreeSet<String>,
}

/// The meaning of a name in a module.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A module below.
    Module(ModuleId),
    /// An item of this module; an enumeration has names in turn.
    Item(BTreeSet<String>),
    /// The target of an import.
    Import(ImportPath),
    /// A macro that is defined in this module, and exported at the root of the crate.
    ExportedMacro(ModuleId),
}

/// The path of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportPath {
    /// Set if it starts with `::`.
    pub(crate) starts_with_crate: bool,
    /// The names, without `self` at the end.
    pub(crate) segments: Vec<String>,
}

/// One name that a `use` declaration imports.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// Its target.
    pub(crate) path: ImportPath,
    /// The name that it has here; none for `*`.
    pub(crate) name: Option<String>,
    /// The line of the last name of the path.
    pub(crate) line: usize,
}

/// All crates, and the modules and files in them.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    /// The root of each crate, by the name of its library.
    pub(crate) crates: BTreeMap<String, ModuleId>,
    /// Every file, without tests.
    pub(crate) files: Vec<File>,
    /// Every module, without tests.
    pub(crate) modules: Vec<Module>,
    /// Problems of the crates themselves.
    pub(crate) errors: Vec<String>,
}

/// The texts of a crate, before they are parsed.
#[derive(Debug)]
pub(crate) struct CrateTexts {
    /// The name of the library.
    pub(crate) name: String,
    /// The texts by their paths below `src`.
    pub(crate) texts: BTreeMap<PathBuf, String>,
    /// The path of `src`, for reports.
    pub(crate) shown: String,
}

/// Returns true if a condition of `cfg` holds only for tests.
fn needs_test(condition: &Meta) -> bool {
    let inner = |list: &syn::MetaList| {
        list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated)
            .unwrap_or_default()
    };
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => inner(list).iter().any(needs_test),
        Meta::List(list) if list.path.is_ident("any") => inner(list).iter().all(needs_test),
        _ => false,
    }
}

/// Returns true if an item with these attributes is compiled only for tests.
pub(crate) fn only_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|it| {
        it.path().is_ident("cfg") && it.parse_args::<Meta>().is_ok_and(|it| needs_test(&it))
    })
}

/// Returns the attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Returns the imports of a `use` declaration, one for each name.
pub(crate) fn imports(tree: &UseTree, starts_with_crate: bool) -> Vec<Import> {
    fn walk(tree: &UseTree, before: &[String], starts_with_crate: bool, found: &mut Vec<Import>) {
        let mut add = |ident: &syn::Ident, segments: Vec<String>, name: Option<String>| {
            let path = ImportPath { starts_with_crate, segments };
            found.push(Import { path, name, line: ident.span().start().line });
        };
        let with = |ident: &syn::Ident| {
            let mut segments = before.to_vec();
            segments.push(ident.unraw().to_string());
            segments
        };
        match tree {
            UseTree::Path(it) => walk(&it.tree, &with(&it.ident), starts_with_crate, found),
            UseTree::Group(it) => {
                for tree in &it.items {
                    walk(tree, before, starts_with_crate, found);
                }
            }
            UseTree::Name(it) if it.ident == "self" && !before.is_empty() => {
                add(&it.ident, before.to_vec(), before.last().cloned());
            }
            UseTree::Name(it) => {
                add(&it.ident, with(&it.ident), Some(it.ident.unraw().to_string()));
            }
            UseTree::Rename(it) => {
                let name = it.rename.unraw().to_string();
                let segments = if it.ident == "self" && !before.is_empty() {
                    before.to_vec()
                } else {
                    with(&it.ident)
                };
                add(&it.ident, segments, Some(name));
            }
            UseTree::Glob(it) => {
                let path = ImportPath { starts_with_crate, segments: before.to_vec() };
                found.push(Import { path, name: None, line: it.star_token.spans[0].start().line });
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], starts_with_crate, &mut found);
    found
}

/// Adds every identifier of a macro's input.
fn identifiers(tokens: TokenStream, found: &mut BTreeSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(it) => {
                found.insert(it.unraw().to_string());
            }
            TokenTree::Group(it) => identifiers(it.stream(), found),
            _ => {}
        }
    }
}

/// Adds every identifier in a macro's definition that follows the keyword of an item.
fn defined_names(tokens: TokenStream, found: &mut BTreeSet<String>) {
    const KINDS: [&str; 8] = ["const", "enum", "fn", "mod", "static", "struct", "trait", "type"];
    let mut is_next = false;
    for token in tokens {
        match token {
            TokenTree::Ident(it) => {
                if is_next {
                    found.insert(it.unraw().to_string());
                }
                is_next = KINDS.iter().any(|kind| it == kind);
            }
            TokenTree::Group(it) => defined_names(it.stream(), found),
            _ => is_next = false,
        }
    }
}

impl Module {
    fn new(path: Vec<String>, parent: Option<ModuleId>, file: FileId) -> Self {
        Self {
            path,
            parent,
            file,
            names: HashMap::new(),
            globs: Vec::new(),
            macros: BTreeSet::new(),
            made_by_macros: BTreeSet::new(),
        }
    }

    fn add(&mut self, name: &syn::Ident, meaning: Meaning) {
        self.names.entry(name.unraw().to_string()).or_default().push(meaning);
    }

    fn add_import(&mut self, import: Import) {
        match import.name {
            Some(name) => self.names.entry(name).or_default().push(Meaning::Import(import.path)),
            None => self.globs.push(import.path),
        }
    }

    /// Adds the names that an item defines; the tree handles modules.
    fn add_item(&mut self, item: &Item) {
        let leaf = || Meaning::Item(BTreeSet::new());
        match item {
            Item::Const(it) => self.add(&it.ident, leaf()),
            Item::Fn(it) => self.add(&it.sig.ident, leaf()),
            Item::Static(it) => self.add(&it.ident, leaf()),
            Item::Struct(it) => self.add(&it.ident, leaf()),
            Item::Trait(it) => self.add(&it.ident, leaf()),
            Item::TraitAlias(it) => self.add(&it.ident, leaf()),
            Item::Type(it) => self.add(&it.ident, leaf()),
            Item::Union(it) => self.add(&it.ident, leaf()),
            Item::Enum(it) => {
                let cases = it.variants.iter().map(|it| it.ident.unraw().to_string()).collect();
                self.add(&it.ident, Meaning::Item(cases));
            }
            Item::ExternCrate(it) => {
                let name = it.rename.as_ref().map_or(&it.ident, |(_, name)| name);
                let first = if it.ident == "self" { "crate".into() } else { it.ident.to_string() };
                let path =
                    ImportPath { starts_with_crate: it.ident != "self", segments: vec![first] };
                self.add(name, Meaning::Import(path));
            }
            Item::Use(it) => {
                for import in imports(&it.tree, it.leading_colon.is_some()) {
                    self.add_import(import);
                }
            }
            Item::Macro(it) => match &it.ident {
                Some(name) => {
                    self.macros.insert(name.to_string());
                    defined_names(it.mac.tokens.clone(), &mut self.made_by_macros);
                }
                None => identifiers(it.mac.tokens.clone(), &mut self.made_by_macros),
            },
            _ => {}
        }
    }
}

/// Returns true if a macro belongs to the root of its crate.
fn is_exported(item: &syn::ItemMacro) -> bool {
    item.attrs.iter().any(|it| it.path().is_ident("macro_export"))
}

/// A crate whose modules are being read.
struct Reading<'a> {
    tree: &'a mut Tree,
    texts: &'a CrateTexts,
    read: BTreeSet<PathBuf>,
}

impl Reading<'_> {
    /// Reads the file of a module, and the files of the modules below it.
    fn file(
        &mut self,
        path: &Path,
        module_path: Vec<String>,
        parent: Option<ModuleId>,
    ) -> Option<ModuleId> {
        let shown = format!("{}/{}", self.texts.shown, path.display());
        let Some(text) = self.texts.texts.get(path) else {
            self.tree.errors.push(format!("{shown}: there is no such file"));
            return None;
        };
        self.read.insert(path.to_owned());
        let syntax = match syn::parse_file(text) {
            Ok(syntax) => syntax,
            Err(error) => {
                let line = error.span().start().line;
                self.tree.errors.push(format!("{shown}:{line}: {error}"));
                return None;
            }
        };
        let (file, module) = (FileId(self.tree.files.len()), ModuleId(self.tree.modules.len()));
        let items = syntax.items.clone();
        self.tree.files.push(File {
            path: shown,
            lines: text.lines().map(str::to_owned).collect(),
            lines_of_tests: 0,
            syntax,
            module,
        });
        self.tree.modules.push(Module::new(module_path, parent, file));
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let stem = path.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
        let below = if ["lib", "main", "mod"].contains(&stem) { folder } else { folder.join(stem) };
        self.items(&items, module, &below);
        Some(module)
    }

    /// Reads the items of a module; the files of its modules are in `folder`.
    fn items(&mut self, items: &[Item], module: ModuleId, folder: &Path) {
        for item in items {
            match item {
                Item::Mod(inner) => self.module(inner, module, folder),
                Item::Macro(it) if is_exported(it) => self.exported_macro(it, module),
                _ if only_for_tests(attributes(item)) => {}
                _ => self.tree.modules[module.0].add_item(item),
            }
        }
    }

    /// Adds a macro to the root of its crate, as `#[macro_export]` does.
    fn exported_macro(&mut self, item: &syn::ItemMacro, module: ModuleId) {
        self.tree.modules[module.0].add_item(&Item::Macro(item.clone()));
        let Some(name) = &item.ident else { return };
        let mut root = module;
        while let Some(parent) = self.tree.modules[root.0].parent {
            root = parent;
        }
        self.tree.modules[root.0].add(name, Meaning::ExportedMacro(module));
    }

    /// Reads a `mod`, with a body or with a file.
    fn module(&mut self, inner: &syn::ItemMod, parent: ModuleId, folder: &Path) {
        let name = inner.ident.unraw().to_string();
        if only_for_tests(&inner.attrs) {
            if let Some((braces, _)) = &inner.content {
                let lines = braces.span.close().end().line - inner.ident.span().start().line + 2;
                let file = self.tree.modules[parent.0].file;
                self.tree.files[file.0].lines_of_tests += lines;
            } else {
                let (file, below) = (folder.join(format!("{name}.rs")), folder.join(&name));
                let tests = self.texts.texts.keys();
                self.read
                    .extend(tests.filter(|it| **it == file || it.starts_with(&below)).cloned());
            }
            return;
        }
        if inner.attrs.iter().any(|it| it.path().is_ident("macro_use")) {
            let line = inner.ident.span().start().line;
            let file = &self.tree.files[self.tree.modules[parent.0].file.0].path;
            let error =
                format!("{file}:{line}: no path leads to a macro of `#[macro_use]`: import it");
            self.tree.errors.push(error);
        }
        let mut path = self.tree.modules[parent.0].path.clone();
        path.push(name.clone());
        let module = if let Some((_, items)) = &inner.content {
            let module = ModuleId(self.tree.modules.len());
            let file = self.tree.modules[parent.0].file;
            self.tree.modules.push(Module::new(path, Some(parent), file));
            self.items(items, module, &folder.join(&name));
            Some(module)
        } else {
            let beside = folder.join(format!("{name}.rs"));
            let file = if self.texts.texts.contains_key(&beside) {
                beside
            } else {
                folder.join(&name).join("mod.rs")
            };
            self.file(&file, path, Some(parent))
        };
        if let Some(module) = module {
            self.tree.modules[parent.0].add(&inner.ident, Meaning::Module(module));
        }
    }
}

impl Tree {
    /// Parses crates.
    pub(crate) fn parse(crates: &[CrateTexts]) -> Self {
        let mut tree = Self::default();
        for texts in crates {
            let mut reading = Reading { tree: &mut tree, texts, read: BTreeSet::new() };
            let roots = ["lib.rs", "main.rs"].map(Path::new);
            let Some(root) = roots.into_iter().find(|it| texts.texts.contains_key(*it)) else {
                tree.errors.push(format!("{}: no lib.rs and no main.rs", texts.shown));
                continue;
            };
            let module = reading.file(root, vec![texts.name.clone()], None);
            let read = reading.read;
            for path in texts.texts.keys().filter(|it| !read.contains(*it)) {
                let shown = path.display();
                tree.errors
                    .push(format!("{}/{shown}: no module of the crate has this file", texts.shown));
            }
            tree.crates.extend(module.map(|it| (texts.name.clone(), it)));
        }
        tree
    }

    /// Returns true if one module is the other one, or contains it.
    pub(crate) fn is_around(&self, outer: ModuleId, inner: ModuleId) -> bool {
        let path = &self.modules[inner.0].path;
        path.starts_with(&self.modules[outer.0].path)
    }

    /// Returns the lines of a file without its tests.
    pub(crate) fn lines(&self, file: FileId) -> usize {
        let file = &self.files[file.0];
        file.lines.len().saturating_sub(file.lines_of_tests)
    }
}

/// Reads the text of every crate below a folder.
pub(crate) fn read_crates(folder: &Path) -> Vec<CrateTexts> {
    let mut crates = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of the crates").flatten() {
        let Ok(manifest) = fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
        let manifest = DeTable::parse(&manifest).expect("a manifest is TOML");
        let name = |table: &str| {
            let table = manifest.get_ref().get(table)?.get_ref().as_table()?;
            Some(table.get("name")?.get_ref().as_str()?.replace('-', "_"))
        };
        let name = name("lib").or_else(|| name("package")).expect("a manifest has a name");
        let source = entry.path().join("src");
        let mut texts = BTreeMap::new();
        read_folder(&source, &source, &mut texts);
        let shown = format!("runtime/{}/src", entry.file_name().display());
        crates.push(CrateTexts { name, texts, shown });
    }
    crates.sort_by(|one, other| one.name.cmp(&other.name));
    crates
}

fn read_folder(folder: &Path, root: &Path, texts: &mut BTreeMap<PathBuf, String>) {
    for path in fs::read_dir(folder).expect("a folder of sources").flatten().map(|it| it.path()) {
        if path.is_dir() {
            read_folder(&path, root, texts);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("a source is text");
            texts.insert(path.strip_prefix(root).expect("it is inside").to_owned(), text);
        }
    }
}

/// Returns true if other modules can name items through a `use`.
pub(crate) fn is_re_export(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}
