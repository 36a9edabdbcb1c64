//! Components from files.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::component::definition::features::Features;
use crate::engine::CoreEngine;

use super::load_error::LoadError;
use super::loading::Component;

/// The reasons why a component can't be loaded from a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadFileError {
    /// The file can't be read.
    #[error("`{}` can't be read", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        #[source]
        cause: std::io::Error,
    },
    /// The contents of the file can't be loaded.
    #[error("`{}` can't be loaded", path.display())]
    Load {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        #[source]
        cause: LoadError,
    },
}

/// Loading from files, with `std`.
impl<E: CoreEngine> Component<E> {
    /// Loads a component from a file in the binary format.
    ///
    /// # Errors
    ///
    /// [`LoadFileError::Read`], [`LoadFileError::Load`].
    pub fn from_file(engine: &E, path: impl AsRef<Path>) -> Result<Self, LoadFileError> {
        Self::from_file_with_features(engine, path, Features::default())
    }

    /// Loads a component from a file that may use features which are off by default.
    ///
    /// # Errors
    ///
    /// [`LoadFileError::Read`], [`LoadFileError::Load`].
    pub fn from_file_with_features(
        engine: &E,
        path: impl AsRef<Path>,
        features: Features,
    ) -> Result<Self, LoadFileError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path);
        let bytes = bytes.map_err(|cause| LoadFileError::Read { path: path.into(), cause })?;
        Self::with_features(engine, &bytes, features)
            .map_err(|cause| LoadFileError::Load { path: path.into(), cause })
    }
}
