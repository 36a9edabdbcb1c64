//! Moves of many values, one after the other.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use super::floats;
use super::handles::Lifted;
use super::place::{From, To};
use super::transfer::value;
use crate::abi::Type;
use crate::abi::scalar::load_small;

/// Moves `length` values of type `element`, which lie one after the other, from `from` to `to`.
pub(super) fn transfer<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    element: &Type,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    let source_size = element.abi().of(cx.source_options().address_type).size;
    let size = element.abi().of(cx.options().address_type).size;
    let bytes = source_size.saturating_mul(length);
    if element.is_plain() {
        cx.copy(from, to, bytes)?;
        return floats::lower(cx, lifted, element, to, length);
    }
    let source = cx.source_bytes(from, bytes).ok_or(AbiError::UncheckedAddress)?;
    if may_be_copied(element, source) {
        return cx.copy(from, to, bytes);
    }
    let (mut from, mut to) = (from, to);
    for _ in 0..length {
        value(cx, lifted, element, &mut From::Memory(from), &mut To::Memory(to))?;
        from = from.saturating_add(source_size);
        to = to.saturating_add(size);
    }
    Ok(())
}

/// Returns `true` if lifted elements arrive as the same bytes. For some types, this takes one
/// pass over them.
fn may_be_copied(element: &Type, bytes: &[u8]) -> bool {
    match element {
        // Any other byte is true, and arrives as 1. This looks at all bytes of a block at once.
        Type::Bool => {
            bytes.chunks(4096).all(|block| block.iter().fold(0, |all, byte| all | byte) <= 1)
        }
        // Bits without a label don't arrive.
        Type::Flags(flags) => {
            let mut all = numbers(bytes, flags.abi().size());
            all.all(|bits| bits & !flags.mask() == 0)
        }
        Type::Char => true,
        Type::Variant(variant) => variant.has_no_payloads(),
        _ => false,
    }
}

/// Returns the discriminants, or the flags, in some bytes.
pub(super) fn numbers(bytes: &[u8], size: u32) -> impl Iterator<Item = u32> + '_ {
    let stride = usize::try_from(size).unwrap_or(1).max(1);
    bytes.chunks_exact(stride).filter_map(move |bytes| load_small(bytes, size))
}
