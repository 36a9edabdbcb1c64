//! Mistakes in the names of context values and metadata.

use thiserror::Error;

/// The length of the longest key in bytes, which is the room for one in a bounded table.
pub(crate) const MAX_KEY_BYTES: usize = 64;

/// The reason that a text can't be a context key, or a key of metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum InvalidContextKey {
    /// The text is empty.
    #[error("a context key's name is not empty")]
    Empty,
    /// The text is longer than 64 bytes.
    #[error("a context key's name has at most {MAX_KEY_BYTES} bytes, and this one has {bytes}")]
    TooLong {
        /// Its length in bytes, or `u32::MAX` if the length is greater.
        bytes: u32,
    },
    /// The text has a control character.
    #[error(
        "a context key's name has no control characters, and this one has U+{code_point:04X} \
         at byte {at}"
    )]
    ControlCharacter {
        /// The position of the first one, in bytes.
        at: u8,
        /// Its code point. No control character is above U+009F.
        code_point: u8,
    },
}

impl InvalidContextKey {
    /// Returns [`TooLong`](Self::TooLong) of a text of `bytes` bytes.
    #[expect(clippy::cast_possible_truncation, reason = "greater numbers are replaced")]
    pub(crate) const fn too_long(bytes: usize) -> Self {
        Self::TooLong { bytes: if bytes < u32::MAX as usize { bytes as u32 } else { u32::MAX } }
    }
}
