//! Core modules that are loaded.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::component::definition::extern_type::ModuleType;
use crate::engine::CoreEngine;

/// A core module that is loaded. Cloning it is cheap.
pub struct Module<E: CoreEngine>(Arc<LoadedModule<E>>);

/// A loaded core module, with its properties.
pub(crate) struct LoadedModule<E: CoreEngine> {
    pub(crate) compiled: E::Module,
    pub(crate) ty: Arc<ModuleType>,
    /// `true` if a function of it runs when it is instantiated.
    pub(crate) has_start: bool,
    /// The memories that it exports, sorted by name, with their indices.
    pub(crate) memories: Box<[(Box<str>, u32)]>,
    /// The engine that has compiled it.
    pub(crate) engine: E,
    /// The names of the imports, in the engine's order.
    pub(crate) imports: Vec<(String, String)>,
}

impl<E: CoreEngine> Module<E> {
    pub(crate) fn of(loaded: LoadedModule<E>) -> Self {
        Self(Arc::new(loaded))
    }

    /// Returns the index of the memory that is exported as `name`. Imported memories come first.
    pub(crate) fn memory(&self, name: &str) -> Option<u32> {
        let found = self.0.memories.binary_search_by(|(it, _)| (**it).cmp(name)).ok()?;
        self.0.memories.get(found).map(|(_, index)| *index)
    }

    /// Returns the loaded module.
    pub(crate) fn loaded(&self) -> &LoadedModule<E> {
        &self.0
    }
}

impl<E: CoreEngine> Clone for Module<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: CoreEngine> fmt::Debug for Module<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("imports", &self.0.imports).finish_non_exhaustive()
    }
}
