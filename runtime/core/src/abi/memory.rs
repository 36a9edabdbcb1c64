//! Access to a memory, within its bounds, with the reference's `load_int` and `store_int`.
//!
//! A memory is a slice of bytes and an address is a `u64`, so that no sum of an address and a
//! length wraps unnoticed. Nothing here names a trap: the caller knows which rule was broken.

use crate::core_value::IntegerType;

/// Returns the `length` bytes from `address` on, or `None` if they are not all inside the memory.
///
/// An empty range may begin at the end of the memory, but not beyond.
#[must_use]
#[inline]
pub fn range(memory: &[u8], address: u64, length: u64) -> Option<&[u8]> {
    let start = usize::try_from(address).ok()?;
    let end = usize::try_from(address.checked_add(length)?).ok()?;
    memory.get(start..end)
}

/// Returns the same bytes as [`range`], to write to them.
#[must_use]
#[inline]
pub fn range_mut(memory: &mut [u8], address: u64, length: u64) -> Option<&mut [u8]> {
    let start = usize::try_from(address).ok()?;
    let end = usize::try_from(address.checked_add(length)?).ok()?;
    memory.get_mut(start..end)
}

/// Returns the `N` bytes at `address`.
#[inline]
pub(crate) fn array<const N: usize>(memory: &[u8], address: u64) -> Option<[u8; N]> {
    let start = usize::try_from(address).ok()?;
    memory.get(start..)?.first_chunk().copied()
}

/// Loads an address or a length: `load_int`.
#[inline]
pub(crate) fn load_ptr(memory: &[u8], address: u64, address_type: IntegerType) -> Option<u64> {
    match address_type {
        IntegerType::I32 => array(memory, address).map(u32::from_le_bytes).map(u64::from),
        IntegerType::I64 => array(memory, address).map(u64::from_le_bytes),
    }
}

/// Stores an address or a length: `store_int`.
#[inline]
pub(crate) fn store_ptr(
    memory: &mut [u8],
    address: u64,
    value: u64,
    address_type: IntegerType,
) -> Option<()> {
    match address_type {
        IntegerType::I32 => store_array(memory, address, u32::try_from(value).ok()?.to_le_bytes()),
        IntegerType::I64 => store_array(memory, address, value.to_le_bytes()),
    }
}

/// Writes the `N` bytes at `address`.
#[inline]
pub(crate) fn store_array<const N: usize>(
    memory: &mut [u8],
    address: u64,
    bytes: [u8; N],
) -> Option<()> {
    let start = usize::try_from(address).ok()?;
    *memory.get_mut(start..)?.first_chunk_mut()? = bytes;
    Some(())
}
