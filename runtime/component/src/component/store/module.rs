//! Core modules that are loaded.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::component::definition::extern_type::ModuleType;
use crate::engine::CoreEngine;

/// A core module that is loaded. Cloning it is cheap.
pub struct Module<E: CoreEngine> {
    loaded: Arc<LoadedModule<E>>,
    /// The type as which the module is seen, if that may say less than its own.
    ty: Option<Arc<ModuleType>>,
}

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
        Self { loaded: Arc::new(loaded), ty: None }
    }

    /// Returns the same module, seen as one of a type.
    pub(crate) fn seen_as(&self, ty: &Arc<ModuleType>) -> Self {
        Self { loaded: self.loaded.clone(), ty: Some(ty.clone()) }
    }

    /// Returns the type as which it is seen.
    pub(crate) fn ty(&self) -> &ModuleType {
        self.ty.as_ref().unwrap_or(&self.loaded.ty)
    }

    /// Returns the index of the memory that is exported as `name`. Imported memories come first.
    pub(crate) fn memory(&self, name: &str) -> Option<u32> {
        let memories = &self.loaded.memories;
        let found = memories.binary_search_by(|(it, _)| (**it).cmp(name)).ok()?;
        memories.get(found).map(|(_, index)| *index)
    }

    /// Returns the loaded module.
    pub(crate) fn loaded(&self) -> &LoadedModule<E> {
        &self.loaded
    }
}

impl<E: CoreEngine> Clone for Module<E> {
    fn clone(&self) -> Self {
        Self { loaded: self.loaded.clone(), ty: self.ty.clone() }
    }
}

impl<E: CoreEngine> fmt::Debug for Module<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("imports", &self.loaded.imports).finish_non_exhaustive()
    }
}
