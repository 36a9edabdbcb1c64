//! Catching panics where that is not possible: without `std` a panic never returns to anybody.

use crate::component::store::host_panic::HostPanic;

/// Runs code of the host's.
#[expect(clippy::unnecessary_wraps, reason = "with `std`, a panic is an error")]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, HostPanic> {
    Ok(run())
}

/// Does nothing, as there is no panic that was caught.
pub(crate) const fn raise(_: &HostPanic) {}
