//! Who waits for what, and who could wake it.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::engine::CoreEngine;
use crate::machine::{
    CalleeView, EndId, HandleView, SubtaskId, TaskId, ThreadState, ThreadView, WaitableId,
    WaitingOn,
};
use crate::trap::{CopyDirection, EndKind};

use super::state::State;

/// Nothing in a store can go on: which tasks wait, each for what, and who could wake it.
///
/// Its text begins with what the Component Model's tests call a deadlock, and has a line for each
/// task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlock {
    /// The tasks, one after another; one with several threads that wait is there for each.
    pub tasks: Vec<WaitingTask>,
}

/// A thread of a task which waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingTask {
    /// The function that was called: as it is exported first, from the innermost instance on.
    pub function: String,
    /// Its instance: the number of the instance that the host made, from 1, and from there on the
    /// number of each in the one around it, from 0.
    pub instance: String,
    /// The thread, by its index in the instance; 0 if it has not entered.
    pub thread: u32,
    /// What it waits for: any of these.
    pub awaits: Vec<Awaited>,
}

/// What a thread waits for, and who could bring it about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Awaited {
    /// To enter the instance, which has asked for backpressure so many times more than it has
    /// taken back.
    Backpressure(u32),
    /// That another task gives up the instance, where only one runs at a time.
    Exclusive(Party),
    /// That another thread of the instance resumes it.
    Resumption,
    /// An event of a waitable set with nothing in it.
    EmptySet,
    /// That a call resolves, which it made.
    Call(Party),
    /// A read or write of an end of a stream or future.
    Copy {
        /// Of what.
        kind: EndKind,
        /// Whether it reads or writes.
        direction: CopyDirection,
        /// Who holds the other end, and would have to write to it, read from it, or drop it.
        other: Party,
    },
}

/// Who could wake somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Party {
    /// Nobody: it was dropped, or never runs again.
    Nobody,
    /// The host.
    Host,
    /// A function of the host, by the name of the import.
    HostFunction(String),
    /// A task.
    Task {
        /// The function that was called.
        function: String,
        /// Its instance.
        instance: String,
    },
    /// Whoever runs in an instance.
    Instance(String),
}

/// The tasks of a store that wait.
pub(super) fn waiting_tasks<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
) -> Vec<WaitingTask> {
    let views: Vec<ThreadView> = state.machine.threads().collect();
    views.iter().filter_map(|thread| waiting_task(state, &views, thread)).collect()
}

/// What a thread waits for, if it does and its instance is alive.
fn waiting_task<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    thread: &ThreadView,
) -> Option<WaitingTask> {
    if state.machine.is_locked_down(thread.instance) != Ok(false) {
        return None;
    }
    let awaits = match thread.state {
        ThreadState::Running
        | ThreadState::Abandoned
        | ThreadState::Waiting { is_ready: true, .. } => return None,
        ThreadState::Suspended => [Awaited::Resumption].into(),
        ThreadState::Waiting { on, .. } => match on {
            WaitingOn::Entering => entering(state, views, thread),
            WaitingOn::Turn => [exclusive(state, views, thread)].into(),
            WaitingOn::Call(call) => [Awaited::Call(callee(state, views, call))].into(),
            WaitingOn::Copy(end) => copy(state, end).into_iter().collect(),
            WaitingOn::Set { .. } => event(state, views, thread),
        },
    };
    let Party::Task { function, instance } = task(state, views, thread.task) else { return None };
    Some(WaitingTask { function, instance, thread: thread.index, awaits })
}

fn entering<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    thread: &ThreadView,
) -> Vec<Awaited> {
    let view = state.machine.instance_view(thread.instance);
    let backpressure = view.map_or(0, |view| view.backpressure);
    if backpressure > 0 {
        [Awaited::Backpressure(backpressure)].into()
    } else {
        [exclusive(state, views, thread)].into()
    }
}

fn exclusive<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    thread: &ThreadView,
) -> Awaited {
    let view = state.machine.instance_view(thread.instance);
    let holder = view.ok().and_then(|view| view.exclusive_thread);
    let holder = holder.and_then(|holder| state.machine.task_of(holder).ok());
    Awaited::Exclusive(holder.map_or(Party::Nobody, |holder| task(state, views, holder)))
}

/// What events the set of a thread could have.
fn event<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    thread: &ThreadView,
) -> Vec<Awaited> {
    let mut awaits: Vec<Awaited> = state
        .machine
        .waitables_of(thread.id)
        .filter_map(|waitable| match waitable {
            WaitableId::Subtask(call) => Some(Awaited::Call(callee(state, views, call))),
            WaitableId::End(end) => copy(state, end),
        })
        .collect();
    if awaits.is_empty() {
        awaits.push(Awaited::EmptySet);
    }
    awaits
}

fn copy<E: CoreEngine, T: Send + 'static>(state: &State<E, T>, end: EndId) -> Option<Awaited> {
    let machine = &state.machine;
    let Ok(HandleView::End { kind, direction, .. }) = machine.end_view(end) else { return None };
    let other = match machine.other_end(end) {
        Ok(Some(other)) => match machine.holder_of_end(other) {
            Ok(None) => Party::Host,
            Ok(Some(instance)) if machine.is_locked_down(instance) == Ok(false) => {
                Party::Instance(state.names.instance(instance).to_owned())
            }
            Ok(Some(_)) | Err(_) => Party::Nobody,
        },
        Ok(None) | Err(_) => Party::Nobody,
    };
    Some(Awaited::Copy { kind, direction, other })
}

/// Who was called.
fn callee<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    call: SubtaskId,
) -> Party {
    match state.machine.callee_view(call) {
        Ok(CalleeView::Guest(callee)) => task(state, views, callee),
        Ok(CalleeView::Host(number)) => {
            Party::HostFunction(state.names.host_function(number).into_owned())
        }
        Ok(CalleeView::Gone) | Err(_) => Party::Nobody,
    }
}

/// A task's function and instance; nobody if it never runs again.
fn task<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    views: &[ThreadView],
    task: TaskId,
) -> Party {
    let Some(view) = views.iter().find(|view| view.task == task) else { return Party::Nobody };
    if state.machine.is_locked_down(view.instance) != Ok(false) {
        return Party::Nobody;
    }
    let function = match state.machine.function_of(task) {
        Ok(Some(function)) => state.names.function(function).into_owned(),
        Ok(None) | Err(_) => String::from("realloc"),
    };
    Party::Task { function, instance: state.names.instance(view.instance).to_owned() }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadlock detected: event loop cannot make further progress")?;
        for task in &self.tasks {
            write!(f, "\n- {task}")?;
        }
        Ok(())
    }
}

impl Error for Deadlock {}

impl fmt::Display for WaitingTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of instance {}", self.function, self.instance)?;
        if self.thread > 1 {
            write!(f, ", thread {},", self.thread)?;
        }
        f.write_str(" waits for ")?;
        for (position, awaited) in self.awaits.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "; or for " })?;
            awaited.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Backpressure(times) => {
                write!(
                    f,
                    "its instance to take back backpressure, which it has asked for {times} times"
                )
            }
            Self::Exclusive(holder) => write!(f, "{holder} to give up the instance"),
            Self::Resumption => f.write_str("another thread of its instance to resume it"),
            Self::EmptySet => f.write_str("an event of a waitable set with nothing in it"),
            Self::Call(callee) => write!(f, "{callee} to return"),
            Self::Copy { kind, direction, other } => {
                let (kind, does) = match (kind, direction) {
                    (EndKind::Stream, CopyDirection::Read) => ("stream", "write to"),
                    (EndKind::Stream, CopyDirection::Write) => ("stream", "read from"),
                    (EndKind::Future, CopyDirection::Read) => ("future", "write to"),
                    (EndKind::Future, CopyDirection::Write) => ("future", "read from"),
                };
                write!(f, "{other} to {does} a {kind}")
            }
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody who is left"),
            Self::Host => f.write_str("the host"),
            Self::HostFunction(name) => write!(f, "the host's function `{name}`"),
            Self::Task { function, instance } => write!(f, "`{function}` of instance {instance}"),
            Self::Instance(instance) => write!(f, "instance {instance}"),
        }
    }
}
