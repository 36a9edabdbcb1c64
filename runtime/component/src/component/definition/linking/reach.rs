//! The functions that `realloc` and `post-return` may call.
//!
//! During both, an instance may not call out, and the task that it sees is not the one that it
//! works for. If no call leads from them to a canonical definition, none of this can be observed.
//! Calls are followed through all core modules of the component. A call that can't be followed may
//! lead anywhere.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::abi::{CoreFunctionType, HandleNumbers, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::component::definition::immediates::{BuiltinNumbers, CanonicalOptions};
use crate::component::definition::items::{Definition, Item};

use super::core_space::{CoreFunctionAt, CoreSpace};
use super::module_code::{Calls, ModuleCode};

/// The largest number of bytes of code to search, as this takes time when a component is loaded.
/// Code beyond that may lead anywhere.
const MAX_CODE: usize = 4 << 20;

/// The core modules of a component. Each is read on first use.
#[derive(Debug)]
pub(super) struct Modules<'b> {
    bytes: &'b [&'b [u8]],
    read: BTreeMap<usize, Option<ModuleCode<'b>>>,
    /// The number of bytes of code that may still be read.
    code_left: usize,
}

impl<'b> Modules<'b> {
    /// Returns the modules with these bytes.
    pub(super) const fn new(bytes: &'b [&'b [u8]]) -> Self {
        Self { bytes, read: BTreeMap::new(), code_left: MAX_CODE }
    }

    /// Returns the functions that a function of a module may call.
    fn calls(&mut self, module: usize, function: u32) -> Option<Calls> {
        let size = self.get(module)?.size(function)?;
        self.code_left = self.code_left.checked_sub(size)?;
        self.get(module)?.calls(function)
    }

    fn get(&mut self, number: usize) -> Option<&ModuleCode<'b>> {
        let bytes = self.bytes.get(number)?;
        self.read.entry(number).or_insert_with(|| ModuleCode::read(bytes)).as_ref()
    }
}

/// The functions that `realloc` and `post-return` of a definition may call.
#[derive(Debug)]
pub(super) struct Reach {
    /// The positions of the canonical definitions that a core function may call, by its index.
    /// `None` if it may call any.
    reached: BTreeMap<u32, Option<BTreeSet<usize>>>,
}

impl Reach {
    /// Follows the calls of all `realloc` and `post-return` functions of a definition.
    pub(super) fn of(
        definition: &Definition,
        space: &CoreSpace<'_>,
        modules: &mut Modules<'_>,
    ) -> Self {
        let reached = roots(definition).into_iter().map(|root| {
            let (seen, open, reached) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
            let mut search = Search { space, modules, seen, open, reached };
            (root, search.run(root).map(|()| search.reached))
        });
        Self { reached: reached.collect() }
    }

    /// Returns `true` if one of the functions may call the canonical definition at a position.
    pub(super) fn may_reach(&self, position: usize) -> bool {
        let mut all = self.reached.values();
        all.any(|reached| reached.as_ref().is_none_or(|reached| reached.contains(&position)))
    }

    /// Returns `true` if the function with this index calls no canonical definition.
    pub(super) fn is_closed(&self, function: u32) -> bool {
        let reached = self.reached.get(&function);
        reached.is_some_and(|reached| reached.as_ref().is_some_and(BTreeSet::is_empty))
    }
}

/// Returns the core functions that are `realloc` or `post-return` somewhere in a definition.
fn roots(definition: &Definition) -> BTreeSet<u32> {
    let mut collected = CollectedOptions::default();
    for item in &definition.items {
        match item {
            Item::Lift { options, .. } | Item::Lower { options, .. } => collected.add(options),
            Item::Builtin { template, .. } => match template.definition(&mut collected) {
                Ok(_) => {}
                Err(never) => match never {},
            },
            _ => {}
        }
    }
    collected.functions
}

/// A search through all calls.
struct Search<'a, 'd, 'b> {
    space: &'a CoreSpace<'d>,
    modules: &'a mut Modules<'b>,
    /// The functions that were found: the core instance, the number of its module, and the
    /// function.
    seen: BTreeSet<(u32, usize, u32)>,
    /// The functions whose calls were not examined yet.
    open: Vec<(u32, usize, u32)>,
    /// The positions of the canonical definitions that were found.
    reached: BTreeSet<usize>,
}

impl Search<'_, '_, '_> {
    /// Follows all calls from a core function on. Returns `None` if one leads to an unknown place.
    fn run(&mut self, root: u32) -> Option<()> {
        self.find(self.space.function(root))?;
        while let Some(function) = self.open.pop() {
            self.follow(function)?;
        }
        Some(())
    }

    /// Adds a function that is called.
    fn find(&mut self, found: Option<CoreFunctionAt<'_>>) -> Option<()> {
        match found? {
            CoreFunctionAt::Canonical(position) => {
                self.reached.insert(position);
            }
            CoreFunctionAt::Module { instance, module, export } => {
                let function = self.modules.get(module)?.export(export)?;
                self.add((instance, module, function));
            }
        }
        Some(())
    }

    fn add(&mut self, function: (u32, usize, u32)) {
        if self.seen.insert(function) {
            self.open.push(function);
        }
    }

    /// Adds the functions that a function calls.
    fn follow(&mut self, (instance, module, function): (u32, usize, u32)) -> Option<()> {
        let code = self.modules.get(module)?;
        if let Some((from, name)) = code.import(function) {
            let found = self.space.imported_function(instance, from, name);
            return self.find(found);
        }
        let calls = self.modules.calls(module, function)?;
        let mut called = calls.direct;
        if calls.has_indirect {
            called.extend(self.modules.get(module)?.referenced()?);
        }
        for function in called {
            self.add((instance, module, function));
        }
        Some(())
    }
}

/// The functions of the options of built-ins.
#[derive(Default)]
struct CollectedOptions {
    functions: BTreeSet<u32>,
}

impl CollectedOptions {
    fn add(&mut self, options: &CanonicalOptions) {
        self.functions.extend(options.realloc);
        self.functions.extend(options.post_return);
    }
}

impl HandleNumbers for CollectedOptions {
    type Error = Infallible;

    fn resource(&mut self, slot: TypeIndex) -> Result<TypeIndex, Infallible> {
        Ok(slot)
    }

    fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }

    fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }
}

impl BuiltinNumbers for CollectedOptions {
    fn value_type(&mut self, _: &Type) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }

    fn options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Infallible> {
        self.add(options);
        Ok(OptionsIndex(0))
    }

    fn lift_options(&mut self, options: &CanonicalOptions) -> Result<OptionsIndex, Infallible> {
        self.add(options);
        Ok(OptionsIndex(0))
    }

    fn memory(&mut self, _: u32) -> Result<MemoryIndex, Infallible> {
        Ok(MemoryIndex(0))
    }

    fn table(&mut self, _: u32) -> Result<TableIndex, Infallible> {
        Ok(TableIndex(0))
    }

    fn core_type(&mut self, _: &CoreFunctionType) -> Result<CoreTypeIndex, Infallible> {
        Ok(CoreTypeIndex(0))
    }

    fn stream_type(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }

    fn future_type(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(0))
    }
}
