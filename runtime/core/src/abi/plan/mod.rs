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
//! | plain: numbers, and records and tuples of them without padding | nothing | one copy, of a whole list at once; if there are floats, one look for NaNs |
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
//! of handles and traps come in the order of the reference.
//!
//! NaNs arrive with the bits that the context [returns](TransferContext::nan_bits). It is asked at
//! the first NaN, and only once: all NaNs of a transfer have the same bits.
//!
//! The first pass stores nothing of the values, except if the guests
//! [share a memory](TransferContext::shares_memory). Then `realloc` may write to values that are
//! being moved, and the place of results may overlap with the values. So the first pass remembers
//! the places of all values, they are copied once, and the second pass reads from the copy. Plain
//! elements of streams need no copy.

mod context;
mod copy;
mod elements;
mod floats;
mod handles;
mod image;
mod lift;
mod place;
mod text;
mod transfer;

use crate::error::Failure;

use super::context::LowerContextExt as _;
use super::{CoreValueIter, FlatValues, Type, TypeList};

pub use context::{FlatLimits, TransferContext};
pub use handles::LiftedHandle;

use context::source;
use handles::Lifted;
use image::Copied;
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
    /// - [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged) if the values changed
    ///   meanwhile, although the guests share no memory.
    /// - [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge) if lists share
    ///   their places and are too large, or if the host has no memory for a copy of the values.
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
        let mut lifted = Lifted::new(cx.shares_memory());
        let moved = self.lift_and_lower(&mut lifted, flat, cx, max_flat, values, out_param);
        if moved.is_err() {
            lifted.give_up(cx);
        }
        moved
    }

    /// Moves values: both passes.
    fn lift_and_lower<C: TransferContext + ?Sized>(
        &self,
        lifted: &mut Lifted,
        flat: &mut FlatValues,
        cx: &mut C,
        max_flat: FlatLimits,
        values: &mut CoreValueIter<'_>,
        out_param: Option<u64>,
    ) -> Result<(), Failure> {
        let address_type = cx.source_options().address_type;
        let layout = self.abi().of(address_type);
        let mut values_again;
        let mut from = if layout.flat.exceed(max_flat.source) {
            let address = values.next_address(address_type)?;
            source(cx).spilled(address, layout)?;
            lifted.found(address, layout.size);
            lift::record(cx, lifted, self.record(), &mut From::Memory(address))?;
            From::Memory(address)
        } else {
            values_again = values.clone();
            lift::record(cx, lifted, self.record(), &mut From::Flat(values))?;
            From::Flat(&mut values_again)
        };
        cx.lifted()?;
        let max = max_flat.destination;
        match lifted.are_lifted() {
            None => self.lower_lifted(flat, cx, max, (lifted, &mut from), out_param),
            Some(ranges) => {
                let copied: &mut dyn TransferContext = &mut Copied::new(cx, ranges)?;
                self.lower_lifted(flat, copied, max, (lifted, &mut from), out_param)
            }
        }
    }

    /// Moves lifted values: the second pass.
    fn lower_lifted<C: TransferContext + ?Sized>(
        &self,
        flat: &mut FlatValues,
        cx: &mut C,
        max_flat: usize,
        (lifted, from): (&mut Lifted, &mut From<'_, '_>),
        out_param: Option<u64>,
    ) -> Result<(), Failure> {
        let layout = self.abi().of(cx.options().address_type);
        if layout.flat.exceed(max_flat) {
            let address = cx.spill(layout, out_param, flat)?;
            transfer::record(cx, lifted, self.record(), from, &mut To::Memory(address))?;
        } else {
            transfer::record(cx, lifted, self.record(), from, &mut To::Flat(flat))?;
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
    /// - [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged) if the values changed
    ///   meanwhile, although the guests share no memory.
    /// - [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge) if lists share
    ///   their places and are too large, or if the host has no memory for a copy of the values.
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
        let length = u64::from(length);
        // Plain values are copied at once, so that they arrive as they were before.
        let mut lifted = Lifted::new(!self.is_plain() && cx.shares_memory());
        let moved = self.lift_and_lower_elements(&mut lifted, cx, from, to, length);
        if moved.is_err() {
            lifted.give_up(cx);
        }
        moved
    }

    /// Moves elements: both passes.
    fn lift_and_lower_elements<C: TransferContext + ?Sized>(
        &self,
        lifted: &mut Lifted,
        cx: &mut C,
        from: u64,
        to: u64,
        length: u64,
    ) -> Result<(), Failure> {
        let size = self.abi().of(cx.source_options().address_type).size;
        lifted.found(from, size.saturating_mul(length));
        lift::elements(cx, lifted, self, from, length)?;
        cx.lifted()?;
        match lifted.are_lifted() {
            None => elements::transfer(cx, lifted, self, from, to, length)?,
            Some(ranges) => {
                let copied: &mut dyn TransferContext = &mut Copied::new(cx, ranges)?;
                elements::transfer(copied, lifted, self, from, to, length)?;
            }
        }
        lifted.finish()
    }
}
