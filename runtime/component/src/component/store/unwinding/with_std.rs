//! Catching panics, and raising them again.

use core::panic::AssertUnwindSafe;

use crate::component::store::host_panic::HostPanic;

/// Runs code of the host's, and catches its panic.
///
/// Whoever calls this leaves nothing half-way that `run` could see again.
#[inline]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, HostPanic> {
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(HostPanic::new)
}

/// Lets a panic go on, unless it has done so already.
pub(crate) fn raise(panic: &HostPanic) {
    if let Some(payload) = panic.take_payload() {
        std::panic::resume_unwind(payload);
    }
}
