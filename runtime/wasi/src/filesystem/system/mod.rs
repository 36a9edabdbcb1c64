//! The parts of files that differ between systems.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(all(unix, not(target_os = "linux")))]
mod not_linux;
#[cfg(unix)]
mod unix;
#[cfg(not(unix))]
mod windows;

#[cfg(target_os = "linux")]
pub(super) use linux::{advise, append, read_cached};
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) use not_linux::{advise, read_cached};
#[cfg(all(unix, not(target_os = "linux")))]
pub(super) use unix::append_by_flag as append;
#[cfg(unix)]
pub(super) use unix::{error_code, only_directories, read_at, status_changed, write_at};
#[cfg(not(unix))]
pub(super) use windows::{
    advise, append, error_code, only_directories, read_at, read_cached, status_changed, write_at,
};
