//! Panics without `std`: they can't be caught, as a panic never returns.

use crate::component::store::host_panic::HostPanic;

/// Runs code of the host.
#[expect(clippy::unnecessary_wraps, reason = "with `std`, a panic is an error")]
pub(crate) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, HostPanic> {
    Ok(run())
}

/// Does nothing, as no panic was caught.
pub(crate) const fn raise(_: &HostPanic) {}
