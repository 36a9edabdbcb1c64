//! The types of imports and exports, as far as they matter at run time.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::Type;
use crate::builtin::TypeIndex;
use crate::core_value::IntegerType;

use super::function_type::FunctionType;

/// The type of an import or export of a component.
///
/// Resource types are numbered. Within the types of one component, the same number in `own`,
/// `borrow` and [`Resource`](Self::Resource) means the same resource type.
/// [`Component::resource_name`](crate::component::Component::resource_name) returns the name of
/// one. These are not the numbers of a store.
///
/// Its text is WIT on one line, as far as WIT has syntax for it.
// Numbers are slots of the definition that the type is in. Those within the type of a component, or
// of an instance that a component of some type imports or exports, stand for resource types that
// there will be once there are instances: no binding fills their slots.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExternType {
    /// A function.
    Function(Arc<FunctionType>),
    /// An instance: an interface, or a composition of several.
    Instance(Arc<InstanceType>),
    /// A component. The component that imports it makes instances of it.
    Component(Arc<NestedComponentType>),
    /// A core module.
    Module(Arc<ModuleType>),
    /// A resource type. Items with the same number are the same resource type.
    Resource(TypeIndex),
    /// The type of a value, by the name of the import or export. `None` for the type of a function,
    /// an instance or a component.
    Type(Option<Type>),
}

/// Types by the names of the imports or exports, in order.
pub(crate) type NamedTypes = Box<[(Box<str>, ExternType)]>;

fn named(types: &NamedTypes) -> impl ExactSizeIterator<Item = (&str, &ExternType)> {
    types.iter().map(|(name, ty)| (&**name, ty))
}

/// The type of an instance: the types of its exports, by name.
#[derive(Debug, PartialEq, Eq)]
pub struct InstanceType {
    pub(crate) exports: NamedTypes,
    /// The positions of the exports, in the order of their names.
    by_name: Box<[usize]>,
}

impl InstanceType {
    /// Returns the type of an instance with these exports.
    pub(crate) fn new(exports: NamedTypes) -> Self {
        let mut by_name: Vec<_> = exports.iter().enumerate().collect();
        by_name.sort_unstable_by(|(_, (one, _)), (_, (other, _))| one.cmp(other));
        let by_name = by_name.into_iter().map(|(position, _)| position).collect();
        Self { exports, by_name }
    }

    /// Returns the names and types of the exports, in their order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, &ExternType)> {
        named(&self.exports)
    }

    /// Returns the type of the export with a name.
    pub(crate) fn get(&self, name: &str) -> Option<&ExternType> {
        self.exports_from(name).next().filter(|(it, _)| *it == name).map(|(_, ty)| ty)
    }

    /// Returns the names and types of the exports from a name on, in the order of the names.
    pub(crate) fn exports_from(&self, name: &str) -> impl Iterator<Item = (&str, &ExternType)> {
        let is_before =
            |position: &usize| self.exports.get(*position).is_some_and(|it| *it.0 < *name);
        let from = self.by_name.partition_point(is_before);
        let positions = self.by_name.iter().skip(from);
        positions.filter_map(|position| self.exports.get(*position)).map(|(name, ty)| (&**name, ty))
    }
}

/// The type of a component that another component imports or exports.
#[derive(Debug, PartialEq, Eq)]
pub struct NestedComponentType {
    pub(crate) imports: NamedTypes,
    /// The type of its instances.
    pub(crate) instance: Arc<InstanceType>,
}

impl NestedComponentType {
    /// Returns the names and types of the imports, in their order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &ExternType)> {
        named(&self.imports)
    }

    /// Returns the names and types of the exports, in their order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, &ExternType)> {
        self.instance.exports()
    }
}

/// The type of a core module.
#[derive(Debug, PartialEq, Eq)]
pub struct ModuleType {
    pub(crate) imports: Box<[CoreImport]>,
    pub(crate) exports: Box<[(Box<str>, CoreExternType)]>,
}

impl ModuleType {
    /// Returns the types of the imports, each with the name of a module and the name in it.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = (&str, &str, &CoreExternType)> {
        self.imports.iter().map(|it| (&*it.module, &*it.name, &it.ty))
    }

    /// Returns the names and types of the exports.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = (&str, &CoreExternType)> {
        self.exports.iter().map(|(name, ty)| (&**name, ty))
    }
}

/// An import of a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreImport {
    /// The name of a module.
    pub(crate) module: Box<str>,
    /// The name in it.
    pub(crate) name: Box<str>,
    /// The type.
    pub(crate) ty: CoreExternType,
}

/// The type of an import or export of a core module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CoreExternType {
    /// A function.
    Function(Arc<CoreSignature>),
    /// A table.
    Table {
        /// The type of its elements.
        element: ReferenceType,
        /// The number of its elements.
        limits: CoreLimits,
    },
    /// A memory.
    Memory {
        /// The number of its pages.
        limits: CoreLimits,
        /// The logarithm, to the base of 2, of the size of a page; 16 by default.
        page_size_log2: u32,
    },
    /// A global.
    Global {
        /// The type of its value.
        ty: CoreValueType,
        /// `true` if it can be written to.
        is_mutable: bool,
        /// `true` if threads share it.
        is_shared: bool,
    },
    /// A tag, with the type of its exceptions.
    Tag(Arc<CoreSignature>),
}

/// The size of a table or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CoreLimits {
    /// The type of its indices or addresses.
    pub address_type: IntegerType,
    /// The least size.
    pub minimum: u64,
    /// The greatest size.
    pub maximum: Option<u64>,
    /// `true` if threads share it.
    pub is_shared: bool,
}

/// The type of a core function. It can have any types, and any number of results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoreSignature {
    pub(crate) params: Box<[CoreValueType]>,
    pub(crate) results: Box<[CoreValueType]>,
}

impl CoreSignature {
    /// Returns the types of the parameters.
    #[must_use]
    pub const fn params(&self) -> &[CoreValueType] {
        &self.params
    }

    /// Returns the types of the results.
    #[must_use]
    pub const fn results(&self) -> &[CoreValueType] {
        &self.results
    }
}

/// The type of a core value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CoreValueType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `v128`
    V128,
    /// A reference.
    Reference(ReferenceType),
}

/// The type of a core reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReferenceType {
    /// `true` if it may be null.
    pub is_nullable: bool,
    /// The kind of thing that it refers to.
    pub heap_type: HeapType,
}

/// The kind of thing that a core reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// An abstract heap type.
    Abstract {
        /// The kind, as the text format spells it: `func`, `extern`, `any` and so on.
        name: &'static str,
        /// `true` if threads share it.
        is_shared: bool,
    },
    /// A defined type. Within one decoded component, equal numbers mean the same type. Numbers of
    /// two components can't be compared.
    Defined(u32),
}
