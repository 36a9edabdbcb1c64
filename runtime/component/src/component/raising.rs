//! Continuing the panics of host functions, at the embedder.

use crate::component::run::instantiate::error::InstantiateError;
use crate::component::store::call_error::CallError;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::unwinding::raise;

/// An error that may be the panic of a host function.
pub(crate) trait MayBePanic {
    /// Returns the panic.
    fn panic(&self) -> Option<&HostPanic>;
}

impl MayBePanic for CallError {
    fn panic(&self) -> Option<&HostPanic> {
        if let Self::Panicked(panic) = self { Some(panic) } else { None }
    }
}

impl MayBePanic for InstantiateError {
    fn panic(&self) -> Option<&HostPanic> {
        if let Self::Call(error) = self { error.panic() } else { None }
    }
}

/// Returns a result, unless it is a panic, which continues here.
#[inline]
pub(crate) fn or_panic<R, X: MayBePanic>(result: Result<R, X>) -> Result<R, X> {
    if let Err(error) = &result
        && let Some(panic) = error.panic()
    {
        raise(panic);
    }
    result
}
