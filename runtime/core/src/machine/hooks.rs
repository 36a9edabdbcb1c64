//! Hooks: what is told of the records that the machine makes and removes.
//!
//! The machine keeps of a task, a thread, a call and an error context what the spec's rules need,
//! and not more. Whoever wants to keep more of one, as long as it is there, implements [`Hooks`].
//! Ids go in, results come out; a hook never sees the machine.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::limits::{Limits, Storage, Table};

use super::Machine;
use super::arena::Key;
use super::frame::Frame;
use super::task::Task;
use super::thread::Thread;
use super::waitable::Waitable;
use super::waitable_set::WaitableSet;
use crate::id::{
    ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId,
};

/// An observer of a machine's records, which it is told of when they are made and removed.
///
/// Every method has a default that does nothing. `()` implements this trait and is never told of
/// anything: a [`Machine`] with `()` carries neither code nor bytes for hooks.
///
/// Three things happen to a record, in this order:
///
/// 1. `prepare_…` is called before anything has changed, with the id that the record will have. An
///    [`Error::Full`] from it refuses, and leaves the machine as it was. The record may still not
///    be made, because something else refuses or traps.
/// 2. `…_made` is called when the record is there, after it was prepared. It has no reason to fail: an
///    error from it is passed on as [`Error::Inconsistent`] would be, and something is left half-way.
/// 3. `…_removed` is called just before the record goes. Its id never comes back.
///
/// The machine may put off making the records of a call until somebody looks at them. A call that
/// nobody looks at is then over before it has a record, and no hook is told of it. A hook that
/// wants to hear of every call says so by [`EAGER`](Self::EAGER).
///
/// # Example
///
/// Counting the tasks that are under way:
///
/// ```
/// # use weft_core as weft;
/// use weft::error::Error;
/// use weft::machine::{Hooks, NewTask, TaskId};
///
/// #[derive(Default)]
/// struct Count(u32);
///
/// impl Hooks for Count {
///     const EAGER: bool = true;
///
///     fn task_made(&mut self, _: &NewTask) -> Result<(), Error> {
///         self.0 += 1;
///         Ok(())
///     }
///
///     fn task_removed(&mut self, _: TaskId) -> Result<(), Error> {
///         self.0 -= 1;
///         Ok(())
///     }
/// }
/// # #[cfg(feature = "alloc")] {
/// use weft::chooser::FirstInFirstOut;
/// use weft::limits::Heap;
/// use weft::machine::Machine;
///
/// let machine = Machine::<Heap, _, _>::with_hooks(FirstInFirstOut, Count::default());
/// assert_eq!(machine.hooks().0, 0);
/// # }
/// ```
pub trait Hooks {
    /// Whether the records of every call are made at once, so that the hook is told of each.
    const EAGER: bool = false;

    /// Whether the machine tells it anything. If not, no method is ever called.
    const LISTENS: bool = true;

    /// The tables that it keeps, and how many bytes an entry of each takes: for
    /// [`Machine::entry_bytes`].
    const ENTRY_BYTES: &'static [(Table, usize)] = &[];

    /// Returns how many entries one of its tables has in use: for [`Machine::count_of`].
    fn count_of(&self, table: Table) -> usize {
        let _ = table;
        0
    }

    /// Makes sure that there is room for whatever is kept of a task and its implicit thread.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the call, with nothing changed.
    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Hears that the records of a task and its implicit thread were made.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Hears that a task has resolved without a result, as it was cancelled. `implicit_thread` is
    /// there if it is not over.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn task_cancelled(
        &mut self,
        task: TaskId,
        implicit_thread: Option<ThreadId>,
    ) -> Result<(), Error> {
        let _ = (task, implicit_thread);
        Ok(())
    }

    /// Hears that the record of a task is removed.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn task_removed(&mut self, task: TaskId) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Makes sure that there is room for whatever is kept of an explicit thread, which a guest
    /// makes.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the thread, with nothing changed.
    fn prepare_thread(&mut self, thread: NewThread) -> Result<(), Error> {
        let _ = thread;
        Ok(())
    }

    /// Hears that the record of an explicit thread was made. Implicit ones come with their tasks.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn thread_made(&mut self, thread: NewThread) -> Result<(), Error> {
        let _ = thread;
        Ok(())
    }

    /// Hears that the record of a thread is removed, implicit or explicit, and how the thread has
    /// ended. The threads of a task go before the task.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn thread_removed(&mut self, thread: ThreadId, end: ThreadEnd) -> Result<(), Error> {
        let _ = (thread, end);
        Ok(())
    }

    /// Makes sure that there is room for whatever is kept of a call.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the call, with nothing changed.
    fn prepare_call(&mut self, call: NewCall) -> Result<(), Error> {
        let _ = call;
        Ok(())
    }

    /// Hears that the record of a call was made: a subtask. The callee's task follows its call.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn call_made(&mut self, call: NewCall) -> Result<(), Error> {
        let _ = call;
        Ok(())
    }

    /// Hears that the record of a call is removed. Returns an error context that it has
    /// [kept](Self::keeps_error_context) for this call and keeps no longer, if there is one: the
    /// machine removes that if nobody else has it.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn call_removed(&mut self, call: SubtaskId) -> Result<Option<ErrorContextId>, Error> {
        let _ = call;
        Ok(None)
    }

    /// Makes sure that there is room for whatever is kept of an error context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the error context, with nothing changed.
    fn prepare_error_context(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let _ = error_context;
        Ok(())
    }

    /// Hears that an error context was made.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn error_context_made(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let _ = error_context;
        Ok(())
    }

    /// Returns whether an error context stays, although neither a guest nor the host has it any
    /// more.
    fn keeps_error_context(&self, error_context: ErrorContextId) -> bool {
        let _ = error_context;
        false
    }

    /// Hears that an error context is removed. Returns another one that it has
    /// [kept](Self::keeps_error_context) for this one and keeps no longer, if there is one: the
    /// machine removes that if nobody else has it.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn error_context_removed(
        &mut self,
        error_context: ErrorContextId,
    ) -> Result<Option<ErrorContextId>, Error> {
        let _ = error_context;
        Ok(None)
    }

    /// Hears that an instance was locked down: none of its threads runs again. Their records are
    /// removed later, or when the instance is.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        let _ = instance;
        Ok(())
    }

    /// Hears that an instance is removed, after the records of all that it had.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn instance_removed(&mut self, instance: InstanceId) -> Result<(), Error> {
        let _ = instance;
        Ok(())
    }

    /// Hears that events came to or went from the members of a waitable set that no instance has.
    /// `has_event` says whether there is one now.
    ///
    /// # Errors
    ///
    /// None but for a mistake of the hook's.
    fn set_changed(&mut self, set: WaitableSetId, has_event: bool) -> Result<(), Error> {
        let _ = (set, has_event);
        Ok(())
    }
}

/// No hooks.
impl Hooks for () {
    const LISTENS: bool = false;
}

/// A task that is made: what hooks are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewTask {
    /// Its id.
    pub task: TaskId,
    /// Its implicit thread, which comes with it.
    pub implicit_thread: ThreadId,
    /// The instance that it runs in.
    pub instance: InstanceId,
    /// The function that is called; nothing for `realloc`.
    pub function: Option<FunctionId>,
    /// The call as its caller sees it; nothing for `realloc`.
    pub call: Option<SubtaskId>,
    /// The task that runs when it is made: the one whose guest has control, or the one that calls
    /// the host function that has control. Nothing if the host has control by itself.
    pub begun_by: Option<TaskId>,
}

/// An explicit thread that is made: what hooks are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewThread {
    /// Its id.
    pub thread: ThreadId,
    /// The task that it runs for.
    pub task: TaskId,
}

/// A call that is made: what hooks are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewCall {
    /// Its id.
    pub call: SubtaskId,
    /// The instance that calls; nothing for the host.
    pub caller: Option<InstanceId>,
    /// Whom it calls; nothing for an operation of the host, which the host ends itself.
    pub function: Option<FunctionId>,
}

/// How a thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadEnd {
    /// It has come to its end.
    Completed,
    /// It was cancelled, and has come to its end without a result.
    Cancelled,
    /// It never runs again: something trapped in its instance, or the instance was removed.
    Failed,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// The hooks that are told of the machine's records.
    pub const fn hooks(&self) -> &H {
        &self.hooks
    }

    /// The hooks that are told of the machine's records.
    pub const fn hooks_mut(&mut self) -> &mut H {
        &mut self.hooks
    }

    /// The thread that runs: the current one, or the one that calls what the host does. Nothing if
    /// the host has control by itself.
    pub(crate) fn running_thread(&self) -> Option<Key<Thread>> {
        self.current.or_else(|| {
            let mut frames = (0..self.frames.len()).rev().filter_map(|it| self.frames.get(it));
            frames.find_map(|frame| match *frame {
                Frame::Lower { thread, .. } | Frame::CancelSubtask { thread, .. } => Some(thread),
                Frame::Realloc { previous, .. } => previous,
                Frame::Host
                | Frame::HostCopy { .. }
                | Frame::Lift { .. }
                | Frame::RequestCancellation { .. } => None,
            })
        })
    }

    /// The [running thread](Self::running_thread), by its id.
    pub(crate) fn running_thread_id(&self) -> Option<ThreadId> {
        self.thread_id(self.running_thread()?).ok()
    }

    /// The task of the [running thread](Self::running_thread).
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
        if !H::LISTENS {
            return Ok(());
        }
        let call = function.map(|_| self.next_subtask_id()).transpose()?;
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
        if !H::LISTENS {
            return Ok(());
        }
        let Task { function, instance, caller, .. } = *self.tasks.get(task)?;
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
        let task = self.task_id(self.threads.get(thread)?.task)?;
        let thread = self.thread_id(thread)?;
        self.hooks.thread_made(NewThread { thread, task })
    }

    /// Removes a thread, which has ended so.
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
        self.threads.remove(thread)
    }

    /// Makes sure that there is room for a call.
    #[inline]
    pub(crate) fn prepare_call(
        &mut self,
        caller: Option<InstanceId>,
        function: Option<FunctionId>,
    ) -> Result<(), Error> {
        self.waitables.reserve(1)?;
        if H::LISTENS {
            let call = self.next_subtask_id()?;
            self.hooks.prepare_call(NewCall { call, caller, function })?;
        }
        Ok(())
    }

    /// Makes a call, which was prepared.
    #[inline]
    pub(crate) fn insert_call(
        &mut self,
        call: Waitable,
        function: Option<FunctionId>,
    ) -> Result<(Key<Waitable>, SubtaskId), Error> {
        let caller = call.owner;
        let key = self.waitables.insert(call)?;
        let call = self.subtask_id(key)?;
        if H::LISTENS {
            let caller = caller.map(|it| self.instance_id(it)).transpose()?;
            self.hooks.call_made(NewCall { call, caller, function })?;
        }
        Ok((key, call))
    }

    /// Removes a waitable, a call or an end.
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

    /// Tells the hooks that the members of a set, which no instance has, got or lost events.
    pub(crate) fn tell_of_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        if !H::LISTENS {
            return Ok(());
        }
        let has_event = self.sets.get(set)?.has_pending_event();
        let set = self.set_id(set)?;
        self.hooks.set_changed(set, has_event)
    }
}
