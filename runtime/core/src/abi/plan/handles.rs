//! The state of a transfer that both passes need. Handles between the passes are out of the
//! source's table, and not yet in the destination's.

use alloc::collections::VecDeque;

use arrayvec::ArrayVec;

use crate::error::{AbiError, Failure};
use crate::id::{EndId, ErrorContextId};
use crate::trap::EndKind;

use super::context::TransferContext;
use super::image::Ranges;
use crate::abi::{NanBits, Resource, Type};

/// A handle that was lifted, as the id by which the machine knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiftedHandle {
    /// An owned resource: see [`LiftHandles::lift_own`](crate::abi::LiftHandles::lift_own).
    Own(Resource),
    /// A borrowed resource.
    Borrow(Resource),
    /// The readable end of a stream.
    Stream(EndId),
    /// The readable end of a future.
    Future(EndId),
    /// An error context.
    ErrorContext(ErrorContextId),
}

/// The number of handles that need no allocation.
const FEW: usize = 4;

/// The state of a transfer.
///
/// It has the handles of lifted values, in their order. Lowering, which begins after all are
/// lifted, takes them in the same order. A few handles need no allocation.
#[derive(Debug, Default)]
pub(super) struct Lifted {
    few: ArrayVec<LiftedHandle, FEW>,
    /// The number of the few that were lowered.
    lowered: usize,
    /// The handles after the few.
    more: VecDeque<LiftedHandle>,
    /// The number of bytes of lists and strings that may still be moved, after the first of them.
    budget: Option<u64>,
    /// The places of the lifted values, if a copy of them is needed.
    ranges: Option<Ranges>,
    /// The bits of NaNs, after the first of them.
    nan: Option<NanBits>,
}

impl Lifted {
    /// Creates the state of a transfer. If both memories may be the same, it remembers the places
    /// of lifted values.
    #[inline]
    pub(super) fn new(shares_memory: bool) -> Self {
        Self { ranges: shares_memory.then(Ranges::default), ..Self::default() }
    }

    /// Remembers that lifted values lie at an address, if a copy of them is needed.
    #[inline]
    pub(super) fn found(&mut self, address: u64, bytes: u64) {
        if let Some(ranges) = &mut self.ranges {
            ranges.add(address, bytes);
        }
    }

    /// Returns the bits of a NaN.
    #[cold]
    pub(super) fn nan_bits<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
    ) -> Result<NanBits, Failure> {
        match self.nan {
            Some(nan) => Ok(nan),
            None => Ok(*self.nan.insert(cx.nan_bits()?)),
        }
    }

    /// Takes the bytes of a list or string, which lies at an address, from the budget.
    ///
    /// The lists in a list may all lie in the same place, so that a small memory can hold a value
    /// that would take for ever to move. Lists in different places are never larger than the
    /// memory. So only lists that share their places can go over the budget.
    #[inline]
    pub(super) fn charge<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        address: u64,
        bytes: u64,
    ) -> Result<(), Failure> {
        self.found(address, bytes);
        let left = self.budget.unwrap_or_else(|| {
            let memory = u64::try_from(cx.source_memory().len()).unwrap_or(u64::MAX);
            memory.saturating_add(cx.budget())
        });
        self.budget = Some(left.checked_sub(bytes).ok_or(AbiError::LiftedTooLarge)?);
        Ok(())
    }

    /// Begins the budget anew, for the second pass. Returns the places of the lifted values if a
    /// copy of them is needed.
    pub(super) fn are_lifted(&mut self) -> Option<Ranges> {
        self.budget = None;
        self.ranges.take()
    }

    /// Lifts a handle: `lift_own`, `lift_borrow`, `lift_stream`, `lift_future` or
    /// `lift_error_context`.
    pub(super) fn lift<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        ty: &Type,
        index: u32,
    ) -> Result<(), Failure> {
        let handle = match ty {
            Type::Own(ty) => LiftedHandle::Own(cx.lift_own(*ty, index)?),
            Type::Borrow(ty) => LiftedHandle::Borrow(cx.lift_borrow(*ty, index)?),
            Type::Stream(ty) => {
                LiftedHandle::Stream(cx.lift_end(EndKind::Stream, ty.index(), index)?)
            }
            Type::Future(ty) => {
                LiftedHandle::Future(cx.lift_end(EndKind::Future, ty.index(), index)?)
            }
            _ => LiftedHandle::ErrorContext(cx.lift_error_context(index)?),
        };
        if let Err(full) = self.few.try_push(handle) {
            self.more.push_back(full.element());
        }
        Ok(())
    }

    /// Returns the next handle, which stays until it [was lowered](Self::advance).
    fn next(&self) -> Option<LiftedHandle> {
        self.few.get(self.lowered).or_else(|| self.more.front()).copied()
    }

    /// Removes the next handle.
    fn advance(&mut self) {
        if self.lowered < self.few.len() {
            self.lowered += 1;
        } else {
            self.more.pop_front();
        }
    }

    /// Gives up the handles that were lifted and not lowered, because the transfer has failed.
    #[cold]
    pub(super) fn give_up<C: TransferContext + ?Sized>(&mut self, cx: &mut C) {
        while let Some(handle) = self.next() {
            self.advance();
            cx.give_up(handle);
        }
    }

    /// Lowers the next handle: `lower_own`, `lower_borrow`, `lower_stream`, `lower_future` or
    /// `lower_error_context`. If that fails, the handle stays the next, to be given up.
    pub(super) fn lower<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        ty: &Type,
    ) -> Result<u32, Failure> {
        let lowered = match (ty, self.next()) {
            (Type::Own(ty), Some(LiftedHandle::Own(resource))) => cx.lower_own(*ty, resource),
            (Type::Borrow(ty), Some(LiftedHandle::Borrow(resource))) => {
                cx.lower_borrow(*ty, resource)
            }
            (Type::Stream(ty), Some(LiftedHandle::Stream(end))) => {
                cx.lower_end(EndKind::Stream, ty.index(), end)
            }
            (Type::Future(ty), Some(LiftedHandle::Future(end))) => {
                cx.lower_end(EndKind::Future, ty.index(), end)
            }
            (Type::ErrorContext, Some(LiftedHandle::ErrorContext(error_context))) => {
                cx.lower_error_context(error_context)
            }
            _ => Err(AbiError::SourceChanged.into()),
        }?;
        self.advance();
        Ok(lowered)
    }

    /// Checks that all handles were lowered.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let is_finished = self.lowered == self.few.len() && self.more.is_empty();
        if is_finished { Ok(()) } else { Err(AbiError::SourceChanged.into()) }
    }
}
