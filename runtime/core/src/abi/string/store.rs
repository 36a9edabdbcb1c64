//! Lowering strings: the way between each pair of encodings, and its calls of `realloc`.
//!
//! The functions, their order, and the sizes that `realloc` is asked for are those of the
//! reference.

use crate::error::{AbiError, Failure};
use crate::trap::Trap;

use super::transcode::Reader;
use super::{SimpleEncoding, StringEncoding, StringForm, utf16_tag};
use crate::abi::context::{LowerContext, LoweringSteps as _, lowered_byte_length};
use crate::abi::memory::range_mut;

/// A string, and its destination.
pub(crate) trait StringSource {
    /// The context that it is lowered into.
    type Destination: LowerContext + ?Sized;

    /// Returns the context that it is lowered into.
    fn destination(&mut self) -> &mut Self::Destination;

    /// Reads the string's bytes from `offset` on, as many as fit into `into`.
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Failure>;

    /// Writes the whole string, of `length` bytes, at `address` of the destination.
    fn copy_all(&mut self, address: u64, length: u64) -> Result<(), Failure>;
}

/// A string of the host.
struct HostString<'a, C: ?Sized> {
    cx: &'a mut C,
    text: &'a str,
}

impl<C: LowerContext + ?Sized> StringSource for HostString<'_, C> {
    type Destination = C;

    fn destination(&mut self) -> &mut C {
        self.cx
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Failure> {
        let length = u64::try_from(into.len()).unwrap_or(u64::MAX);
        let bytes = crate::abi::memory::range(self.text.as_bytes(), offset, length);
        into.copy_from_slice(bytes.ok_or(AbiError::UncheckedAddress)?);
        Ok(())
    }

    fn copy_all(&mut self, address: u64, length: u64) -> Result<(), Failure> {
        let place = range_mut(self.cx.memory_mut(), address, length);
        let place = place.filter(|place| place.len() == self.text.len());
        place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(self.text.as_bytes());
        Ok(())
    }
}

/// Lowers a string of the host, and returns its address and its tagged length:
/// `store_string_into_range`.
///
/// # Errors
///
/// - [`AbiError::TooLong`] if `realloc` could not be asked for as much as the string may need.
/// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, and the trap of `realloc`.
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
pub fn store_str_into_range<C: LowerContext + ?Sized>(
    cx: &mut C,
    text: &str,
) -> Result<(u64, u64), Failure> {
    // This is checked before any allocation. In the worst case, each byte becomes a code unit of
    // UTF-16.
    let code_unit_size = match cx.options().string_encoding {
        StringEncoding::Utf8 => 1,
        StringEncoding::Utf16 | StringEncoding::Latin1Utf16 => 2,
    };
    let worst_case_size =
        lowered_byte_length(text.len(), code_unit_size).ok_or(AbiError::TooLong)?;
    let form = StringForm {
        source_encoding: StringEncoding::Utf8,
        encoding: SimpleEncoding::Utf8,
        code_units: worst_case_size / code_unit_size,
    };
    store_string_into_range(&mut HostString { cx, text }, form)
}

/// Lowers a string, and returns its address and its tagged length: `store_string_into_range`.
///
/// Traps: `realloc-unaligned`, `realloc-out-of-bounds`, `pointer-unaligned`,
/// `string-content-out-of-bounds`, and the trap of `realloc`.
pub(crate) fn store_string_into_range<S: StringSource>(
    source: &mut S,
    form: StringForm,
) -> Result<(u64, u64), Failure> {
    use SimpleEncoding::{Latin1, Utf8, Utf16};
    match (source.destination().options().string_encoding, form.encoding) {
        (StringEncoding::Utf8, Utf8) => store_string_copy(source, form, 1, 1),
        (StringEncoding::Utf8, Utf16) => store_string_to_utf8(source, form, 3 * form.code_units),
        (StringEncoding::Utf8, Latin1) => store_string_to_utf8(source, form, 2 * form.code_units),
        (StringEncoding::Utf16, Utf8) => store_utf8_to_utf16(source, form),
        (StringEncoding::Utf16, Utf16 | Latin1) => store_string_copy(source, form, 2, 2),
        (StringEncoding::Latin1Utf16, encoding) => match (form.source_encoding, encoding) {
            (StringEncoding::Latin1Utf16, Latin1) => store_string_copy(source, form, 1, 2),
            (StringEncoding::Latin1Utf16, Utf16) => {
                store_probably_utf16_to_latin1_or_utf16(source, form)
            }
            _ => store_string_to_latin1_or_utf16(source, form),
        },
    }
}

/// The rule that a string out of the destination's bounds breaks.
const OUT: Trap = Trap::StringContentOutOfBounds;

fn store_string_copy<S: StringSource>(
    source: &mut S,
    form: StringForm,
    code_unit_size: u64,
    alignment: u32,
) -> Result<(u64, u64), Failure> {
    let byte_length = code_unit_size * form.code_units;
    let address = source.destination().allocate(alignment, byte_length, OUT)?;
    if byte_length == form.byte_length() {
        source.copy_all(address, byte_length)?;
    } else {
        // Latin-1 becomes UTF-16.
        let mut reader = Reader::new(form);
        reader.transcode(source, address, SimpleEncoding::Utf16, char::MAX)?;
    }
    Ok((address, form.code_units))
}

/// Lowers UTF-16 or Latin-1 to UTF-8: `store_utf16_to_utf8`, `store_latin1_to_utf8`.
fn store_string_to_utf8<S: StringSource>(
    source: &mut S,
    form: StringForm,
    worst_case_size: u64,
) -> Result<(u64, u64), Failure> {
    let code_units = form.code_units;
    let address = source.destination().allocate(1, code_units, OUT)?;
    let mut reader = Reader::new(form);
    let ascii = reader.transcode(source, address, SimpleEncoding::Utf8, '\x7f')?;
    if !ascii.stopped {
        return Ok((address, code_units));
    }
    let cx = source.destination();
    let mut address = cx.reallocate(address, code_units, 1, worst_case_size, OUT)?;
    let rest_address = address.saturating_add(ascii.written);
    let rest = reader.transcode(source, rest_address, SimpleEncoding::Utf8, char::MAX)?;
    let byte_length = ascii.written.saturating_add(rest.written);
    if worst_case_size > byte_length {
        address = source.destination().reallocate(address, worst_case_size, 1, byte_length, OUT)?;
    }
    Ok((address, byte_length))
}

fn store_utf8_to_utf16<S: StringSource>(
    source: &mut S,
    form: StringForm,
) -> Result<(u64, u64), Failure> {
    let worst_case_size = 2 * form.code_units;
    let mut address = source.destination().allocate(2, worst_case_size, OUT)?;
    let mut reader = Reader::new(form);
    let all = reader.transcode(source, address, SimpleEncoding::Utf16, char::MAX)?;
    if all.written < worst_case_size {
        address = source.destination().reallocate(address, worst_case_size, 2, all.written, OUT)?;
    }
    Ok((address, all.written / 2))
}

/// Lowers UTF-8, or UTF-16 that may fit Latin-1.
fn store_string_to_latin1_or_utf16<S: StringSource>(
    source: &mut S,
    form: StringForm,
) -> Result<(u64, u64), Failure> {
    let code_units = form.code_units;
    let mut address = source.destination().allocate(2, code_units, OUT)?;
    let mut reader = Reader::new(form);
    let latin1 = reader.transcode(source, address, SimpleEncoding::Latin1, '\u{ff}')?;
    if !latin1.stopped {
        if latin1.written < code_units {
            address =
                source.destination().reallocate(address, code_units, 2, latin1.written, OUT)?;
        }
        return Ok((address, latin1.written));
    }
    let worst_case_size = 2 * code_units;
    let cx = source.destination();
    address = cx.reallocate(address, code_units, 2, worst_case_size, OUT)?;
    let inflated = 2 * latin1.written;
    inflate(range_mut(cx.memory_mut(), address, inflated).ok_or(AbiError::UncheckedAddress)?);
    let rest_address = address.saturating_add(inflated);
    let rest = reader.transcode(source, rest_address, SimpleEncoding::Utf16, char::MAX)?;
    let byte_length = inflated.saturating_add(rest.written);
    let cx = source.destination();
    if worst_case_size > byte_length {
        address = cx.reallocate(address, worst_case_size, 2, byte_length, OUT)?;
    }
    let tag = utf16_tag(cx.options().address_type);
    Ok((address, (byte_length / 2) | tag))
}

fn store_probably_utf16_to_latin1_or_utf16<S: StringSource>(
    source: &mut S,
    form: StringForm,
) -> Result<(u64, u64), Failure> {
    let byte_length = form.byte_length();
    let address = source.destination().allocate(2, byte_length, OUT)?;
    source.copy_all(address, byte_length)?;
    let cx = source.destination();
    let bytes = range_mut(cx.memory_mut(), address, byte_length);
    let bytes = bytes.ok_or(AbiError::UncheckedAddress)?;
    let (units, _) = bytes.as_chunks::<2>();
    if units.iter().any(|[_, high]| *high != 0) {
        return Ok((address, form.code_units | utf16_tag(cx.options().address_type)));
    }
    deflate(bytes);
    let address = cx.reallocate(address, byte_length, 1, form.code_units, OUT)?;
    Ok((address, form.code_units))
}

/// Converts Latin-1 in the first half of `bytes` to UTF-16 in all of it.
fn inflate(bytes: &mut [u8]) {
    for position in (0..bytes.len() / 2).rev() {
        let byte = bytes.get(position).copied().unwrap_or_default();
        if let Some([low, high]) = bytes.get_mut(2 * position..2 * position + 2) {
            (*low, *high) = (byte, 0);
        }
    }
}

/// Converts UTF-16 in all of `bytes`, none of it above Latin-1, to Latin-1 in the first half.
fn deflate(bytes: &mut [u8]) {
    for position in 0..bytes.len() / 2 {
        let byte = bytes.get(2 * position).copied().unwrap_or_default();
        if let Some(place) = bytes.get_mut(position) {
            *place = byte;
        }
    }
}
