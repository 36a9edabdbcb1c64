//! Durations that the host keeps.

use core::time::Duration;

use crate::error::Error;
use crate::host::limits::ExtensionLimits;

use super::value::{ContextValue, ContextValueType, IntoContextValue};
use super::value_ref::ContextValueRef;

/// The seconds, and then the nanoseconds of the rest, as little-endian bytes.
impl<L: ExtensionLimits> IntoContextValue<L> for Duration {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        let mut bytes = [0; 12];
        let (seconds, nanoseconds) = bytes.split_at_mut(size_of::<u64>());
        seconds.copy_from_slice(&self.as_secs().to_le_bytes());
        nanoseconds.copy_from_slice(&self.subsec_nanos().to_le_bytes());
        ContextValue::from_bytes(&bytes)
    }
}

impl<L: ExtensionLimits> ContextValueType<L> for Duration {
    type View<'a> = Self;

    fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
        let (seconds, rest) = value.as_bytes()?.split_first_chunk()?;
        let nanoseconds = u32::from_le_bytes(rest.try_into().ok()?);
        let is_rest = nanoseconds < 1_000_000_000;
        is_rest.then(|| Self::new(u64::from_le_bytes(*seconds), nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ExtensionError;

    crate::limits! {
        struct Enough { ..MachineSizes::NONE }
        extensions { value_bytes: 12 }
    }

    crate::limits! {
        struct TooSmall { ..MachineSizes::NONE }
        extensions { value_bytes: 11 }
    }

    #[test]
    fn a_duration_is_kept_where_there_is_room_for_its_bytes() {
        for duration in [Duration::ZERO, Duration::MAX, Duration::new(1, 999_999_999)] {
            let kept = ContextValue::<Enough>::from_component_value(duration).unwrap();
            assert_eq!(kept.get::<Duration>(), Some(duration));
            let refused = ContextValue::<TooSmall>::from_component_value(duration);
            assert_eq!(refused, Err(ExtensionError::ValueTooLong { bytes: 12 }.into()));
        }
    }

    #[test]
    fn other_bytes_are_no_duration() {
        for bytes in [&[0; 11][..], &[0xFF; 12], &[]] {
            let kept = ContextValue::<Enough>::from_bytes(bytes).unwrap();
            assert_eq!(kept.get::<Duration>(), None);
        }
        assert_eq!(ContextValue::<Enough>::U64(1).get::<Duration>(), None);
    }
}
