//! The objects and operations that a guest can use.

use weft_core::chooser::Chooser;
use weft_core::limits::Limits;
use weft_core::machine::{EndState, HandleView, ThreadState};
use weft_core::trap::CopyDirection;

use super::{RandomPlayer, one_of};
use crate::calls::Of;
use crate::operations::{Shelf, Takes};

impl<L: Limits, C: Chooser> Shelf for RandomPlayer<L, C> {
    fn index_of(&mut self, takes: Takes, number: u8) -> Option<u32> {
        if matches!(takes, Takes::SuspendedThread | Takes::OtherThread) {
            let instance = self.running_instance()?;
            let threads = self.machine.thread_views().filter(|thread| {
                let fits = match thread.state {
                    ThreadState::Suspended => true,
                    ThreadState::Waiting { .. } => takes == Takes::OtherThread,
                    _ => false,
                };
                thread.instance == instance && thread.index > 0 && fits
            });
            return one_of(&threads.map(|thread| thread.index).collect::<Vec<_>>(), number);
        }
        let fits = |view: &HandleView| match (takes, view) {
            (Takes::Resource(expected), HandleView::Resource { ty, .. }) => *ty == expected,
            (Takes::Subtask, HandleView::Subtask { is_delivered, cancellation_requested, .. }) => {
                !is_delivered && !cancellation_requested
            }
            (Takes::ResolvedSubtask, HandleView::Subtask { is_delivered, .. }) => *is_delivered,
            (Takes::Waitable, HandleView::Subtask { .. } | HandleView::End { .. })
            | (Takes::Set, HandleView::WaitableSet { .. })
            | (Takes::ErrorContext, HandleView::ErrorContext(_)) => true,
            _ => false,
        };
        let fitting = self.handles().filter(|(_, view)| fits(view)).map(|(index, _)| index);
        one_of(&fitting.collect::<Vec<_>>(), number)
    }

    fn end(&mut self, wanted: CopyDirection, states: &[EndState], number: u8) -> Option<(Of, u32)> {
        let end = |(index, view)| match view {
            HandleView::End { ty, kind, direction, state, .. }
                if direction == wanted && states.contains(&state) =>
            {
                Some((Of { kind, ty }, index))
            }
            _ => None,
        };
        one_of(&self.handles().filter_map(end).collect::<Vec<_>>(), number)
    }

    fn has_backpressure(&mut self) -> bool {
        let view = self.running_instance().and_then(|it| self.machine.instance_view(it).ok());
        view.is_some_and(|view| view.backpressure > 0)
    }

    fn may_return(&mut self) -> bool {
        let current = self.machine.current();
        let current = current.and_then(|it| self.machine.thread_view(it).ok());
        let is_async = self.running_function().is_some_and(|function| function.lift.is_async());
        is_async && current.is_some_and(|thread| thread.caller.is_some())
    }

    fn may_block(&mut self) -> bool {
        self.running_function().is_some_and(|function| function.is_async)
    }
}
