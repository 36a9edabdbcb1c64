//! Debug messages of error contexts, which are cut where there is no more room.

use core::fmt;

/// Where the debug message of an error context is kept.
///
/// The spec lets a host change a message on its way (`host_defined_transformation`), so one
/// that is too long for its storage is cut, at the end of a character.
pub trait Message: Default {
    /// As much of `text` as fits, whole characters only.
    fn from_text(text: &str) -> Self {
        let mut kept = Self::default();
        kept.append(text);
        kept
    }

    /// As much as fits of what `text` is shown as.
    fn from_display(text: &(impl fmt::Display + ?Sized)) -> Self {
        let mut writer = MessageWriter { kept: Self::default(), is_cut: false };
        // What is cut is no mistake, and what can't be shown in the end is shown as far as it was.
        let _ = fmt::Write::write_fmt(&mut writer, format_args!("{text}"));
        writer.kept
    }

    /// Adds as much of `text` as fits, whole characters only, and says whether that is all of it.
    fn append(&mut self, text: &str) -> bool;

    /// What is kept.
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
        // Without memory for it, none of it is kept.
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
