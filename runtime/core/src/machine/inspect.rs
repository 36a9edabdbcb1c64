//! Looking at a machine: what its instances hold and what its threads wait for, for traces,
//! debuggers and messages. Nothing here changes anything that a guest could see.
//!
//! What looks for records takes the machine by `&mut`: looking makes the records of calls that
//! nobody has looked at before. What is given the id of a record takes `&`: the record was made
//! when its id was handed out.

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
    /// What `backpressure.inc` and `backpressure.dec` have added up to.
    pub backpressure: u32,
    /// How many tasks wait to enter.
    pub waiting_to_enter: u32,
    /// The implicit thread that has the exclusive lock.
    pub exclusive_thread: Option<ThreadId>,
    /// Whether it may call out.
    pub may_leave: bool,
    /// Whether a guest of it is [held](Machine::hold_callers), so that no other thread of it runs.
    pub is_held: bool,
    /// Whether it trapped.
    pub is_locked_down: bool,
}

/// What a handle stands for, and the state of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandleView {
    /// A resource.
    Resource {
        /// Its type.
        ty: TypeIndex,
        /// Its representation.
        representation: u64,
        /// The task that borrowed it; nothing if the handle owns it.
        borrowed_by: Option<TaskId>,
        /// How many calls it is lent to.
        num_lends: u32,
    },
    /// A subtask.
    Subtask {
        /// Its id.
        id: SubtaskId,
        /// How far it has come.
        state: SubtaskState,
        /// Whether its resolution was delivered.
        is_delivered: bool,
        /// Whether it was asked to cancel.
        cancellation_requested: bool,
        /// What holds for all waitables.
        waitable: WaitableView,
    },
    /// An end of a stream or future.
    End {
        /// Its id.
        id: EndId,
        /// Its type.
        ty: TypeIndex,
        /// Whether it is a stream's or a future's.
        kind: EndKind,
        /// Whether it is read from or written to.
        direction: CopyDirection,
        /// What it is doing.
        state: EndState,
        /// What holds for all waitables.
        waitable: WaitableView,
    },
    /// A waitable set.
    WaitableSet {
        /// How many members it has.
        members: u32,
        /// How many of them have an event.
        pending: u32,
        /// How many threads wait on it.
        waiting: u32,
    },
    /// An error context.
    ErrorContext(ErrorContextId),
}

/// What holds for all waitables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitableView {
    /// Whether it is in a waitable set.
    pub is_in_set: bool,
    /// Whether it has an event.
    pub has_pending_event: bool,
    /// Whether a thread waits for it by a built-in.
    pub has_sync_waiter: bool,
}

/// What an end of a stream or future is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndState {
    /// Nothing.
    Idle,
    /// A read or write is under way.
    Copying,
    /// A read or write is under way, and is to end.
    CancellingCopy,
    /// It has come to its end.
    Done,
}

/// A thread, and what it does.
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
    /// The call that its task is, as the caller sees it, until it resolves.
    pub caller: Option<SubtaskId>,
    /// What it does.
    pub state: ThreadState,
}

/// What a thread does.
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
        /// For what.
        on: WaitingOn,
        /// Whether it need not wait any longer.
        is_ready: bool,
    },
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingOn {
    /// To enter its instance, behind backpressure, or while a guest of it is held.
    Entering,
    /// Its turn.
    Turn,
    /// An event of a waitable set with so many members.
    Set {
        /// Which.
        set: WaitableSetId,
        /// How many.
        members: u32,
    },
    /// A call that it made to resolve.
    Call(SubtaskId),
    /// A read or write of an end.
    Copy(EndId),
}

/// Who was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeView {
    /// Nobody who could still return: the call is over.
    Gone,
    /// A guest, with this task.
    Guest(TaskId),
    /// The host function with this number.
    Host(u32),
    /// Nobody: it is an operation, which the host ends itself.
    Operation,
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// The state of an instance.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
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

    /// The highest index that an instance's handle table has given out; there may be nothing
    /// at it now.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn highest_handle(&self, instance: InstanceId) -> Result<u32, Error> {
        Ok(self.tables(self.instance_key(instance)?)?.handles.highest())
    }

    /// What is at an index of an instance's handle table.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
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

    /// Returns every thread, in no order that means anything.
    ///
    /// This looks at every call, so the records of all of them are made.
    pub fn thread_views(&mut self) -> impl Iterator<Item = ThreadView> {
        // After an error, what could be made is told.
        let _ = self.look();
        let machine = &*self;
        let positions = 0..machine.threads.positions();
        positions.filter_map(|it| machine.view_of_thread(machine.threads.key_at(it)?).ok())
    }

    /// A thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn thread_view(&self, thread: ThreadId) -> Result<ThreadView, Error> {
        self.view_of_thread(self.thread_key(thread)?)
    }

    /// Whether a thread waits to enter its instance.
    pub(crate) fn waits_to_enter(&self, thread: ThreadId) -> bool {
        let state = self.thread_view(thread).map(|view| view.state);
        matches!(state, Ok(ThreadState::Waiting { on: WaitingOn::Entering, .. }))
    }

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

    /// The other end of the same stream or future; nothing if it was dropped.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn other_end(&self, end: EndId) -> Result<Option<EndId>, Error> {
        match self.end(self.end_key(end)?)?.other {
            Some(other) => Ok(Some(self.end_id(other)?)),
            None => Ok(None),
        }
    }

    /// The state of an end, whoever holds it.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn end_view(&self, end: EndId) -> Result<HandleView, Error> {
        self.waitable_view(self.end_key(end)?)
    }

    /// The instance that holds an end; nothing if the host does.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn holder_of_end(&self, end: EndId) -> Result<Option<InstanceId>, Error> {
        match self.waitables.get(self.end_key(end)?)?.owner {
            Some(instance) => Ok(Some(self.instance_id(instance)?)),
            None => Ok(None),
        }
    }

    /// Who is called by a call.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn callee_view(&self, call: SubtaskId) -> Result<CalleeView, Error> {
        Ok(match self.subtask(self.subtask_key(call)?)?.callee {
            Callee::Gone => CalleeView::Gone,
            Callee::Task(task) => CalleeView::Guest(self.task_id(task)?),
            Callee::Host(number) => CalleeView::Host(number),
            Callee::Operation { .. } => CalleeView::Operation,
        })
    }

    /// The instance that a task runs in.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn instance_of(&self, task: TaskId) -> Result<InstanceId, Error> {
        self.instance_id(self.tasks.get(self.task_key(task)?)?.instance)
    }

    /// The function that a task was begun for; nothing for `realloc`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn function_of(&self, task: TaskId) -> Result<Option<FunctionId>, Error> {
        let function = self.tasks.get(self.task_key(task)?)?.function;
        function.map(|function| self.function_id(function)).transpose()
    }

    /// Every waitable that is in a set, with the set, in no order that means anything. A set does
    /// not know who its members are, so this takes time with the number of all waitables.
    pub fn members_of_sets(&self) -> impl Iterator<Item = (WaitableSetId, WaitableId)> {
        (0..self.waitables.positions()).filter_map(|it| {
            let key = self.waitables.key_at(it)?;
            let waitable = self.waitables.get(key).ok()?;
            let set = self.set_id(waitable.set?).ok()?;
            Some((set, self.waitable_id(key).ok()?))
        })
    }
}
