//! The elements of a stream or the value of a future, out of and into a guest's buffer: the
//! reference's `GuestBuffer`.

use alloc::vec::Vec;

use crate::error::{AbiError, Failure};
use crate::trap::{CopyDirection, Trap};

use super::load::load_list_from_valid_range;
use super::store::store_list_into_valid_range;
use super::ty::Type;
use super::type_list::LowerFailure;
use super::val::Val;
use crate::abi::memory::range;
use crate::abi::{LiftContext, LiftHandles, LowerContext, check_buffer};

impl Type {
    /// Lifts the `length` values of this type at `address`, which a guest writes to a stream or
    /// future: `load_list_from_valid_range`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::LiftedTooLarge`] if they are too large.
    /// - The traps of loading.
    /// - The traps `buffer-unaligned` and `buffer-out-of-bounds`, which the built-in has checked
    ///   before.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#buffer-state)
    pub fn load_elements<H: LiftHandles>(
        &self,
        cx: &mut LiftContext<'_, H>,
        address: u64,
        length: u32,
    ) -> Result<Vec<Val>, Failure> {
        let copy_direction = CopyDirection::Write;
        let layout = self.abi().of(cx.options.address_type);
        check_buffer(cx.memory, layout, copy_direction, address, length)?;
        let bytes = range(cx.memory, address, layout.size.saturating_mul(length.into()));
        let bytes = bytes.ok_or(Trap::BufferOutOfBounds { copy_direction })?;
        load_list_from_valid_range(cx, bytes, self)
    }

    /// Lowers values of this type to `address`, where a guest reads from a stream or future:
    /// `store_list_into_valid_range`.
    ///
    /// # Errors
    ///
    /// - [`LowerFailure::Mismatch`], whose path begins with the position, with nothing written.
    /// - [`AbiError::TooLong`] if there are more values than a buffer can have.
    /// - The traps of `realloc` and of lowering handles.
    /// - The traps `buffer-unaligned` and `buffer-out-of-bounds`, which the built-in has checked
    ///   before.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#buffer-state)
    pub fn store_elements<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        vals: &[Val],
        address: u64,
    ) -> Result<(), LowerFailure> {
        self.check_each(vals)?;
        let length = u32::try_from(vals.len()).map_err(|_| Failure::from(AbiError::TooLong))?;
        let layout = self.abi().of(cx.options().address_type);
        check_buffer(cx.memory_mut(), layout, CopyDirection::Read, address, length)?;
        Ok(store_list_into_valid_range(cx, vals, self, address)?)
    }
}
