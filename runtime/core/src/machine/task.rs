//! Tasks: calls of guests' exports. The reference's `Task`.

use crate::chooser::{Choice, Chooser};
use crate::core_value::CoreValue;
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::{Hooks, ThreadEnd};
use super::observation::Action;
use super::record::definition::{DefinedFunction, Function, LiftMode, LiftedFunction};
use super::record::frame::{Frame, Outstanding};
use super::record::instance::Instance;
use super::record::task::{Code, Continuation, Queue, Task, TaskState, Thread};
use super::record::waitable::Waitable;
use super::record::words::number;
use super::state::Machine;
use super::step::{Flow, Resolution, ReturnFrom, ReturnToken, Step};
use crate::id::{FunctionId, SubtaskId, TaskId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the function of `task`.
    #[inline]
    pub(crate) fn task_function(&self, task: Key<Task>) -> Result<FunctionId, Error> {
        let function = self.tasks.get(task)?.function.ok_or(Error::Unknown(Table::Functions))?;
        self.function_id(function)
    }

    /// Returns the function of `task`, as it was lifted, or `None` for `realloc`.
    #[inline]
    pub(crate) fn lifted(&self, task: Key<Task>) -> Result<Option<&LiftedFunction>, Error> {
        match self.tasks.get(task)?.function {
            None => Ok(None),
            Some(function) => match self.functions.get(function)? {
                DefinedFunction { function: Function::Lifted(lifted), .. } => Ok(Some(lifted)),
                _ => Err(Error::Unknown(Table::Functions)),
            },
        }
    }

    /// Returns `true` if the function of `task` has an `async` type.
    #[inline]
    pub(crate) fn is_async_typed(&self, task: Key<Task>) -> Result<bool, Error> {
        Ok(self.lifted(task)?.is_some_and(|lifted| lifted.is_async))
    }

    /// Returns `true` if the task needs its instance's lock: `Task.needs_exclusive`. Only
    /// functions with an `async` type do.
    #[inline]
    fn needs_exclusive(&self, task: Key<Task>) -> Result<bool, Error> {
        let lifted = self.lifted(task)?;
        Ok(lifted.is_some_and(|lifted| lifted.is_async && lifted.lift != LiftMode::Stackful))
    }

    /// Lets the current thread, which has just begun, enter its instance:
    /// `Task.enter_implicit_thread`.
    #[inline]
    pub(crate) fn enter_implicit_thread(
        &mut self,
        thread: Key<Thread>,
        begin: Continuation,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        if self.is_async_typed(task)? {
            let needs_exclusive = self.needs_exclusive(task)?;
            let instance = self.instances.get(self.tasks.get(task)?.instance)?;
            let has_backpressure =
                instance.backpressure > 0 || needs_exclusive && !instance.is_unlocked();
            if has_backpressure
                || instance.queues.waiting_to_enter() > 0 && self.choose(Choice::Enter, 2)? == 0
            {
                let queue = if needs_exclusive { Queue::EnterExclusive } else { Queue::Enter };
                self.start_waiting(thread, queue, Continuation::Enter)?;
                return Ok(None);
            }
        }
        self.register_implicit_thread(thread, begin)
    }

    /// Lets a thread enter that has waited to: `Task.enter_implicit_thread`, after `wait_until`.
    pub(crate) fn entered_implicit_thread(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        if self.deliver_pending_cancel(task)? || !self.has_caller(task)? {
            return self.cancel_entering(thread);
        }
        self.register_implicit_thread(thread, Continuation::Begin)
    }

    /// Lets a thread enter that has waited because its instance was held:
    /// `Task.enter_implicit_thread`.
    pub(crate) fn enter_after_hold(
        &mut self,
        thread: Key<Thread>,
        begin: Continuation,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        if self.deliver_pending_cancel(task)? || !self.has_caller(task)? {
            return self.cancel_entering(thread);
        }
        if !self.is_async_typed(task)? {
            let instance = self.tasks.get(task)?.instance;
            let task = self.task_id(task)?;
            self.push_frame(Frame::Lift { task, instance })?;
        }
        self.enter_implicit_thread(thread, begin)
    }

    /// Cancels a task whose thread has waited to enter, and doesn't begin.
    fn cancel_entering(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        self.tasks.get_mut(task)?.state = TaskState::CancelDelivered;
        self.cancel(task)?;
        let instance = self.tasks.get(task)?.instance;
        self.tables_mut(instance)?.threads.unreserve();
        self.remove_thread(thread, ThreadEnd::Cancelled)?;
        self.remove_task(task)?;
        Ok(None)
    }

    /// Returns `true` if the task has a caller whose arguments can be lifted.
    #[inline]
    fn has_caller(&self, task: Key<Task>) -> Result<bool, Error> {
        let Some(caller) = self.tasks.get(task)?.caller else { return Ok(false) };
        match self.waitables.get(caller)?.owner {
            Some(instance) => Ok(!self.instances.get(instance)?.lockdown),
            None => Ok(true),
        }
    }

    /// Registers a thread that enters, and starts its task: the rest of
    /// `Task.enter_implicit_thread`, and `Task.start`.
    fn register_implicit_thread(
        &mut self,
        thread: Key<Thread>,
        begin: Continuation,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        if self.needs_exclusive(task)? {
            self.set_exclusive_thread(task, Some(thread))?;
        }
        self.register_reserved_thread(thread)?;
        self.start(task)?;
        let (thread, id) = (self.thread_id(thread)?, self.task_id(task)?);
        let function = self.task_function(task)?;
        let caller = self.caller_id(task)?.ok_or(Error::Unknown(Table::Waitables))?;
        Ok(Some(match begin {
            Continuation::BeginDestructor { representation } => Step::CallDestructor {
                thread,
                task: id,
                function,
                representation: number(representation),
            },
            _ => Step::CallFunction { thread, task: id, function, caller },
        }))
    }

    /// Sets the thread that has the lock of the task's instance.
    #[inline]
    pub(crate) fn set_exclusive_thread(
        &mut self,
        task: Key<Task>,
        thread: Option<Key<Thread>>,
    ) -> Result<(), Error> {
        let instance = self.tasks.get(task)?.instance;
        self.instances.get_mut(instance)?.exclusive_thread = thread;
        self.count(instance)
    }

    /// Registers a thread in room that was reserved: `Task.register_thread`.
    ///
    /// Traps: `table-full`.
    #[inline]
    fn register_reserved_thread(&mut self, thread: Key<Thread>) -> Result<(), Failure> {
        let task = self.threads.get(thread)?.task;
        let instance = self.tasks.get(task)?.instance;
        let index = self.tables_mut(instance)?.threads.add_reserved(thread)?;
        self.threads.get_mut(thread)?.index = index;
        self.tasks.get_mut(task)?.num_threads += 1;
        Ok(())
    }

    /// Registers a thread: `Task.register_thread`.
    ///
    /// Traps: `table-full`.
    pub(crate) fn register_thread(&mut self, thread: Key<Thread>) -> Result<u32, Failure> {
        let task = self.threads.get(thread)?.task;
        let instance = self.tasks.get(task)?.instance;
        self.tables_mut(instance)?.threads.reserve::<Key<Thread>>()?;
        self.register_reserved_thread(thread)?;
        Ok(self.threads.get(thread)?.index)
    }

    /// Finishes the implicit thread of a task, which is the current one:
    /// `Task.exit_implicit_thread`.
    ///
    /// Traps: `no-async-result`.
    pub(crate) fn exit_implicit_thread(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        // Before `unregister_thread`, after which the task may be gone. Guests can't see the
        // order.
        if self.needs_exclusive(task)? {
            self.set_exclusive_thread(task, None)?;
        }
        self.tasks.get_mut(task)?.implicit_thread = None;
        self.unregister_thread(thread)
    }

    /// Finishes the current thread: `Task.unregister_thread`.
    ///
    /// Traps: `no-async-result`.
    pub(crate) fn unregister_thread(&mut self, thread: Key<Thread>) -> Result<Flow, Failure> {
        let ended = self.threads.get(thread)?;
        let (task, index) = (ended.task, ended.index);
        let left = self.tasks.get_mut(task)?;
        left.num_threads -= 1;
        let (is_last, instance) = (left.num_threads == 0, left.instance);
        if is_last && left.state != TaskState::Resolved {
            return Err(Trap::NoAsyncResult.into());
        }
        self.tables_mut(instance)?.threads.remove::<Key<Thread>>(index);
        self.remove_thread(thread, ThreadEnd::Completed)?;
        if is_last {
            self.remove_task(task)?;
        }
        Ok(None)
    }

    /// Asks a task to cancel: `Task.request_cancellation`.
    pub(crate) fn request_cancellation(&mut self, task: Key<Task>) -> Result<Flow, Failure> {
        let cancelled = self.tasks.get(task)?;
        let (state, instance) = (cancelled.state, cancelled.instance);
        if self.instances.get(instance)?.lockdown {
            return Ok(None);
        }
        let cancelled = self.tasks.get_mut(task)?;
        cancelled.state = TaskState::PendingCancel;
        let Some(thread) = cancelled.implicit_thread else {
            return self.request_running_cancellation(task, instance);
        };
        if state == TaskState::Initial {
            return self.resume(thread);
        }
        if self.threads.get(thread)?.queue == Queue::SetCallback {
            self.requeue_for_cancellation(thread)?;
        }
        self.request_running_cancellation(task, instance)
    }

    /// Asks a task to cancel whose implicit thread may have to run for it.
    fn request_running_cancellation(
        &mut self,
        task: Key<Task>,
        instance: Key<Instance>,
    ) -> Result<Flow, Failure> {
        let task = self.task_id(task)?;
        self.push_frame(Frame::RequestCancellation { task, instance, has_resumed: false })?;
        Ok(None)
    }

    /// Returns `true` if the task is to learn now that it was asked to cancel:
    /// `Task.deliver_pending_cancel`.
    pub(crate) fn deliver_pending_cancel(&mut self, task: Key<Task>) -> Result<bool, Error> {
        let cancelled = self.tasks.get_mut(task)?;
        let is_pending = cancelled.state == TaskState::PendingCancel;
        if is_pending {
            cancelled.state = TaskState::CancelDelivered;
            self.observe(|it| {
                let (task, instance) = (it.task_id(task)?, it.tasks.get(task)?.instance);
                let instance = it.instance_id(instance)?;
                Ok(Action::CancellationDelivered { task, instance })
            });
        }
        Ok(is_pending)
    }

    /// Starts a task: `Task.start`, and its caller's `on_start` without the arguments.
    #[inline]
    fn start(&mut self, task: Key<Task>) -> Result<(), Error> {
        let started = self.tasks.get_mut(task)?;
        started.state = TaskState::Started;
        match started.caller {
            Some(caller) => self.subtask_started(caller),
            None => Ok(()),
        }
    }

    /// Checks that a task may return, after its result was lifted: `Task.return_`, up to
    /// `on_resolve`.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the token is not that of the current step.
    /// - The traps `task-resolved-twice` and `borrows-remain`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks)
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    pub fn return_(&self, task_return: &ReturnToken) -> Result<(), Failure> {
        self.check_outstanding(Outstanding::token(task_return.serial))?;
        let task = self.tasks.get(self.task_key(task_return.task)?)?;
        if task.state == TaskState::Resolved {
            return Err(Trap::TaskResolvedTwice.into());
        }
        if task.num_borrows > 0 {
            return Err(Trap::BorrowsRemain.into());
        }
        Ok(())
    }

    /// Finishes the return of a task, after its result was lowered into its caller: `on_resolve`,
    /// and the rest of `Task.return_`.
    ///
    /// `result` is the flat value of the result. It is there if the caller lowered the function
    /// without `async`, and the result fits one core value.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`](crate::error::MachineError::OtherStep) if the token is not that
    ///   of the current step.
    /// - The traps `task-resolved-twice` and `borrows-remain`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#tasks)
    #[expect(clippy::needless_pass_by_value, reason = "a token is used once")]
    pub fn resolve(
        &mut self,
        task_return: ReturnToken,
        result: Option<CoreValue>,
    ) -> Result<Step, Failure> {
        self.return_(&task_return)?;
        self.outstanding = Outstanding::Nothing;
        let (task, thread) = (self.current_task()?, self.current_thread()?);
        self.advance(|machine| {
            machine.resolve_task(task, Resolution::Returned(result))?;
            match task_return.from {
                ReturnFrom::Builtin => machine.return_builtin(thread, 0),
                ReturnFrom::Function => machine.sync_returned(thread),
            }
        })
    }

    /// Finishes a task without a result: `Task.cancel`.
    ///
    /// Traps: `task-resolved-twice`, `task-cancel-not-requested`, `borrows-remain`.
    pub(crate) fn cancel(&mut self, task: Key<Task>) -> Result<(), Failure> {
        let cancelled = self.tasks.get(task)?;
        match cancelled.state {
            TaskState::CancelDelivered => {}
            TaskState::Resolved => return Err(Trap::TaskResolvedTwice.into()),
            _ => return Err(Trap::TaskCancelNotRequested.into()),
        }
        if cancelled.num_borrows > 0 {
            return Err(Trap::BorrowsRemain.into());
        }
        self.resolve_task(task, Resolution::Cancelled)
    }

    /// Marks a task as resolved, and calls its caller's `on_resolve`.
    pub(crate) fn resolve_task(
        &mut self,
        task: Key<Task>,
        resolution: Resolution,
    ) -> Result<(), Failure> {
        let resolved = self.tasks.get_mut(task)?;
        let caller = resolved.caller.take();
        let was_pending = resolved.state == TaskState::PendingCancel;
        resolved.state = TaskState::Resolved;
        let implicit_thread = resolved.implicit_thread;
        self.observe(|it| {
            let (task, instance) = (it.task_id(task)?, it.tasks.get(task)?.instance);
            let is_cancelled = resolution == Resolution::Cancelled;
            let instance = it.instance_id(instance)?;
            Ok(Action::TaskResolved { task, instance, is_cancelled })
        });
        if was_pending && let Some(thread) = implicit_thread {
            self.requeue_after_cancellation(thread)?;
        }
        if resolution == Resolution::Cancelled {
            self.task_cancelled(task)?;
        }
        match caller {
            Some(caller) => Ok(self.subtask_resolved(caller, resolution)?),
            None => Ok(()),
        }
    }

    /// Makes a thread ready without an event, because it waits in a callback and its task is
    /// asked to cancel.
    fn requeue_for_cancellation(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        if let Continuation::CallbackWait(set) = self.threads.get(thread)?.continuation {
            self.requeue(thread, Queue::Exclusive)?;
            self.sets.get_mut(set)?.cancelled_waiters += 1;
        }
        Ok(())
    }

    /// Makes a thread wait for an event again, because its task has resolved before it was told
    /// of its cancellation.
    fn requeue_after_cancellation(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let waiting = self.threads.get(thread)?;
        if let (Continuation::CallbackWait(set), Queue::Exclusive) =
            (waiting.continuation, waiting.queue)
        {
            self.sets.get_mut(set)?.cancelled_waiters -= 1;
            self.requeue(thread, Queue::SetCallback)?;
        }
        Ok(())
    }

    /// Returns the call of `task` as its caller sees it.
    #[inline]
    pub(crate) fn caller_id(&self, task: Key<Task>) -> Result<Option<SubtaskId>, Error> {
        match self.tasks.get(task)?.caller {
            Some(caller) => Ok(Some(self.subtask_id(caller)?)),
            None => Ok(None),
        }
    }

    /// Returns the step that takes the result of `task` to its caller. The result is on the
    /// thread `thread`.
    pub(crate) fn task_return(
        &mut self,
        thread: Key<Thread>,
        from: ReturnFrom,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        let caller = if self.has_caller(task)? { self.caller_id(task)? } else { None };
        Ok(Some(Step::Return(ReturnToken {
            serial: self.new_token(),
            from,
            thread: self.thread_id(thread)?,
            task: self.task_id(task)?,
            function: self.task_function(task)?,
            caller,
        })))
    }

    /// Returns the task that `thread` runs for.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn task_of(&self, thread: super::ThreadId) -> Result<TaskId, Error> {
        self.task_id(self.threads.get(self.thread_key(thread)?)?.task)
    }

    /// Returns the implicit thread of a task, or `None` after it has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn implicit_thread_of(&self, task: TaskId) -> Result<Option<super::ThreadId>, Error> {
        let thread = self.tasks.get(self.task_key(task)?)?.implicit_thread;
        thread.map(|thread| self.thread_id(thread)).transpose()
    }

    /// Creates a task with its implicit thread, which has not begun.
    #[inline]
    pub(crate) fn new_task(
        &mut self,
        function: Option<FunctionId>,
        instance: Key<Instance>,
        caller: Option<Key<Waitable>>,
        (continuation, code): (Continuation, Code),
    ) -> Result<(Key<Task>, Key<Thread>), Error> {
        let function = function.map(|function| self.function_key(function)).transpose()?;
        let task = self.tasks.insert(Task {
            function,
            instance,
            caller,
            implicit_thread: None,
            num_borrows: 0,
            num_threads: 0,
            state: TaskState::Initial,
        })?;
        let thread = self.threads.insert(Thread::new(task, continuation, code))?;
        self.tasks.get_mut(task)?.implicit_thread = Some(thread);
        self.task_made(task, thread)?;
        Ok((task, thread))
    }
}
