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

/// The error of a handle whose store was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the store was dropped")]
pub struct StoreDropped;

/// The reasons why a call could not be made, or has no result.
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
    /// A host function panicked, or other code of the host that a guest has called. The panic
    /// continues in the method of the store that would return this error. So the error is seen
    /// only by code that calls [`take_result`](crate::component::Store::take_result), or that
    /// catches the panic.
    #[error("a host function panicked: {0}")]
    Panicked(HostPanic),
    /// The instance of the function trapped before, or took part in a trap. So nothing of the
    /// instance runs any more. The backtrace has that trap. Or the host has
    /// [abandoned](Self::Abandoned) a call in the instance, or [removed](Self::InstanceRemoved) the
    /// instance.
    #[error("the instance trapped{}", InCall(.0))]
    InstanceTrapped(#[source] Arc<TrapBacktrace>),
    /// The instance of the function was removed from its store.
    #[error("the function can't be called: its instance was removed from the store")]
    InstanceRemoved,
    /// An argument is not of the parameter's type, or a value is not of the type of the end that it
    /// is written to.
    #[error("an argument or a value has the wrong type")]
    Mismatch(#[from] Mismatch),
    /// The elements of a stream, or the value of a future, have another type than the Rust type.
    #[error("the elements of the stream or future have another type: {0}")]
    Elements(Mismatch),
    /// There is no stream or future of a Rust type.
    #[error("no stream or future can have elements of this Rust type: {0}")]
    ElementType(InvalidType),
    /// The host does not hold a handle that it passes, or the handle has the wrong type.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// A resource has no value of the Rust type that a function takes or returns.
    #[error(transparent)]
    ResourceValue(#[from] ResourceValueError),
    /// A readable end was written to, or a writable one read from.
    #[error(
        "this is the other end of the stream or future: read the readable end, and write the writable one"
    )]
    OtherEnd,
    /// The function belongs to another store.
    #[error("the function belongs to another store: call it there")]
    OtherStore,
    /// A host function called a guest that waits. The host function can't wait for it, as nothing
    /// else runs before it returns. The call is kept, and goes on when the store runs.
    /// [`kept_call`](Self::kept_call) has its id, for [`Store::run`](crate::component::Store::run)
    /// after the host function has returned, or for
    /// [`Caller::forget`](crate::component::Caller::forget). An async host function can await the
    /// call instead.
    #[error(
        "a host function called a guest that waits: the call is kept; make the host function async to \
         await it"
    )]
    Waits(SubtaskId),
    /// A guest that a host function has called, directly or not, resumed a thread of the callers of
    /// that function. The thread can't run before the function returns, and the function can't
    /// return before the thread has run.
    #[error("a guest resumed a thread that waits for the host function which called it")]
    CallerResumed,
    /// A limit of the store is reached. [`StoreLimits`](crate::component::StoreLimits) sets it.
    #[error(transparent)]
    Limit(#[from] LimitReached),
    /// Guests wait for one another, and nothing that is under way can end the call. The call is
    /// kept: see [`kept_call`](Self::kept_call).
    #[error(transparent)]
    Deadlock(Box<Deadlock>),
    /// It is the host's turn: the call waits for an end of a stream or future that the host holds,
    /// or for a host task. The call is kept: see [`kept_call`](Self::kept_call). Only methods that
    /// block without a time limit return this; futures are pending.
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
    /// The store was dropped before the call ended.
    #[error(transparent)]
    StoreDropped(#[from] StoreDropped),
    /// Weft was misused, or a limit is reached.
    #[error(transparent)]
    Error(Error),
    /// Weft contradicts itself: this is a bug in Weft.
    #[error("{0}: this is a bug in Weft, please report it")]
    Inconsistent(&'static str),
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
            Fault::Inconsistent(problem) => Self::Inconsistent(problem),
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
