//! The settings of a store, and the count of interruptions that one of them limits.

use alloc::string::String;

/// The settings of a store.
#[derive(Debug)]
pub(crate) struct Settings {
    interruption_limit: Option<u32>,
    /// The number of interruptions after which guests went on.
    interruptions: u32,
    /// The number of bytes of a guest's debug message that are kept.
    max_debug_message_length: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { interruption_limit: None, interruptions: 0, max_debug_message_length: usize::MAX }
    }
}

impl Settings {
    /// Sets how often guests may go on after an interruption, while the host waits for one call.
    pub(crate) const fn set_interruption_limit(&mut self, limit: Option<u32>) {
        self.interruption_limit = limit;
    }

    /// Counts interruptions from 0 again.
    #[inline]
    pub(crate) const fn count_interruptions_anew(&mut self) {
        self.interruptions = 0;
    }

    /// Returns `true` if a guest may go on after an interruption, which is then counted.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let may = self.interruption_limit.is_none_or(|limit| self.interruptions < limit);
        self.interruptions = self.interruptions.saturating_add(may.into());
        may
    }

    /// Sets how many bytes of a debug message are kept.
    pub(crate) const fn set_max_debug_message_length(&mut self, bytes: usize) {
        self.max_debug_message_length = bytes;
    }

    /// Cuts a debug message that is too long, at the end of a character.
    pub(crate) fn shorten(&self, message: &mut String) {
        message.truncate(message.floor_char_boundary(self.max_debug_message_length));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guests_go_on_as_often_as_the_limit_says() {
        let mut settings = Settings::default();
        settings.set_interruption_limit(Some(2));
        assert_eq!([(); 3].map(|()| settings.may_go_on()), [true, true, false]);
        settings.count_interruptions_anew();
        assert!(settings.may_go_on());
        settings.set_interruption_limit(None);
        assert!((0..10).all(|_| settings.may_go_on()));
    }

    #[test]
    fn a_message_is_cut_at_the_end_of_a_character() {
        let mut settings = Settings::default();
        let mut message = String::from("aé");
        settings.shorten(&mut message);
        assert_eq!(message, "aé");
        settings.set_max_debug_message_length(2);
        settings.shorten(&mut message);
        assert_eq!(message, "a");
    }
}
