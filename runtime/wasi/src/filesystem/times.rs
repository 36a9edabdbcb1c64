//! Times of files.

use core::time::Duration;
use std::io;
use std::time::UNIX_EPOCH;

use cap_fs_ext::SystemTimeSpec;
use cap_std::time::SystemTime;

use super::code::FsCode;
use super::error::FsError;

/// A time since 1970. `nanoseconds` come after `seconds`, even before 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

/// The time that a guest wants to set for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewTime {
    /// The time that it has.
    Same,
    /// The time of the system at the change.
    Now,
    /// This time.
    At(Time),
}

impl Time {
    /// Returns a time of the system, if it is known.
    pub(super) fn from_system(time: io::Result<SystemTime>) -> Option<Self> {
        let time = time.ok()?.into_std();
        let before = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => {
                let seconds = i64::try_from(since.as_secs()).ok()?;
                return Some(Self { seconds, nanoseconds: since.subsec_nanos() });
            }
            Err(before) => before.duration(),
        };
        let seconds = 0_i64.checked_sub_unsigned(before.as_secs())?;
        match before.subsec_nanos() {
            0 => Some(Self { seconds, nanoseconds: 0 }),
            nanoseconds => {
                let nanoseconds = 1_000_000_000 - nanoseconds;
                Some(Self { seconds: seconds.checked_sub(1)?, nanoseconds })
            }
        }
    }
}

impl NewTime {
    /// Returns the time in the system's form. Returns `None` if nothing has to change.
    ///
    /// # Errors
    ///
    /// The code `overflow` if the system has no such time, or if it is before 1970, where
    /// `fs-set-times` panics.
    pub(super) fn to_system(self) -> Result<Option<SystemTimeSpec>, FsError> {
        let time = match self {
            Self::Same => return Ok(None),
            Self::Now => return Ok(Some(SystemTimeSpec::SymbolicNow)),
            Self::At(time) => time,
        };
        let seconds = u64::try_from(time.seconds).map_err(|_| FsCode::Overflow)?;
        let whole = UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let nanoseconds = Duration::from_nanos(time.nanoseconds.into());
        let time = whole.and_then(|whole| whole.checked_add(nanoseconds));
        let time = time.ok_or(FsCode::Overflow)?;
        Ok(Some(SystemTimeSpec::Absolute(SystemTime::from_std(time))))
    }
}
