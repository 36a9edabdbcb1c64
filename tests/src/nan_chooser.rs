//! A chooser of the bits of NaNs.

use weft::chooser::{Choice, Chooser};

/// A chooser that answers with this number for the bits of NaNs, and takes the first possibility
/// otherwise.
#[derive(Clone, Copy, Debug)]
pub struct NanChooser(pub u32);

impl Chooser for NanChooser {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        if choice == Choice::NanBits { self.0 } else { 0 }
    }
}
