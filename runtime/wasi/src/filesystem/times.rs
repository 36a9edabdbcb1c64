//! Times of files.

use core::time::Duration;
use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use cap_fs_ext::SystemTimeSpec;

use super::error::FsError;
use crate::p3::bindings::clocks::wasi::clocks::system_clock::Instant;
use crate::p3::bindings::filesystem::wasi::filesystem::types::{ErrorCode, NewTimestamp};

/// A time, as WASI 0.3 has it.
pub(crate) type Time = Instant;

/// Returns a time that the system tells, if it is one.
pub(super) fn from_system(time: io::Result<cap_std::time::SystemTime>) -> Option<Time> {
    let time = time.ok()?.into_std();
    let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => (i64::try_from(since.as_secs()).ok()?, since.subsec_nanos()),
        Err(before) => {
            let before = before.duration();
            let seconds = 0_i64.checked_sub_unsigned(before.as_secs())?;
            match before.subsec_nanos() {
                0 => (seconds, 0),
                nanoseconds => (seconds.checked_sub(1)?, 1_000_000_000 - nanoseconds),
            }
        }
    };
    Some(Time { seconds, nanoseconds })
}

/// Returns the time that a guest wants a file to have; `None` if it stays as it is.
///
/// # Errors
///
/// The system has no such time.
pub(super) fn to_system(time: NewTimestamp) -> Result<Option<SystemTimeSpec>, FsError> {
    let time = match time {
        NewTimestamp::NoChange => return Ok(None),
        NewTimestamp::Now => return Ok(Some(SystemTimeSpec::SymbolicNow)),
        NewTimestamp::Timestamp(time) => time,
    };
    let seconds = Duration::from_secs(time.seconds.unsigned_abs());
    let whole = if time.seconds < 0 {
        UNIX_EPOCH.checked_sub(seconds)
    } else {
        UNIX_EPOCH.checked_add(seconds)
    };
    let nanoseconds = Duration::from_nanos(time.nanoseconds.into());
    let time = whole.and_then(|whole: SystemTime| whole.checked_add(nanoseconds));
    let time = time.ok_or(ErrorCode::Overflow)?;
    Ok(Some(SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time))))
}
