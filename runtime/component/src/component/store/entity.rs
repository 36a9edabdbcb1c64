//! Imports and exports of instances, at run time.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::items::{CoreSort, Definition, Sort};
use crate::component::definition::linking::plan::CompiledLinks;
use crate::engine::{CoreEngine, CoreExtern};
use crate::machine::FunctionId;

use super::module::Module;

/// A thing that can be imported and exported.
pub(crate) enum Entity<E: CoreEngine> {
    /// A function.
    Function(FunctionId),
    /// A core module.
    Module(Module<E>),
    /// An instance.
    Instance(Arc<Exports<E>>),
    /// A component.
    Component(Closure<E>),
    /// A resource type.
    Resource(TypeIndex),
    /// Any other type.
    Type,
}

/// The exports of an instance, by name.
pub(crate) struct Exports<E: CoreEngine>(pub(crate) BTreeMap<Box<str>, Entity<E>>);

/// A component within another, with what it may use of the others around it.
pub(crate) struct Closure<E: CoreEngine> {
    pub(crate) definition: Arc<Definition>,
    pub(crate) code: Arc<Code<E>>,
    pub(crate) around: Option<Arc<Surroundings<E>>>,
}

/// The core modules and components that a component has defined before one within it.
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
    /// Returns what it is, for messages.
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
    /// Of a module.
    Module(E::Instance),
    /// Put together.
    Exports(BTreeMap<Box<str>, CoreExtern<E>>),
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
