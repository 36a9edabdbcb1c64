//! The core index spaces of a definition: the origin of each core function and memory.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::component::definition::extern_type::{CoreExternType, ExternType, ModuleType};
use crate::component::definition::items::{CoreSort, Definition, Item, OuterSort, Reference, Sort};
use crate::core_value::IntegerType;

/// The core index spaces of a definition.
#[derive(Debug, Default)]
pub(crate) struct CoreSpace<'d> {
    functions: Vec<CoreThing<'d>>,
    memories: Vec<CoreThing<'d>>,
    instances: Vec<CoreInstance<'d>>,
    /// The numbers of the core modules that are the component's own.
    modules: Vec<Option<usize>>,
}

/// A core function or a memory in its index space.
#[derive(Clone, Copy, Debug)]
enum CoreThing<'d> {
    /// The function that the canonical definition at this position makes.
    Canonical(usize),
    /// An export of a core instance.
    Export { instance: u32, name: &'d str },
}

#[derive(Clone, Copy, Debug)]
enum CoreInstance<'d> {
    Module { module: u32, arguments: &'d [(Box<str>, u32)] },
    Exports(&'d [(Box<str>, CoreSort, u32)]),
}

/// The origin of a core function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoreFunctionAt<'d> {
    /// The canonical definition at this position makes it: a built-in or a lowered function.
    Canonical(usize),
    /// A core instance of the component's own module exports it.
    Module {
        /// The index of the core instance.
        instance: u32,
        /// The number of the module.
        module: usize,
        /// The name of the export.
        export: &'d str,
    },
}

/// The properties of a memory that are known before it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MemoryKind {
    pub(crate) address_type: IntegerType,
    pub(crate) page_size_log2: u32,
}

impl<'d> CoreSpace<'d> {
    /// Returns the core index spaces of a definition, whose items are complete.
    pub(crate) fn of(definition: &'d Definition) -> Self {
        let mut space = Self::default();
        for (position, item) in definition.items.iter().enumerate() {
            space.item(position, item);
        }
        space
    }

    fn item(&mut self, position: usize, item: &'d Item) {
        match item {
            Item::CoreModule { number, .. } => self.modules.push(Some(*number)),
            Item::AliasExport { sort: Sort::Module, .. }
            | Item::AliasOuter { sort: OuterSort::Module, .. }
            | Item::Import { ty: ExternType::Module(_), .. } => self.modules.push(None),
            Item::Export { reference: Reference::Module(index), .. } => {
                let module = at(&self.modules, *index).flatten();
                self.modules.push(module);
            }
            Item::InstantiateCore { module, arguments } => {
                self.instances.push(CoreInstance::Module { module: *module, arguments });
            }
            Item::CoreInstance { exports } => self.instances.push(CoreInstance::Exports(exports)),
            Item::AliasCoreExport { sort, instance, name } => {
                let export = CoreThing::Export { instance: *instance, name };
                match sort {
                    CoreSort::Function => self.functions.push(export),
                    CoreSort::Memory => self.memories.push(export),
                    CoreSort::Table | CoreSort::Global | CoreSort::Tag => {}
                }
            }
            Item::Lower { .. } | Item::Builtin { .. } => {
                self.functions.push(CoreThing::Canonical(position));
            }
            _ => {}
        }
    }

    /// Returns the origin of a core function. Returns `None` if it is from an imported module.
    pub(crate) fn function(&self, index: u32) -> Option<CoreFunctionAt<'d>> {
        // Each step leads to an earlier item, so that the loop ends.
        let mut thing = at(&self.functions, index)?;
        loop {
            let (instance, name) = match thing {
                CoreThing::Canonical(position) => {
                    return Some(CoreFunctionAt::Canonical(position));
                }
                CoreThing::Export { instance, name } => (instance, name),
            };
            match at(&self.instances, instance)? {
                CoreInstance::Module { module, .. } => {
                    let module = at(&self.modules, module).flatten()?;
                    return Some(CoreFunctionAt::Module { instance, module, export: name });
                }
                CoreInstance::Exports(exports) => {
                    thing = at(&self.functions, exported(exports, CoreSort::Function, name)?)?;
                }
            }
        }
    }

    /// Returns the origin of a function that a core instance imports.
    pub(crate) fn imported_function<'n>(
        &self,
        instance: u32,
        from: &str,
        name: &'n str,
    ) -> Option<CoreFunctionAt<'n>>
    where
        'd: 'n,
    {
        let CoreInstance::Module { arguments, .. } = at(&self.instances, instance)? else {
            return None;
        };
        let (_, argument) = arguments.iter().find(|(argument, _)| **argument == *from)?;
        match at(&self.instances, *argument)? {
            CoreInstance::Module { module, .. } => {
                let module = at(&self.modules, module).flatten()?;
                Some(CoreFunctionAt::Module { instance: *argument, module, export: name })
            }
            CoreInstance::Exports(exports) => {
                self.function(exported(exports, CoreSort::Function, name)?)
            }
        }
    }

    /// Returns the properties of a memory. Returns `None` if it is from an imported module, or if
    /// threads share it.
    pub(crate) fn memory(
        &self,
        index: u32,
        types: &[impl AsRef<ModuleType>],
    ) -> Option<MemoryKind> {
        let mut thing = at(&self.memories, index)?;
        loop {
            let CoreThing::Export { instance, name } = thing else { return None };
            match at(&self.instances, instance)? {
                CoreInstance::Module { module, .. } => {
                    let ty = types.get(at(&self.modules, module).flatten()?)?.as_ref();
                    let (_, ty) = ty.exports().find(|(export, _)| *export == name)?;
                    let CoreExternType::Memory { limits, page_size_log2 } = ty else {
                        return None;
                    };
                    return (!limits.is_shared).then_some(MemoryKind {
                        address_type: limits.address_type,
                        page_size_log2: *page_size_log2,
                    });
                }
                CoreInstance::Exports(exports) => {
                    thing = at(&self.memories, exported(exports, CoreSort::Memory, name)?)?;
                }
            }
        }
    }
}

fn exported(exports: &[(Box<str>, CoreSort, u32)], sort: CoreSort, name: &str) -> Option<u32> {
    let found = exports.iter().find(|(export, it, _)| **export == *name && *it == sort);
    found.map(|(_, _, index)| *index)
}

fn at<T: Copy>(space: &[T], index: u32) -> Option<T> {
    usize::try_from(index).ok().and_then(|index| space.get(index)).copied()
}
