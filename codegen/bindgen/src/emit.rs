//! A world in, a file of Rust out.

use std::collections::{BTreeSet, HashMap};

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use weft_spec::{Diagnostic, Report};
use wit_parser::{
    Docs, Function, Interface, InterfaceId, Package, Resolve, Span, Stability, TypeDefKind, TypeId,
    WorldId, WorldItem, WorldKey,
};

use super::facts::Known;
use super::functions::Above;
use super::modules::{Key, ModuleId, Modules};
use super::source::Wit;
use super::world::id_of;
use super::{Bindings, docs};

/// What is being made, and what is known of it so far.
pub(super) struct Generator<'w> {
    wit: &'w Wit,
    pub(super) known: Known,
    pub(super) modules: Modules,
    /// Where each type is and what it is called.
    pub(super) names: HashMap<TypeId, (ModuleId, Ident)>,
    report: Report,
    /// The numbers of the texts that anything comes from.
    used: BTreeSet<usize>,
}

/// Whether the host gives something to the guest or the guest to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Import,
    Export,
}

/// An interface, or the world's own items, as a module.
pub(super) struct Place<'w> {
    pub(super) direction: Direction,
    /// The interface's name in the world; none for the world's own items.
    pub(super) interface: Option<String>,
    pub(super) module: ModuleId,
    /// What it is, in words.
    pub(super) title: String,
    pub(super) span: Span,
    pub(super) types: Vec<(&'w str, TypeId)>,
    pub(super) functions: Vec<&'w Function>,
}

/// Generates the bindings of `world`.
pub(super) fn emit(wit: &Wit, world: WorldId) -> Result<Bindings, Report> {
    let mut generator = Generator {
        wit,
        known: Known::new(&wit.resolve),
        modules: Modules::new(),
        names: HashMap::new(),
        report: wit.report(),
        used: BTreeSet::new(),
    };
    generator.world(world);
    let Generator { modules, report, used, .. } = generator;
    let tokens = report.into_result(modules.render(Modules::ROOT))?;
    let name = id_of(&wit.resolve, world);
    let header = wit.header(&name);
    let body = print(tokens).map_err(|error| {
        Report::of(Diagnostic::error("bind", format!("what was generated is not Rust: {error}")))
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

/// Lays out the file; its items are exempt from lints and formatting that are meant for people.
fn print(tokens: TokenStream) -> syn::Result<String> {
    let mut file: syn::File = syn::parse2(tokens)?;
    let skip: syn::Attribute = syn::parse_quote!(#[rustfmt::skip]);
    let lints: [syn::Attribute; 2] = [
        syn::parse_quote!(#[allow(clippy::all, clippy::pedantic, clippy::nursery)]),
        syn::parse_quote!(#[allow(dead_code, deprecated, unreachable_pub, unused_qualifications)]),
    ];
    for item in &mut file.items {
        let attributes = match item {
            syn::Item::Const(item) => &mut item.attrs,
            syn::Item::Enum(item) => &mut item.attrs,
            syn::Item::Mod(item) => &mut item.attrs,
            syn::Item::Struct(item) => &mut item.attrs,
            syn::Item::Trait(item) => &mut item.attrs,
            syn::Item::Type(item) => &mut item.attrs,
            syn::Item::Impl(item) if item.trait_.is_none() => &mut item.attrs,
            syn::Item::Impl(item) => {
                item.attrs.push(syn::parse_quote!(#[allow(deprecated)]));
                item.attrs.push(skip.clone());
                continue;
            }
            _ => continue,
        };
        attributes.extend(lints.iter().chain([&skip]).cloned());
    }
    Ok(prettyplease::unparse(&file))
}

impl<'w> Generator<'w> {
    pub(super) fn resolve(&self) -> &'w Resolve {
        &self.wit.resolve
    }

    /// Refuses a construct.
    pub(super) fn refuse(&mut self, problem: Diagnostic, span: Span) {
        self.report.push(match self.wit.place(span) {
            Some(place) => problem.at(place, ""),
            None => problem,
        });
    }

    /// The documentation of an item, and what else its annotations in WIT mean.
    pub(super) fn docs(
        &mut self,
        docs: &Docs,
        otherwise: &str,
        span: Span,
        stability: &Stability,
    ) -> TokenStream {
        let mut place = self.wit.line(span).map(|(number, line)| {
            self.used.insert(number);
            format!("WIT `{line}`")
        });
        let deprecated = match stability {
            Stability::Unknown => None,
            Stability::Stable { since, deprecated } => {
                place = place.map(|place| format!("{place}, since {since}"));
                deprecated.as_ref()
            }
            Stability::Unstable { feature, deprecated } => {
                place = place.map(|place| format!("{place}, unstable: `{feature}`"));
                deprecated.as_ref()
            }
        };
        let docs = docs::attributes(docs.contents.as_deref(), otherwise, place.as_deref());
        let deprecated = deprecated.map(|version| {
            let version = version.to_string();
            quote!(#[deprecated(since = #version)])
        });
        quote!(#docs #deprecated)
    }

    fn world(&mut self, id: WorldId) {
        let resolve = self.resolve();
        let Some(world) = resolve.worlds.get(id) else { return };
        let places = self.places(id);
        for place in &places {
            for (name, id) in &place.types {
                if let Some(ident) = self.modules.claim_type(place.module, name) {
                    self.names.insert(*id, (place.module, ident));
                }
            }
        }
        let mut above = Above::default();
        for place in &places {
            self.interface_name(place);
            for (_, id) in &place.types {
                self.define(*id);
            }
            self.functions(place, &mut above);
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
        let (imports, exports) = (items(&world.imports), items(&world.exports));
        let full = id_of(resolve, id);
        let title = format!("The world `{full}`.");
        let docs = self.docs(&world.docs, &title, world.span, &world.stability);
        let name = self.modules.claim_type(Modules::ROOT, &world.name);
        self.modules.add(
            Modules::ROOT,
            quote! {
                #docs
                #[derive(Clone, Copy, Debug)]
                pub struct #name;
                impl ::weft::binding::World for #name {
                    const NAME: &'static str = #full;
                    const IMPORTS: &'static [&'static str] = &[#(#imports),*];
                    const EXPORTS: &'static [&'static str] = &[#(#exports),*];
                }
            },
        );
    }

    /// The modules of a world: one for each interface, and the file for the world's own items.
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
        // The world's own items come last: its host is made of the interfaces' hosts.
        for (direction, types, functions) in own.into_iter().rev() {
            let module = match direction {
                Direction::Import => Modules::ROOT,
                Direction::Export if types.is_empty() && functions.is_empty() => continue,
                Direction::Export => self.exports(),
            };
            let title = format!("the world `{}`", id_of(resolve, id));
            let span = world.span;
            places.push(Place {
                direction,
                interface: None,
                module,
                title,
                span,
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
        let title = format!("The interface `{full}`.");
        let docs = self.docs(&interface.docs, &title, interface.span, &interface.stability);
        let module = self.modules.child(parent, Key::Interface(full.clone()), &name, || docs);
        Some(Place {
            direction,
            module,
            title: format!("the interface `{full}`"),
            span: interface.span,
            interface: Some(full),
            types: interface.types.iter().map(|(name, id)| (name.as_str(), *id)).collect(),
            functions: interface.functions.values().collect(),
        })
    }

    /// The module of a package. Its version is in the name only if the world has several.
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
            let title = format!("The namespace `{path}`.");
            outer = self.modules.child(outer, Key::Namespace(part.to_owned()), part, || {
                docs::attributes(None, &title, None)
            });
        }
        let mut parts: Vec<&str> = name.split('/').collect();
        let last = parts.pop().unwrap_or_default();
        for (number, part) in parts.into_iter().enumerate() {
            path = format!("{path}{}{part}", if number == 0 { ':' } else { '/' });
            let title = format!("The packages nested in `{path}`.");
            outer = self.modules.child(outer, Key::Package(part.to_owned(), None), part, || {
                docs::attributes(None, &title, None)
            });
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
        let title = format!("The package `{}`.", package.name);
        self.modules.child(outer, Key::Package(last.to_owned(), version), &module, || {
            docs::attributes(package.docs.contents.as_deref(), &title, None)
        })
    }

    /// Adds the name that functions and resources say they are of.
    fn interface_name(&mut self, place: &Place<'w>) {
        let resource = |(_, id): &(&str, TypeId)| {
            let definition = self.resolve().types.get(*id);
            definition.is_some_and(|definition| definition.kind == TypeDefKind::Resource)
        };
        if place.functions.is_empty() && !place.types.iter().any(resource) {
            return;
        }
        let (otherwise, name) = match &place.interface {
            Some(name) => ("The interface's name in the world.", quote!(Some(#name))),
            None => ("No interface: this is directly in the world.", quote!(None)),
        };
        let docs = docs::attributes(None, otherwise, None);
        self.modules.add(
            place.module,
            quote! {
                #docs
                pub const INTERFACE: ::core::option::Option<&'static str> =
                    ::core::option::Option::#name;
            },
        );
    }

    fn exports(&mut self) -> ModuleId {
        let docs = || docs::attributes(None, "What a guest exports.", None);
        self.modules.child(Modules::ROOT, Key::Exports, "exports", docs)
    }
}

/// The interfaces a world imports and exports by their own names.
fn interfaces<'w>(
    resolve: &'w Resolve,
    world: &wit_parser::World,
) -> impl Iterator<Item = &'w Interface> {
    world.imports.keys().chain(world.exports.keys()).filter_map(|key| match key {
        WorldKey::Interface(id) => resolve.interfaces.get(*id),
        WorldKey::Name(_) => None,
    })
}
