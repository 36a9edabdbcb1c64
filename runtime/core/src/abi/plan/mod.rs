//! From guest to guest, without values in between.
//!
//! Lifting and then lowering is the same as moving bytes, with checks. Nothing is compiled for it:
//! the [`Type`] is the plan, and knows since it was made what it is moved by.
//!
//! The reference lifts all values before it lowers the first. So here are two passes. The first
//! does everything that lifting can trap at, takes handles out of the source's table, and leaves
//! the destination alone; the second moves.
//!
//! | what | first | second |
//! |---|---|---|
//! | plain: numbers, and what is made of them without padding | nothing | one copy, of a whole list at once |
//! | `bool`, `flags`, in a list | nothing | one look at all, and one copy |
//! | `char`, `enum`, in a list | one look at all | one copy |
//! | strings | one look | one copy or transcoding |
//! | records | fields that may be malformed | a copy for each run of plain fields, and the others one by one |
//! | handles | out of one table | into the other |
//!
//! Lists and strings that share their places, so that moving them would take for ever, are
//! [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge): what is moved may be as
//! large as the source's memory, and 128 MiB more.
//!
//! Nothing is allocated but what `realloc` is asked for, and a queue if there are handles. Values
//! arrive, `realloc` is called, handles are numbered and traps come in the order of the reference,
//! with these differences:
//!
//! - A NaN keeps its bits, which the spec leaves open, unless the context
//!   [says others](TransferContext::nan_bits).
//! - What the first pass has seen is not kept. If the two memories are one, and `realloc` writes
//!   to values that are being moved, or the place of results overlaps with what they are made from,
//!   then what lies there when its turn comes is what arrives. Bounds are checked again, and
//!   handles that would be others are
//!   [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged).
//!
//! | file | |
//! |---|---|
//! | here | parameters, results, and elements of streams |
//! | `context.rs` | [`TransferContext`], [`FlatLimits`]: the two guests |
//! | `place.rs` | where a value comes from and goes to: memory, or core values |
//! | `lift.rs` | the first pass |
//! | `handles.rs` | handles between the passes |
//! | `transfer.rs` | the second pass: one value |
//! | `elements.rs` | many, one after the other |
//! | `floats.rs` | NaNs |
//! | `text.rs` | strings |
//! | `copy.rs` | a copy between two memories that can't be had at the same time |

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
    /// `lift_flat_values` and `lower_flat_values`: moves values of these types from at most
    /// `max_flat.source` core values, or the memory that the one core value is the address of, to at
    /// most `max_flat.destination` core values, or to memory, at `out_param` or where `realloc` says.
    ///
    /// What lifting traps at is found before the destination notices anything. Core values behind
    /// those of the types are left where they are: an `out_param` may be one of them.
    ///
    /// # Errors
    ///
    /// [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged),
    /// [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge). Traps:
    /// `pointer-unaligned`, `pointer-out-of-bounds`, those of loading, those of handles, and what
    /// `realloc` traps with.
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

    /// Moves values as [`transfer_flat_values`](Self::transfer_flat_values) does, and appends the core
    /// values to `flat`.
    ///
    /// # Errors
    ///
    /// Those of [`transfer_flat_values`](Self::transfer_flat_values).
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
    /// Moves `length` values of this type that lie one after the other at `from` to `to`: what
    /// happens when both ends of a stream or future are at hand. The places were checked with
    /// [`check_buffer`](super::check_buffer).
    ///
    /// What lifting traps at is found before the destination notices anything.
    ///
    /// # Errors
    ///
    /// [`AbiError::SourceChanged`](crate::error::AbiError::SourceChanged),
    /// [`AbiError::LiftedTooLarge`](crate::error::AbiError::LiftedTooLarge),
    /// [`AbiError::UncheckedAddress`](crate::error::AbiError::UncheckedAddress). The traps of
    /// loading, those of handles, and what `realloc` traps with.
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
