//! Hooks: observers of the records that the machine makes and removes.
//!
//! The machine keeps of a task, a thread, a call and an error context only what the spec's rules
//! need. To keep more with one of them, as long as it exists, implement [`Hooks`]. A hook gets
//! ids and returns results, and never sees the machine.

use crate::error::Error;
use crate::limits::Table;

use super::observation::Observation;
use crate::id::{
    ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId,
};

/// An observer of a machine's records, which is told when they are made and removed.
///
/// Every method has a default that does nothing. `()` implements this trait and is told nothing: a
/// [`Machine`](super::Machine) with `()` has neither code nor bytes for hooks.
///
/// A record has three stages, in this order:
///
/// 1. `prepare_…` is called before anything has changed, with the id that the record will have. An
///    [`Error::Full`] from it refuses the record, and leaves the machine as it was. The record may
///    still not be made, because something else refuses it or traps.
/// 2. `…_made` is called after the record was made. It should not fail: the machine passes its
///    error on, as it would an [`Error::Inconsistent`], and the action is left half done.
/// 3. `…_removed` is called just before the record is removed. Its id is never used again.
///
/// The machine may put off the records of a call without `async` until they are needed, as
/// [`invoke_deferred`](super::Machine::invoke_deferred) does. It puts them off only while
/// [`hears_of_next_task`](Self::hears_of_next_task) and
/// [`hears_of_next_call`](Self::hears_of_next_call) return `false`. Then, for such a call,
///
/// - no hook is told of it, if it ends before its records are needed;
/// - a hook that wants to be told by then is told when the records are made, beginning with the
///   outermost call;
/// - the records can't be refused: an [`Error::Full`] goes to the method that needed them, and only
///   [unwinding](super::Machine::trapped) is left.
///
/// A hook that has to be told of each call as it begins sets [`EAGER`](Self::EAGER).
///
/// # Example
///
/// Count the tasks that are under way:
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
    /// `true` if the records of every call are made at once, so that the hook is told of each as
    /// it begins.
    const EAGER: bool = false;

    /// `true` if the machine tells the hook anything. If this is `false`, no method is ever called.
    const LISTENS: bool = true;

    /// The hook's own tables, and the size of an entry of each in bytes, for
    /// [`Machine::entry_bytes`](super::Machine::entry_bytes).
    const ENTRY_BYTES: &'static [(Table, usize)] = &[];

    /// Returns the number of entries in use of one of its tables, for
    /// [`Machine::count_of`](super::Machine::count_of).
    fn count_of(&self, table: Table) -> usize {
        let _ = table;
        0
    }

    /// Sets the [tag](crate::machine::Machine::set_tag) that ids have from now on. Hooks that make
    /// ids of their own have to use it, too.
    fn tag_given(&mut self, tag: u8) {
        let _ = tag;
    }

    /// Returns `true` if the hook is told of the next task, by [`prepare_task`](Self::prepare_task)
    /// and [`task_made`](Self::task_made). The machine asks this before each task. If the answer is
    /// `false`, it doesn't put their arguments together, and may put off the task's records.
    ///
    /// A hook that records tasks only at times answers `false` at other times:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::error::Error;
    /// use weft::machine::{Hooks, NewTask, TaskId};
    ///
    /// #[derive(Default)]
    /// struct Recorder {
    ///     is_on: bool,
    ///     count: u32,
    /// }
    ///
    /// impl Hooks for Recorder {
    ///     fn hears_of_next_task(&self) -> bool {
    ///         self.is_on
    ///     }
    ///
    ///     fn hears_of_next_call(&self) -> bool {
    ///         false
    ///     }
    ///
    ///     fn task_made(&mut self, _: &NewTask) -> Result<(), Error> {
    ///         self.count += 1;
    ///         Ok(())
    ///     }
    /// }
    /// # #[cfg(feature = "alloc")] {
    /// use weft::builtin::OptionsIndex;
    /// use weft::chooser::FirstInFirstOut;
    /// use weft::limits::Heap;
    /// use weft::machine::{LiftMode, LiftedFunction, Machine};
    ///
    /// let hooks = Recorder::default();
    /// let mut machine = Machine::<Heap, _, _>::with_hooks(FirstInFirstOut, hooks);
    /// let function = LiftedFunction {
    ///     instance: machine.new_instance()?,
    ///     is_async: false,
    ///     lift: LiftMode::Sync { has_post_return: false },
    ///     result_type: None,
    ///     lift_options: OptionsIndex(0),
    /// };
    /// let function = machine.lift(function)?;
    ///
    /// // This call needs no records, so the hook is not told of it.
    /// assert!(machine.invoke_deferred(function)?);
    /// machine.deferred_returned()?;
    /// assert_eq!(machine.hooks().count, 0);
    ///
    /// // The records of the next one can't be put off.
    /// machine.hooks_mut().is_on = true;
    /// assert!(!machine.invoke_deferred(function)?);
    /// machine.invoke(function)?;
    /// assert_eq!(machine.hooks().count, 1);
    /// # }
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
    #[inline]
    fn hears_of_next_task(&self) -> bool {
        true
    }

    /// Returns `true` if the hook is told of the next call, by [`prepare_call`](Self::prepare_call)
    /// and [`call_made`](Self::call_made). The machine asks this before each call, as it asks
    /// [`hears_of_next_task`](Self::hears_of_next_task), which has an example.
    #[inline]
    fn hears_of_next_call(&self) -> bool {
        true
    }

    /// Makes sure that there is room for the hook's record of a task and its implicit thread.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the call, with nothing changed.
    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Learns that the records of a task and its implicit thread were made.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Learns that a task has resolved without a result, because it was cancelled.
    /// `implicit_thread` is `None` if that thread has ended.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn task_cancelled(
        &mut self,
        task: TaskId,
        implicit_thread: Option<ThreadId>,
    ) -> Result<(), Error> {
        let _ = (task, implicit_thread);
        Ok(())
    }

    /// Learns that the record of a task is removed.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn task_removed(&mut self, task: TaskId) -> Result<(), Error> {
        let _ = task;
        Ok(())
    }

    /// Makes sure that there is room for the hook's record of an explicit thread, which a guest
    /// makes.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the thread, with nothing changed.
    fn prepare_thread(&mut self, thread: NewThread) -> Result<(), Error> {
        let _ = thread;
        Ok(())
    }

    /// Learns that the record of an explicit thread was made. Implicit ones come with their
    /// tasks.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn thread_made(&mut self, thread: NewThread) -> Result<(), Error> {
        let _ = thread;
        Ok(())
    }

    /// Learns that the record of a thread, implicit or explicit, is removed, and in which way the
    /// thread has ended. The threads of a task are removed before the task.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn thread_removed(&mut self, thread: ThreadId, end: ThreadEnd) -> Result<(), Error> {
        let _ = (thread, end);
        Ok(())
    }

    /// Makes sure that there is room for the hook's record of a call.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the call, with nothing changed.
    fn prepare_call(&mut self, call: NewCall) -> Result<(), Error> {
        let _ = call;
        Ok(())
    }

    /// Learns that the record of a call, a subtask, was made. The callee's task follows its call.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn call_made(&mut self, call: NewCall) -> Result<(), Error> {
        let _ = call;
        Ok(())
    }

    /// Learns that the record of a call is removed.
    ///
    /// Returns an error context that the hook has [kept](Self::keeps_error_context) for this call
    /// and keeps no longer, if there is one. The machine removes it if nothing else holds it.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn call_removed(&mut self, call: SubtaskId) -> Result<Option<ErrorContextId>, Error> {
        let _ = call;
        Ok(None)
    }

    /// Makes sure that there is room for the hook's record of an error context.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] refuses the error context, with nothing changed.
    fn prepare_error_context(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let _ = error_context;
        Ok(())
    }

    /// Learns that an error context was made.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn error_context_made(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let _ = error_context;
        Ok(())
    }

    /// Returns `true` if an error context stays, although neither a guest nor the host holds it
    /// any longer.
    fn keeps_error_context(&self, error_context: ErrorContextId) -> bool {
        let _ = error_context;
        false
    }

    /// Learns that an error context is removed.
    ///
    /// Returns another one that the hook has [kept](Self::keeps_error_context) for this one and
    /// keeps no longer, if there is one. The machine removes it if nothing else holds it.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn error_context_removed(
        &mut self,
        error_context: ErrorContextId,
    ) -> Result<Option<ErrorContextId>, Error> {
        let _ = error_context;
        Ok(None)
    }

    /// Learns that an instance was locked down, and that none of its threads runs again. Their
    /// records are removed later, or with the instance.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        let _ = instance;
        Ok(())
    }

    /// Learns that an instance is removed. The records of all that it had were removed before.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn instance_removed(&mut self, instance: InstanceId) -> Result<(), Error> {
        let _ = instance;
        Ok(())
    }

    /// Returns `true` if the hook has to be told of all that the machine does, by
    /// [`observed`](Self::observed). Observations are only put together while this returns `true`.
    ///
    /// The machine says nothing of calls whose records it puts off. A hook that observes every call
    /// sets [`EAGER`](Self::EAGER), or its host calls
    /// [`set_eager`](super::Machine::set_eager) when it begins to observe.
    #[inline]
    fn observes(&self) -> bool {
        false
    }

    /// Learns of one thing that the machine does. It can change nothing, and refuse nothing.
    fn observed(&mut self, observation: &Observation) {
        let _ = observation;
    }

    /// Learns that members of a waitable set have got or lost events. Only sets of the host are
    /// told, and no instance's. `has_event` is `true` if the set has an event now.
    ///
    /// # Errors
    ///
    /// Only after a fault in the hook.
    fn set_changed(&mut self, set: WaitableSetId, has_event: bool) -> Result<(), Error> {
        let _ = (set, has_event);
        Ok(())
    }
}

/// No hooks.
impl Hooks for () {
    const LISTENS: bool = false;
}

/// The task of a hook's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewTask {
    /// Its id.
    pub task: TaskId,
    /// Its implicit thread, which comes with it.
    pub implicit_thread: ThreadId,
    /// The instance that it runs in.
    pub instance: InstanceId,
    /// The called function; `None` for `realloc`.
    pub function: Option<FunctionId>,
    /// The call as its caller sees it; `None` for `realloc`.
    pub call: Option<SubtaskId>,
    /// The task that runs when this one is made. Its guest has control, or calls the host
    /// function that has control. `None` if the host has control outside of any call.
    pub begun_by: Option<TaskId>,
}

/// The explicit thread of a hook's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewThread {
    /// Its id.
    pub thread: ThreadId,
    /// The task that it runs for.
    pub task: TaskId,
}

/// The call of a hook's method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NewCall {
    /// Its id.
    pub call: SubtaskId,
    /// The instance that calls; `None` for the host.
    pub caller: Option<InstanceId>,
    /// The callee; `None` for an operation of the host, which the host ends itself.
    pub function: Option<FunctionId>,
}

/// The way in which a thread has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThreadEnd {
    /// It ran to its end.
    Completed,
    /// It was cancelled, and has ended without a result.
    Cancelled,
    /// It never runs again, because something trapped in its instance, or the instance was
    /// removed.
    Failed,
}
