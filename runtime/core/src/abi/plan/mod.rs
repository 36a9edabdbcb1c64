//! Moves from guest to guest, without Rust values in between.
//!
//! Lifting and then lowering is the same as moving bytes, with checks. Nothing is compiled for it:
//! the [`Type`] is the plan, which stores from the beginning how its values are moved.
//!
//! The reference lifts all values before it lowers the first. So there are two passes. The first
//! does all that lifting can trap at, takes handles out of the source's table, and does not touch
//! the destination. The second moves.
//!
//! | value | first pass | second pass |
//! |---|---|---|
//! | plain: numbers, and records and tuples of them without padding | nothing | one copy, of a whole list at once |
//! | `bool`, `flags`, in a list | nothing | one look at all, and one copy |
//! | `char`, `enum`, in a list | one look at all | one copy |
//! | strings | one look | one copy or transcoding |
//! | records | fields that may be malformed | a copy for each run of plain fields, and the others one by one |
//! | handles | out of one table | into the other |
//!
//! Lists and strings may share their places in memory, so that moving them would take for ever. So
//! the size of the moved values is at most that of the source's memory and 128 MiB more. A larger
//! size is [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge).
//!
//! Only `realloc`, and a queue if there are handles, allocate. Values, calls of `realloc`, numbers
//! of handles and traps come in the order of the reference, with these differences:
//!
//! - A NaN keeps its bits, which the spec leaves open, unless the context
//!   [returns others](TransferContext::nan_bits).
//! - The first pass stores nothing of the values. If the two memories are the same, `realloc` may
//!   write to values that are being moved, or the place of results may overlap with the values.
//!   Then the bytes arrive that are there when they are moved. Bounds are checked again, and
//!   handles that have changed are
//!   [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged).

mod context;
mod copy;
mod elements;
mod floats;
mod handles;
mod lift;
mod place;
mod text;
mod transfer;

use crate::error::Failure;

use super::context::LowerContextExt as _;
use super::{CoreValueIter, FlatValues, Type, TypeList};

pub use context::{FlatLimits, TransferContext};

use context::source;
use handles::LiftedHandles;
use place::{From, To};

impl TypeList {
    /// Moves values of these types from guest to guest: `lift_flat_values` and
    /// `lower_flat_values`.
    ///
    /// They come from at most `max_flat.source` core values, or from the memory whose address is
    /// the one core value. They go to at most `max_flat.destination` core values, or to memory,
    /// at `out_param` or at an address of `realloc`.
    ///
    /// Traps of lifting come before anything happens at the destination. Core values after those
    /// of the types are not taken: an `out_param` may be one of them.
    ///
    /// # Errors
    ///
    /// - [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged) if a guest passes
    ///   values to itself, and they changed meanwhile.
    /// - [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge) if lists share
    ///   their places and are too large.
    /// - The traps `pointer-unaligned` and `pointer-out-of-bounds`, those of loading and of
    ///   handles, and the trap of `realloc`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn transfer_flat_values<C: TransferContext + ?Sized>(
        &self,
        cx: &mut C,
        max_flat: FlatLimits,
        values: &mut CoreValueIter<'_>,
        out_param: Option<u64>,
    ) -> Result<FlatValues, Failure> {
        let mut flat = FlatValues::EMPTY;
        self.transfer_flat_values_into(&mut flat, cx, max_flat, values, out_param)?;
        Ok(flat)
    }

    /// Moves values as [`transfer_flat_values`](Self::transfer_flat_values) does, and appends the
    /// core values to `flat`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged) if a guest passes
    ///   values to itself, and they changed meanwhile.
    /// - [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge) if lists share their
    ///   places and are too large.
    /// - The traps `pointer-unaligned` and `pointer-out-of-bounds`, those of loading and of
    ///   handles, and the trap of `realloc`.
    pub fn transfer_flat_values_into<C: TransferContext + ?Sized>(
        &self,
        flat: &mut FlatValues,
        cx: &mut C,
        max_flat: FlatLimits,
        values: &mut CoreValueIter<'_>,
        out_param: Option<u64>,
    ) -> Result<(), Failure> {
        let mut lifted = LiftedHandles::default();
        let address_type = cx.source_options().address_type;
        let layout = self.abi().of(address_type);
        let mut values_again;
        let mut from = if layout.flat.exceed(max_flat.source) {
            let address = values.next_address(address_type)?;
            source(cx).spilled(address, layout)?;
            lift::record(cx, &mut lifted, self.record(), &mut From::Memory(address))?;
            From::Memory(address)
        } else {
            values_again = values.clone();
            lift::record(cx, &mut lifted, self.record(), &mut From::Flat(values))?;
            From::Flat(&mut values_again)
        };
        cx.lifted()?;
        lifted.are_lifted();
        let layout = self.abi().of(cx.options().address_type);
        if layout.flat.exceed(max_flat.destination) {
            let address = cx.spill(layout, out_param, flat)?;
            let to = &mut To::Memory(address);
            transfer::record(cx, &mut lifted, self.record(), &mut from, to)?;
        } else {
            let to = &mut To::Flat(flat);
            transfer::record(cx, &mut lifted, self.record(), &mut from, to)?;
        }
        lifted.finish()
    }
}

impl Type {
    /// Moves `length` values of this type, which lie one after the other, from `from` to `to`. It
    /// is for a stream or future whose ends both have a buffer. The places were checked with
    /// [`check_buffer`](super::check_buffer).
    ///
    /// Traps of lifting come before anything happens at the destination.
    ///
    /// # Errors
    ///
    /// - [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged) if a guest passes
    ///   values to itself, and they changed meanwhile.
    /// - [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge) if lists share
    ///   their places and are too large.
    /// - [`AbiError::UncheckedAddress`](crate::error::AbiError::UncheckedAddress) if the places
    ///   were not checked.
    /// - The traps of loading and of handles, and the trap of `realloc`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#buffer-state)
    pub fn transfer_elements<C: TransferContext + ?Sized>(
        &self,
        cx: &mut C,
        from: u64,
        to: u64,
        length: u32,
    ) -> Result<(), Failure> {
        let (mut lifted, length) = (LiftedHandles::default(), u64::from(length));
        lift::elements(cx, &mut lifted, self, from, length)?;
        cx.lifted()?;
        lifted.are_lifted();
        elements::transfer(cx, &mut lifted, self, from, to, length)?;
        lifted.finish()
    }
}
