//! From guest to guest, without values in between.
//!
//! Lifting and then lowering is the same as moving bytes, with checks on the way. A [`Type`] was
//! compiled when it was made: it knows what it is moved by.
//!
//! | what | how it moves |
//! |---|---|
//! | plain: numbers, and what is made of them without padding | one copy, of a whole list at once |
//! | `bool`, `char`, `enum`, `flags` in a list | one pass that checks, and one copy |
//! | strings | one pass that checks, and one copy or transcoding |
//! | records | a copy for each run of plain fields, and the others one by one |
//! | handles | out of one table and into the other |
//!
//! Nothing is allocated but what `realloc` is asked for. Values arrive, `realloc` is called and
//! handles are numbered as in the reference, with these differences:
//!
//! - A NaN keeps its bits, which the spec leaves open.
//! - The reference lifts all values before it lowers the first; here they take turns. So what is
//!   malformed is found when it is moved, and not before the first call of `realloc`. Where an
//!   instance calls itself, several handles in one call may come out with each other's indices.
//!
//! | file | |
//! |---|---|
//! | here | [`TransferContext`]; parameters, results, and elements of streams |
//! | `place.rs` | where a value comes from and goes to: memory, or core values |
//! | `transfer.rs` | one value |
//! | `elements.rs` | many, one after the other |
//! | `text.rs` | strings |

mod elements;
mod place;
mod text;
mod transfer;

use crate::error::Failure;
use crate::trap::Trap;

use super::context::LowerContextExt as _;
use super::memory::{range, range_mut};
use super::{
    CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext, Options, Type, TypeList,
};

use place::{From, To};

/// Two guests: what values are lifted from, with [`LiftHandles`], and what they are lowered into,
/// with [`LowerContext`]. Both are given with [`Peer::Guest`](super::Peer::Guest).
///
/// The two memories may be one, and `realloc` may change both.
pub trait TransferContext: LowerContext + LiftHandles {
    /// The options of the definition that values are lifted by.
    fn source_options(&self) -> &Options;

    /// The memory that values are lifted from, as it is now.
    fn source_memory(&self) -> &[u8];

    /// Copies bytes from the source's memory to the destination's. Both lie in their memories.
    ///
    /// Whoever can have both memories at a time does better than this, which copies everything
    /// twice.
    ///
    /// # Errors
    ///
    /// Traps: `pointer-out-of-bounds`, if they don't after all.
    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        let mut buffer = [0; 1024];
        let mut done = 0;
        while done < length {
            let rest = usize::try_from(length - done).unwrap_or(usize::MAX);
            let buffer = buffer.get_mut(..rest.min(1024)).unwrap_or_default();
            let count = u64::try_from(buffer.len()).unwrap_or(u64::MAX);
            let source = range(self.source_memory(), from.saturating_add(done), count);
            buffer.copy_from_slice(source.ok_or(Trap::PointerOutOfBounds)?);
            let place = range_mut(self.memory_mut(), to.saturating_add(done), count);
            place.ok_or(Trap::PointerOutOfBounds)?.copy_from_slice(buffer);
            done = done.saturating_add(count);
        }
        Ok(())
    }
}

/// The source's memory, to be looked at.
fn source<C: TransferContext + ?Sized>(cx: &C) -> LiftContext<'_, ()> {
    LiftContext::with_handles(cx.source_memory(), *cx.source_options(), ())
}

impl TypeList {
    /// `lift_flat_values` and `lower_flat_values`: moves values of these types from at most
    /// `max_flat.0` core values, or the memory that the one core value is the address of, to at
    /// most `max_flat.1` core values, or to memory, at `out_param` or where `realloc` says.
    ///
    /// # Errors
    ///
    /// Traps: `pointer-unaligned`, `pointer-out-of-bounds`, those of loading, those of handles,
    /// and what `realloc` traps with.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
    pub fn transfer_flat_values<C: TransferContext + ?Sized>(
        &self,
        cx: &mut C,
        max_flat: (usize, usize),
        values: &mut CoreValueIter<'_>,
        out_param: Option<u64>,
    ) -> Result<FlatValues, Failure> {
        let address_type = cx.source_options().address_type;
        let layout = self.abi().of(address_type);
        let mut from = if layout.flat.exceed(max_flat.0) {
            let address = values.next_address(address_type)?;
            source(cx).spilled(address, layout)?;
            From::Memory(address)
        } else {
            From::Flat(values)
        };
        let layout = self.abi().of(cx.options().address_type);
        let mut flat = FlatValues::EMPTY;
        if layout.flat.exceed(max_flat.1) {
            let address = cx.spill(layout, out_param, &mut flat)?;
            transfer::record(cx, self.record(), &mut from, &mut To::Memory(address))?;
        } else {
            transfer::record(cx, self.record(), &mut from, &mut To::Flat(&mut flat))?;
        }
        Ok(flat)
    }
}

impl Type {
    /// Moves `length` values of this type that lie one after the other at `from` to `to`: what
    /// happens when both ends of a stream or future are at hand. The places were checked with
    /// [`check_buffer`](super::check_buffer).
    ///
    /// # Errors
    ///
    /// The traps of loading, those of handles, and what `realloc` traps with.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#buffer-state)
    pub fn transfer_elements<C: TransferContext + ?Sized>(
        &self,
        cx: &mut C,
        from: u64,
        to: u64,
        length: u32,
    ) -> Result<(), Failure> {
        elements::transfer(cx, self, from, to, u64::from(length))
    }
}
