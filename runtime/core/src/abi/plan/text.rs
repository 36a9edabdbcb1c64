//! Moves of strings, from one memory and encoding to another.

use crate::error::{AbiError, Failure};

use super::context::{TransferContext, source};
use super::handles::Lifted;
use crate::abi::string::{StringSource, store_string_into_range, string_range};

/// A string in the source's memory.
struct GuestString<'a, C: ?Sized> {
    cx: &'a mut C,
    address: u64,
}

impl<C: TransferContext + ?Sized> StringSource for GuestString<'_, C> {
    type Destination = C;

    fn destination(&mut self) -> &mut C {
        self.cx
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), Failure> {
        let length = u64::try_from(into.len()).unwrap_or(u64::MAX);
        let bytes = self.cx.source_bytes(self.address.saturating_add(offset), length);
        into.copy_from_slice(bytes.ok_or(AbiError::UncheckedAddress)?);
        Ok(())
    }

    fn copy_all(&mut self, address: u64, length: u64) -> Result<(), Failure> {
        self.cx.copy(self.address, address, length)
    }
}

/// Moves a string, which was validated when it was lifted. Returns its address and its tagged
/// length in the destination's memory.
pub(super) fn transfer<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    address: u64,
    tagged_code_units: u64,
) -> Result<(u64, u64), Failure> {
    let (_, form) = string_range(&source(cx), address, tagged_code_units)?;
    lifted.charge(cx, address, form.byte_length())?;
    store_string_into_range(&mut GuestString { cx, address }, form)
}
