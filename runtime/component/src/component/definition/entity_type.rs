//! The types of imports and exports, as far as they matter at run time.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::abi::Type;
use crate::core_value::IntegerType;

use super::function_type::FunctionType;

/// The type of an import or export.
///
/// Resource types are named by slots of the definition that the type is in. Those within the type
/// of a component or of an instance that a component of some type imports or exports stand for
/// resource types that there will be once there are instances: no binding fills their slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntityType {
    /// A function.
    Function(Arc<FunctionType>),
    /// An instance, by what it has to export.
    Instance(Arc<InstanceType>),
    /// A component.
    Component(Arc<ComponentType>),
    /// A core module.
    Module(Arc<ModuleType>),
    /// The resource type that the slot holds once the bindings of the item are done. If an earlier
    /// item has filled the slot, it has to be the same resource type.
    Resource(u32),
    /// The type of a value, or of a function, instance or component: nothing at run time.
    Type(Option<Type>),
}

/// Types by the names of what has them, in order.
pub(crate) type NamedTypes = Box<[(Box<str>, EntityType)]>;

/// The type of an instance: what it exports, by name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InstanceType {
    /// What it exports.
    pub(crate) exports: NamedTypes,
}

/// The type of a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ComponentType {
    /// What it imports, by name.
    pub(crate) imports: NamedTypes,
    /// What it exports, by name.
    pub(crate) exports: NamedTypes,
}

/// The type of a core module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ModuleType {
    /// What it imports.
    pub(crate) imports: Box<[CoreImport]>,
    /// What it exports, by name.
    pub(crate) exports: Box<[(Box<str>, CoreEntityType)]>,
}

/// What a core module imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreImport {
    /// The name of a module.
    pub(crate) module: Box<str>,
    /// The name in it.
    pub(crate) name: Box<str>,
    /// The type.
    pub(crate) ty: CoreEntityType,
}

/// The type of what a core module imports or exports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CoreEntityType {
    /// A function.
    Function(Arc<CoreSignature>),
    /// A table.
    Table {
        /// The type of its elements.
        element: ReferenceType,
        /// How many there are.
        limits: CoreLimits,
    },
    /// A memory.
    Memory {
        /// How many pages there are.
        limits: CoreLimits,
        /// The logarithm, to the base of 2, of the size of a page: 16 unless it says otherwise.
        page_size_log2: u32,
    },
    /// A global.
    Global {
        /// The type of its value.
        ty: CoreValueType,
        /// Whether it can be written to.
        is_mutable: bool,
        /// Whether threads share it.
        is_shared: bool,
    },
    /// A tag, by what it carries.
    Tag(Arc<CoreSignature>),
}

/// The size of a table or memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CoreLimits {
    /// What its indices or addresses are.
    pub(crate) address_type: IntegerType,
    /// The least size.
    pub(crate) minimum: u64,
    /// The greatest size.
    pub(crate) maximum: Option<u64>,
    /// Whether threads share it.
    pub(crate) is_shared: bool,
}

/// The type of a core function, of any types and as many as core WebAssembly has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreSignature {
    /// What it takes.
    pub(crate) params: Box<[CoreValueType]>,
    /// What it gives.
    pub(crate) results: Box<[CoreValueType]>,
}

/// The type of a core value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CoreValueType {
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
pub(crate) struct ReferenceType {
    /// Whether it may be null.
    pub(crate) is_nullable: bool,
    /// What it refers to.
    pub(crate) heap_type: HeapType,
}

/// What a core reference refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HeapType {
    /// Anything of some kind.
    Abstract {
        /// The kind, as the text format spells it: `func`, `extern`, `any` and so on.
        name: &'static str,
        /// Whether threads share it.
        is_shared: bool,
    },
    /// Something of a type that is defined. Equal numbers mean the same type within one decoded
    /// component, and nothing between two.
    Defined(u32),
}
