//! The errors of calls.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use thiserror::Error;

use crate::abi::{InvalidType, Mismatch};
use crate::engine::CoreTrap;
use crate::error::{
    AbiError, BuiltinCallError, Error, ExtensionError, Failure, MachineError, OneLine,
};
use crate::machine::SubtaskId;
use crate::trap::Trap;

use super::deadlock::Deadlock;
use super::fault::Fault;
use super::handle_error::HandleError;
use super::host_panic::HostPanic;
use super::host_result::SharedHostError;
use super::host_result_error::HostResultError;
use super::resource_value_error::ResourceValueError;
use super::store_limits::LimitReached;
use super::trap_backtrace::TrapBacktrace;
use super::waits_for_host::WaitsForHost;

/// The store was dropped that a handle is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the store was dropped")]
pub struct StoreDropped;

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
    /// A host function failed.
    #[error("a host function failed")]
    Host(#[source] SharedHostError),
    /// A host function returned a result that its caller can't be given.
    #[error(transparent)]
    HostResult(Box<HostResultError>),
    /// A host function panicked, or something else of the host's that a guest has called. The panic
    /// goes on in the method of the store that was to return this: so only those see it who take
    /// results by [`take_result`](crate::component::Store::take_result), or catch the panic.
    #[error("a host function panicked: {0}")]
    Panicked(HostPanic),
    /// Something trapped before in the instance of the function, or in one that had called it, so that
    /// nothing of the instance runs any more. It has the trap, and where that was. Or the host has
    /// [abandoned](Self::Abandoned) a call in the instance, or [removed](Self::InstanceRemoved) it.
    #[error("the instance trapped{}", InCall(.0))]
    InstanceTrapped(#[source] Arc<TrapBacktrace>),
    /// The instance of the function was removed from its store.
    #[error("the instance of the function was removed from its store")]
    InstanceRemoved,
    /// An argument is not of the parameter's type, or a value not of the type of the end that it
    /// is written to.
    #[error("an argument is not of its type")]
    Mismatch(#[from] Mismatch),
    /// The elements of a stream, or the value of a future, are not of the Rust type that they are to
    /// be of.
    #[error("the elements of the stream or future: {0}")]
    Elements(Mismatch),
    /// There is no stream or future of a Rust type.
    #[error("there is no stream or future of this type: {0}")]
    ElementType(InvalidType),
    /// A handle that the host gives is none that it has, or none of the right type.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// A resource has no value of the Rust type that a function takes or returns.
    #[error(transparent)]
    ResourceValue(#[from] ResourceValueError),
    /// A readable end is to be written to, or a writable one to be read from.
    #[error("the end is not the one of the two that this is done with")]
    OtherEnd,
    /// A function of another store is to be called.
    #[error("the function belongs to another store")]
    OtherStore,
    /// A host function called a guest that waits, which the host function can't wait for: nobody
    /// else runs before it returns. The call is kept, and goes on when the store runs. Its id is
    /// [`kept_call`](Self::kept_call), for [`Store::run`](crate::component::Store::run) and the
    /// like after the host function has returned, or for
    /// [`Caller::forget`](crate::component::Caller::forget). An async host function can await it.
    #[error("a host function called a guest that waits")]
    Waits(SubtaskId),
    /// A guest which a host function has called, or one that this one called, resumed a
    /// thread of those that have called that function. It can't run before the function returns,
    /// and the function can't return before it has run.
    #[error("a guest resumed a thread that waits for the host function which called it")]
    CallerResumed,
    /// A limit of the store is reached, which its [`StoreLimits`](crate::component::StoreLimits)
    /// set.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// Guests wait for one another, and nothing that is going on can bring the call to its end. The
    /// call is kept: see [`kept_call`](Self::kept_call).
    #[error(transparent)]
    Deadlock(Box<Deadlock>),
    /// It is the host's turn: what is waited for depends on an end of a stream or future that the
    /// host holds, or on a host task. The call is kept: see [`kept_call`](Self::kept_call). Only
    /// what blocks without a time returns this; futures are pending.
    #[error(transparent)]
    WaitsForHost(Box<WaitsForHost>),
    /// The host has abandoned the call.
    #[error("the host has abandoned the call")]
    Abandoned,
    /// The call was cancelled before it returned.
    #[error("the call was cancelled")]
    Cancelled,
    /// The engine interrupted the guest more often than
    /// [`StoreLimits::interruptions`](crate::component::StoreLimits::interruptions) allows, or the
    /// host has interrupted it.
    #[error(
        "the guest ran for too long: the engine interrupted it more often than \
         `StoreLimits::with_interruptions` allows, or the host interrupted it"
    )]
    Interrupted,
    /// The store was dropped before the call has ended.
    #[error(transparent)]
    StoreDropped(#[from] StoreDropped),
    /// Weft was misused, or a limit is reached.
    #[error(transparent)]
    Error(Error),
}

/// The end of a message: the call in which an instance trapped.
struct InCall<'a>(&'a TrapBacktrace);

impl fmt::Display for InCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.function() {
            Some(function) => write!(f, " in a call of {:#}", OneLine(function)),
            None => f.write_str(" before"),
        }
    }
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Failure(Failure::Trap(trap)) => Self::Trap(trap),
            Fault::Failure(Failure::Error(error)) => Self::Error(error),
            Fault::Core(trap) => Self::Core(trap),
            Fault::Host(error) => Self::Host(error.into()),
            Fault::HostResult(error) => Self::HostResult(error),
            Fault::Panicked(panic) => Self::Panicked(panic),
            Fault::InstanceTrapped(trap) => Self::InstanceTrapped(trap),
            Fault::Interrupted => Self::Interrupted,
            Fault::CallerResumed => Self::CallerResumed,
            Fault::ResourceValue(error) => Self::ResourceValue(error),
            Fault::Limit(limit) => Self::Limit(limit),
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

/// Converts the error of a layer, through [`enum@Error`], into a [`CallError`].
macro_rules! from_layers {
    ($($layer:ident)*) => {
        $(impl From<$layer> for CallError {
            fn from(error: $layer) -> Self {
                Self::Error(error.into())
            }
        })*
    };
}

from_layers! { AbiError BuiltinCallError ExtensionError MachineError }
