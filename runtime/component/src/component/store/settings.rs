//! The settings of a store, and the count of interruptions that one of them limits.

use alloc::string::String;

use super::store_limits::StoreLimits;

/// The settings of a store.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) limits: StoreLimits,
    /// The number of interruptions after which guests went on.
    interruptions: u32,
}

impl Settings {
    /// Restarts the count of interruptions from 0.
    #[inline]
    pub(crate) const fn count_interruptions_anew(&mut self) {
        self.interruptions = 0;
    }

    /// Returns `true` if a guest may go on after an interruption, which is counted.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let may = self.limits.interruptions.is_none_or(|limit| self.interruptions < limit);
        self.interruptions = self.interruptions.saturating_add(may.into());
        may
    }

    /// Cuts a debug message that is too long, at the end of a character.
    pub(crate) fn shorten(&self, message: &mut String) {
        message.truncate(message.floor_char_boundary(self.limits.debug_message_bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_go_on_as_often_as_the_limit_says() {
        let mut settings = Settings::default();
        settings.limits = settings.limits.with_interruptions(Some(2));
        assert_eq!([(); 3].map(|()| settings.may_go_on()), [true, true, false]);
        settings.count_interruptions_anew();
        assert!(settings.may_go_on());
        settings.limits = settings.limits.with_interruptions(None);
        assert!((0..10).all(|_| settings.may_go_on()));
    }

    #[test]
    fn a_message_is_cut_at_the_end_of_a_character() {
        let mut settings = Settings::default();
        let mut message = String::from("aé");
        settings.shorten(&mut message);
        assert_eq!(message, "aé");
        settings.limits = settings.limits.with_debug_message_bytes(2);
        settings.shorten(&mut message);
        assert_eq!(message, "a");
    }
}
