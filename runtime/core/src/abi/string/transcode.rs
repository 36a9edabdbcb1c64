//! Conversion from one encoding to another, some bytes at a time.
//!
//! A source is read through [`StringSource::read`] into a buffer. The memories of the source and
//! the destination may be the same, or may not be accessible at the same time. Most text is
//! ASCII, and in every encoding, a part that is ASCII is one loop without branches.

use crate::error::{AbiError, Failure};
use crate::trap::Trap;

use super::store::StringSource;
use super::{SimpleEncoding, StringForm};
use crate::abi::context::LowerContext;
use crate::abi::memory::range_mut;

/// The number of bytes of a source that are read at once.
const CHUNK: usize = 256;

/// The greatest number of bytes that they become: Latin-1 or UTF-8 in UTF-16.
const TRANSCODED: usize = 2 * CHUNK;

/// A place in a source.
#[derive(Debug)]
pub(super) struct Reader {
    encoding: SimpleEncoding,
    offset: u64,
    end: u64,
}

/// The outcome of converting a part of a source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transcoded {
    /// The number of bytes that were written.
    pub(super) written: u64,
    /// `true` if it ended before a character above the limit.
    pub(super) stopped: bool,
}

impl Reader {
    pub(super) const fn new(form: StringForm) -> Self {
        Self { encoding: form.encoding, offset: 0, end: form.byte_length() }
    }

    /// Writes the rest of the source in the encoding `to` at `address`, up to the first character
    /// above `limit`.
    pub(super) fn transcode<S: StringSource>(
        &mut self,
        source: &mut S,
        address: u64,
        to: SimpleEncoding,
        limit: char,
    ) -> Result<Transcoded, Failure> {
        let mut done = Transcoded { written: 0, stopped: false };
        let mut read = [0; CHUNK];
        let mut out = Output { bytes: [0; TRANSCODED], length: 0 };
        while self.offset < self.end && !done.stopped {
            let rest = usize::try_from(self.end - self.offset).unwrap_or(CHUNK);
            let chunk = read.get_mut(..rest.min(CHUNK)).unwrap_or_default();
            source.read(self.offset, chunk)?;
            out.length = 0;
            let (consumed, stopped) = encode(self.encoding, chunk, to, limit, &mut out);
            if consumed == 0 && !stopped {
                return Err(self.changed());
            }
            let memory = source.destination().memory_mut();
            let place = range_mut(memory, address.saturating_add(done.written), out.len());
            place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(out.as_slice());
            self.offset = self.offset.saturating_add(consumed);
            done = Transcoded { written: done.written.saturating_add(out.len()), stopped };
        }
        Ok(done)
    }

    /// Returns the failure of a source that was well-formed when it was lifted, and is no longer.
    fn changed(&self) -> Failure {
        match self.encoding {
            SimpleEncoding::Utf8 => Trap::InvalidUtf8.into(),
            SimpleEncoding::Utf16 => Trap::InvalidUtf16.into(),
            // Every byte is a character of Latin-1.
            SimpleEncoding::Latin1 => AbiError::SourceChanged.into(),
        }
    }
}

struct Output {
    bytes: [u8; TRANSCODED],
    length: usize,
}

impl Output {
    fn len(&self) -> u64 {
        u64::try_from(self.length).unwrap_or(0)
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    fn rest(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.length..).unwrap_or_default()
    }

    /// Adds a character. Returns `true` if there was room.
    fn push(&mut self, character: char, to: SimpleEncoding) -> bool {
        let (bytes, length) = encoded(character, to);
        let Some(place) = self.rest().get_mut(..length) else { return false };
        place.copy_from_slice(bytes.get(..length).unwrap_or_default());
        self.length += length;
        true
    }

    /// Adds ASCII. There is room, because each encoding has at most two bytes for each character
    /// of it.
    fn push_ascii(&mut self, ascii: &[u8], to: SimpleEncoding) {
        let length = match to {
            SimpleEncoding::Utf8 | SimpleEncoding::Latin1 => {
                if let Some(place) = self.rest().get_mut(..ascii.len()) {
                    place.copy_from_slice(ascii);
                }
                ascii.len()
            }
            SimpleEncoding::Utf16 => {
                let (units, _) = self.rest().as_chunks_mut();
                for (unit, byte) in units.iter_mut().zip(ascii) {
                    *unit = [*byte, 0];
                }
                2 * ascii.len()
            }
        };
        self.length += length;
    }
}

fn encoded(character: char, to: SimpleEncoding) -> ([u8; 4], usize) {
    let mut bytes = [0; 4];
    match to {
        SimpleEncoding::Utf8 => {
            let length = character.encode_utf8(&mut bytes).len();
            (bytes, length)
        }
        SimpleEncoding::Utf16 => {
            let mut units = [0; 2];
            let length = character.encode_utf16(&mut units).len();
            let [[a, b], [c, d]] = units.map(u16::to_le_bytes);
            ([a, b, c, d], 2 * length)
        }
        // No character above the limit comes here.
        SimpleEncoding::Latin1 => {
            ([u8::try_from(u32::from(character)).unwrap_or(b'?'), 0, 0, 0], 1)
        }
    }
}

/// Encodes the characters of a chunk, up to the first one above `limit`, or the one that the end
/// of the chunk cuts in two. Returns the number of bytes that were read, and `true` if the limit
/// was reached.
fn encode(
    from: SimpleEncoding,
    chunk: &[u8],
    to: SimpleEncoding,
    limit: char,
    out: &mut Output,
) -> (u64, bool) {
    let mut rest = chunk;
    let mut stopped = false;
    loop {
        if !matches!(from, SimpleEncoding::Utf16) {
            let ascii = rest.iter().take_while(|byte| byte.is_ascii()).count();
            let (ascii, after) = rest.split_at_checked(ascii).unwrap_or((&[], rest));
            out.push_ascii(ascii, to);
            rest = after;
        }
        let Some((character, after)) = decode(from, rest) else { break };
        stopped = character > limit;
        if stopped || !out.push(character, to) {
            break;
        }
        rest = after;
    }
    (u64::try_from(chunk.len() - rest.len()).unwrap_or(0), stopped)
}

/// Returns the first character, and the bytes after it, or `None` if it isn't complete.
fn decode(from: SimpleEncoding, bytes: &[u8]) -> Option<(char, &[u8])> {
    match from {
        SimpleEncoding::Latin1 => {
            let (first, rest) = bytes.split_first()?;
            Some((char::from(*first), rest))
        }
        SimpleEncoding::Utf16 => {
            let (units, _) = bytes.as_chunks();
            let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
            let character = char::decode_utf16(units).next()?.ok()?;
            Some((character, bytes.get(2 * character.len_utf16()..)?))
        }
        SimpleEncoding::Utf8 => {
            let (first, rest) = bytes.split_first()?;
            let length = match first {
                0x00..=0x7f => return Some((char::from(*first), rest)),
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            let (character, rest) = bytes.split_at_checked(length)?;
            Some((core::str::from_utf8(character).ok()?.chars().next()?, rest))
        }
    }
}
