//! `canon_subtask_cancel`, `canon_subtask_drop`.

use crate::builtin::{Outcome, SubtaskBuiltins};
use crate::chooser::Chooser;
use crate::code::CancelResult;
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::arena::Key;
use crate::machine::hooks::Hooks;
use crate::machine::record::frame::Frame;
use crate::machine::record::task::{Continuation, Thread};
use crate::machine::record::waitable::{Callee, Waitable};
use crate::machine::state::Machine;
use crate::machine::step::{Flow, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Goes on after `on_cancel`: `canon_subtask_cancel`.
    pub(crate) fn cancellation_requested(
        &mut self,
        thread: Key<Thread>,
        subtask: Key<Waitable>,
        is_async: bool,
    ) -> Result<Flow, Failure> {
        if !is_async && !self.subtask(subtask)?.resolved() {
            return self.wait_for(thread, subtask, Continuation::CancelSubtask(subtask));
        }
        let result = self.subtask_cancelled(subtask)?;
        self.return_builtin(thread, result.pack().into())
    }
}

impl<L: Limits, C: Chooser, H: Hooks> SubtaskBuiltins for Machine<L, C, H> {
    fn canon_subtask_cancel(
        &mut self,
        is_async: bool,
        subtask: u32,
    ) -> Result<Outcome<CancelResult, Step>, Failure> {
        let thread = self.current_thread()?;
        let key = self.subtask_at(self.current_instance()?, subtask)?;
        let cancelled = self.subtask(key)?;
        if cancelled.resolve_delivered {
            return Err(Trap::SubtaskAlreadyResolved.into());
        }
        if cancelled.cancellation_requested {
            return Err(Trap::SubtaskAlreadyCancelled.into());
        }
        if self.waitables.get(key)?.in_waitable_set() {
            return Err(Trap::WaitableSyncAndAsync.into());
        }
        if cancelled.resolved() {
            return self.subtask_cancelled(key).map(Outcome::Return);
        }
        let callee = cancelled.callee;
        self.observe_cancellation(key);
        self.reserve_frames(2)?;
        self.suspended(|machine| {
            machine.subtask_mut(key)?.cancellation_requested = true;
            machine.waitables.get_mut(key)?.has_sync_waiter = true;
            machine.push_frame(Frame::CancelSubtask { thread, subtask: key, is_async })?;
            match callee {
                Callee::Task(task) => machine.request_cancellation(task),
                Callee::Gone | Callee::Operation { .. } => Ok(None),
                Callee::Host(function) => {
                    machine.current = None;
                    Ok(Some(Step::CancelHost { subtask: machine.subtask_id(key)?, function }))
                }
            }
        })
    }

    fn canon_subtask_drop(&mut self, subtask: u32) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let key = self.subtask_at(instance, subtask)?;
        if !self.subtask(key)?.resolve_delivered {
            return Err(Trap::SubtaskNotResolved.into());
        }
        self.remove_handle(instance, subtask)?;
        self.drop_waitable(key)?;
        Ok(Outcome::Return(()))
    }
}
