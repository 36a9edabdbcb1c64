//! Making the records of calls that were begun without, when they are needed.
//!
//! The records are the ones that [`canon_lower`](Machine::canon_lower) and
//! [`invoke`](Machine::invoke) would have made when the call began, in the same order.

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::id::{SubtaskId, TaskId, ThreadId};
use crate::limits::{Limits, Storage as _, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::definition::{DefinedFunction, Function};
use super::record::frame::{Deferred, Frame};
use super::record::instance::Instance;
use super::record::task::{Code, Continuation, Task, TaskState, Thread, ThreadActivity};
use super::record::waitable::{Callee, Ends, FlatResult, Kind, Subtask, Waitable};
use super::state::Machine;
use super::step::Resolution;

/// A call whose records were made after it had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeCall {
    /// The call as its caller sees it.
    pub call: SubtaskId,
    /// The task and the thread of the guest that called; `None` if the host did.
    pub caller: Option<(TaskId, ThreadId)>,
    /// The task of the guest that was called, and its thread; `None` if a host function was
    /// called.
    pub callee: Option<(TaskId, ThreadId)>,
}

/// A call whose records are made, as its caller sees it.
#[derive(Clone, Copy)]
struct Caller {
    subtask: Key<Waitable>,
    id: SubtaskId,
    /// The task and the thread of the guest that called.
    thread: Option<(TaskId, ThreadId)>,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes the records of all calls that have none, the outermost first, and calls `made` for
    /// each in this order.
    ///
    /// Every method that needs the records of a call makes them itself. Call this only in a host
    /// that keeps its own records of calls, and needs their ids.
    ///
    /// # Errors
    ///
    /// After an error, only [unwinding](Self::trapped) is left.
    ///
    /// - [`Error::Inconsistent`] after a fault in Weft.
    /// - The errors of [hooks](Hooks) that asked too late to be told.
    #[cold]
    pub fn make_records(&mut self, mut made: impl FnMut(MadeCall)) -> Result<(), Error> {
        let end = self.frames.len();
        let first = end.saturating_sub(core::mem::take(&mut self.deferred) as usize);
        let (mut caller, mut kept) = (None, first);
        // Until all are made, only unwinding is left.
        let must_unwind = core::mem::replace(&mut self.must_unwind, true);
        for position in first..end {
            let Some(Frame::Deferred(deferred)) = self.frames.get(position).copied() else {
                return Err(Error::Inconsistent(Table::Frames));
            };
            // The task of a function with an `async` type has no frame.
            if let Some(frame) = self.make_records_of(deferred, &mut caller, &mut made)?
                && let Some(place) = self.frames.get_mut(kept)
            {
                *place = frame;
                kept += 1;
            }
        }
        while self.frames.len() > kept {
            self.frames.pop();
        }
        self.must_unwind = must_unwind;
        Ok(())
    }

    /// Makes the records of all calls that have none, because they are needed now.
    #[inline]
    pub(crate) fn look(&mut self) -> Result<(), Error> {
        if self.deferred == 0 { Ok(()) } else { self.make_records(|_| ()) }
    }

    /// Makes the records that a frame stands for. The frames below it have their records already.
    /// Returns the frame that it is replaced with, if there is one.
    ///
    /// `caller` is the call of a guest's function whose frame was the last one.
    fn make_records_of(
        &mut self,
        deferred: Deferred,
        caller: &mut Option<Caller>,
        made: &mut impl FnMut(MadeCall),
    ) -> Result<Option<Frame>, Error> {
        match deferred {
            Deferred::Lower { function, is_async } => {
                let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
                let (call, is_host) = self.make_subtask(thread, function)?;
                if is_host {
                    self.current = None;
                    made(MadeCall { call: call.id, caller: call.thread, callee: None });
                } else {
                    *caller = Some(call);
                }
                Ok(Some(Frame::Lower { thread, subtask: call.subtask, is_async }))
            }
            Deferred::Lift { function, instance, is_async } => {
                let call = self.call_of_deferred(caller.take(), function)?;
                self.make_task(call, (function, instance, is_async), made)
            }
            Deferred::Resolved { function, instance, result } => {
                let is_async = self.is_async_lifted(function)?;
                let call = self.call_of_deferred(caller.take(), function)?;
                let frame = self.make_task(call, (function, instance, is_async), made)?;
                self.resolve_made(is_async, result)?;
                Ok(frame)
            }
            Deferred::Realloc { instance, outstanding } => {
                let previous = self.current;
                self.make_realloc_task(instance)?;
                Ok(Some(Frame::Realloc { previous, outstanding }))
            }
        }
    }

    /// Makes the subtask of a call by `thread`. Also returns `true` if a host function was
    /// called.
    fn make_subtask(
        &mut self,
        thread: Key<Thread>,
        function: Key<DefinedFunction>,
    ) -> Result<(Caller, bool), Error> {
        let task = self.threads.get(thread)?.task;
        let instance = self.tasks.get(task)?.instance;
        let (callee, is_host) = match self.functions.get(function)?.function {
            Function::Host { number } => (Callee::Host(number), true),
            Function::Lifted(_) => (Callee::Gone, false),
        };
        let call = Waitable::new(Some(instance), Kind::Subtask(Subtask::new(callee)));
        let function = self.function_id(function)?;
        let caller = self.instance_id(instance)?;
        self.prepare_call(Some(caller), Some(function))?;
        let (subtask, id) = self.insert_call(call, Some(function))?;
        if is_host {
            self.subtask_started(subtask)?;
        }
        let thread = Some((self.task_id(task)?, self.thread_id(thread)?));
        Ok((Caller { subtask, id, thread }, is_host))
    }

    /// Returns the call of a guest's function: that of the guest below, or else a call by the
    /// host, which is made.
    fn call_of_deferred(
        &mut self,
        caller: Option<Caller>,
        function: Key<DefinedFunction>,
    ) -> Result<Caller, Error> {
        if let Some(caller) = caller {
            return Ok(caller);
        }
        let function = self.function_id(function)?;
        self.prepare_call(None, Some(function))?;
        let mut subtask = Subtask::new(Callee::Gone);
        subtask.ends = Ends::Event;
        let call = Waitable::new(None, Kind::Subtask(subtask));
        let (subtask, id) = self.insert_call(call, Some(function))?;
        Ok(Caller { subtask, id, thread: None })
    }

    /// Makes the task of a call, which has started, and its thread, which runs. Returns the frame
    /// of the call, if it has one.
    fn make_task(
        &mut self,
        call: Caller,
        (function, instance, is_async): (Key<DefinedFunction>, Key<Instance>, bool),
        made: &mut impl FnMut(MadeCall),
    ) -> Result<Option<Frame>, Error> {
        let function = self.function_id(function)?;
        self.prepare_task_of(self.instance_id(instance)?, Some(function), Some(call.id))?;
        let begin = (Continuation::Running, Code::Function);
        let (task, thread) = self.new_task(Some(function), instance, Some(call.subtask), begin)?;
        self.subtask_mut(call.subtask)?.callee = Callee::Task(task);
        if is_async {
            self.instances.get_mut(instance)?.is_locked_by_deferred = false;
            self.set_exclusive_thread(task, Some(thread))?;
        }
        self.run_made(task, thread)?;
        self.subtask_started(call.subtask)?;
        let task = self.task_id(task)?;
        let callee = Some((task, self.thread_id(thread)?));
        made(MadeCall { call: call.id, caller: call.thread, callee });
        Ok((!is_async).then_some(Frame::Lift { task, instance }))
    }

    /// Makes the task of a `realloc`, and its thread, which runs.
    pub(crate) fn make_realloc_task(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        self.prepare_task(self.instance_id(instance)?, None)?;
        let begin = (Continuation::Running, Code::Realloc);
        let (task, thread) = self.new_task(None, instance, None, begin)?;
        self.run_made(task, thread)
    }

    /// Marks a made task as started, and its thread as running.
    fn run_made(&mut self, task: Key<Task>, thread: Key<Thread>) -> Result<(), Error> {
        // There was room for it when the call began.
        let index = self.register_thread(thread);
        index.map_err(|failure| match failure {
            Failure::Error(error) => error,
            Failure::Trap(_) => Error::Inconsistent(Table::ThreadIndices),
        })?;
        self.tasks.get_mut(task)?.state = TaskState::Started;
        self.threads.get_mut(thread)?.state = ThreadActivity::Running;
        self.current = Some(thread);
        Ok(())
    }

    /// Marks the call of the current thread as resolved with `result`. If the function is lifted
    /// without `async`, the thread is in `post-return`.
    fn resolve_made(&mut self, is_async: bool, result: FlatResult) -> Result<(), Error> {
        let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
        let running = self.threads.get_mut(thread)?;
        if !is_async {
            running.code = Code::PostReturn;
        }
        let task = running.task;
        let resolution = Resolution::Returned(result.unpack());
        self.resolve_task(task, resolution).map_err(|failure| match failure {
            Failure::Error(error) => error,
            Failure::Trap(_) => Error::Inconsistent(Table::Tasks),
        })
    }
}
