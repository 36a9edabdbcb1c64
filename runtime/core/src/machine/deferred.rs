//! Calls whose records are made when somebody looks: a subtask, a task, a thread and its index.
//!
//! The records of a call are there so that somebody can look at them: a built-in that blocks,
//! waits, spawns or reads a context slot, a host function that asks, a trap. Nobody looks at most
//! calls without `async`. Such a call pushes its frames and nothing else. Whatever looks makes the
//! records of all calls that have none, the outermost first, so that each index that a guest sees,
//! and every order, is the one that it would have had.
//!
//! There is room for the records from the beginning: a call without is only begun if each table has
//! as much room as all of them together may take.

use crate::chooser::Chooser;
use crate::core_value::CoreValue;
use crate::error::{Error, Failure, MachineError};
use crate::id::{FunctionId, SubtaskId, TaskId, ThreadId};
use crate::limits::{Limits, Storage as _, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::definition::{DefinedFunction, Function};
use super::record::frame::{Deferred, Frame, Outstanding};
use super::record::instance::Instance;
use super::record::task::{Code, Continuation, Task, TaskState, Thread, ThreadActivity};
use super::record::waitable::{Callee, Ends, FlatResult, Kind, Subtask, Waitable};
use super::state::Machine;
use super::step::Resolution;

/// The callee of a call that was [begun without records](Machine::canon_lower_deferred).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredCallee {
    /// A guest's function, which is lifted without `async`.
    Guest,
    /// The host function with this number.
    Host(u32),
}

/// A call whose records were made after it had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeCall {
    /// The call as its caller sees it.
    pub call: SubtaskId,
    /// The task of the guest that was called, and its thread; nothing if the host was called.
    pub callee: Option<(TaskId, ThreadId)>,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Says whether the records of all calls are made at once, from now on. Guests see no
    /// difference. At first they are for [hooks](Hooks::EAGER) that want to hear of each call.
    pub const fn set_eager(&mut self, is_eager: bool) {
        self.is_eager = is_eager || H::EAGER;
    }

    /// Returns `true` if there are calls without records.
    #[inline]
    #[must_use]
    pub const fn has_deferred(&self) -> bool {
        self.deferred > 0
    }

    /// `Store.invoke`, of a function that is lifted without `async`, without making records.
    ///
    /// Returns `true` if the call has begun: the host lifts nothing and lowers the arguments, calls
    /// the core function, and tells of its end by [`deferred_returned`](Self::deferred_returned).
    /// There is no call to be [dropped](Self::drop_call) then.
    /// Returns `false` if that can't be done, with nothing changed; [`invoke`](Self::invoke) begins
    /// the call, or says why it can't begin.
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`]; [`MachineError::MustUnwind`].
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#embedding)
    pub fn invoke_deferred(&mut self, function: FunctionId) -> Result<bool, Error> {
        self.check_host_has_control()?;
        let Some((function, instance)) = self.deferrable(function) else { return Ok(false) };
        if !self.frames.reserve(2) {
            return Ok(false);
        }
        let holder = self.current_holder();
        self.push_frame(Frame::Host { holder })?;
        self.push_deferred(Deferred::Lift { function, instance })?;
        Ok(true)
    }

    /// `canon_lower` without `async`: the guest that runs calls `function`, without making records.
    ///
    /// Returns the callee if the call has begun. Of a guest the core function is called, and of a
    /// host function it is as if it had taken its arguments. Either tells of its end by
    /// [`deferred_returned`](Self::deferred_returned). If the host function does not return at
    /// once, it [makes the records](Self::make_records) first.
    /// Returns nothing if that can't be done, with nothing changed;
    /// [`canon_lower`](Self::canon_lower) begins the call, or says why it can't begin.
    ///
    /// # Errors
    ///
    /// [`MachineError::NoCurrentThread`]; [`MachineError::OtherStep`]; [`MachineError::MustUnwind`].
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#canon-lower)
    #[inline]
    pub fn canon_lower_deferred(
        &mut self,
        function: FunctionId,
    ) -> Result<Option<DeferredCallee>, Error> {
        let caller = self.current_instance()?;
        if !self.instances.get(caller)?.may_leave {
            return Ok(None);
        }
        let Ok(key) = self.function_key(function) else { return Ok(None) };
        if let Function::Host { number } = self.functions.get(key)?.function {
            let has_room = self.may_defer() && self.has_room_for_deferred_call();
            if !has_room || !self.frames.reserve(1) {
                return Ok(None);
            }
            self.push_deferred(Deferred::Lower { function: key })?;
            return Ok(Some(DeferredCallee::Host(number)));
        }
        let Some((function, instance)) = self.deferrable(function) else { return Ok(None) };
        if !self.frames.reserve(2) {
            return Ok(None);
        }
        self.push_deferred(Deferred::Lower { function })?;
        self.push_deferred(Deferred::Lift { function, instance })?;
        Ok(Some(DeferredCallee::Guest))
    }

    /// The callee of the innermost call has returned, and its result was lifted and lowered. If the
    /// function has a `post-return`, that was called after
    /// [`deferred_post_return`](Self::deferred_post_return).
    ///
    /// Returns `true` if the call had no records, and is over: control is with the caller.
    /// Returns `false`, with nothing changed, if its records were made meanwhile: then
    /// [`function_returned`](Self::function_returned) or
    /// [`return_host_function_call`](Self::return_host_function_call) goes on.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] while a step is to be ended; [`MachineError::MustUnwind`];
    /// [`Error::Inconsistent`], which is a mistake of Weft's.
    #[inline]
    pub fn deferred_returned(&mut self) -> Result<bool, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(Frame::Deferred(deferred)) = self.top_frame() else { return Ok(false) };
        match deferred {
            Deferred::Realloc { .. } => return Ok(false),
            Deferred::Lower { .. } => {
                self.pop_deferred();
                return Ok(true);
            }
            Deferred::Lift { .. } => {}
            Deferred::PostReturn { instance, .. } => {
                self.instances.get_mut(instance)?.may_leave = true;
            }
        }
        self.pop_deferred();
        match self.top_frame() {
            Some(Frame::Deferred(_)) => self.pop_deferred(),
            Some(Frame::Host { .. }) => self.frames.pop().map_or((), |_| ()),
            _ => return Err(Error::Inconsistent(Table::Frames)),
        }
        Ok(true)
    }

    /// The core function of the innermost call has returned, its result was lifted and lowered, and
    /// its `post-return` is called now. `result` is as in [`resolve`](Self::resolve).
    ///
    /// Returns `false`, with nothing changed, if the records of the call were made meanwhile.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] while a step is to be ended; [`MachineError::MustUnwind`];
    /// [`Error::Inconsistent`], which is a mistake of Weft's.
    pub fn deferred_post_return(&mut self, result: Option<CoreValue>) -> Result<bool, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(Frame::Deferred(Deferred::Lift { function, instance })) = self.top_frame() else {
            return Ok(false);
        };
        let result = FlatResult::pack(result);
        self.set_top_frame(Frame::Deferred(Deferred::PostReturn { function, instance, result }))?;
        self.instances.get_mut(instance)?.may_leave = false;
        Ok(true)
    }

    /// Makes the records of all calls that have none, the outermost first, and tells `made` of each
    /// in this order.
    ///
    /// Whatever looks at a call does this by itself. It is for a host that keeps more of calls, and
    /// wants to know their ids.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`], which is a mistake of Weft's; whatever [hooks](Hooks) give that begin
    /// to hear too late. After any, all that is left is to [unwind](Self::trapped).
    #[cold]
    pub fn make_records(&mut self, mut made: impl FnMut(MadeCall)) -> Result<(), Error> {
        let end = self.frames.len();
        let first = end.saturating_sub(core::mem::take(&mut self.deferred) as usize);
        let mut caller = None;
        // Until all are made, nothing but unwinding is left.
        let must_unwind = core::mem::replace(&mut self.must_unwind, true);
        for position in first..end {
            let Some(Frame::Deferred(deferred)) = self.frames.get(position).copied() else {
                return Err(Error::Inconsistent(Table::Frames));
            };
            self.make_records_of(position, deferred, &mut caller, &mut made)?;
        }
        self.must_unwind = must_unwind;
        Ok(())
    }

    /// Somebody looks: makes the records of all calls that have none.
    #[inline]
    pub(crate) fn look(&mut self) -> Result<(), Error> {
        if self.deferred == 0 { Ok(()) } else { self.make_records(|_| ()) }
    }

    /// The instance that runs, if the innermost call has no records.
    pub(crate) fn deferred_instance(&self) -> Result<Key<Instance>, Error> {
        match self.top_frame() {
            Some(Frame::Deferred(deferred)) => deferred.instance(),
            _ => None,
        }
        .ok_or(MachineError::NoCurrentThread.into())
    }

    /// Begins a `realloc` of `instance` without records. Returns `false`, with nothing changed, if
    /// that can't be done.
    pub(crate) fn begin_deferred_realloc(
        &mut self,
        instance: Key<Instance>,
    ) -> Result<bool, Error> {
        if !self.may_defer()
            || !self.has_room_for_deferred_call()
            || !self.has_room_for_deferred_task(instance)
            || !self.frames.reserve(1)
        {
            return Ok(false);
        }
        self.instances.get_mut(instance)?.may_leave = false;
        let outstanding = core::mem::take(&mut self.outstanding);
        self.push_deferred(Deferred::Realloc { instance, outstanding })?;
        Ok(true)
    }

    /// Ends the `realloc` that runs, if it has no records. Returns `false` if it has.
    pub(crate) fn end_deferred_realloc(&mut self) -> Result<bool, Error> {
        let Some(Frame::Deferred(Deferred::Realloc { instance, outstanding })) = self.top_frame()
        else {
            return Ok(false);
        };
        self.instances.get_mut(instance)?.may_leave = true;
        self.outstanding = outstanding;
        self.pop_deferred();
        Ok(true)
    }

    /// Returns a function and its instance, if a call of it can begin without records: it is lifted
    /// without `async`, so that nothing has to wait before it enters, and there is room.
    #[inline]
    fn deferrable(
        &mut self,
        function: FunctionId,
    ) -> Option<(Key<DefinedFunction>, Key<Instance>)> {
        let function = self.function_key(function).ok()?;
        let Function::Lifted(lifted) = &self.functions.get(function).ok()?.function else {
            return None;
        };
        if lifted.is_async {
            return None;
        }
        let instance = self.instance_key(lifted.instance).ok()?;
        let entered = self.instances.get(instance).ok()?;
        let can_defer = !entered.lockdown
            && entered.held == 0
            && self.may_defer()
            && self.has_room_for_deferred_call()
            && self.has_room_for_deferred_task(instance);
        can_defer.then_some((function, instance))
    }

    /// Returns `true` if records may be made later: nobody wants to hear of them at once.
    #[inline]
    fn may_defer(&self) -> bool {
        !self.is_eager
            && (!H::LISTENS || !self.hooks.hears_of_next_task() && !self.hooks.hears_of_next_call())
    }

    /// Returns `true` if there is room for one more call beside those without records. A frame stands
    /// for at most one record of each kind.
    #[inline]
    fn has_room_for_deferred_call(&mut self) -> bool {
        self.waitables.reserve(self.deferred as usize + 1).is_ok()
    }

    /// Returns `true` if there is room for one more task of `instance`, with its thread, beside those
    /// without records.
    #[inline]
    fn has_room_for_deferred_task(&mut self, instance: Key<Instance>) -> bool {
        let num_tasks = self.deferred as usize + 1;
        let Ok(tables) = self.tables_mut(instance) else { return false };
        tables.threads.check_room::<Key<Thread>>(num_tasks as u32).is_ok()
            && self.tasks.reserve(num_tasks).is_ok()
            && self.threads.reserve(num_tasks).is_ok()
    }

    #[inline]
    fn push_deferred(&mut self, deferred: Deferred) -> Result<(), Error> {
        self.push_frame(Frame::Deferred(deferred))?;
        self.deferred += 1;
        Ok(())
    }

    #[inline]
    fn pop_deferred(&mut self) {
        self.frames.pop();
        self.deferred = self.deferred.saturating_sub(1);
    }

    /// Makes the records that the frame at `position` stands for, as what is below has them already.
    /// `caller` is the call of a guest's function whose frame was the last one.
    fn make_records_of(
        &mut self,
        position: usize,
        deferred: Deferred,
        caller: &mut Option<(Key<Waitable>, SubtaskId)>,
        made: &mut impl FnMut(MadeCall),
    ) -> Result<(), Error> {
        let frame = match deferred {
            Deferred::Lower { function } => {
                let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
                let (subtask, call, is_host) = self.make_subtask(thread, function)?;
                if is_host {
                    self.current = None;
                    made(MadeCall { call, callee: None });
                } else {
                    *caller = Some((subtask, call));
                }
                Frame::Lower { thread, subtask, is_async: false }
            }
            Deferred::Lift { function, instance } => {
                let call = self.call_of_deferred(caller.take(), function)?;
                self.make_task(call, function, instance, made)?
            }
            Deferred::PostReturn { function, instance, result } => {
                let call = self.call_of_deferred(caller.take(), function)?;
                let frame = self.make_task(call, function, instance, made)?;
                self.resolve_made(result)?;
                frame
            }
            Deferred::Realloc { instance, outstanding } => {
                let previous = self.current;
                self.make_realloc_task(instance)?;
                Frame::Realloc { previous, outstanding }
            }
        };
        let place = self.frames.get_mut(position).ok_or(Error::Inconsistent(Table::Frames))?;
        *place = frame;
        Ok(())
    }

    /// Makes the subtask of a call by `thread`. Returns whether a host function was called.
    fn make_subtask(
        &mut self,
        thread: Key<Thread>,
        function: Key<DefinedFunction>,
    ) -> Result<(Key<Waitable>, SubtaskId, bool), Error> {
        let instance = self.instance_of_thread(thread)?;
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
        Ok((subtask, id, is_host))
    }

    /// Returns the call of a guest's function: that of the guest below, or else one by the host, which
    /// is made.
    fn call_of_deferred(
        &mut self,
        caller: Option<(Key<Waitable>, SubtaskId)>,
        function: Key<DefinedFunction>,
    ) -> Result<(Key<Waitable>, SubtaskId), Error> {
        if let Some(caller) = caller {
            return Ok(caller);
        }
        let function = self.function_id(function)?;
        self.prepare_call(None, Some(function))?;
        let mut subtask = Subtask::new(Callee::Gone);
        subtask.ends = Ends::Event;
        self.insert_call(Waitable::new(None, Kind::Subtask(subtask)), Some(function))
    }

    /// Makes the task of a call, which has started, and the thread, which runs. Returns the frame of
    /// the call.
    fn make_task(
        &mut self,
        (subtask, call): (Key<Waitable>, SubtaskId),
        function: Key<DefinedFunction>,
        instance: Key<Instance>,
        made: &mut impl FnMut(MadeCall),
    ) -> Result<Frame, Error> {
        let function = self.function_id(function)?;
        self.prepare_task_of(self.instance_id(instance)?, Some(function), Some(call))?;
        let begin = (Continuation::Running, Code::Function);
        let (task, thread) = self.new_task(Some(function), instance, Some(subtask), begin)?;
        self.subtask_mut(subtask)?.callee = Callee::Task(task);
        self.run_made(task, thread)?;
        self.subtask_started(subtask)?;
        let task = self.task_id(task)?;
        made(MadeCall { call, callee: Some((task, self.thread_id(thread)?)) });
        Ok(Frame::Lift { task, instance })
    }

    /// Makes the task of a `realloc`, and the thread, which runs.
    pub(crate) fn make_realloc_task(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        self.prepare_task(self.instance_id(instance)?, None)?;
        let begin = (Continuation::Running, Code::Realloc);
        let (task, thread) = self.new_task(None, instance, None, begin)?;
        self.run_made(task, thread)
    }

    /// Lets a task that was made have started, and its thread run.
    fn run_made(&mut self, task: Key<Task>, thread: Key<Thread>) -> Result<(), Error> {
        // There was room for it when it began.
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

    /// Lets the current thread be in `post-return`, and its call have resolved with `result`.
    fn resolve_made(&mut self, result: FlatResult) -> Result<(), Error> {
        let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
        let running = self.threads.get_mut(thread)?;
        running.code = Code::PostReturn;
        let task = running.task;
        let resolution = Resolution::Returned(result.unpack());
        self.resolve_task(task, resolution).map_err(|failure| match failure {
            Failure::Error(error) => error,
            Failure::Trap(_) => Error::Inconsistent(Table::Tasks),
        })
    }
}
