//! Handles between the two passes: out of the source's table, and not yet in the destination's; and
//! how much may still be moved.

use alloc::collections::VecDeque;

use crate::error::{Error, Failure};
use crate::machine::{EndId, ErrorContextId};
use crate::trap::EndKind;

use super::super::{LiftContext, Resource, Type};
use super::TransferContext;

/// What one handle was lifted as.
#[derive(Debug)]
enum LiftedHandle {
    Own(Resource),
    Borrow(Resource),
    Stream(EndId),
    Future(EndId),
    ErrorContext(ErrorContextId),
}

/// The handles of values that were lifted, in their order; it is also that of lowering. Where
/// there are none, nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct LiftedHandles {
    handles: VecDeque<LiftedHandle>,
    /// As many bytes of lists and strings as may still be moved, once there was one.
    budget: Option<u64>,
}

impl LiftedHandles {
    /// Takes the bytes of a list or string from what may be moved.
    ///
    /// The lists in a list may all lie in the same place, so that a small memory can hold a value
    /// that no time suffices for. Lists that don't share their places are never more than the
    /// memory, so that only those that do can go over the budget.
    pub(super) fn charge<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        bytes: u64,
    ) -> Result<(), Failure> {
        let left = self.budget.unwrap_or_else(|| {
            let memory = u64::try_from(cx.source_memory().len()).unwrap_or(u64::MAX);
            memory.saturating_add(LiftContext::DEFAULT_BUDGET)
        });
        self.budget = Some(left.checked_sub(bytes).ok_or(Error::LiftedTooLarge)?);
        Ok(())
    }

    /// The first pass is over: what is moved is counted anew.
    pub(super) const fn are_lifted(&mut self) {
        self.budget = None;
    }

    /// `lift_own`, `lift_borrow`, `lift_stream`, `lift_future` or `lift_error_context`
    pub(super) fn lift<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        ty: &Type,
        index: u32,
    ) -> Result<(), Failure> {
        self.handles.push_back(match ty {
            Type::Own(ty) => LiftedHandle::Own(cx.lift_own(*ty, index)?),
            Type::Borrow(ty) => LiftedHandle::Borrow(cx.lift_borrow(*ty, index)?),
            Type::Stream(ty) => {
                LiftedHandle::Stream(cx.lift_end(EndKind::Stream, ty.index(), index)?)
            }
            Type::Future(ty) => {
                LiftedHandle::Future(cx.lift_end(EndKind::Future, ty.index(), index)?)
            }
            _ => LiftedHandle::ErrorContext(cx.lift_error_context(index)?),
        });
        Ok(())
    }

    /// `lower_own`, `lower_borrow`, `lower_stream`, `lower_future` or `lower_error_context` of the
    /// next one.
    pub(super) fn lower<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        ty: &Type,
    ) -> Result<u32, Failure> {
        match (ty, self.handles.pop_front()) {
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
            _ => Err(Error::SourceChanged.into()),
        }
    }

    /// Whether all of them were lowered.
    pub(super) fn finish(self) -> Result<(), Failure> {
        if self.handles.is_empty() { Ok(()) } else { Err(Error::SourceChanged.into()) }
    }
}
