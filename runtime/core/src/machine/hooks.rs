//! Hooks: what is told of the records that the machine makes and removes.
//!
//! The machine keeps of a task, a thread, a call and an error context what the spec's rules need,
//! and not more. Whoever wants to keep more of one, as long as it is there, implements [`Hooks`].
//! Ids go in, results come out; a hook never sees the machine.

use crate::error::Error;
use crate::limits::Table;

use crate::id::{
    ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId,
};

/// An observer of a machine's records, which it is told of when they are made and removed.
///
/// Every method has a default that does nothing. `()` implements this trait and is never told of
/// anything: a [`Machine`](super::Machine) with `()` carries neither code nor bytes for hooks.
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
/// The machine may put off the records of a call without `async` until somebody looks at it:
/// [`invoke_deferred`](super::Machine::invoke_deferred). It does so only while
/// [`hears_of_next_task`](Self::hears_of_next_task) and
/// [`hears_of_next_call`](Self::hears_of_next_call) return `false`. Of such a call,
///
/// - no hook is told if it ends before somebody looks;
/// - a hook that hears of the next ones by then is told when the records are made, of the outermost
///   call first;
/// - nobody can refuse the records: an [`Error::Full`] is passed on to whoever looked, and all that
///   is left is to [unwind](super::Machine::trapped).
///
/// A hook that wants to hear of each call, and in time, says so by [`EAGER`](Self::EAGER).
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
    /// `true` if the records of every call are made at once, so that the hook is told of each as it
    /// begins.
    const EAGER: bool = false;

    /// Whether the machine tells it anything. If not, no method is ever called.
    const LISTENS: bool = true;

    /// The tables that it keeps, and how many bytes an entry of each takes: for
    /// [`Machine::entry_bytes`](super::Machine::entry_bytes).
    const ENTRY_BYTES: &'static [(Table, usize)] = &[];

    /// Returns how many entries one of its tables has in use: for
    /// [`Machine::count_of`](super::Machine::count_of).
    fn count_of(&self, table: Table) -> usize {
        let _ = table;
        0
    }

    /// Returns whether [`prepare_task`](Self::prepare_task) and [`task_made`](Self::task_made) are
    /// called for the task that is made next. The ids that they get are put together only then.
    #[inline]
    fn hears_of_next_task(&self) -> bool {
        true
    }

    /// Returns whether [`prepare_call`](Self::prepare_call) and [`call_made`](Self::call_made) are
    /// called for the call that is made next. The ids that they get are put together only then.
    #[inline]
    fn hears_of_next_call(&self) -> bool {
        true
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
