//! `canon_lower`: a guest calls an import.

use crate::chooser::Chooser;
use crate::code::{CallResult, SubtaskState};
use crate::error::{Error, Failure};
use crate::limits::Limits;
use crate::trap::Trap;

use super::super::Machine;
use super::super::arena::Key;
use super::super::frame::Frame;
use super::super::handle::Handle;
use super::super::id::{FunctionId, SubtaskId};
use super::super::instance::Instance;
use super::super::step::{Resumed, Step};
use super::super::store::Function;
use super::super::subtask::Subtask;
use super::super::thread::{Continuation, Flow, Queue, Thread};
use super::super::waitable::{Callee, Kind, Waitable};

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// `canon_lower`: the current thread calls `function`, which it imports lowered with
    /// `async` or without.
    ///
    /// Gives the call, which may be over already, and the next step. The arguments are lifted when the callee takes them, by [`Step::CallFunction`] or
    /// [`start_host_call`](Self::start_host_call). The call ends by [`Step::Resume`] with
    /// [`Resumed::Import`] or [`Resumed::AsyncImport`].
    ///
    /// # Errors
    ///
    /// [`Error::NoCurrentThread`]; [`Error::Unknown`]; [`Error::Full`]: [`Waitables`](crate::limits::Table::Waitables),
    /// [`Handles`](crate::limits::Table::Handles), [`Tasks`](crate::limits::Table::Tasks), [`Threads`](crate::limits::Table::Threads), [`ThreadIndices`](crate::limits::Table::ThreadIndices),
    /// [`Frames`](crate::limits::Table::Frames). Traps: `cannot-leave-component-instance`,
    /// `cannot-enter-component-instance`, `table-full`, `cannot-block-sync-task`, and those of the threads
    /// that run meanwhile.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower)
    pub fn canon_lower(
        &mut self,
        function: FunctionId,
        is_async: bool,
    ) -> Result<(SubtaskId, Step), Failure> {
        let thread = self.current_thread()?;
        let instance = self.current_instance()?;
        if !self.instances.get(instance)?.may_leave {
            return Err(Trap::CannotLeaveComponentInstance.into());
        }
        let (subtask, flow) = self.lower(thread, instance, function, (is_async, None))?;
        Ok((subtask, self.step(flow)?))
    }

    /// `canon_lower`, or a destructor's: up to the call.
    pub(crate) fn lower(
        &mut self,
        thread: Key<Thread>,
        instance: Key<Instance>,
        function: FunctionId,
        (is_async, destroyed): (bool, Option<u64>),
    ) -> Result<(SubtaskId, Flow), Failure> {
        let callee = self.function(function)?;
        if let Function::Lifted(lifted) = &callee {
            self.check_lift(lifted)?;
        }
        self.waitables.reserve(1)?;
        self.reserve_frames(2)?;
        if is_async {
            self.tables_mut(instance)?.handles.reserve::<Handle>()?;
        }
        if let Function::Lifted(lifted) = &callee
            && let Err(full) = self.reserve_thread_index(lifted)
        {
            if is_async {
                self.tables_mut(instance)?.handles.unreserve();
            }
            return Err(full.into());
        }
        let subtask = Kind::Subtask(Subtask::new(Callee::Gone));
        let subtask = self.waitables.insert(Waitable::new(Some(instance), subtask))?;
        let id = self.subtask_id(subtask)?;
        self.push_frame(Frame::Lower { thread, instance, subtask, is_async })?;
        let flow = match callee {
            Function::Lifted(lifted) => self.canon_lift(function, lifted, subtask, destroyed)?,
            Function::Host { number } => {
                self.subtask_mut(subtask)?.callee = Callee::Host(number);
                self.current = None;
                let thread = self.thread_id(thread)?;
                Some(Step::CallHost { thread, subtask: id, function: number })
            }
        };
        Ok((id, flow))
    }

    /// `canon_lower`, behind the call of the callee.
    pub(crate) fn called(
        &mut self,
        thread: Key<Thread>,
        instance: Key<Instance>,
        subtask: Key<Waitable>,
        is_async: bool,
    ) -> Result<Flow, Failure> {
        let resolved = self.subtask(subtask)?.resolved();
        if !is_async {
            if resolved {
                return self.lower_resolved(thread, subtask);
            }
            return self.wait_for(thread, subtask, Continuation::Lower(subtask));
        }
        let result = if resolved {
            self.tables_mut(instance)?.handles.unreserve();
            self.deliver_resolve(subtask)?;
            self.waitables.remove(subtask)?;
            CallResult { state: SubtaskState::Returned, subtask: 0 }
        } else {
            let index =
                self.tables_mut(instance)?.handles.add_reserved(Handle::Waitable(subtask))?;
            self.waitables.get_mut(subtask)?.index = index;
            let subtask = self.subtask_mut(subtask)?;
            subtask.reports_progress = true;
            CallResult { state: subtask.state, subtask: index }
        };
        let packed = result.pack().map_err(Error::from)?;
        self.return_to(thread, Resumed::AsyncImport(packed))
    }

    /// `canon_lower` without `async`, once the subtask has resolved.
    pub(crate) fn lower_resolved(
        &mut self,
        thread: Key<Thread>,
        subtask: Key<Waitable>,
    ) -> Result<Flow, Failure> {
        self.deliver_resolve(subtask)?;
        let result = self.subtask(subtask)?.flat_result();
        self.waitables.remove(subtask)?;
        self.return_to(thread, Resumed::Import(result))
    }

    /// `thread` waits until `waitable` is ready, of which it is the one that waits.
    pub(crate) fn wait_for(
        &mut self,
        thread: Key<Thread>,
        waitable: Key<Waitable>,
        continuation: Continuation,
    ) -> Result<Flow, Failure> {
        self.start_waiting(thread, Queue::Unlisted, continuation)?;
        self.waitables.get_mut(waitable)?.waiter = Some(thread);
        Ok(None)
    }
}
