//! Lifting strings.

use core::fmt;

use crate::error::Failure;
use crate::limit::MAX_STRING_BYTE_LENGTH;
use crate::trap::Trap;

use super::{SimpleEncoding, StringEncoding, StringForm, utf16_tag};
use crate::abi::context::{LiftContext, Peer};
use crate::abi::layout::is_aligned;
use crate::abi::memory::range;

/// `load_string_from_range`: the bytes of a string, which is well-formed, and how they are to be
/// read.
///
/// Traps: `string-too-long`, `pointer-unaligned`, `string-out-of-bounds`,
/// `string-content-out-of-bounds`, `invalid-utf8`, `incomplete-utf8`, `invalid-utf16`.
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
pub(crate) fn load_string_from_range<'a, H>(
    cx: &LiftContext<'a, H>,
    address: u64,
    tagged_code_units: u64,
) -> Result<(LiftedStr<'a>, StringForm), Failure> {
    let (bytes, form) = string_range(cx, address, tagged_code_units)?;
    Ok((decoded(bytes, form.encoding)?, form))
}

/// Where a string lies and how, without a look at its bytes.
///
/// Traps: `string-too-long`, `pointer-unaligned`, `string-out-of-bounds`,
/// `string-content-out-of-bounds`.
pub(crate) fn string_range<'a, H>(
    cx: &LiftContext<'a, H>,
    address: u64,
    tagged_code_units: u64,
) -> Result<(&'a [u8], StringForm), Failure> {
    let tag = utf16_tag(cx.options.address_type);
    let source_encoding = cx.options.string_encoding;
    let (alignment, encoding, code_units) = match source_encoding {
        StringEncoding::Utf8 => (1, SimpleEncoding::Utf8, tagged_code_units),
        StringEncoding::Utf16 => (2, SimpleEncoding::Utf16, tagged_code_units),
        StringEncoding::Latin1Utf16 if tagged_code_units & tag != 0 => {
            (2, SimpleEncoding::Utf16, tagged_code_units ^ tag)
        }
        StringEncoding::Latin1Utf16 => (2, SimpleEncoding::Latin1, tagged_code_units),
    };
    let byte_length = match encoding {
        SimpleEncoding::Utf16 => code_units.checked_mul(2),
        SimpleEncoding::Utf8 | SimpleEncoding::Latin1 => Some(code_units),
    };
    let byte_length = byte_length.filter(|it| *it <= u64::from(MAX_STRING_BYTE_LENGTH));
    let byte_length = byte_length.ok_or(Trap::StringTooLong)?;
    if !is_aligned(address, alignment) {
        return Err(Trap::PointerUnaligned.into());
    }
    let bytes = range(cx.memory, address, byte_length).ok_or(match cx.options.peer {
        Peer::Host => Trap::StringOutOfBounds,
        Peer::Guest => Trap::StringContentOutOfBounds,
    })?;
    Ok((bytes, StringForm { source_encoding, encoding, code_units }))
}

/// The string that the bytes are.
///
/// Traps: `invalid-utf8`, `incomplete-utf8`, `invalid-utf16`.
fn decoded(bytes: &[u8], encoding: SimpleEncoding) -> Result<LiftedStr<'_>, Failure> {
    Ok(match encoding {
        SimpleEncoding::Utf8 => LiftedStr::Utf8(core::str::from_utf8(bytes).map_err(|error| {
            if error.error_len().is_none() { Trap::IncompleteUtf8 } else { Trap::InvalidUtf8 }
        })?),
        SimpleEncoding::Utf16 => {
            let units = bytes.as_chunks().0;
            if !is_utf16(units) {
                return Err(Trap::InvalidUtf16.into());
            }
            LiftedStr::Utf16(Utf16(units))
        }
        SimpleEncoding::Latin1 => LiftedStr::Latin1(Latin1(bytes)),
    })
}

/// Whether no surrogate is without its other half.
fn is_utf16(units: &[[u8; 2]]) -> bool {
    let surrogate = |unit: &[u8; 2]| u16::from_le_bytes(*unit) & 0xf800 == 0xd800;
    // Most strings have none, and that is seen at once.
    !units.iter().any(surrogate) || decode(units).all(|decoded| decoded.is_ok())
}

fn decode(
    units: &[[u8; 2]],
) -> impl Iterator<Item = Result<char, core::char::DecodeUtf16Error>> + '_ {
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
}

/// A string as it lies in the memory that it was lifted from, without a copy.
///
/// Only what is well-formed is lifted, so that its characters can be read without errors.
#[derive(Clone, Copy)]
pub enum LiftedStr<'a> {
    /// In UTF-8: Rust's own.
    Utf8(&'a str),
    /// In UTF-16.
    Utf16(Utf16<'a>),
    /// In Latin-1.
    Latin1(Latin1<'a>),
}

/// Well-formed UTF-16, the low byte first.
#[derive(Clone, Copy)]
pub struct Utf16<'a>(&'a [[u8; 2]]);

/// Latin-1: a byte is a code point.
#[derive(Clone, Copy)]
pub struct Latin1<'a>(&'a [u8]);

impl<'a> LiftedStr<'a> {
    /// The string, if it lies in memory as Rust has strings.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Utf8(text) => Some(text),
            Self::Utf16(_) | Self::Latin1(_) => None,
        }
    }

    /// The bytes, as they lie in memory.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Utf8(text) => text.as_bytes(),
            Self::Utf16(text) => text.0.as_flattened(),
            Self::Latin1(text) => text.0,
        }
    }

    /// The characters.
    #[must_use]
    pub fn chars(&self) -> Chars<'a> {
        match *self {
            Self::Utf8(text) => Chars::Utf8(text.chars()),
            Self::Utf16(text) => Chars::Utf16(text.0),
            Self::Latin1(text) => Chars::Latin1(text.0),
        }
    }
}

impl fmt::Display for LiftedStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        match self {
            Self::Utf8(text) => f.write_str(text),
            Self::Utf16(_) | Self::Latin1(_) => self.chars().try_for_each(|it| f.write_char(it)),
        }
    }
}

impl fmt::Debug for LiftedStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.chars()).finish()
    }
}

impl fmt::Debug for Utf16<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LiftedStr::Utf16(*self).fmt(f)
    }
}

impl fmt::Debug for Latin1<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        LiftedStr::Latin1(*self).fmt(f)
    }
}

impl PartialEq<str> for LiftedStr<'_> {
    fn eq(&self, other: &str) -> bool {
        self.chars().eq(other.chars())
    }
}

impl PartialEq for LiftedStr<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.chars().eq(other.chars())
    }
}

impl Eq for LiftedStr<'_> {}

/// The characters of a [`LiftedStr`].
#[derive(Clone, Debug)]
pub enum Chars<'a> {
    /// Of UTF-8.
    Utf8(core::str::Chars<'a>),
    /// Of the rest of UTF-16.
    Utf16(&'a [[u8; 2]]),
    /// Of the rest of Latin-1.
    Latin1(&'a [u8]),
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        match self {
            Self::Utf8(chars) => chars.next(),
            Self::Utf16(units) => {
                let decoded = decode(units).next()?.unwrap_or(char::REPLACEMENT_CHARACTER);
                *units = units.get(decoded.len_utf16()..).unwrap_or_default();
                Some(decoded)
            }
            Self::Latin1(bytes) => {
                let (first, rest) = bytes.split_first()?;
                *bytes = rest;
                Some(char::from(*first))
            }
        }
    }
}
