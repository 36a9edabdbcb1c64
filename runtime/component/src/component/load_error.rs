//! The errors of loading components.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::component::definition::decode::InvalidComponent;
use crate::engine::{Capability, ModuleRefused};

/// The reasons why a component can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not valid, or Weft does not implement it.
    #[error(transparent)]
    Invalid(#[from] InvalidComponent),
    /// A core module in it needs capabilities that the engine lacks.
    #[error("core module {module} needs capabilities that the engine lacks: {}", Names(missing))]
    MissingCapabilities {
        /// The number of the core module, from 0.
        module: usize,
        /// The missing capabilities.
        missing: Vec<Capability>,
    },
    /// The engine refuses a core module for another reason.
    #[error("the engine can't compile core module {module}")]
    ModuleRefused {
        /// The number of the core module, from 0.
        module: usize,
        /// The engine's reason.
        #[source]
        refused: ModuleRefused,
    },
}

struct Names<'a>(&'a [Capability]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, name) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { ", " })?;
            name.fmt(f)?;
        }
        Ok(())
    }
}
