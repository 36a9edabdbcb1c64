//! Questions about the items of a linker, and traps for missing ones.

use alloc::collections::BTreeSet;
use alloc::string::String;
use core::fmt;

use thiserror::Error;

use crate::builtin::TypeIndex;
use crate::component::definition::extern_type::{ExternType, InstanceType};
use crate::component::definition::import_error::within;
use crate::component::definition::versions;
use crate::component::run::host_resource::HostResourceType;
use crate::component::store::module::Module;
use crate::engine::CoreEngine;
use crate::error::OneLine;

use super::instance::Instance;
use super::linker::{Linker, Provided};
use super::loading::Component;

/// The error of an import that was not defined, when a guest calls it. It is the cause of a
/// [`CallError::Host`](super::CallError::Host) after [`Linker::define_unknown_imports_as_traps`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a guest called the import {:#}, which the linker did not define", OneLine(name))]
pub struct UnknownImport {
    name: String,
}

impl UnknownImport {
    /// Returns the name of the import, after those of the instances that it is in.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// An item of a [`Linker`].
pub enum LinkerItem<'a, E: CoreEngine, T: 'static> {
    /// A host function.
    Function,
    /// A resource type of the host.
    Resource(&'a HostResourceType<E, T>),
    /// A core module.
    Module(&'a Module<E>),
    /// A component.
    Component(&'a Component<E>),
    /// An instance that is composed of the items of this linker.
    Instance(&'a Linker<E, T>),
    /// An instance in a store.
    Exports(&'a Instance<E>),
}

impl<E: CoreEngine, T: 'static> fmt::Debug for LinkerItem<'_, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function => f.write_str("Function"),
            Self::Resource(it) => f.debug_tuple("Resource").field(it).finish(),
            Self::Module(it) => f.debug_tuple("Module").field(it).finish(),
            Self::Component(it) => f.debug_tuple("Component").field(it).finish(),
            Self::Instance(it) => f.debug_tuple("Instance").field(it).finish(),
            Self::Exports(it) => f.debug_tuple("Exports").field(it).finish(),
        }
    }
}

/// Questions about the items of a linker.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{Component, ImportError, Linker, LinkerItem};
/// use weft::engine::wasmi::Wasmi;
///
/// let mut linker = Linker::<Wasmi>::new();
/// linker.instance("example:words/words").function("first", |_, _| Ok(None));
/// let Some(LinkerItem::Instance(words)) = linker.get("example:words/words") else { panic!() };
/// assert_eq!(words.items().map(|(name, _)| name).collect::<Vec<_>>(), ["first"]);
///
/// let component = wat::parse_str(r#"
///     (component (import "example:words/words" (instance
///         (export "first" (func)) (export "second" (func)))))
/// "#)?;
/// let component = Component::new(&Wasmi::default(), &component)?;
/// let errors = linker.check(&component);
/// assert!(matches!(&errors[..], [ImportError::Missing { name, .. }]
///     if name == "example:words/words/second"));
/// linker.define_unknown_imports_as_traps(&component);
/// assert!(linker.check(&component).is_empty());
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<E: CoreEngine, T: 'static> Linker<E, T> {
    /// Returns the items by name, in the order of the names.
    pub fn items(&self) -> impl ExactSizeIterator<Item = (&str, LinkerItem<'_, E, T>)> {
        self.provided.iter().map(|(name, provided)| (&**name, provided.item()))
    }

    /// Returns the item for an import of this name: the one with that name, or with that of a
    /// compatible version.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<LinkerItem<'_, E, T>> {
        versions::find(&self.provided, name, name).map(Provided::item)
    }

    /// Adds a host function for each function that a component imports and the linker lacks. The
    /// function fails with [`UnknownImport`], so that a guest that calls it traps. For each missing
    /// resource type, it adds a new one.
    ///
    /// Core modules and components that are missing stay missing, and so do items that are missing
    /// in an instance of [`exports_of`](Self::exports_of).
    pub fn define_unknown_imports_as_traps(&mut self, component: &Component<E>) -> &mut Self {
        let mut seen = BTreeSet::new();
        for (name, ty) in component.closure.definition.imports() {
            let full_name = &*name.full_name;
            let found = versions::find_name(&self.provided, &name.name, full_name);
            let name = found.map_or_else(|| String::from(full_name), String::from);
            self.define_unknown(&name, full_name, ty, &mut seen);
        }
        self
    }

    /// Adds what is missing for the import `name`. `seen` are the slots of resource types that were
    /// met.
    fn define_unknown(
        &mut self,
        name: &str,
        path: &str,
        ty: &ExternType,
        seen: &mut BTreeSet<TypeIndex>,
    ) {
        match (ty, self.provided.get(name)) {
            (ExternType::Function(_), None) => {
                let error = UnknownImport { name: path.into() };
                self.function(name, move |_, _| Err(error.clone().into()));
            }
            (ExternType::Resource(slot), found) if seen.insert(*slot) && found.is_none() => {
                self.resource(name, &HostResourceType::new());
            }
            (ExternType::Instance(ty), None | Some(Provided::Instance(_))) => {
                self.instance(name).define_parts(path, ty, seen);
            }
            (ExternType::Instance(ty), Some(Provided::Exports(_))) => note_resources(ty, seen),
            _ => {}
        }
    }

    fn define_parts(&mut self, path: &str, ty: &InstanceType, seen: &mut BTreeSet<TypeIndex>) {
        for (name, ty) in ty.exports() {
            self.define_unknown(name, &within(path, name), ty, seen);
        }
    }
}

/// Notes the resource types that an instance in a store has.
fn note_resources(ty: &InstanceType, seen: &mut BTreeSet<TypeIndex>) {
    for (_, ty) in ty.exports() {
        match ty {
            ExternType::Resource(slot) => {
                seen.insert(*slot);
            }
            ExternType::Instance(ty) => note_resources(ty, seen),
            _ => {}
        }
    }
}

impl<E: CoreEngine, T: 'static> Provided<E, T> {
    const fn item(&self) -> LinkerItem<'_, E, T> {
        match self {
            Self::Function(_) => LinkerItem::Function,
            Self::Instance(linker) => LinkerItem::Instance(linker),
            Self::Exports(instance) => LinkerItem::Exports(instance),
            Self::Resource(token) => LinkerItem::Resource(token),
            Self::Module(module) => LinkerItem::Module(module),
            Self::Component(component) => LinkerItem::Component(component),
        }
    }
}
