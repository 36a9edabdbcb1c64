//! Core modules that are loaded.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::component::definition::extern_type::ModuleType;
use crate::engine::CoreEngine;

/// A core module that is loaded. Cloning one is cheap.
pub struct Module<E: CoreEngine> {
    pub(crate) compiled: E::Module,
    pub(crate) ty: Arc<ModuleType>,
    /// The engine that has compiled it.
    pub(crate) engine: E,
    /// The names of what it imports.
    pub(crate) imports: Arc<[(String, String)]>,
}

impl<E: CoreEngine> Clone for Module<E> {
    fn clone(&self) -> Self {
        Self {
            compiled: self.compiled.clone(),
            ty: self.ty.clone(),
            engine: self.engine.clone(),
            imports: self.imports.clone(),
        }
    }
}

impl<E: CoreEngine> fmt::Debug for Module<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("imports", &self.imports).finish_non_exhaustive()
    }
}
