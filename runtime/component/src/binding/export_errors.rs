//! The reasons why a component or an instance is not of a world.

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use thiserror::Error as DeriveError;

use crate::component::definition::wrapped::Wrapped;
use crate::component::{ExportError, InstantiateError};
use crate::error::WithCauses;

/// The mismatches between the exports of a world and those of a component or an instance: all of
/// them.
///
/// The message has a line for each mismatch, with its causes.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::binding::{Exports, World};
/// use weft::component::{Component, TypedFunction};
/// use weft::engine::wasmi::Wasmi;
///
/// struct Program {
///     run: TypedFunction<(), u32>,
///     stop: TypedFunction<(), ()>,
/// }
///
/// impl World for Program {
///     const NAME: &'static str = "example:files/program";
///     const IMPORTS: &'static [&'static str] = &[];
///     const EXPORTS: &'static [&'static str] = &["run", "stop"];
///
///     fn find(exports: &mut Exports<'_>) -> Option<Self> {
///         let run = exports.function("run");
///         let stop = exports.function("stop");
///         Some(Self { run: run?, stop: stop? })
///     }
/// }
///
/// let component = wat::parse_str(r#"
///     (component
///         (core module $module (func (export "f")))
///         (core instance $instance (instantiate $module))
///         (func (export "run") (canon lift (core func $instance "f"))))
/// "#)?;
/// let component = Component::new(&Wasmi::default(), &component)?;
/// let errors = Program::check(&component).unwrap_err();
/// assert_eq!(errors.errors().len(), 2);
/// assert_eq!(errors.to_string(), "\
/// the exports are not those of the world `example:files/program`
///   the function `run` has another type: in `func()`, the result is of another type: expected nothing,
///     found u32
///   there is no exported function `stop`");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportErrors {
    world: &'static str,
    errors: Vec<ExportError>,
}

impl ExportErrors {
    /// Returns an error if there are mismatches.
    pub(super) fn check(world: &'static str, errors: Vec<ExportError>) -> Result<(), Self> {
        if errors.is_empty() { Ok(()) } else { Err(Self { world, errors }) }
    }

    /// Returns the error for a world that was not found, although no mismatch was noted.
    pub(super) const fn not_told(world: &'static str) -> Self {
        Self { world, errors: Vec::new() }
    }

    /// Returns the name of the world.
    #[must_use]
    pub const fn world(&self) -> &'static str {
        self.world
    }

    /// Returns the mismatches, in the order of the exports of the world.
    #[must_use]
    pub fn errors(&self) -> &[ExportError] {
        &self.errors
    }
}

impl fmt::Display for ExportErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the exports are not those of the world `{}`", self.world)?;
        for error in &self.errors {
            write!(f, "\n  {}", Wrapped(WithCauses(error)))?;
        }
        Ok(())
    }
}

impl Error for ExportErrors {}

/// The reasons why a component can't be instantiated as a world.
#[derive(Debug, DeriveError)]
#[non_exhaustive]
pub enum WorldError {
    /// It does not export the functions and interfaces of the world.
    #[error(transparent)]
    Exports(#[from] ExportErrors),
    /// It can't be instantiated.
    #[error(transparent)]
    Instantiate(#[from] InstantiateError),
}
