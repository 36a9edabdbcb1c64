//! The core functions that a component enters: the core module of each, and its names.
//!
//! This is looked up in the definition on demand, so that instances keep nothing for it.

use alloc::boxed::Box;

use super::extern_type::ExternType;
use super::items::{CoreSort, Definition, Item, OuterSort, Reference, Sort};

/// The names in a core module, from its name section.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CoreNames {
    /// The name of the module.
    pub(crate) module: Option<Box<str>>,
    /// The names of exported functions, sorted by export. Names that equal their export are left
    /// out.
    pub(crate) functions: Box<[(Box<str>, Box<str>)]>,
}

impl CoreNames {
    /// Returns the name of the function that is exported as `export`.
    pub(crate) fn function(&self, export: &str) -> Option<&str> {
        let found = self.functions.binary_search_by(|(it, _)| (**it).cmp(export)).ok()?;
        self.functions.get(found).map(|(_, name)| &**name)
    }
}

/// The function of a canonical definition that is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryPoint {
    /// The lifted function, or a destructor.
    Function,
    /// The callback.
    Callback,
    /// The `post-return`.
    PostReturn,
}

/// A core function that is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EnteredFunction<'a> {
    /// The number of its core module, and the names in it. `None` if the module is not one of the
    /// component itself.
    pub(crate) module: Option<(usize, &'a CoreNames)>,
    /// The name of the export.
    pub(crate) export: &'a str,
}

impl Definition {
    /// Returns the core function that is entered at a point of the item at `position`.
    pub(crate) fn entered_function(
        &self,
        position: usize,
        point: EntryPoint,
    ) -> Option<EnteredFunction<'_>> {
        let mut function = match (self.items.get(position)?, point) {
            (Item::Lift { core_function, .. }, EntryPoint::Function) => *core_function,
            (Item::Lift { options, .. }, EntryPoint::Callback) => options.callback?,
            (Item::Lift { options, .. }, EntryPoint::PostReturn) => options.post_return?,
            (Item::Resource { destructor, .. }, EntryPoint::Function) => (*destructor)?,
            _ => return None,
        };
        // An instance is composed of earlier items, so that the loop ends.
        loop {
            let item = nth(&self.items, function, Item::adds_core_function)?;
            let Item::AliasCoreExport { instance, name, .. } = item else { return None };
            let is_core_instance = |item: &Item| {
                matches!(item, Item::InstantiateCore { .. } | Item::CoreInstance { .. })
            };
            match nth(&self.items, *instance, is_core_instance)? {
                Item::InstantiateCore { module, .. } => {
                    let module = match nth(&self.items, *module, adds_module)? {
                        Item::CoreModule { number, names } => Some((*number, names)),
                        _ => None,
                    };
                    return Some(EnteredFunction { module, export: name });
                }
                Item::CoreInstance { exports } => {
                    let found = exports.iter().find(|(export, _, _)| export == name);
                    let (_, _, index) = found.filter(|(_, sort, _)| *sort == CoreSort::Function)?;
                    function = *index;
                }
                _ => return None,
            }
        }
    }
}

/// Returns the item with this number among the items that are counted.
fn nth(items: &[Item], number: u32, is_counted: impl Fn(&Item) -> bool) -> Option<&Item> {
    items.iter().filter(|item| is_counted(item)).nth(usize::try_from(number).ok()?)
}

impl Item {
    /// Returns `true` if the item adds to the index space of core functions.
    pub(crate) const fn adds_core_function(&self) -> bool {
        matches!(
            self,
            Self::AliasCoreExport { sort: CoreSort::Function, .. }
                | Self::Lower { .. }
                | Self::Builtin { .. }
        )
    }
}

const fn adds_module(item: &Item) -> bool {
    matches!(
        item,
        Item::CoreModule { .. }
            | Item::AliasExport { sort: Sort::Module, .. }
            | Item::AliasOuter { sort: OuterSort::Module, .. }
            | Item::Import { ty: ExternType::Module(_), .. }
            | Item::Export { reference: Reference::Module(_), .. }
    )
}
