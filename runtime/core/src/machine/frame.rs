//! The stack of nested calls, which tells to whom control returns when the current thread stops.
//!
//! In the reference, this is the stack of Python: `Thread.resume` returns into `canon_lift`, that
//! into `canon_lower` on the caller's thread, and so on down to the host.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage, Table};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::Frame;
use super::record::task::{TaskState, Thread};
use super::state::Machine;
use super::step::{Flow, Step};
use crate::id::TaskId;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes sure that there is room for `additional` more frames.
    #[inline]
    pub(crate) fn reserve_frames(&mut self, additional: usize) -> Result<(), Error> {
        if self.frames.reserve(additional) { Ok(()) } else { Err(Error::Full(Table::Frames)) }
    }

    /// Pushes a frame.
    #[inline]
    pub(crate) fn push_frame(&mut self, frame: Frame) -> Result<(), Error> {
        self.frames.push(frame).map_err(|_| Error::Full(Table::Frames))
    }

    /// Returns the innermost frame.
    #[inline]
    pub(crate) fn top_frame(&self) -> Option<Frame> {
        self.frames.get(self.frames.len().checked_sub(1)?).copied()
    }

    /// Replaces the innermost frame with `frame`.
    #[inline]
    pub(crate) fn set_top_frame(&mut self, frame: Frame) -> Result<(), Error> {
        let top = self.frames.len().checked_sub(1).and_then(|top| self.frames.get_mut(top));
        *top.ok_or(Error::Inconsistent(Table::Frames))? = frame;
        Ok(())
    }

    /// Returns the next step. `flow` is the outcome of the last action.
    #[inline]
    pub(crate) fn step(&mut self, mut flow: Flow) -> Result<Step, Failure> {
        loop {
            if let Some(step) = flow {
                return Ok(step);
            }
            self.current = None;
            flow = self.return_to_resumer()?;
        }
    }

    /// Lets the resumer of the current thread go on, which has stopped.
    fn return_to_resumer(&mut self) -> Result<Flow, Failure> {
        let Some(frame) = self.top_frame() else { return Err(MachineError::NotEntered.into()) };
        match frame {
            Frame::Host { .. } | Frame::HostCopy { .. } => {
                self.frames.pop();
                self.observe_end_of_turn();
                Ok(Some(Step::ReturnToHost))
            }
            Frame::Lower { thread, subtask, is_async } => {
                self.check_reenter(thread)?;
                self.frames.pop();
                self.go_to(thread);
                self.called(thread, subtask, is_async)
            }
            Frame::Lift { task, instance } => {
                if !self.is_resolved(task)? {
                    let candidate = self.choose_registered(instance, Choice::SyncCall)?;
                    let Some(candidate) = candidate else {
                        return Err(Trap::CannotBlockSyncTask.into());
                    };
                    return self.resume(candidate);
                }
                self.frames.pop();
                Ok(None)
            }
            Frame::CancelSubtask { thread, subtask, is_async } => {
                self.check_reenter(thread)?;
                self.frames.pop();
                self.go_to(thread);
                self.cancellation_requested(thread, subtask, is_async)
            }
            Frame::RequestCancellation { task, instance, has_resumed } => {
                self.frames.pop();
                if self.is_resolved(task)?
                    || self.is_closed_by_held(instance)?
                    || has_resumed && self.choose(Choice::CancellationGoesOn, 2)? == 0
                {
                    return Ok(None);
                }
                let candidate = self.choose_registered(instance, Choice::Cancellation)?;
                let Some(candidate) = candidate else { return Ok(None) };
                self.push_frame(Frame::RequestCancellation { task, instance, has_resumed: true })?;
                self.resume(candidate)
            }
            Frame::Realloc { .. } => Err(MachineError::InRealloc.into()),
            Frame::Deferred(_) => Err(Error::Inconsistent(Table::Frames).into()),
        }
    }

    /// Fails if control can't return to `thread`, because its instance has trapped meanwhile.
    #[inline]
    fn check_reenter(&self, thread: Key<Thread>) -> Result<(), Failure> {
        self.check_enter(self.tasks.get(self.threads.get(thread)?.task)?.instance)
    }

    /// Returns `true` if a task has resolved. A task that is gone has.
    #[inline]
    fn is_resolved(&self, task: TaskId) -> Result<bool, Error> {
        match self.task_key(task) {
            Ok(task) => Ok(self.tasks.get(task)?.state == TaskState::Resolved),
            Err(_) => Ok(true),
        }
    }
}
