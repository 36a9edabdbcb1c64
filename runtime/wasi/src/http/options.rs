//! The options of an outgoing request.

use core::time::Duration;

/// The time-outs of an outgoing request. A time-out that is `None` is 600 seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestOptions {
    /// The time until the connection is made.
    pub connect_timeout: Option<Duration>,
    /// The time until the head of the response has arrived.
    pub first_byte_timeout: Option<Duration>,
    /// The time until more bytes of the response's body arrive.
    pub between_bytes_timeout: Option<Duration>,
}

/// The time-out if an option is not set.
const USUAL: Duration = Duration::from_mins(10);

impl RequestOptions {
    pub(crate) fn connect(&self) -> Duration {
        self.connect_timeout.unwrap_or(USUAL)
    }

    pub(crate) fn first_byte(&self) -> Duration {
        self.first_byte_timeout.unwrap_or(USUAL)
    }

    pub(crate) fn between_bytes(&self) -> Duration {
        self.between_bytes_timeout.unwrap_or(USUAL)
    }
}

/// Returns a time in the form that guests use.
pub(crate) fn nanoseconds(time: Option<Duration>) -> Option<u64> {
    time.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}
