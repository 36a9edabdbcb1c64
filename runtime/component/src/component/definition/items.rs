//! Decoded components: definitions whose items an instantiator executes in order.
//!
//! An item adds to an index space, or does something. The indices are those of the binary, but
//! there is no index space of types. The types of values are in the items that need them. Resource
//! types are in *slots*: a definition has a number of them, and each instance has as many, which
//! are filled as its items are executed. In the types of values, `own` and `borrow` name the slot,
//! and all streams and futures have the number 0. An instantiator [resolves](crate::abi) these into
//! the numbers of its store.
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
//! | [`AliasExport`](Item::AliasExport), [`AliasOuter`](Item::AliasOuter) | the item's sort |
//! | [`Import`](Item::Import), [`Export`](Item::Export) | the sort of the import or export; nothing for a type |
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
    /// The core modules of the component and of all components inside of it, in the order of the
    /// binary.
    pub(crate) modules: Vec<CoreModule>,
    /// Their types.
    pub(crate) module_types: Vec<Arc<ModuleType>>,
}

impl Decoded {
    /// Returns `true` if any core module has a tail call.
    pub(crate) fn has_tail_calls(&self) -> bool {
        self.modules.iter().any(|module| module.has_tail_calls)
    }
}

/// A core module of a component.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CoreModule {
    /// Its range in the bytes of the component.
    pub(crate) bytes: Range<usize>,
    /// `true` if it has a `return_call`, `return_call_indirect` or `return_call_ref`.
    pub(crate) has_tail_calls: bool,
    /// `true` if it has a start function.
    pub(crate) has_start: bool,
    /// The memories that it exports, sorted by name, with their indices.
    pub(crate) memories: Box<[(Box<str>, u32)]>,
}

impl CoreModule {
    /// Returns a core module of which only the place is known.
    pub(crate) fn new(bytes: Range<usize>) -> Self {
        Self { bytes, has_tail_calls: false, has_start: false, memories: Box::default() }
    }
}

/// A component definition: the outermost one, or one within another.
#[derive(Debug)]
pub(crate) struct Definition {
    /// The steps to make an instance of it, in order.
    pub(crate) items: Box<[Item]>,
    /// The number of slots for resource types in an instance.
    pub(crate) resources: u32,
    /// The number of items that an instance has in each index space.
    pub(crate) sizes: SpaceSizes,
    /// `true` if it, or a component inside of it, uses items of the components around it.
    pub(crate) sees_around: bool,
}

impl Definition {
    /// Returns the imports, in order.
    pub(crate) fn imports(&self) -> impl Iterator<Item = (&ExternName, &ExternType)> {
        self.items.iter().filter_map(|item| match item {
            Item::Import { name, ty, .. } => Some((name, ty)),
            _ => None,
        })
    }

    /// Returns the types of the imports, and then those of the exports, with their names that have
    /// full versions.
    pub(crate) fn externs(&self) -> impl Iterator<Item = (&str, &ExternType)> {
        self.imports().chain(self.exports()).map(|(name, ty)| (&*name.full_name, ty))
    }

    /// Returns `true` if it imports core modules, whose code is not known.
    pub(crate) fn gets_modules(&self) -> bool {
        self.items.iter().any(|item| {
            matches!(
                item,
                Item::Import { ty: ExternType::Module(_), .. }
                    | Item::AliasExport { sort: Sort::Module, .. }
            )
        })
    }

    /// Returns the exports, in order.
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
        /// The names in the module.
        names: CoreNames,
    },
    /// An instance of a core module.
    InstantiateCore {
        /// The core module.
        module: u32,
        /// The imports: the name of a module, and the core instance for it.
        arguments: Box<[(Box<str>, u32)]>,
    },
    /// A core instance that is composed of items.
    CoreInstance {
        /// The exports, sorted by name.
        exports: Box<[(Box<str>, CoreSort, u32)]>,
    },
    /// An export of a core instance.
    AliasCoreExport {
        /// The sort of the export.
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
        /// Slots to fill from the exports of the new instance.
        binding: Option<Binding>,
    },
    /// An instance that is composed of items.
    Instance {
        /// The exports, sorted by name.
        exports: Box<[(Arc<str>, Reference)]>,
    },
    /// An export of an instance, other than a type: types have no index space.
    AliasExport {
        /// The sort of the export.
        sort: Sort,
        /// The instance.
        instance: u32,
        /// The name of the export.
        name: Box<str>,
    },
    /// An item of a component around this one, as of the definition of this one.
    AliasOuter {
        /// The sort of the item.
        sort: OuterSort,
        /// The number of components outwards: 0 is this one.
        count: u32,
        /// The index there.
        index: u32,
    },
    /// A resource type that the component defines. Each instance has its own.
    Resource {
        /// The slot to fill.
        slot: u32,
        /// The type of its representation.
        representation: IntegerType,
        /// The core function that is the destructor.
        destructor: Option<u32>,
    },
    /// An import of the component.
    Import {
        /// Its name.
        name: ExternName,
        /// Its type.
        ty: ExternType,
        /// Slots to fill from the item that is imported.
        binding: Option<Binding>,
    },
    /// An export of the component, which gets a new index for its own use.
    Export {
        /// Its name.
        name: ExternName,
        /// The item that is exported.
        reference: Reference,
        /// The type of the export. If the export has a type of its own, it says less than that of
        /// the item.
        ty: ExternType,
        /// Slots to fill from the export. A type of its own can make a resource type a new one for
        /// this component, although it is the same at run time.
        binding: Option<Binding>,
    },
    /// `canon lift`
    Lift {
        /// The function to lift.
        core_function: u32,
        /// The canonical options.
        options: CanonicalOptions,
        /// The type of the lifted function.
        ty: Arc<FunctionType>,
    },
    /// `canon lower`
    Lower {
        /// The function to lower.
        function: u32,
        /// The canonical options.
        options: CanonicalOptions,
        /// Its type.
        ty: Arc<FunctionType>,
        /// The type of the lowered core function.
        signature: CoreFunctionType,
    },
    /// The canonical definition of a built-in.
    Builtin {
        /// The built-in, with its immediates.
        template: BuiltinTemplate,
        /// The type of its core function.
        signature: CoreFunctionType,
    },
}

/// The name of an import or export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExternName {
    /// The name by which arguments and aliases find it.
    pub(crate) name: Arc<str>,
    /// The name with its full version. In `name`, the part after `@` may be shortened, as in
    /// canonical interface names.
    pub(crate) full_name: Arc<str>,
    /// The interface that it implements, if `name` is a plain name.
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

/// The sort of an export that has an index space at run time.
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

/// The sort of an item of an outer component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum OuterSort {
    /// A core module.
    Module,
    /// A component.
    Component,
}

/// The item of an argument or an export.
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
    /// Another type, which does not exist at run time.
    Type,
}

/// The slots to fill from an item, with the places of the resource types in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    /// The value is a resource type, for this slot.
    Resource(u32),
    /// The value is an instance, and there are resource types in these of its exports.
    Instance(Box<[(Box<str>, Binding)]>),
}
