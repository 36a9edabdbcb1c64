//! Generates a file of Rust from a world.

use std::collections::{BTreeSet, HashMap, HashSet};

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use weft_spec::{Diagnostic, Report};
use wit_parser::{
    Docs, Function, Interface, InterfaceId, Package, Resolve, Span, Stability, TypeId, WorldId,
    WorldItem, WorldKey,
};

use crate::Bindings;
use crate::emit::docs;
use crate::emit::facts::{Known, origin};
use crate::emit::glue::Links;
use crate::emit::hosts::Above;
use crate::emit::modules::{Key, ModuleId, Modules};
use crate::emit::names::Scope;
use crate::options::rules::Rules;
use crate::text::print::print;
use crate::wit::source::Wit;
use crate::wit::world::id_of;

/// The file under construction, and the facts collected so far.
pub(crate) struct Generator<'w> {
    wit: &'w Wit,
    pub(crate) rules: &'w Rules<'w>,
    pub(crate) crate_path: TokenStream,
    pub(crate) known: Known,
    pub(crate) modules: Modules,
    /// The places and names of types.
    pub(crate) names: HashMap<TypeId, Name>,
    /// The types that the user provides.
    pub(crate) mapped_types: HashMap<TypeId, TokenStream>,
    /// The interfaces for which the user provides a module.
    mapped_interfaces: HashMap<InterfaceId, TokenStream>,
    /// The error types that the user provides for the results of host functions.
    pub(crate) users_errors: HashMap<TypeId, TokenStream>,
    /// The names of the types that consist of references, for arguments.
    pub(crate) borrowed: HashMap<TypeId, Ident>,
    /// The structs that replace tuples that are too long, by module and types.
    pub(crate) long_tuples: HashMap<(ModuleId, String), Ident>,
    /// The structs that replace parameters, by module and function.
    pub(crate) parameter_structs: HashMap<(ModuleId, String), Ident>,
    report: Report,
    /// The numbers of the texts that are used.
    used: BTreeSet<usize>,
}

/// The name of a type.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    /// It is defined in a module of the file.
    Here(ModuleId, Ident),
    /// It is defined in a module elsewhere.
    Elsewhere(TokenStream, Ident),
}

/// The side that implements an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Import,
    Export,
}

/// An interface, or the world's own items, as a module.
#[derive(Clone, Debug)]
pub(crate) struct Place<'w> {
    pub(crate) direction: Direction,
    /// The interface's full name in the world; none for the world's own items.
    pub(crate) interface: Option<String>,
    /// The interface's short name.
    pub(crate) name: Option<String>,
    pub(crate) module: ModuleId,
    /// The place in words.
    pub(crate) title: String,
    pub(crate) stability: &'w Stability,
    pub(crate) types: Vec<(&'w str, TypeId)>,
    pub(crate) functions: Vec<&'w Function>,
}

/// Generates the bindings of `world`.
pub(crate) fn emit(wit: &Wit, rules: &Rules<'_>) -> Result<Bindings, Report> {
    let (world, crate_path) = (wit.world, rules.crate_path.to_token_stream());
    let visibility = rules.visibility.to_token_stream();
    let modules = Modules::new(crate_path.clone(), visibility, rules.options.inner_attributes);
    let mut generator = Generator {
        wit,
        rules,
        crate_path,
        known: Known::new(&wit.resolve, HashSet::new()),
        modules,
        names: HashMap::new(),
        mapped_types: HashMap::new(),
        mapped_interfaces: HashMap::new(),
        users_errors: HashMap::new(),
        borrowed: HashMap::new(),
        long_tuples: HashMap::new(),
        parameter_structs: HashMap::new(),
        report: wit.report(),
        used: BTreeSet::new(),
    };
    generator.map(world);
    generator.world(world);
    let Generator { modules, report, used, .. } = generator;
    let tokens = report.into_result(modules.render(Modules::ROOT))?;
    drop(modules);
    let name = id_of(&wit.resolve, world);
    let header = wit.header(&name);
    let body = print(tokens, rules.options.inner_attributes).map_err(|error| {
        Report::of(Diagnostic::error(
            "bind",
            format!("the generated text is not Rust, which is a fault of the generator: {error}"),
        ))
    })?;
    let text = format!("{header}\n\n{body}");
    Ok(Bindings {
        rust_lines: text.lines().count(),
        wit_lines: used.into_iter().map(|number| wit.line_count(number)).sum(),
        text,
        world: name,
        read: wit.read.clone(),
    })
}

impl<'w> Generator<'w> {
    pub(crate) fn resolve(&self) -> &'w Resolve {
        &self.wit.resolve
    }

    /// Refuses a construct.
    pub(crate) fn refuse(&mut self, problem: Diagnostic, span: Span) {
        self.report.push(match self.wit.place(span) {
            Some(place) => problem.at(place, ""),
            None => problem,
        });
    }

    /// Returns the visibility of an item; inside a module, the module's own visibility limits it.
    pub(crate) fn visibility(&self, module: ModuleId) -> TokenStream {
        if module == Modules::ROOT { self.modules.visibility() } else { quote!(pub) }
    }

    /// Returns the documentation of an item, and the attributes for its annotations in WIT.
    pub(crate) fn docs(&mut self, docs: &Docs, span: Span, stability: &Stability) -> TokenStream {
        let mut place = self.wit.line(span).map(|(number, line)| {
            self.used.insert(number);
            format!("WIT `{line}`")
        });
        match stability {
            Stability::Unknown => {}
            Stability::Stable { since, .. } => {
                place = place.map(|place| format!("{place}, since {since}"));
            }
            Stability::Unstable { feature, .. } => {
                place = place.map(|place| format!("{place}, unstable: `{feature}`"));
            }
        }
        let docs = docs::attributes(docs.contents.as_deref(), place.as_deref());
        let deprecated = deprecated(stability);
        quote!(#docs #deprecated)
    }

    /// Finds the parts of a world that the user provides.
    fn map(&mut self, id: WorldId) {
        let resolve = self.resolve();
        let Some(world) = resolve.worlds.get(id) else { return };
        let mut resources = HashSet::new();
        let mut types: Vec<(Option<String>, &str, TypeId)> = Vec::new();
        for (key, item) in &world.imports {
            match item {
                WorldItem::Interface { id, .. } => {
                    let Some(interface) = resolve.interfaces.get(*id) else { continue };
                    let full = resolve.name_world_key(key);
                    if let Some(module) = self.rules.with_interface(&full) {
                        self.mapped_interfaces.insert(*id, module.to_token_stream());
                        let kept = interface.types.values().copied();
                        resources.extend(kept.filter(|id| self.is_resource(*id)));
                    }
                    let named = interface.types.iter();
                    types.extend(named.map(|(name, id)| (Some(full.clone()), name.as_str(), *id)));
                }
                WorldItem::Type { id, .. } => {
                    let name = resolve.types.get(*id).and_then(|ty| ty.name.as_deref());
                    types.extend(name.map(|name| (None, name, *id)));
                }
                WorldItem::Function(_) => {}
            }
        }
        for (interface, name, id) in types {
            let interface = interface.as_deref();
            if let Some(path) = self.rules.with_type(interface, name) {
                self.mapped_types.insert(id, path.to_token_stream());
                if self.is_resource(id) {
                    resources.insert(id);
                }
            }
            if let Some(error) = self.rules.error(interface, name) {
                self.users_errors.insert(origin(resolve, id), error.to_token_stream());
            }
        }
        self.known = Known::new(resolve, resources);
    }

    fn world(&mut self, id: WorldId) {
        let resolve = self.resolve();
        let Some(world) = resolve.worlds.get(id) else { return };
        let places = self.places(id);
        for place in &places {
            self.claim_types(place);
        }
        self.borrow_parameters(&places);
        let (mut above, mut links) = (Above::default(), Links::default());
        let mut interfaces = Vec::new();
        let mut own = None;
        for place in &places {
            for (_, id) in &place.types {
                self.define(place.interface.as_deref(), *id);
            }
            let groups = self.groups(place);
            match place.direction {
                Direction::Import => {
                    let hosts = self.hosts(place, &groups, &mut above);
                    if self.rules.options.linker {
                        self.link(place, &groups, &hosts, &mut links);
                    }
                }
                Direction::Export if !self.rules.options.linker => {}
                Direction::Export if place.interface.is_some() => {
                    self.exported_interface(place, &groups, &mut interfaces);
                }
                Direction::Export => own = Some((place, groups)),
            }
        }
        let items = |items: &wit_parser::IndexMap<WorldKey, WorldItem>| -> Vec<String> {
            let named = items.iter().filter(|(_, item)| !matches!(item, WorldItem::Type { .. }));
            named
                .map(|(key, item)| match item {
                    WorldItem::Function(function) => function.name.clone(),
                    _ => resolve.name_world_key(key),
                })
                .collect()
        };
        if self.rules.options.linker {
            let own = own.as_ref().map(|(place, groups)| (*place, groups.as_slice()));
            let lists = [items(&world.imports), items(&world.exports)];
            self.exported_world(id, own, &interfaces, lists);
        }
    }

    /// Claims the names of the types of a place, or records the place that has them.
    fn claim_types(&mut self, place: &Place<'w>) {
        for (name, id) in &place.types {
            let choice = self.rules.type_(place.interface.as_deref(), name);
            let ident = match choice.name {
                Some(name) => self.modules.claim_name(place.module, &name.to_string()),
                None => self.modules.claim_type(place.module, name),
            };
            if let Some(ident) = ident {
                self.names.insert(*id, Name::Here(place.module, ident));
            }
        }
    }

    /// Records that the types of an interface are in a module of the user, with the names that they
    /// would have here.
    fn types_elsewhere(&mut self, full: &str, interface: &'w Interface, module: &TokenStream) {
        let mut scope = Scope::default();
        for (name, id) in &interface.types {
            let ident = match self.rules.type_(Some(full), name).name {
                Some(name) => scope.claim_name(&name.to_string()),
                None => scope.claim_type(name),
            };
            self.names.insert(*id, Name::Elsewhere(module.clone(), ident));
        }
    }

    /// Returns the modules of a world: one for each interface, and the file for the world's own
    /// items.
    fn places(&mut self, id: WorldId) -> Vec<Place<'w>> {
        let resolve = self.resolve();
        let Some(world) = resolve.worlds.get(id) else { return Vec::new() };
        let mut places = Vec::new();
        let mut own = Vec::new();
        for (direction, items) in
            [(Direction::Import, &world.imports), (Direction::Export, &world.exports)]
        {
            let mut types = Vec::new();
            let mut functions = Vec::new();
            for (key, item) in items {
                match item {
                    WorldItem::Interface { id, .. } => {
                        if direction == Direction::Import
                            && let Some(module) = self.mapped_interfaces.get(id).cloned()
                            && let Some(interface) = resolve.interfaces.get(*id)
                        {
                            self.types_elsewhere(&resolve.name_world_key(key), interface, &module);
                            continue;
                        }
                        places.extend(self.interface(world, direction, key, *id));
                    }
                    WorldItem::Function(function) => functions.push(function),
                    WorldItem::Type { id, .. } => {
                        let name = resolve.types.get(*id).and_then(|ty| ty.name.as_deref());
                        types.extend(name.map(|name| (name, *id)));
                    }
                }
            }
            own.push((direction, types, functions));
        }
        // The world's own items come last, because its host consists of the interfaces' hosts.
        for (direction, types, functions) in own.into_iter().rev() {
            let module = match direction {
                Direction::Import => Modules::ROOT,
                Direction::Export if types.is_empty() && functions.is_empty() => continue,
                Direction::Export => self.exports(),
            };
            let title = format!("the world `{}`", id_of(resolve, id));
            places.push(Place {
                direction,
                interface: None,
                name: None,
                stability: &world.stability,
                module,
                title,
                types,
                functions,
            });
        }
        places
    }

    fn interface(
        &mut self,
        world: &wit_parser::World,
        direction: Direction,
        key: &WorldKey,
        id: InterfaceId,
    ) -> Option<Place<'w>> {
        let resolve = self.resolve();
        let interface = resolve.interfaces.get(id)?;
        let full = resolve.name_world_key(key);
        let root = match direction {
            Direction::Import => Modules::ROOT,
            Direction::Export => self.exports(),
        };
        let (parent, name) = match key {
            WorldKey::Name(name) => (root, name.clone()),
            WorldKey::Interface(_) => {
                let package = resolve.packages.get(interface.package?)?;
                (self.package(world, root, package), interface.name.clone()?)
            }
        };
        let docs = self.docs(&interface.docs, interface.span, &interface.stability);
        let module = self.modules.child(parent, Key::Interface(full.clone()), &name, || docs);
        Some(Place {
            direction,
            module,
            title: format!("the interface `{full}`"),
            interface: Some(full),
            name: Some(name),
            stability: &interface.stability,
            types: interface.types.iter().map(|(name, id)| (name.as_str(), *id)).collect(),
            functions: interface.functions.values().collect(),
        })
    }

    /// Returns the module of a package. Its version is in the name only if the world has several.
    fn package(
        &mut self,
        world: &wit_parser::World,
        root: ModuleId,
        package: &Package,
    ) -> ModuleId {
        let resolve = self.resolve();
        let wit_parser::PackageName { namespace, name, version } = &package.name;
        let mut outer = root;
        let mut path = String::new();
        for part in namespace.split(':') {
            path = if path.is_empty() { part.to_owned() } else { format!("{path}:{part}") };
            outer = self.modules.child(outer, Key::Namespace(part.to_owned()), part, || quote!());
        }
        let mut parts: Vec<&str> = name.split('/').collect();
        let last = parts.pop().unwrap_or_default();
        for (number, part) in parts.into_iter().enumerate() {
            path = format!("{path}{}{part}", if number == 0 { ':' } else { '/' });
            outer =
                self.modules.child(outer, Key::Package(part.to_owned(), None), part, || quote!());
        }
        let versions: BTreeSet<_> = interfaces(resolve, world)
            .filter_map(|interface| Some(&resolve.packages.get(interface.package?)?.name))
            .filter(|other| other.namespace == *namespace && other.name == *name)
            .map(|other| &other.version)
            .collect();
        let version = version.as_ref().map(ToString::to_string);
        let module = match &version {
            Some(version) if versions.len() > 1 => format!("{last}-{version}"),
            _ => last.to_owned(),
        };
        self.modules.child(outer, Key::Package(last.to_owned(), version), &module, || {
            docs::attributes(package.docs.contents.as_deref(), None)
        })
    }

    fn exports(&mut self) -> ModuleId {
        let docs = || quote!(#[doc = " The interfaces and types that a guest exports."]);
        self.modules.child(Modules::ROOT, Key::Exports, "exports", docs)
    }
}

/// Returns the attribute of an item that the WIT deprecates.
pub(crate) fn deprecated(stability: &Stability) -> Option<TokenStream> {
    let (Stability::Stable { deprecated, .. } | Stability::Unstable { deprecated, .. }) = stability
    else {
        return None;
    };
    let version = deprecated.as_ref()?.to_string();
    Some(quote!(#[deprecated(since = #version)]))
}

/// Returns the interfaces that a world imports and exports under their own names.
fn interfaces<'w>(
    resolve: &'w Resolve,
    world: &wit_parser::World,
) -> impl Iterator<Item = &'w Interface> {
    world.imports.keys().chain(world.exports.keys()).filter_map(|key| match key {
        WorldKey::Interface(id) => resolve.interfaces.get(*id),
        WorldKey::Name(_) => None,
    })
}
