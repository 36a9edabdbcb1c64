//! Faults: the reasons why a call can't go on.

use alloc::boxed::Box;
use alloc::sync::Arc;

use crate::engine::CoreTrap;
use crate::error::Failure;

use super::host_panic::HostPanic;
use super::host_result::HostError;
use super::host_result_error::HostResultError;
use super::resource_value_error::ResourceValueError;
use super::store_limits::LimitReached;
use super::trap_backtrace::TrapBacktrace;

/// The reason why a call can't go on.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A rule was broken, or Weft was misused.
    Failure(Failure),
    /// Core code trapped.
    Core(CoreTrap),
    /// A host function failed.
    Host(HostError),
    /// A host function returned a result that its caller can't be given.
    HostResult(Box<HostResultError>),
    /// A host function panicked.
    Panicked(HostPanic),
    /// The instance of the caller trapped while its host function ran.
    InstanceTrapped(Arc<TrapBacktrace>),
    /// The engine interrupted the guest, more often than the host allows.
    Interrupted,
    /// A guest that a host function has called resumed a thread of the callers of that function.
    CallerResumed,
    /// A resource has no value of the Rust type that a host function takes.
    ResourceValue(ResourceValueError),
    /// A limit of the store is reached.
    Limit(LimitReached),
    /// Weft contradicts itself: validation rules this out.
    Inconsistent(&'static str),
}

impl<F: Into<Failure>> From<F> for Fault {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}
