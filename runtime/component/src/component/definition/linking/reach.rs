//! The functions that `realloc` and `post-return` may call.
//!
//! During both, an instance may not call out, and what it looks at is not the task that it works
//! for. Where no call leads from them to a canonical definition, none of this can be noticed.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::abi::{CoreFunctionType, HandleNumbers, Type};
use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::component::definition::immediates::{BuiltinNumbers, CanonicalOptions};
use crate::component::definition::items::{Definition, Item};

use super::core_space::{CoreFunctionAt, CoreSpace};
use super::module_code::ModuleCode;

/// The core modules of a component. Each is read when it is asked for first.
#[derive(Debug)]
pub(super) struct Modules<'b> {
    bytes: &'b [&'b [u8]],
    read: BTreeMap<usize, Option<ModuleCode<'b>>>,
}

impl<'b> Modules<'b> {
    /// Returns the modules that these bytes are.
    pub(super) const fn new(bytes: &'b [&'b [u8]]) -> Self {
        Self { bytes, read: BTreeMap::new() }
    }

    fn get(&mut self, number: usize) -> Option<&ModuleCode<'b>> {
        let bytes = self.bytes.get(number)?;
        self.read.entry(number).or_insert_with(|| ModuleCode::read(bytes)).as_ref()
    }
}

/// Returns `true` if no `realloc` and no `post-return` of a definition may call a canonical
/// definition.
pub(super) fn are_closed(
    definition: &Definition,
    space: &CoreSpace<'_>,
    modules: &mut Modules<'_>,
) -> bool {
    let Some(roots) = roots(definition) else { return false };
    let mut search = Search { space, modules, seen: BTreeSet::new(), open: Vec::new() };
    roots.iter().all(|index| search.is_closed(*index))
}

/// Returns the core functions that are `realloc` or `post-return` somewhere in a definition.
fn roots(definition: &Definition) -> Option<BTreeSet<u32>> {
    let mut collected = CollectedOptions::default();
    for item in &definition.items {
        match item {
            Item::Lift { options, .. } | Item::Lower { options, .. } => collected.add(options),
            Item::Builtin { template, .. } => {
                template.definition(&mut collected).ok()?;
            }
            _ => {}
        }
    }
    Some(collected.functions)
}

/// A search through all that is called.
struct Search<'a, 'd, 'b> {
    space: &'a CoreSpace<'d>,
    modules: &'a mut Modules<'b>,
    /// The functions that were found: of which core instance, with the number of its module.
    seen: BTreeSet<(u32, usize, u32)>,
    /// Those whose calls were not looked at.
    open: Vec<(u32, usize, u32)>,
}

impl Search<'_, '_, '_> {
    fn is_closed(&mut self, root: u32) -> bool {
        let found = self.space.function(root);
        if self.find(found).is_none() {
            return false;
        }
        while let Some(function) = self.open.pop() {
            if self.follow(function).is_none() {
                return false;
            }
        }
        true
    }

    /// Adds a function that is called. Returns nothing if it is a canonical definition, or unknown.
    fn find(&mut self, found: Option<CoreFunctionAt<'_>>) -> Option<()> {
        let CoreFunctionAt::Module { instance, module, export } = found? else { return None };
        let function = self.modules.get(module)?.export(export)?;
        self.add((instance, module, function));
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
        let calls = code.calls(function)?;
        let mut called = calls.direct;
        if calls.has_indirect {
            called.extend(code.referenced()?);
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
