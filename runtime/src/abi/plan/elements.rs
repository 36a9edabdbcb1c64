//! Many values, one after the other.

use crate::error::Failure;
use crate::trap::Trap;

use super::super::memory::range;
use super::super::scalar::{check_case_index, convert_i32_to_char, load_small};
use super::super::{Type, discriminant_size};
use super::place::{From, To};
use super::{TransferContext, transfer::value};

/// Moves `length` values of type `element` from `from` on to `to` on.
pub(super) fn transfer<C: TransferContext + ?Sized>(
    cx: &mut C,
    element: &Type,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    let source_size = element.abi().of(cx.source_options().address_type).size;
    let size = element.abi().of(cx.options().address_type).size;
    let bytes = source_size.saturating_mul(length);
    if element.is_plain() {
        return cx.copy(from, to, bytes);
    }
    let source = range(cx.source_memory(), from, bytes).ok_or(Trap::PointerOutOfBounds)?;
    if may_be_copied(element, source)? {
        return cx.copy(from, to, bytes);
    }
    let (mut from, mut to) = (from, to);
    for _ in 0..length {
        value(cx, element, &mut From::Memory(from), &mut To::Memory(to))?;
        from = from.saturating_add(source_size);
        to = to.saturating_add(size);
    }
    Ok(())
}

/// One pass over elements that are only bytes: whether they arrive as the bytes that they are.
///
/// Traps: `invalid-char`, `invalid-discriminant`.
fn may_be_copied(element: &Type, bytes: &[u8]) -> Result<bool, Failure> {
    match element {
        // Any other byte is true, and arrives as 1.
        Type::Bool => Ok(bytes.iter().all(|byte| *byte <= 1)),
        Type::Char => {
            let (characters, _) = bytes.as_chunks();
            let mut numbers = characters.iter().map(|bytes| u32::from_le_bytes(*bytes));
            numbers.try_for_each(|number| convert_i32_to_char(number).map(|_| ()))?;
            Ok(true)
        }
        Type::Flags(flags) => {
            let size = flags.abi().size();
            let mut all = elements(bytes, size);
            Ok(all.all(|bits| bits & !flags.mask() == 0))
        }
        Type::Variant(variant) if variant.cases().iter().all(|it| it.payload().is_none()) => {
            let cases = variant.cases().len();
            let mut all = elements(bytes, discriminant_size(cases));
            all.try_for_each(|index| check_case_index(index, cases).map(|_| ()))?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Discriminants, or flags.
fn elements(bytes: &[u8], size: u32) -> impl Iterator<Item = u32> + '_ {
    let stride = usize::try_from(size).unwrap_or(1).max(1);
    bytes.chunks_exact(stride).filter_map(move |bytes| load_small(bytes, size))
}
