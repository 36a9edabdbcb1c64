//! The rules of options for each function and type of a world.
//!
//! All mistakes in the options are found here at once: text that is not Rust, and names that the
//! world does not have.

use std::collections::BTreeSet;

use proc_macro2::Ident;
use weft_spec::{Diagnostic, Report};
use wit_parser::{Function, IndexMap, InterfaceId, Resolve, WorldId, WorldItem, WorldKey};

use crate::options::places::PlacesIn;
use crate::wit::closest::{did_you_mean, listed};
use crate::{OptionPlace, Options, Ownership, StoreMode};

/// The pattern that matches everything.
const EVERYTHING: &str = "*";

/// Options that were checked, in the form that the generator needs.
#[derive(Debug)]
pub(crate) struct Rules<'o> {
    pub(crate) options: &'o Options,
    /// The path of the crate `weft`.
    pub(crate) crate_path: syn::Path,
    /// The visibility of generated items.
    pub(crate) visibility: syn::Visibility,
    with: Vec<(&'o str, syn::Path)>,
    errors: Vec<(&'o str, syn::Type)>,
    derives: Vec<syn::Path>,
    types: Vec<CheckedType<'o>>,
}

#[derive(Debug)]
struct CheckedType<'o> {
    pattern: &'o str,
    derives: Vec<syn::Path>,
    without: Vec<syn::Path>,
    name: Option<Ident>,
    ownership: Option<Ownership>,
}

/// The combined rules for a host function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FunctionChoice {
    /// The access to the store, if a rule sets it.
    pub(crate) store: Option<StoreMode>,
    /// `true` if it can trap, if a rule sets it; a function with a default body always can.
    pub(crate) traps: Option<bool>,
    /// `true` if each call is recorded.
    pub(crate) traced: bool,
    /// `true` if it has a default body.
    pub(crate) default: bool,
}

/// The combined rules for a type.
#[derive(Debug, Default)]
pub(crate) struct TypeChoice<'r> {
    /// The derives in addition to the default ones.
    pub(crate) derives: Vec<&'r syn::Path>,
    /// The derives to omit.
    without: Vec<&'r syn::Path>,
    /// Its name, if a rule sets it.
    pub(crate) name: Option<&'r Ident>,
    /// The owner of its parts in parameters.
    pub(crate) ownership: Ownership,
}

impl TypeChoice<'_> {
    /// Returns `true` if a trait that is derived by default, such as `PartialEq`, is not omitted.
    pub(crate) fn keeps(&self, name: &str) -> bool {
        !self.without.iter().any(|path| path.segments.last().is_some_and(|it| it.ident == name))
    }
}

impl<'o> Rules<'o> {
    /// Checks `options` for `world`; problems go into `report`.
    pub(crate) fn new(
        options: &'o Options,
        resolve: &Resolve,
        world: WorldId,
        report: &mut Report,
    ) -> Self {
        let places = options.places.source(report);
        let [imported, exported] = items(resolve, world);
        let mut check = Check { imported, exported, places, report };
        let crate_path = check.rust("a path", &options.crate_path, &place("crate-path"));
        let visibility = check.rust("a visibility", &options.visibility, &place("visibility"));
        let rules = Self {
            options,
            crate_path: crate_path.unwrap_or_else(|| syn::parse_quote!(::weft)),
            visibility: visibility.unwrap_or(syn::Visibility::Inherited),
            with: check.pairs("with", "the path of a module or type", &options.with),
            errors: check.pairs("errors", "a type", &options.errors),
            derives: check.derives("derives", None, &options.derives),
            types: check.types(options),
        };
        for (number, rule) in options.functions.iter().enumerate() {
            let place = OptionPlace::Field("functions", number, "pattern");
            check.means(&rule.pattern, Wanted::Functions, &place);
        }
        rules
    }

    /// Returns the rules for a function of `interface`, or of the world itself.
    pub(crate) fn function(&self, interface: Option<&str>, function: &Function) -> FunctionChoice {
        self.function_called(interface, &function.name)
    }

    /// Returns the rules for a resource as a whole, which apply to its `drop`.
    pub(crate) fn resource_drop(&self, interface: Option<&str>, resource: &str) -> FunctionChoice {
        self.function_called(interface, &format!("[resource-drop]{resource}"))
    }

    fn function_called(&self, interface: Option<&str>, name: &str) -> FunctionChoice {
        let mut choice = FunctionChoice::default();
        // Without a linker, functions get no store and no error that traps.
        if !self.options.linker {
            return choice;
        }
        for rule in &self.options.functions {
            if !fits(&rule.pattern, interface, name) {
                continue;
            }
            choice.store = rule.store.or(choice.store);
            choice.traps = rule.traps.or(choice.traps);
            choice.traced = rule.traced.unwrap_or(choice.traced);
            choice.default = rule.default.unwrap_or(choice.default);
        }
        if choice.default {
            choice.traps = Some(true);
        }
        choice
    }

    /// Returns the rules for a type of `interface`, or of the world itself.
    pub(crate) fn type_(&self, interface: Option<&str>, name: &str) -> TypeChoice<'_> {
        let mut choice = TypeChoice {
            derives: self.derives.iter().collect(),
            without: Vec::new(),
            name: None,
            ownership: self.options.ownership,
        };
        for rule in self.types.iter().filter(|rule| fits(rule.pattern, interface, name)) {
            choice.derives.extend(&rule.derives);
            choice.without.extend(&rule.without);
            choice.name = rule.name.as_ref().or(choice.name);
            choice.ownership = rule.ownership.unwrap_or(choice.ownership);
        }
        let without = &choice.without;
        choice.derives.retain(|path| !without.iter().any(|other| leaves_out(other, path)));
        let mut seen = BTreeSet::new();
        choice.derives.retain(|path| seen.insert(text(path)));
        choice
    }

    /// Returns the user's module for an interface.
    pub(crate) fn with_interface(&self, interface: &str) -> Option<&syn::Path> {
        let named = |name: &str| name == interface || Some(name) == plain(interface);
        self.with.iter().find(|(name, _)| named(name)).map(|(_, path)| path)
    }

    /// Returns the user's type for a type or resource. This excludes a type whose interface's
    /// module is replaced, unless an option names the type itself.
    pub(crate) fn with_type(&self, interface: Option<&str>, name: &str) -> Option<&syn::Path> {
        self.with.iter().find(|(it, _)| is_named(it, interface, name)).map(|(_, path)| path)
    }

    /// Returns the user's error type that functions return instead of a type.
    pub(crate) fn error(&self, interface: Option<&str>, name: &str) -> Option<&syn::Type> {
        self.errors.iter().find(|(it, _)| is_named(it, interface, name)).map(|(_, ty)| ty)
    }
}

fn place(option: &'static str) -> OptionPlace {
    OptionPlace::Value(option)
}

/// Returns `true` if `path` excludes the derive `other`: it is the same path, or its last name.
fn leaves_out(path: &syn::Path, other: &syn::Path) -> bool {
    let is_last = match (path.get_ident(), other.segments.last()) {
        (Some(name), Some(last)) => *name == last.ident,
        _ => false,
    };
    is_last || text(path) == text(other)
}

fn text(path: &syn::Path) -> String {
    quote::quote!(#path).to_string()
}

/// Returns an interface's name without its version, if it has one.
fn plain(interface: &str) -> Option<&str> {
    interface.split_once('@').map(|(name, _)| name)
}

/// Returns `true` if `name` is the name of an item: in an interface, or directly in the world.
fn is_named(name: &str, interface: Option<&str>, item: &str) -> bool {
    in_interface(name, interface) == Some(item)
}

/// Returns the part of `name` after the interface's name, if it is in this interface; the whole
/// name for an item directly in the world.
fn in_interface<'n>(name: &'n str, interface: Option<&str>) -> Option<&'n str> {
    let Some(interface) = interface else { return Some(name) };
    let behind = |prefix: &str| name.strip_prefix(prefix)?.strip_prefix('/');
    behind(interface).or_else(|| behind(plain(interface)?))
}

/// Returns `true` if a pattern is the name of an interface's package: `a:b` or `a:b@1.0.0` for
/// `a:b/c@1.0.0`.
fn is_package(pattern: &str, interface: &str) -> bool {
    let Some((package, name)) = interface.split_once('/') else { return false };
    let Some(version) = pattern.strip_prefix(package) else { return false };
    version.is_empty() || name.find('@').and_then(|at| name.get(at..)) == Some(version)
}

/// Returns `true` if an item matches a pattern.
fn fits(pattern: &str, interface: Option<&str>, item: &str) -> bool {
    if pattern == EVERYTHING || Some(pattern) == interface {
        return true;
    }
    if interface.is_some_and(|it| plain(it) == Some(pattern) || is_package(pattern, it)) {
        return true;
    }
    in_interface(pattern, interface)
        .is_some_and(|name| name == item || Some(name) == resource(item))
}

/// Returns the resource in the name of a function.
fn resource(function: &str) -> Option<&str> {
    let (_, name) = function.strip_prefix('[')?.split_once(']')?;
    Some(name.split('.').next().unwrap_or(name))
}

/// An item of a world.
#[derive(Clone, Debug)]
enum Item {
    Interface(String),
    Function(Option<String>, String),
    Type(Option<String>, String),
}

/// Returns all items with a name that a world imports, and those that it exports.
fn items(resolve: &Resolve, world: WorldId) -> [Vec<Item>; 2] {
    let world = resolve.worlds.get(world);
    world.map_or_else(Default::default, |world| {
        [&world.imports, &world.exports].map(|items| named_items(resolve, items))
    })
}

fn named_items(resolve: &Resolve, items: &IndexMap<WorldKey, WorldItem>) -> Vec<Item> {
    let mut found = Vec::new();
    for (key, item) in items {
        match item {
            WorldItem::Interface { id, .. } => {
                found.extend(interface_items(resolve, *id, &resolve.name_world_key(key)));
            }
            WorldItem::Function(function) => {
                found.push(Item::Function(None, function.name.clone()));
            }
            WorldItem::Type { id, .. } => {
                let name = resolve.types.get(*id).and_then(|ty| ty.name.clone());
                found.extend(name.map(|name| Item::Type(None, name)));
            }
        }
    }
    found
}

fn interface_items(resolve: &Resolve, id: InterfaceId, full: &str) -> Vec<Item> {
    let mut found = vec![Item::Interface(full.to_owned())];
    let Some(interface) = resolve.interfaces.get(id) else { return found };
    let of = || Some(full.to_owned());
    found.extend(interface.types.keys().map(|name| Item::Type(of(), name.clone())));
    found.extend(interface.functions.keys().map(|name| Item::Function(of(), name.clone())));
    found
}

impl Item {
    /// Returns all names of the item.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Interface(name) => {
                plain(name).into_iter().chain([name.as_str()]).map(str::to_owned).collect()
            }
            Self::Function(None, name) | Self::Type(None, name) => vec![name.clone()],
            Self::Function(Some(interface), name) | Self::Type(Some(interface), name) => {
                let interfaces = plain(interface).into_iter().chain([interface.as_str()]);
                interfaces.map(|interface| format!("{interface}/{name}")).collect()
            }
        }
    }
}

/// The kinds of items that a name can stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Functions,
    Types,
    /// One interface or type that is imported.
    InterfaceOrType,
    /// One type that is imported.
    ImportedType,
    OneType,
}

impl Wanted {
    fn noun(self) -> &'static str {
        match self {
            Self::Functions => "function",
            Self::Types | Self::ImportedType | Self::OneType => "type",
            Self::InterfaceOrType => "interface or type",
        }
    }

    fn is_meant(self, item: &Item, name: &str) -> bool {
        match (self, item) {
            (Self::Functions, Item::Function(interface, item))
            | (Self::Types, Item::Type(interface, item)) => fits(name, interface.as_deref(), item),
            (Self::InterfaceOrType, Item::Interface(it)) => it == name || plain(it) == Some(name),
            (
                Self::InterfaceOrType | Self::ImportedType | Self::OneType,
                Item::Type(interface, item),
            ) => is_named(name, interface.as_deref(), item),
            _ => false,
        }
    }

    /// Returns `true` if it is about types in all places, instead of the items that a host
    /// implements.
    fn is_of_exports(self) -> bool {
        matches!(self, Self::Types | Self::OneType)
    }

    /// Returns `true` if an item can be meant by another name.
    fn can_be(self, item: &Item) -> bool {
        match item {
            Item::Interface(_) => !matches!(self, Self::ImportedType | Self::OneType),
            Item::Function(..) => self == Self::Functions,
            Item::Type(..) => self != Self::Functions,
        }
    }
}

struct Check<'a> {
    imported: Vec<Item>,
    exported: Vec<Item>,
    places: PlacesIn<'a>,
    report: &'a mut Report,
}

impl Check<'_> {
    fn push(&mut self, problem: Diagnostic, place: &OptionPlace) {
        self.report.push(self.places.at(problem, place));
    }

    /// Refuses a name that nothing has here.
    fn means(&mut self, name: &str, wanted: Wanted, place: &OptionPlace) {
        if name == EVERYTHING && matches!(wanted, Wanted::Functions | Wanted::Types) {
            return;
        }
        let means = |items: &[Item]| items.iter().any(|item| wanted.is_meant(item, name));
        let is_exported = means(&self.exported);
        if means(&self.imported) || (is_exported && wanted.is_of_exports()) {
            return;
        }
        let noun = wanted.noun();
        if is_exported {
            let message = format!("the world exports the {noun} `{name}`, but does not import it");
            let problem = Diagnostic::error("bind-exported-name", message);
            let help =
                "this option is about the items that a host implements: the imports of the world";
            self.push(problem.help(help), place);
            return;
        }
        let message = format!("the world has no {noun} `{name}`");
        let exported = self.exported.iter().filter(|_| wanted.is_of_exports());
        let all = || self.imported.iter().chain(exported.clone());
        let others = all().filter(|item| wanted.can_be(item));
        let known: BTreeSet<_> = others.flat_map(Item::names).collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        let problem = Diagnostic::error("bind-unknown-name", message);
        let problem = did_you_mean(problem, name, &known);
        let interfaces = all().filter_map(|item| match item {
            Item::Interface(name) => Some(name.as_str()),
            _ => None,
        });
        let interfaces: BTreeSet<_> = interfaces.collect();
        let problem = if interfaces.is_empty() {
            problem
        } else {
            problem.help(format!("the world's interfaces are {}", listed(interfaces)))
        };
        self.push(problem, place);
    }

    /// Parses Rust; refuses text that is not Rust.
    fn rust<T: syn::parse::Parse>(
        &mut self,
        wanted: &str,
        text: &str,
        place: &OptionPlace,
    ) -> Option<T> {
        let parsed = syn::parse_str(text);
        parsed
            .map_err(|error| {
                let message = format!("`{text}` is not {wanted} in Rust: {error}");
                self.push(Diagnostic::error("bind-not-rust", message), place);
            })
            .ok()
    }

    fn pairs<'o, T: syn::parse::Parse>(
        &mut self,
        option: &'static str,
        wanted: &str,
        pairs: &'o [(String, String)],
    ) -> Vec<(&'o str, T)> {
        let mut checked = Vec::new();
        let mut seen = BTreeSet::new();
        for (number, (name, rust)) in pairs.iter().enumerate() {
            let meant =
                if option == "with" { Wanted::InterfaceOrType } else { Wanted::ImportedType };
            let place = OptionPlace::Field(option, number, "name");
            self.means(name, meant, &place);
            if !seen.insert(name) {
                let message = format!("`{option}` names `{name}` twice");
                self.push(Diagnostic::error("bind-twice", message), &place);
            }
            let place = OptionPlace::Field(option, number, "rust");
            checked.extend(self.rust(wanted, rust, &place).map(|rust| (name.as_str(), rust)));
        }
        checked
    }

    fn derives(
        &mut self,
        option: &'static str,
        rule: Option<usize>,
        texts: &[String],
    ) -> Vec<syn::Path> {
        let place = |element: usize| match rule {
            Some(rule) => OptionPlace::Field("types", rule, option),
            None => OptionPlace::Element(option, element),
        };
        let texts = texts.iter().enumerate();
        let parsed = texts.map(|(number, text)| {
            let path: Option<syn::Path> = self.rust("a path", text, &place(number));
            let path = path?;
            let is_plain = path.segments.iter().all(|segment| segment.arguments.is_none());
            if !is_plain {
                let message = format!("`{text}` has arguments: a derive must be a path");
                self.push(Diagnostic::error("bind-not-rust", message), &place(number));
            }
            is_plain.then_some(path)
        });
        parsed.flatten().collect()
    }

    fn types<'o>(&mut self, options: &'o Options) -> Vec<CheckedType<'o>> {
        let mut checked = Vec::new();
        for (number, rule) in options.types.iter().enumerate() {
            let field = |name| OptionPlace::Field("types", number, name);
            // A name is for one type, so its pattern must match exactly one.
            let wanted = if rule.name.is_some() { Wanted::OneType } else { Wanted::Types };
            self.means(&rule.pattern, wanted, &field("pattern"));
            let name = rule.name.as_deref();
            checked.push(CheckedType {
                pattern: &rule.pattern,
                derives: self.derives("derives", Some(number), &rule.derives),
                without: self.derives("without-derives", Some(number), &rule.without_derives),
                name: name.and_then(|name| self.rust("a name", name, &field("name"))),
                ownership: rule.ownership,
            });
        }
        checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_documented() {
        let streams = Some("wasi:io/streams@0.2.3");
        let read = "[method]input-stream.read";
        for pattern in [
            "*",
            "wasi:io/streams",
            "wasi:io/streams@0.2.3",
            "wasi:io/streams/input-stream",
            "wasi:io/streams@0.2.3/input-stream",
            "wasi:io/streams/[method]input-stream.read",
        ] {
            assert!(fits(pattern, streams, read), "{pattern}");
        }
        for pattern in [
            "wasi:io/stream",
            "wasi:io/streams@0.2.4",
            "wasi:io/streams/input",
            "wasi:io/streams/",
            "input-stream",
            "streams",
            "",
        ] {
            assert!(!fits(pattern, streams, read), "{pattern}");
        }
        assert!(fits("file", None, "[constructor]file"));
        assert!(fits("[method]file.read", None, "[method]file.read"));
        assert!(!fits("read", None, "[method]file.read"));
        assert!(fits("functions/log", Some("functions"), "log"));
        assert!(!fits("log", Some("functions"), "log"));
        assert!(fits("a:b:c/d/e/f", Some("a:b:c/d/e"), "f"));
    }

    #[test]
    fn a_derive_is_omitted_by_its_path_or_last_name() {
        let path = |text| syn::parse_str::<syn::Path>(text).unwrap();
        assert!(leaves_out(&path("Serialize"), &path("serde::Serialize")));
        assert!(leaves_out(&path("serde :: Serialize"), &path("serde::Serialize")));
        assert!(!leaves_out(&path("other::Serialize"), &path("serde::Serialize")));
        assert!(!leaves_out(&path("serde"), &path("serde::Serialize")));
    }
}
