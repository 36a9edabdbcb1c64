//! Lifting strings.

use core::fmt;

use crate::error::Failure;
use crate::limit::MAX_STRING_BYTE_LENGTH;
use crate::trap::Trap;

use super::{SimpleEncoding, StringEncoding, StringForm, utf16_tag};
use crate::abi::context::{LiftContext, Peer};
use crate::abi::layout::is_aligned;
use crate::abi::memory::range;

/// Returns the bytes of a string, which is well-formed, and its form: `load_string_from_range`.
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

/// Returns the bytes of a string and its form, without a look at the bytes.
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

/// Returns the bytes as a string.
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

/// Returns `true` if every surrogate has its other half.
fn is_utf16(units: &[[u8; 2]]) -> bool {
    let surrogate = |unit: &[u8; 2]| u16::from_le_bytes(*unit) & 0xf800 == 0xd800;
    // Most strings have no surrogate, which is found out quickly.
    !units.iter().any(surrogate) || decode(units).all(|decoded| decoded.is_ok())
}

fn decode(
    units: &[[u8; 2]],
) -> impl Iterator<Item = Result<char, core::char::DecodeUtf16Error>> + '_ {
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit)))
}

/// A string in the memory that it was lifted from, without a copy.
///
/// Only well-formed strings are lifted, so that their characters can be read without errors.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::LiftedStr;
///
/// fn shout(text: LiftedStr<'_>) -> String {
///     text.chars().flat_map(char::to_uppercase).collect()
/// }
///
/// assert_eq!(shout(LiftedStr::Utf8("hé")), "HÉ");
/// ```
#[derive(Clone, Copy)]
pub enum LiftedStr<'a> {
    /// UTF-8, as in Rust.
    Utf8(&'a str),
    /// UTF-16.
    Utf16(Utf16<'a>),
    /// Latin-1.
    Latin1(Latin1<'a>),
}

/// A string in well-formed UTF-16, the low byte first.
#[derive(Clone, Copy)]
pub struct Utf16<'a>(&'a [[u8; 2]]);

/// A string in Latin-1, in which a byte is a code point.
#[derive(Clone, Copy)]
pub struct Latin1<'a>(&'a [u8]);

impl<'a> LiftedStr<'a> {
    /// Returns the string, if it is UTF-8.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Utf8(text) => Some(text),
            Self::Utf16(_) | Self::Latin1(_) => None,
        }
    }

    /// Returns the bytes in memory.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        match self {
            Self::Utf8(text) => text.as_bytes(),
            Self::Utf16(text) => text.0.as_flattened(),
            Self::Latin1(text) => text.0,
        }
    }

    /// Returns the characters.
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
    /// The rest of a string in UTF-8.
    Utf8(core::str::Chars<'a>),
    /// The rest of a string in UTF-16.
    Utf16(&'a [[u8; 2]]),
    /// The rest of a string in Latin-1.
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
