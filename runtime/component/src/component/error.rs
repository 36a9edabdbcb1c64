//! Why something could not be done with components.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::abi::Mismatch;
use crate::engine::{Capability, CoreTrap, ModuleRefused};
use crate::error::{Error, Failure};
use crate::trap::Trap;

use super::claims::HandleError;
use super::deadlock::Deadlock;
use super::decode::InvalidComponent;
use super::state::{Fault, HostError};
use super::typed_function::FunctionMismatch;

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
    #[error("core module {module}: {refused}")]
    ModuleRefused {
        /// Which of the core modules, from 0.
        module: usize,
        /// The engine's reason.
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

/// A component can't be instantiated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstantiateError {
    /// Something is wrong with what is given for its imports.
    #[error("{}", Lines(.0))]
    Imports(
        /// What, of every import that something is wrong with.
        Vec<ImportError>,
    ),
    /// It was loaded for another engine than the store's.
    #[error("the component was loaded for another engine")]
    OtherEngine,
    /// There would be more instances, of components and of core modules, than is allowed at a time.
    #[error("a component may have at most {0} instances within it")]
    TooManyInstances(u32),
    /// Components would instantiate one another too deeply.
    #[error("components instantiate one another at most {0} levels deep")]
    TooDeep(u32),
    /// Components are defined in so many places, each of which sees so many others, that
    /// instantiation would take too long.
    #[error("there are too many components within components to instantiate them all")]
    TooMuchWork,
    /// An initialisation trapped, or Weft failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// What is wrong with what is given for an import.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing is given.
    #[error("the import `{name}` is missing, which is to be: {expected}")]
    Missing {
        /// The name of the import, with those of the instances that it is in before it.
        name: String,
        /// Its type.
        expected: String,
    },
    /// It is of another type.
    #[error("the import `{name}` is to be: {expected}; and was given: {given}")]
    Mismatch {
        /// The name of the import, with those of the instances that it is in before it, and
        /// what in it is of another type.
        name: String,
        /// What is expected.
        expected: String,
        /// What was given.
        given: String,
    },
    /// It is a function of the host's whose Rust types are others.
    #[error("the import `{name}` is given a function of another type: {mismatch}")]
    Function {
        /// The name of the import, with those of the instances that it is in before it.
        name: String,
        /// What is different.
        mismatch: Box<FunctionMismatch>,
    },
    /// It is an instance in another store.
    #[error("the import `{name}` is given an instance of another store")]
    OtherStore {
        /// The name of the import.
        name: String,
    },
    /// It was loaded for another engine than the store's.
    #[error("the import `{name}` is given what was loaded for another engine")]
    OtherEngine {
        /// The name of the import.
        name: String,
    },
}

struct Lines<'a>(&'a [ImportError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            error.fmt(f)?;
        }
        Ok(())
    }
}

/// A call could not be made, or trapped.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The guest broke a rule of the Component Model.
    #[error(transparent)]
    Trap(Trap),
    /// The guest's core code trapped.
    #[error(transparent)]
    Core(CoreTrap),
    /// A function of the host failed.
    #[error("a function of the host failed: {0}")]
    Host(Arc<dyn core::error::Error + Send + Sync>),
    /// Another call trapped in the instance of the function, or in one that had called it, so that
    /// nothing of the instance runs any more.
    #[error("another call trapped in the same instance: {0}")]
    InstanceTrapped(Arc<Self>),
    /// An argument is not of the parameter's type.
    #[error("an argument {0}")]
    Mismatch(#[from] Mismatch),
    /// A handle that the host gives is none that it has, or none of the right type.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// A readable end is to be written to, or a writable one to be read from.
    #[error("the end is not the one of the two that this is done with")]
    OtherEnd,
    /// A function of another store is to be called.
    #[error("the function belongs to another store")]
    OtherStore,
    /// A function of the host calls a guest that waits, which it can't wait for: the call goes on
    /// by itself, and its result is dropped; if it has to wait before it starts, it never does.
    #[error("a function of the host called a guest that waits")]
    Waits,
    /// A guest which a function of the host has called, or one that this one called, resumed a
    /// thread of those that have called that function. It can't run before the function returns,
    /// and the function can't return before it has run.
    #[error("a guest resumed a thread that waits for the function of the host which called it")]
    CallerResumed,
    /// Functions of the host and guests call one another too deeply.
    #[error("functions of the host and guests call one another too deeply")]
    TooDeep,
    /// Nothing that is going on can bring the call to its end.
    #[error(transparent)]
    Deadlock(Box<Deadlock>),
    /// The call was cancelled before it returned.
    #[error("the call was cancelled")]
    Cancelled,
    /// The engine interrupted the guest, more often than the host allows.
    #[error("the guest ran for too long")]
    Interrupted,
    /// Weft was misused, or a limit is reached.
    #[error(transparent)]
    Error(Error),
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failure(Failure::Trap(trap)) => Self::Trap(trap),
            Fault::Failure(Failure::Error(error)) => Self::Error(error),
            Fault::Core(trap) => Self::Core(trap),
            Fault::Host(error) => Self::Host(error.into()),
            Fault::Interrupted => Self::Interrupted,
            Fault::CallerResumed => Self::CallerResumed,
        }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Fault::from(failure).into()
    }
}

impl From<Error> for CallError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Fault> for InstantiateError {
    fn from(fault: Fault) -> Self {
        Self::Call(fault.into())
    }
}

impl From<Error> for InstantiateError {
    fn from(error: Error) -> Self {
        Self::Call(error.into())
    }
}

impl From<Failure> for InstantiateError {
    fn from(failure: Failure) -> Self {
        Self::Call(Fault::from(failure).into())
    }
}

/// Something that validation rules out.
pub(crate) fn not_validated(what: &'static str) -> Fault {
    Fault::Host(HostError::from(Box::<str>::from(what).into_string()))
}
