//! Strings: how they lie in memory, and how they get from one encoding into another.
//!
//! | file | the reference's part |
//! |---|---|
//! | here | `String`, `utf16_tag` |
//! | `load.rs` | `load_string_from_range` |
//! | `store.rs` | `store_string_into_range`: which pair of encodings goes which way, and when `realloc` is called |
//! | `transcode.rs` | Python's `encode` and `decode`, some bytes at a time |

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

/// How strings lie in a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StringEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16,
    /// Latin-1 or, where the highest bit of the length is set, UTF-16.
    Latin1Utf16,
}

/// How one string lies in a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SimpleEncoding {
    /// UTF-8.
    Utf8,
    /// UTF-16, the low byte first.
    Utf16,
    /// Latin-1: a byte is a code point.
    Latin1,
}

/// Where a well-formed string lies: the reference's `String`.
///
/// The reference keeps the length as it was, and `store_string_into_range` looks for the tag of
/// UTF-16 where the *destination* would have it. Between memories of two widths that is another
/// bit, so that UTF-16 would be taken for Latin-1 or its length be off by 2³¹. That can't be
/// meant: here the tag is read once, at the source's width, when the string is lifted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StringForm {
    /// What the option said of strings there.
    pub(crate) source_encoding: StringEncoding,
    /// How this one lies.
    pub(crate) encoding: SimpleEncoding,
    /// Without the tag.
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

/// `utf16_tag`: the bit of a length that says that the string is in UTF-16.
pub(crate) const fn utf16_tag(address_type: IntegerType) -> u64 {
    match address_type {
        IntegerType::I32 => 1 << 31,
        IntegerType::I64 => 1 << 63,
    }
}
