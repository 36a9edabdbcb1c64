//! Strings: their encodings in memory, and the conversion from one into another. This file has
//! the reference's `String` and `utf16_tag`.

mod load;
mod store;
mod transcode;

use crate::core_value::IntegerType;

pub(crate) use load::load_string_from_range;
#[cfg(feature = "alloc")]
pub(crate) use load::string_range;
pub use load::{Chars, Latin1, LiftedStr, Utf16};
pub use store::store_str_into_range;
#[cfg(feature = "alloc")]
pub(crate) use store::{StringSource, store_string_into_range};

/// The canonical option for the encoding of strings in a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StringEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16,
    /// Latin-1 or, if the highest bit of the length is set, UTF-16.
    Latin1Utf16,
}

/// The encoding of one string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SimpleEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16,
    /// Latin-1, in which a byte is a code point.
    Latin1,
}

/// The form of a well-formed string: the reference's `String`.
///
/// The reference keeps the length unchanged, and `store_string_into_range` looks for the tag of
/// UTF-16 at the bit of the *destination's* width. Between memories of two widths, that is
/// another bit. Then UTF-16 would be taken for Latin-1, or its length would be wrong by 2³¹. That
/// can't be the intention. Here, the tag is read once, at the source's width, when the string is
/// lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringForm {
    /// The option for strings at the source.
    pub(crate) source_encoding: StringEncoding,
    /// The encoding of this string.
    pub(crate) encoding: SimpleEncoding,
    /// The number of code units, without the tag.
    pub(crate) code_units: u64,
}

impl StringForm {
    pub(crate) const fn byte_length(self) -> u64 {
        match self.encoding {
            SimpleEncoding::Utf16 => 2 * self.code_units,
            SimpleEncoding::Utf8 | SimpleEncoding::Latin1 => self.code_units,
        }
    }
}

/// Returns the bit of a length that marks UTF-16: `utf16_tag`.
pub(crate) const fn utf16_tag(address_type: IntegerType) -> u64 {
    match address_type {
        IntegerType::I32 => 1 << 31,
        IntegerType::I64 => 1 << 63,
    }
}
