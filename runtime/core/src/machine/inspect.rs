//! Views of a machine: what its instances hold and what its threads wait for.
//!
//! They are for traces, debuggers and messages, and change nothing that a guest can see. A method
//! that searches for records takes the machine by `&mut`, because it first makes the records that
//! were put off. A method that takes the id of a record takes `&`, because the record was made
//! before it had an id.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::error::Error;
use crate::limits::Limits;
use crate::trap::{CopyDirection, EndKind};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::tables::Handle;
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::{Callee, EndActivity, Kind, Waitable};
use super::state::Machine;
use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId,
    WaitableSetId,
};

/// The state of a component instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceView {
    /// The sum of the calls of `backpressure.inc` and `backpressure.dec`.
    pub backpressure: u32,
    /// The number of tasks that wait to enter.
    pub waiting_to_enter: u32,
    /// The implicit thread that has the exclusive lock.
    pub exclusive_thread: Option<ThreadId>,
    /// `true` if it may call imports and built-ins.
    pub may_leave: bool,
    /// `true` if a guest of it is [held](Machine::hold_callers), so that no other thread of it
    /// runs.
    pub is_held: bool,
    /// `true` if it has trapped.
    pub is_locked_down: bool,
}

/// The object of a handle, and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleView {
    /// A resource.
    Resource {
        /// Its type.
        ty: TypeIndex,
        /// Its representation.
        representation: u64,
        /// The task that borrowed it; `None` if the handle owns the resource.
        borrowed_by: Option<TaskId>,
        /// The number of calls that it is lent to.
        num_lends: u32,
    },
    /// A subtask.
    Subtask {
        /// Its id.
        id: SubtaskId,
        /// Its state.
        state: SubtaskState,
        /// `true` if its resolution was delivered.
        is_delivered: bool,
        /// `true` if it was asked to cancel.
        cancellation_requested: bool,
        /// The state that all waitables have.
        waitable: WaitableView,
    },
    /// An end of a stream or future.
    End {
        /// Its id.
        id: EndId,
        /// Its type.
        ty: TypeIndex,
        /// The kind: a stream's end, or a future's.
        kind: EndKind,
        /// The direction: it is read from, or written to.
        direction: CopyDirection,
        /// Its activity.
        state: EndState,
        /// The state that all waitables have.
        waitable: WaitableView,
    },
    /// A waitable set.
    WaitableSet {
        /// The number of its members.
        members: u32,
        /// The number of members that have an event.
        pending: u32,
        /// The number of threads that wait on it.
        waiting: u32,
    },
    /// An error context.
    ErrorContext(ErrorContextId),
}

/// The state that all waitables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitableView {
    /// `true` if it is in a waitable set.
    pub is_in_set: bool,
    /// `true` if it has an event.
    pub has_pending_event: bool,
    /// `true` if a thread waits for it in a built-in.
    pub has_sync_waiter: bool,
}

/// The activity of an end of a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndState {
    /// Nothing.
    Idle,
    /// A read or write is under way.
    Copying,
    /// A read or write is under way, and is being cancelled.
    CancellingCopy,
    /// It has come to its end.
    Done,
}

/// A thread, and its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadView {
    /// Its id.
    pub id: ThreadId,
    /// Its task.
    pub task: TaskId,
    /// Its instance.
    pub instance: InstanceId,
    /// Its index in the instance's thread table; 0 if it waits to enter.
    pub index: u32,
    /// The call that its task is, as the caller sees it, until the call resolves.
    pub caller: Option<SubtaskId>,
    /// Its state.
    pub state: ThreadState,
}

/// The state of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThreadState {
    /// It runs, or has called something that does.
    Running,
    /// It is suspended, until another thread resumes it.
    Suspended,
    /// It was part of a call that trapped, and never runs again.
    Abandoned,
    /// It waits.
    Waiting {
        /// The thing that it waits for.
        on: WaitingOn,
        /// `true` if it can go on now.
        is_ready: bool,
    },
}

/// The thing that a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingOn {
    /// To enter its instance: there is backpressure, or a guest of the instance is held.
    Entering,
    /// Its turn.
    Turn,
    /// An event of a waitable set.
    Set {
        /// The set.
        set: WaitableSetId,
        /// The number of the set's members.
        members: u32,
    },
    /// The end of a call that it has made.
    Call(SubtaskId),
    /// A read or write of an end.
    Copy(EndId),
}

/// The callee of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeView {
    /// None that could still return: the call is over.
    Gone,
    /// A guest, with this task.
    Guest(TaskId),
    /// The host function with this number.
    Host(u32),
    /// None: it is an operation, which the host ends itself.
    Operation,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the state of an instance.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the instance doesn't exist.
    pub fn instance_view(&mut self, instance: InstanceId) -> Result<InstanceView, Error> {
        self.look()?;
        let instance = self.instances.get(self.instance_key(instance)?)?;
        let exclusive_thread = match instance.exclusive_thread {
            Some(thread) => Some(self.thread_id(thread)?),
            None => None,
        };
        Ok(InstanceView {
            backpressure: instance.backpressure,
            waiting_to_enter: instance.queues.waiting_to_enter()
                + instance.queues.len(Queue::Freed),
            exclusive_thread,
            may_leave: instance.may_leave,
            is_held: instance.held > 0,
            is_locked_down: instance.lockdown,
        })
    }

    /// Returns the greatest index that was ever in use in an instance's handle table. It may be
    /// free now.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the instance doesn't exist.
    pub fn highest_handle(&self, instance: InstanceId) -> Result<u32, Error> {
        Ok(self.tables(self.instance_key(instance)?)?.handles.highest())
    }

    /// Returns the object at an index of an instance's handle table, and its state.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the instance doesn't exist.
    ///
    /// # Example
    ///
    /// List all handles of an instance:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::machine::{HandleView, Machine, TypeDefinition};
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// let guest = machine.new_instance()?;
    /// let file =
    ///     machine.define_type(TypeDefinition::Resource { instance: None, destructor: None })?;
    /// machine.lower_own(guest, file, 17)?;
    ///
    /// let mut resources = 0;
    /// for index in 1..=machine.highest_handle(guest)? {
    ///     if let Some(HandleView::Resource { representation: 17, borrowed_by: None, .. }) =
    ///         machine.handle_view(guest, index)?
    ///     {
    ///         resources += 1;
    ///     }
    /// }
    /// assert_eq!(resources, 1);
    /// assert!(!machine.instance_view(guest)?.is_locked_down);
    /// assert_eq!(machine.thread_views().count(), 0); // No guest runs or waits.
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
    pub fn handle_view(
        &mut self,
        instance: InstanceId,
        index: u32,
    ) -> Result<Option<HandleView>, Error> {
        let handle = self.tables(self.instance_key(instance)?)?.handles.get(index);
        let Some(handle) = handle else { return Ok(None) };
        Ok(Some(match handle {
            Handle::Resource(resource) => {
                let resource = self.resources.get(resource)?;
                HandleView::Resource {
                    ty: resource.ty,
                    representation: resource.representation(),
                    borrowed_by: match resource.borrow_scope {
                        Some(task) => Some(self.task_id(task)?),
                        None => None,
                    },
                    num_lends: resource.num_lends,
                }
            }
            Handle::Waitable(key) => self.waitable_view(key)?,
            Handle::WaitableSet(set) => {
                let set = self.sets.get(set)?;
                HandleView::WaitableSet {
                    members: set.num_elems,
                    pending: set.pending.len(),
                    waiting: set.num_waiting(),
                }
            }
            Handle::ErrorContext(error_context) => {
                HandleView::ErrorContext(self.error_context_id(error_context)?)
            }
        }))
    }

    /// Returns the state of a waitable.
    fn waitable_view(&self, key: Key<Waitable>) -> Result<HandleView, Error> {
        let waitable = self.waitables.get(key)?;
        let view = WaitableView {
            is_in_set: waitable.in_waitable_set(),
            has_pending_event: waitable.has_pending_event,
            has_sync_waiter: waitable.has_sync_waiter,
        };
        Ok(match &waitable.kind {
            Kind::Subtask(subtask) => HandleView::Subtask {
                id: self.subtask_id(key)?,
                state: subtask.state,
                is_delivered: subtask.resolve_delivered,
                cancellation_requested: subtask.cancellation_requested,
                waitable: view,
            },
            Kind::End(end) => HandleView::End {
                id: self.end_id(key)?,
                ty: end.ty,
                kind: end.kind,
                direction: end.direction,
                state: match end.state {
                    EndActivity::Idle => EndState::Idle,
                    EndActivity::Copying => EndState::Copying,
                    EndActivity::CancellingCopy => EndState::CancellingCopy,
                    EndActivity::Done => EndState::Done,
                },
                waitable: view,
            },
        })
    }

    /// Returns all threads, in any order.
    ///
    /// The records of all calls are made first, if they were put off.
    pub fn thread_views(&mut self) -> impl Iterator<Item = ThreadView> {
        // After an error, the records that could be made are returned.
        let _ = self.look();
        let machine = &*self;
        let positions = 0..machine.threads.positions();
        positions.filter_map(|it| machine.view_of_thread(machine.threads.key_at(it)?).ok())
    }

    /// Returns a thread and its state.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn thread_view(&self, thread: ThreadId) -> Result<ThreadView, Error> {
        self.view_of_thread(self.thread_key(thread)?)
    }

    /// Returns `true` if a thread waits to enter its instance.
    pub(crate) fn waits_to_enter(&self, thread: ThreadId) -> bool {
        let state = self.thread_view(thread).map(|view| view.state);
        matches!(state, Ok(ThreadState::Waiting { on: WaitingOn::Entering, .. }))
    }

    /// Returns a thread and its state.
    fn view_of_thread(&self, key: Key<Thread>) -> Result<ThreadView, Error> {
        let thread = self.threads.get(key)?;
        let state = match thread.state {
            ThreadActivity::Running => ThreadState::Running,
            ThreadActivity::Suspended => ThreadState::Suspended,
            ThreadActivity::Abandoned => ThreadState::Abandoned,
            ThreadActivity::Waiting => ThreadState::Waiting {
                on: self.waiting_on(thread.continuation)?,
                is_ready: self.is_ready(key)?,
            },
        };
        Ok(ThreadView {
            id: self.thread_id(key)?,
            task: self.task_id(thread.task)?,
            instance: self.instance_id(self.tasks.get(thread.task)?.instance)?,
            index: thread.index,
            caller: self.caller_id(thread.task)?,
            state,
        })
    }

    /// Returns the thing that a thread with this continuation waits for.
    fn waiting_on(&self, continuation: Continuation) -> Result<WaitingOn, Error> {
        Ok(match continuation {
            Continuation::Enter => WaitingOn::Entering,
            Continuation::SetWait(set) | Continuation::CallbackWait(set) => {
                WaitingOn::Set { set: self.set_id(set)?, members: self.sets.get(set)?.num_elems }
            }
            Continuation::Lower(subtask) | Continuation::CancelSubtask(subtask) => {
                WaitingOn::Call(self.subtask_id(subtask)?)
            }
            Continuation::Held(stack) => match self.call_of_held(stack.into())? {
                Some(subtask) => WaitingOn::Call(self.subtask_id(subtask)?),
                None => WaitingOn::Entering,
            },
            Continuation::Copy(end) => WaitingOn::Copy(self.end_id(end)?),
            Continuation::Running
            | Continuation::Begin
            | Continuation::BeginDestructor { .. }
            | Continuation::CallbackYield
            | Continuation::StartFunction { .. }
            | Continuation::Zero => WaitingOn::Turn,
        })
    }

    /// Returns the other end of the same stream or future, or `None` if it was dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if `end` doesn't exist.
    pub fn other_end(&self, end: EndId) -> Result<Option<EndId>, Error> {
        match self.end(self.end_key(end)?)?.other {
            Some(other) => Ok(Some(self.end_id(other)?)),
            None => Ok(None),
        }
    }

    /// Returns the state of an end, which a guest or the host may hold.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the end doesn't exist.
    pub fn end_view(&self, end: EndId) -> Result<HandleView, Error> {
        self.waitable_view(self.end_key(end)?)
    }

    /// Returns the instance that holds an end, or `None` if the host does.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the end doesn't exist.
    pub fn holder_of_end(&self, end: EndId) -> Result<Option<InstanceId>, Error> {
        match self.waitables.get(self.end_key(end)?)?.owner {
            Some(instance) => Ok(Some(self.instance_id(instance)?)),
            None => Ok(None),
        }
    }

    /// Returns the callee of a call.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call doesn't exist.
    pub fn callee_view(&self, call: SubtaskId) -> Result<CalleeView, Error> {
        Ok(match self.subtask(self.subtask_key(call)?)?.callee {
            Callee::Gone => CalleeView::Gone,
            Callee::Task(task) => CalleeView::Guest(self.task_id(task)?),
            Callee::Host(number) => CalleeView::Host(number),
            Callee::Operation { .. } => CalleeView::Operation,
        })
    }

    /// Returns the instance that a task runs in.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn instance_of(&self, task: TaskId) -> Result<InstanceId, Error> {
        self.instance_id(self.tasks.get(self.task_key(task)?)?.instance)
    }

    /// Returns the function that a task was begun for, or `None` for `realloc`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn function_of(&self, task: TaskId) -> Result<Option<FunctionId>, Error> {
        let function = self.tasks.get(self.task_key(task)?)?.function;
        function.map(|function| self.function_id(function)).transpose()
    }

    /// Returns every waitable that is in a set, with the set, in any order.
    ///
    /// A set has no list of all its members. So the time that this takes grows with the number of
    /// all waitables.
    pub fn members_of_sets(&self) -> impl Iterator<Item = (WaitableSetId, WaitableId)> {
        (0..self.waitables.positions()).filter_map(|it| {
            let key = self.waitables.key_at(it)?;
            let waitable = self.waitables.get(key).ok()?;
            let set = self.set_id(waitable.set?).ok()?;
            Some((set, self.waitable_id(key).ok()?))
        })
    }
}
