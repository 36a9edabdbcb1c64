//! Catching panics, and raising them again.

use core::panic::AssertUnwindSafe;

use crate::component::store::host_panic::HostPanic;

/// Runs code of the host, and catches its panic.
///
/// The caller makes sure that `run` leaves nothing half-done that it could see again.
#[inline]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, HostPanic> {
    std::panic::catch_unwind(AssertUnwindSafe(run)).map_err(HostPanic::new)
}

/// Continues a panic, unless that was done before.
pub(crate) fn raise(panic: &HostPanic) {
    if let Some(payload) = panic.take_payload() {
        std::panic::resume_unwind(payload);
    }
}
