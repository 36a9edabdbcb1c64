//! Making and removing records, and telling the hooks of it.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::id::{FunctionId, InstanceId, SubtaskId, TaskId, ThreadId};
use crate::limits::{Limits, Storage as _};

use super::arena::Key;
use super::hooks::{Hooks, NewCall, NewTask, NewThread, ThreadEnd};
use super::observation::Action;
use super::record::frame::Frame;
use super::record::task::{Task, Thread};
use super::record::waitable::{Waitable, WaitableSet};
use super::state::Machine;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the hooks that are told of the machine's records.
    pub const fn hooks(&self) -> &H {
        &self.hooks
    }

    /// Returns the hooks that are told of the machine's records, to change them.
    pub const fn hooks_mut(&mut self) -> &mut H {
        &mut self.hooks
    }

    /// Returns the thread that runs: the current one, or the one that calls the host function
    /// which has control. Returns `None` if the host has control outside of any call.
    pub(crate) fn running_thread(&self) -> Option<Key<Thread>> {
        self.current.or_else(|| {
            let mut frames = (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it));
            frames.find_map(|frame| match *frame {
                Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => Some(thread),
                Frame::Realloc { previous, .. } => previous,
                Frame::Host { .. }
                | Frame::HostCopy { .. }
                | Frame::Lift { .. }
                | Frame::RequestCancellation { .. }
                | Frame::Deferred(_) => None,
            })
        })
    }

    /// Returns the id of the [running thread](Self::running_thread).
    pub(crate) fn running_thread_id(&self) -> Option<ThreadId> {
        self.thread_id(self.running_thread()?).ok()
    }

    /// Returns the task of the [running thread](Self::running_thread).
    pub(crate) fn running_task(&self) -> Option<TaskId> {
        let task = self.threads.get(self.running_thread()?).ok()?.task;
        self.task_id(task).ok()
    }

    /// Asks the hooks for room for a task and its implicit thread, which are made next.
    #[inline]
    pub(crate) fn prepare_task(
        &mut self,
        instance: InstanceId,
        function: Option<FunctionId>,
    ) -> Result<(), Error> {
        if !H::LISTENS || !self.hooks.hears_of_next_task() {
            return Ok(());
        }
        let call = function.map(|_| self.next_subtask_id()).transpose()?;
        self.prepare_task_of(instance, function, call)
    }

    /// Asks the hooks for room as [`prepare_task`](Self::prepare_task) does, for a task whose
    /// call is known.
    #[inline]
    pub(crate) fn prepare_task_of(
        &mut self,
        instance: InstanceId,
        function: Option<FunctionId>,
        call: Option<SubtaskId>,
    ) -> Result<(), Error> {
        if !H::LISTENS || !self.hooks.hears_of_next_task() {
            return Ok(());
        }
        let (task, implicit_thread) = (self.next_task_id()?, self.next_thread_id()?);
        let begun_by = self.running_task();
        let task = NewTask { task, implicit_thread, instance, function, call, begun_by };
        self.hooks.prepare_task(&task)
    }

    /// Tells the hooks of a task, which was made with its implicit thread.
    #[inline]
    pub(crate) fn task_made(
        &mut self,
        task: Key<Task>,
        implicit_thread: Key<Thread>,
    ) -> Result<(), Error> {
        self.observe(|it| {
            let call = it.tasks.get(task)?.caller.map(|it_called| it.subtask_id(it_called));
            let thread = it.observed_thread(implicit_thread)?;
            Ok(Action::TaskMade { thread, call: call.transpose()? })
        });
        if !H::LISTENS || !self.hooks.hears_of_next_task() {
            return Ok(());
        }
        let Task { function, instance, caller, .. } = *self.tasks.get(task)?;
        let function = function.map(|function| self.function_id(function)).transpose()?;
        let task = NewTask {
            task: self.task_id(task)?,
            implicit_thread: self.thread_id(implicit_thread)?,
            instance: self.instance_id(instance)?,
            function,
            call: caller.map(|it| self.subtask_id(it)).transpose()?,
            begun_by: self.running_task(),
        };
        self.hooks.task_made(&task)
    }

    /// Tells the hooks that a task was cancelled.
    #[inline]
    pub(crate) fn task_cancelled(&mut self, task: Key<Task>) -> Result<(), Error> {
        if !H::LISTENS {
            return Ok(());
        }
        let thread = self.tasks.get(task)?.implicit_thread;
        let thread = thread.map(|it| self.thread_id(it)).transpose()?;
        let task = self.task_id(task)?;
        self.hooks.task_cancelled(task, thread)
    }

    /// Removes a task.
    #[inline]
    pub(crate) fn remove_task(&mut self, task: Key<Task>) -> Result<Task, Error> {
        if H::LISTENS {
            let id = self.task_id(task)?;
            self.hooks.task_removed(id)?;
        }
        self.observe(|it| {
            let (id, instance) = (it.task_id(task)?, it.tasks.get(task)?.instance);
            Ok(Action::TaskEnded { task: id, instance: it.instance_id(instance)? })
        });
        self.tasks.remove(task)
    }

    /// Asks the hooks for room for an explicit thread, which is made next.
    #[inline]
    pub(crate) fn prepare_thread(&mut self, task: Key<Task>) -> Result<(), Error> {
        if !H::LISTENS {
            return Ok(());
        }
        let (thread, task) = (self.next_thread_id()?, self.task_id(task)?);
        self.hooks.prepare_thread(NewThread { thread, task })
    }

    /// Tells the hooks of an explicit thread, which was made.
    #[inline]
    pub(crate) fn thread_made(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        if !H::LISTENS {
            return Ok(());
        }
        self.observe(|it| Ok(Action::ThreadMade { thread: it.observed_thread(thread)? }));
        let task = self.task_id(self.threads.get(thread)?.task)?;
        let thread = self.thread_id(thread)?;
        self.hooks.thread_made(NewThread { thread, task })
    }

    /// Removes a thread, which has ended in this way.
    #[inline]
    pub(crate) fn remove_thread(
        &mut self,
        thread: Key<Thread>,
        end: ThreadEnd,
    ) -> Result<Thread, Error> {
        if H::LISTENS {
            let id = self.thread_id(thread)?;
            self.hooks.thread_removed(id, end)?;
        }
        self.observe(|it| Ok(Action::ThreadEnded { thread: it.observed_thread(thread)?, end }));
        self.threads.remove(thread)
    }

    /// Makes sure that there is room for a call.
    #[inline]
    pub(crate) fn prepare_call(
        &mut self,
        caller: Option<InstanceId>,
        function: Option<FunctionId>,
    ) -> Result<(), Error> {
        self.reserve_waitables(1)?;
        if H::LISTENS && self.hooks.hears_of_next_call() {
            let call = self.next_subtask_id()?;
            self.hooks.prepare_call(NewCall { call, caller, function })?;
        }
        Ok(())
    }

    /// Adds the record of a call that was prepared.
    #[expect(clippy::inline_always, reason = "the waitable is moved twice otherwise")]
    #[inline(always)]
    pub(crate) fn insert_call(
        &mut self,
        call: Waitable,
        function: Option<FunctionId>,
    ) -> Result<(Key<Waitable>, SubtaskId), Error> {
        let caller = call.owner;
        let key = self.waitables.insert(call)?;
        let call = self.subtask_id(key)?;
        if let Some(function) = function {
            self.observe_call(key, function);
        }
        if H::LISTENS && self.hooks.hears_of_next_call() {
            let caller = caller.map(|it| self.instance_id(it)).transpose()?;
            self.hooks.call_made(NewCall { call, caller, function })?;
        }
        Ok((key, call))
    }

    /// Removes a waitable, which is a call or an end.
    #[inline]
    pub(crate) fn remove_waitable(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        if !H::LISTENS || !self.is_subtask(waitable)? {
            return self.waitables.remove(waitable).map(|_| ());
        }
        let call = self.subtask_id(waitable)?;
        let released = self.hooks.call_removed(call)?;
        self.waitables.remove(waitable)?;
        match released {
            Some(error_context) => self.remove_unheld(error_context),
            None => Ok(()),
        }
    }

    /// Tells the hooks that members of a set of the host got or lost events.
    pub(crate) fn tell_of_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        if !H::LISTENS {
            return Ok(());
        }
        let has_event = self.sets.get(set)?.has_pending_event();
        let set = self.set_id(set)?;
        self.hooks.set_changed(set, has_event)
    }
}
