//! The index spaces of a definition, and their sizes in an instance.

use super::extern_type::ExternType;
use super::items::{CoreSort, Item, OuterSort, Reference, Sort};

/// An index space that exists at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    /// Core functions, tables, memories, globals or tags.
    Core(CoreSort),
    /// Core instances.
    CoreInstances,
    /// Functions, core modules, instances or components.
    Component(Sort),
}

/// The number of index spaces.
pub(crate) const NUM_SPACES: usize = 10;

impl Space {
    /// Returns the position among all index spaces.
    pub(crate) const fn position(self) -> usize {
        match self {
            Self::Core(CoreSort::Function) => 0,
            Self::Core(CoreSort::Table) => 1,
            Self::Core(CoreSort::Memory) => 2,
            Self::Core(CoreSort::Global) => 3,
            Self::Core(CoreSort::Tag) => 4,
            Self::CoreInstances => 5,
            Self::Component(Sort::Function) => 6,
            Self::Component(Sort::Module) => 7,
            Self::Component(Sort::Instance) => 8,
            Self::Component(Sort::Component) => 9,
        }
    }

    /// Returns the index space that an item adds to, if there is one.
    const fn of(item: &Item) -> Option<Self> {
        Some(match item {
            Item::CoreModule { .. } | Item::AliasOuter { sort: OuterSort::Module, .. } => {
                Self::Component(Sort::Module)
            }
            Item::Component(_) | Item::AliasOuter { sort: OuterSort::Component, .. } => {
                Self::Component(Sort::Component)
            }
            Item::InstantiateCore { .. } | Item::CoreInstance { .. } => Self::CoreInstances,
            Item::AliasCoreExport { sort, .. } => Self::Core(*sort),
            Item::Lower { .. } | Item::Builtin { .. } => Self::Core(CoreSort::Function),
            Item::Lift { .. } => Self::Component(Sort::Function),
            Item::Instantiate { .. } | Item::Instance { .. } => Self::Component(Sort::Instance),
            Item::AliasExport { sort, .. } => Self::Component(*sort),
            Item::Resource { .. } => return None,
            Item::Import { ty, .. } => match ty {
                ExternType::Function(_) => Self::Component(Sort::Function),
                ExternType::Instance(_) => Self::Component(Sort::Instance),
                ExternType::Component(_) => Self::Component(Sort::Component),
                ExternType::Module(_) => Self::Component(Sort::Module),
                ExternType::Resource(_) | ExternType::Type(_) => return None,
            },
            Item::Export { reference, .. } => match reference {
                Reference::Function(_) => Self::Component(Sort::Function),
                Reference::Module(_) => Self::Component(Sort::Module),
                Reference::Instance(_) => Self::Component(Sort::Instance),
                Reference::Component(_) => Self::Component(Sort::Component),
                Reference::Resource(_) | Reference::Type => return None,
            },
        })
    }
}

/// The number of items in each index space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpaceSizes(pub(crate) [usize; NUM_SPACES]);

impl SpaceSizes {
    /// Adds up the items of each index space.
    pub(crate) fn of(items: &[Item]) -> Self {
        let mut sizes = [0; NUM_SPACES];
        for space in items.iter().filter_map(Space::of) {
            if let Some(size) = sizes.get_mut(space.position()) {
                *size += 1;
            }
        }
        Self(sizes)
    }
}
