//! The errors of loading components.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::component::definition::decode::InvalidComponent;
use crate::engine::{Capability, ModuleRefused};

/// A component can't be loaded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It is not valid, or Weft does not implement it.
    #[error(transparent)]
    Invalid(#[from] InvalidComponent),
    /// A core module in it needs what the engine lacks.
    #[error("the engine lacks what core module {module} needs: {}", Names(missing))]
    MissingCapabilities {
        /// Which of the core modules, from 0.
        module: usize,
        /// What is missing.
        missing: Vec<Capability>,
    },
    /// The engine refuses a core module for a reason of its own.
    #[error("core module {module} can't be compiled")]
    ModuleRefused {
        /// Which of the core modules, from 0.
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
