//! What a component is once it is decoded: definitions whose items an instantiator walks in order.
//!
//! An item adds to an index space, or does something. The indices are those of the binary, except
//! that there is no index space of types: the types of values are in the items that need them,
//! and resource types are in *slots*. A definition knows so many resource types, and gives each a
//! slot; an instance of it has as many, which are filled as the items go. In the types of values,
//! `own` and `borrow` name the slot, and each stream and future has the number 0, until an
//! instantiator [resolves](crate::abi) them into the numbers of its store.
//!
//! | item | adds to the index space of |
//! |---|---|
//! | [`CoreModule`](Item::CoreModule) | core modules |
//! | [`InstantiateCore`](Item::InstantiateCore), [`CoreInstance`](Item::CoreInstance) | core instances |
//! | [`AliasCoreExport`](Item::AliasCoreExport) | core functions, tables, memories, globals or tags |
//! | [`Lower`](Item::Lower), [`Builtin`](Item::Builtin) | core functions |
//! | [`Lift`](Item::Lift) | functions |
//! | [`Component`](Item::Component) | components |
//! | [`Instantiate`](Item::Instantiate), [`Instance`](Item::Instance) | instances |
//! | [`AliasExport`](Item::AliasExport), [`AliasOuter`](Item::AliasOuter) | what its sort says |
//! | [`Import`](Item::Import), [`Export`](Item::Export) | what the type of the import and the sort of the export say; nothing for a type |
//! | [`Resource`](Item::Resource) | nothing: it fills a slot |

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Range;

use crate::abi::CoreFunctionType;
use crate::core_value::IntegerType;

use super::core_entry::CoreNames;
use super::extern_type::{ExternType, ModuleType};
use super::function_type::FunctionType;
use super::generated::builtin::BuiltinTemplate;
use super::immediates::CanonicalOptions;
use super::spaces::SpaceSizes;

/// A component that is decoded and valid.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The outermost component.
    pub(crate) root: Arc<Definition>,
    /// Every core module in it and in the components within, in the order of the binary.
    pub(crate) modules: Vec<CoreModule>,
    /// Their types.
    pub(crate) module_types: Vec<Arc<ModuleType>>,
}

impl Decoded {
    /// Whether there is a tail call in any core module.
    pub(crate) fn has_tail_calls(&self) -> bool {
        self.modules.iter().any(|module| module.has_tail_calls)
    }
}

/// A core module of a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CoreModule {
    /// Where it lies in the bytes of the component.
    pub(crate) bytes: Range<usize>,
    /// Whether there is a `return_call`, `return_call_indirect` or `return_call_ref` in it.
    pub(crate) has_tail_calls: bool,
    /// `true` if it has a start function.
    pub(crate) has_start: bool,
    /// The memories that it exports, sorted by name, with their indices.
    pub(crate) memories: Box<[(Box<str>, u32)]>,
}

impl CoreModule {
    /// Returns a core module of which nothing is known but its place.
    pub(crate) fn new(bytes: Range<usize>) -> Self {
        Self { bytes, has_tail_calls: false, has_start: false, memories: Box::default() }
    }
}

/// A component definition: the outermost one, or one within another.
#[derive(Debug)]
pub(crate) struct Definition {
    /// What to do, in this order, to make an instance of it.
    pub(crate) items: Box<[Item]>,
    /// How many slots for resource types an instance has.
    pub(crate) resources: u32,
    /// The number of items that an instance has in each index space.
    pub(crate) sizes: SpaceSizes,
    /// `true` if it, or a component within it, uses items of the components around it.
    pub(crate) sees_around: bool,
}

impl Definition {
    /// What it imports, in order.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (&ExternName, &ExternType)> {
        self.items.iter().filter_map(|item| match item {
            Item::Import { name, ty, .. } => Some((name, ty)),
            _ => None,
        })
    }

    /// Returns the types of what it imports, and after that of what it exports, by their names with
    /// versions in full.
    pub(crate) fn externs(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.imports().chain(self.exports()).map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Whether it is given core modules, of which nothing is known.
    pub(crate) fn gets_modules(&self) -> bool {
        self.items.iter().any(|item| {
            matches!(
                item,
                Item::Import { ty: ExternType::Module(_), .. }
                    | Item::AliasExport { sort: Sort::Module, .. }
            )
        })
    }

    /// What it exports, in order.
    pub(crate) fn exports(&self) -> impl Iterator<Item = (&ExternName, &ExternType)> {
        self.items.iter().filter_map(|item| match item {
            Item::Export { name, ty, .. } => Some((name, ty)),
            _ => None,
        })
    }
}

/// A step of instantiation.
#[derive(Debug)]
pub(crate) enum Item {
    /// A core module.
    CoreModule {
        /// Its number among [`Decoded::modules`].
        number: usize,
        /// The names in it.
        names: CoreNames,
    },
    /// An instance of a core module.
    InstantiateCore {
        /// The core module.
        module: u32,
        /// What it imports: the name of a module, and the core instance that stands for it.
        arguments: Box<[(Box<str>, u32)]>,
    },
    /// A core instance that is put together.
    CoreInstance {
        /// The exports, sorted by name.
        exports: Box<[(Box<str>, CoreSort, u32)]>,
    },
    /// An export of a core instance.
    AliasCoreExport {
        /// What it is.
        sort: CoreSort,
        /// The core instance.
        instance: u32,
        /// The name of the export.
        name: Box<str>,
    },
    /// A component within this one.
    Component(Arc<Definition>),
    /// An instance of a component.
    Instantiate {
        /// The component.
        component: u32,
        /// The imports, sorted by name.
        arguments: Box<[(Arc<str>, Reference)]>,
        /// Slots to fill from what the new instance exports.
        binding: Option<Binding>,
    },
    /// An instance that is put together.
    Instance {
        /// The exports, sorted by name.
        exports: Box<[(Arc<str>, Reference)]>,
    },
    /// An export of an instance; not a type, as there is no index space of types.
    AliasExport {
        /// What it is.
        sort: Sort,
        /// The instance.
        instance: u32,
        /// The name of the export.
        name: Box<str>,
    },
    /// Something of a component around this one, as it was when this one was defined.
    AliasOuter {
        /// What it is.
        sort: OuterSort,
        /// How many components further out: 0 is this one.
        count: u32,
        /// The index there.
        index: u32,
    },
    /// A resource type of this component's own: each instance has another.
    Resource {
        /// The slot to fill.
        slot: u32,
        /// The type of its representation.
        representation: IntegerType,
        /// The core function that destroys one.
        destructor: Option<u32>,
    },
    /// What is given to the component.
    Import {
        /// Its name.
        name: ExternName,
        /// Its type.
        ty: ExternType,
        /// Slots to fill from what was given.
        binding: Option<Binding>,
    },
    /// What the component gives, which it can also use itself by the new index.
    Export {
        /// Its name.
        name: ExternName,
        /// What it is.
        reference: Reference,
        /// Its type, which says less than that of what `reference` is where the export has a type
        /// of its own.
        ty: ExternType,
        /// Slots to fill from what is exported: a type of its own can make a resource type a new
        /// one for this component, although at run time it is the same.
        binding: Option<Binding>,
    },
    /// `canon lift`
    Lift {
        /// What is lifted.
        core_function: u32,
        /// How.
        options: CanonicalOptions,
        /// The type of the function that there is then.
        ty: Arc<FunctionType>,
    },
    /// `canon lower`
    Lower {
        /// What is lowered.
        function: u32,
        /// How.
        options: CanonicalOptions,
        /// Its type.
        ty: Arc<FunctionType>,
        /// The type of the core function that there is then.
        signature: CoreFunctionType,
    },
    /// The canonical definition of a built-in.
    Builtin {
        /// Which, and what it fixes.
        template: BuiltinTemplate,
        /// The type of the core function that there is then.
        signature: CoreFunctionType,
    },
}

/// The name of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternName {
    /// The name by which arguments and aliases find it.
    pub(crate) name: Arc<str>,
    /// The name with its version in full: what comes after `@` may be shortened in `name`, as
    /// canonical interface names are.
    pub(crate) full_name: Arc<str>,
    /// The interface that it implements, if `name` is a plain one.
    pub(crate) implements: Option<Box<str>>,
}

/// An export of a core instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CoreSort {
    /// A function.
    Function,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// What an instance exports and has an index space at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Sort {
    /// A function.
    Function,
    /// A core module.
    Module,
    /// An instance.
    Instance,
    /// A component.
    Component,
}

/// What can be used from a component further out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OuterSort {
    /// A core module.
    Module,
    /// A component.
    Component,
}

/// An argument of an instantiation, or what is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reference {
    /// The function with this index.
    Function(u32),
    /// The core module with this index.
    Module(u32),
    /// The instance with this index.
    Instance(u32),
    /// The component with this index.
    Component(u32),
    /// The resource type in this slot.
    Resource(u32),
    /// Any other type, which is nothing at run time.
    Type,
}

/// Which slots to fill once a value is there, and where in it the resource types are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The value is a resource type, for this slot.
    Resource(u32),
    /// The value is an instance, and there are resource types in these of its exports.
    Instance(Box<[(Box<str>, Binding)]>),
}
