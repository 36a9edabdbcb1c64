//! Imports and exports of instances, at run time.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::items::{CoreSort, Definition, Sort};
use crate::component::definition::linking::plan::CompiledLinks;
use crate::component::definition::versions::ByName;
use crate::engine::{CoreEngine, CoreExtern};
use crate::machine::FunctionId;

use super::canonical::MemoryKey;
use super::module::Module;

/// An item that can be imported and exported.
pub(crate) enum Entity<E: CoreEngine> {
    /// A function.
    Function(FunctionId),
    /// A core module.
    Module(Module<E>),
    /// An instance.
    Instance(Exports<E>),
    /// A component.
    Component(Closure<E>),
    /// A resource type.
    Resource(TypeIndex),
    /// Any other type.
    Type,
}

/// An item, and the name of its import or export.
pub(crate) type NamedEntity<E> = (Arc<str>, Entity<E>);

/// The exports of an instance, sorted by name. Cloning them is cheap.
pub(crate) struct Exports<E: CoreEngine>(Arc<[NamedEntity<E>]>);

impl<E: CoreEngine> Exports<E> {
    /// Takes exports in any order, and leaves an empty list whose memory can be reused.
    pub(crate) fn take(exports: &mut Vec<NamedEntity<E>>) -> Self {
        exports.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self(exports.drain(..).collect())
    }

    /// Returns the export with a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Entity<E>> {
        find_entity(&self.0, name)
    }

    /// Returns the exports, in the order of their names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entity<E>)> {
        self.0.iter().map(|(name, entity)| (&**name, entity))
    }
}

/// Returns the item with a name among items that are sorted by name.
pub(crate) fn find_entity<'a, E: CoreEngine>(
    sorted: &'a [NamedEntity<E>],
    name: &str,
) -> Option<&'a Entity<E>> {
    let position = sorted.binary_search_by(|(it, _)| (**it).cmp(name)).ok()?;
    sorted.get(position).map(|(_, entity)| entity)
}

impl<E: CoreEngine> ByName for Exports<E> {
    type Value = Entity<E>;

    fn entry(&self, name: &str) -> Option<(&str, &Entity<E>)> {
        self.entries_from(name).next().filter(|(it, _)| *it == name)
    }

    fn entries_from(&self, name: &str) -> impl Iterator<Item = (&str, &Entity<E>)> {
        self.iter().skip(self.0.partition_point(|(it, _)| **it < *name))
    }
}

/// A component inside of another one, with the items of the outer ones that it may use.
pub(crate) struct Closure<E: CoreEngine> {
    pub(crate) definition: Arc<Definition>,
    pub(crate) code: Arc<Code<E>>,
    pub(crate) around: Option<Arc<Surroundings<E>>>,
}

/// The core modules and components that a component has defined before an inner one.
pub(crate) struct Surroundings<E: CoreEngine> {
    pub(crate) modules: Vec<Module<E>>,
    pub(crate) components: Vec<Closure<E>>,
    pub(crate) around: Option<Arc<Self>>,
}

/// The code that all instances of a component share.
pub(crate) struct Code<E: CoreEngine> {
    pub(crate) modules: Box<[Module<E>]>,
    pub(crate) has_tail_calls: bool,
    /// The links of the outermost component, if there are some.
    pub(crate) links: Option<Arc<CompiledLinks<E::Module>>>,
    /// The engine that has compiled the modules.
    pub(crate) engine: E,
}

impl<E: CoreEngine> Entity<E> {
    /// Returns `true` if it is of this sort.
    pub(crate) const fn is(&self, sort: Sort) -> bool {
        matches!(
            (self, sort),
            (Self::Function(_), Sort::Function)
                | (Self::Module(_), Sort::Module)
                | (Self::Instance(_), Sort::Instance)
                | (Self::Component(_), Sort::Component)
        )
    }
}

impl<E: CoreEngine> Entity<E> {
    /// Returns the kind of the item, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "a function",
            Self::Module(_) => "a core module",
            Self::Instance(_) => "an instance",
            Self::Component(_) => "a component",
            Self::Resource(_) => "a resource type",
            Self::Type => "a type",
        }
    }
}

impl<E: CoreEngine> Clone for Entity<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Function(it) => Self::Function(*it),
            Self::Module(it) => Self::Module(it.clone()),
            Self::Instance(it) => Self::Instance(it.clone()),
            Self::Component(it) => Self::Component(it.clone()),
            Self::Resource(it) => Self::Resource(*it),
            Self::Type => Self::Type,
        }
    }
}

impl<E: CoreEngine> Clone for Exports<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: CoreEngine> Clone for Closure<E> {
    fn clone(&self) -> Self {
        Self {
            definition: self.definition.clone(),
            code: self.code.clone(),
            around: self.around.clone(),
        }
    }
}

/// A core instance.
pub(crate) enum CoreInstance<E: CoreEngine> {
    /// An instance of a module, with the memories that it imports.
    Module(E::Instance, Module<E>, Box<[MemoryKey]>),
    /// An instance that the item with this position composes.
    Exports(usize),
}

impl CoreSort {
    /// Returns `true` if `item` is of this sort.
    pub(crate) const fn is_of<E: CoreEngine>(self, item: &CoreExtern<E>) -> bool {
        matches!(
            (item, self),
            (CoreExtern::Function(_), Self::Function)
                | (CoreExtern::Memory(_), Self::Memory)
                | (CoreExtern::Table(_), Self::Table)
                | (CoreExtern::Global(_), Self::Global)
                | (CoreExtern::Tag(_), Self::Tag)
        )
    }
}
