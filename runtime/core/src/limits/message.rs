//! Debug messages of error contexts, which are cut if there is no room for them.

use core::fmt;

/// The storage of an error context's debug message.
///
/// The spec lets a host change a message on its way (`host_defined_transformation`). So a message
/// that is too long for its storage is cut, at the end of a character.
pub trait Message: Default {
    /// Creates a message of as much of `text` as fits, whole characters only.
    fn from_text(text: &str) -> Self {
        let mut kept = Self::default();
        kept.append(text);
        kept
    }

    /// Creates a message of as much as fits of the text that `text` is displayed as.
    fn from_display(text: &(impl fmt::Display + ?Sized)) -> Self {
        let mut writer = MessageWriter { kept: Self::default(), is_cut: false };
        // A text that is cut is no mistake. A text whose `Display` fails is stored as far as it
        // came.
        let _ = fmt::Write::write_fmt(&mut writer, format_args!("{text}"));
        writer.kept
    }

    /// Appends as much of `text` as fits, whole characters only. Returns `true` if that is all of
    /// it.
    fn append(&mut self, text: &str) -> bool;

    /// Returns the text.
    fn text(&self) -> &str;
}

/// Writes into a message until something does not fit.
struct MessageWriter<M> {
    kept: M,
    is_cut: bool,
}

impl<M: Message> fmt::Write for MessageWriter<M> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.is_cut = self.is_cut || !self.kept.append(text);
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}

#[cfg(feature = "alloc")]
impl Message for alloc::string::String {
    fn from_text(text: &str) -> Self {
        let mut kept = Self::new();
        // Without memory for it, the message is empty.
        if kept.try_reserve_exact(text.len()).is_ok() {
            kept.push_str(text);
        }
        kept
    }

    fn append(&mut self, text: &str) -> bool {
        let has_room = self.try_reserve(text.len()).is_ok();
        if has_room {
            self.push_str(text);
        }
        has_room
    }

    fn text(&self) -> &str {
        self
    }
}

impl<const N: usize> Message for arrayvec::ArrayString<N> {
    fn append(&mut self, text: &str) -> bool {
        let length = text.floor_char_boundary(self.remaining_capacity());
        let fits = text.get(..length).is_some_and(|fits| self.try_push_str(fits).is_ok());
        fits && length == text.len()
    }

    fn text(&self) -> &str {
        self
    }
}

/// A [`Message`] of at most `N` bytes, in place.
pub type ArrayText<const N: usize> = arrayvec::ArrayString<N>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_long_is_cut_at_the_end_of_a_character() {
        assert_eq!(ArrayText::<5>::from_text("näive").text(), "näiv");
        assert_eq!(ArrayText::<2>::from_text("nä").text(), "n");
        assert_eq!(ArrayText::<0>::from_text("n").text(), "");
        assert_eq!(ArrayText::<5>::from_text("").text(), "");
        assert_eq!(ArrayText::<5>::from_display(&format_args!("{}ive{}", "nä", 1)).text(), "näiv");
        assert_eq!(ArrayText::<4>::from_display(&format_args!("{}é{}", "nai", 1)).text(), "nai");
    }
}
