//! Reports of waiting tasks: what each waits for, and who could wake it.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::error::OneLine;
use crate::machine::{
    CalleeView, EndId, HandleView, InstanceId, InstanceView, SubtaskId, TaskId, ThreadState,
    ThreadView, WaitableId, WaitableSetId, WaitingOn,
};
use crate::trap::{CopyDirection, EndKind};

use super::machine::StoreMachine;
use super::names::Names;

/// The report of a deadlock: guests wait for one another, so that nothing can go on. It has the
/// waiting tasks, what each waits for, and who could wake it.
///
/// The guests that were waited for wait for one another, and not for the host. If they belong to a
/// call, the call is kept: the host may still cancel or forget it, or make calls that wake its
/// guest.
///
/// The text begins with the words that the Component Model's tests use for a deadlock, and has a
/// line for each task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deadlock {
    /// The tasks, one after another, at most 64. A task with several waiting threads has an entry
    /// for each.
    pub tasks: Vec<WaitingTask>,
    /// The number of tasks beyond those.
    pub num_others: usize,
    /// The call that was waited for, if it was a call. It is kept, and may still end.
    pub call: Option<SubtaskId>,
}

/// A waiting thread of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitingTask {
    /// The function that was called, by its first export from the innermost instance outwards.
    pub function: String,
    /// The instance: the number of the instance that the host made, from 1, followed by the number
    /// of each inner one within its parent, from 0.
    pub instance: String,
    /// The index of the thread in the instance; 0 if it has not entered.
    pub thread: u32,
    /// The things that it waits for, at most 64. Any of them would wake it.
    pub awaits: Vec<Awaited>,
    /// The number of things beyond those.
    pub num_others: usize,
}

/// Something that a thread waits for, and who could make it happen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Awaited {
    /// Entering the instance, whose backpressure counter has this value.
    Backpressure(u32),
    /// The end of another task's exclusive access to the instance.
    Exclusive(Party),
    /// A resumption by another thread of the instance.
    Resumption,
    /// An event of a waitable set without members.
    EmptySet,
    /// The end of a call that it made.
    Call(Party),
    /// A read or write of an end of a stream or future.
    Copy {
        /// The kind of the end.
        kind: EndKind,
        /// The direction of the end: it reads or writes.
        direction: CopyDirection,
        /// The holder of the other end, who would have to write to it, read from it, or drop it.
        other: Party,
    },
}

/// A party that could wake a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Party {
    /// Nobody: the party was dropped, or never runs again.
    Nobody,
    /// The host.
    Host,
    /// A host function, with the name of the import.
    HostFunction(String),
    /// A task.
    Task {
        /// The function that was called.
        function: String,
        /// Its instance.
        instance: String,
    },
    /// Any task in an instance.
    Instance(String),
}

/// The largest number of tasks in a report, and of things that a task waits for. Guests decide how
/// many there are.
pub(super) const MAX_REPORTED: usize = 64;

impl Deadlock {
    /// Returns the reason why nothing in a store can go on.
    pub(crate) fn of(machine: &mut StoreMachine, names: &Names, call: Option<SubtaskId>) -> Self {
        let threads = waiting_threads(machine);
        let (tasks, num_others) = report(machine, names, &threads);
        Self { tasks, num_others, call }
    }
}

/// Returns a report of waiting threads, and the number of those that are not in it.
pub(super) fn report(
    machine: &mut StoreMachine,
    names: &Names,
    threads: &[ThreadView],
) -> (Vec<WaitingTask>, usize) {
    let num_others = threads.len().saturating_sub(MAX_REPORTED);
    let threads = threads.get(..MAX_REPORTED).unwrap_or(threads);
    (Report::new(machine, names, threads).tasks(threads), num_others)
}

/// Returns the waiting tasks of a store.
pub(crate) fn waiting_tasks(machine: &mut StoreMachine, names: &Names) -> Vec<WaitingTask> {
    let threads = waiting_threads(machine);
    Report::new(machine, names, &threads).tasks(&threads)
}

/// Returns the waiting threads whose instances are alive.
pub(super) fn waiting_threads(machine: &mut StoreMachine) -> Vec<ThreadView> {
    let mut threads: Vec<_> = machine.thread_views().collect();
    threads.retain(|thread| {
        let waits = match thread.state {
            ThreadState::Running | ThreadState::Abandoned => false,
            ThreadState::Suspended => true,
            ThreadState::Waiting { is_ready, .. } => !is_ready,
        };
        waits && machine.is_locked_down(thread.instance) == Ok(false)
    });
    threads
}

/// The tables for the report of each waiting task.
struct Report<'a> {
    machine: &'a StoreMachine,
    names: &'a Names,
    /// The instances of all tasks that have a thread.
    instances: BTreeMap<TaskId, InstanceId>,
    /// The instances that the threads wait in.
    views: BTreeMap<InstanceId, InstanceView>,
    /// The members of the sets that are waited on, at most as many as are reported.
    members: BTreeMap<WaitableSetId, Vec<WaitableId>>,
}

impl<'a> Report<'a> {
    fn new(machine: &'a mut StoreMachine, names: &'a Names, threads: &[ThreadView]) -> Self {
        let sets = threads.iter().filter_map(|thread| match thread.state {
            ThreadState::Waiting { on: WaitingOn::Set { set, .. }, .. } => Some((set, Vec::new())),
            _ => None,
        });
        let mut members: BTreeMap<_, Vec<_>> = sets.collect();
        if !members.is_empty() {
            for (set, member) in machine.members_of_sets() {
                if let Some(found) = members.get_mut(&set)
                    && found.len() < MAX_REPORTED
                {
                    found.push(member);
                }
            }
        }
        let instances = machine.thread_views().map(|it| (it.task, it.instance)).collect();
        let views = threads.iter().filter_map(|thread| {
            Some((thread.instance, machine.instance_view(thread.instance).ok()?))
        });
        let views = views.collect();
        Self { machine, names, instances, views, members }
    }

    fn tasks(&self, threads: &[ThreadView]) -> Vec<WaitingTask> {
        threads.iter().filter_map(|thread| self.waiting_task(thread)).collect()
    }

    /// Returns the report of a thread, if it waits.
    fn waiting_task(&self, thread: &ThreadView) -> Option<WaitingTask> {
        let Party::Task { function, instance } = self.task(thread.task) else { return None };
        let mut num_others = 0;
        let awaits = match thread.state {
            ThreadState::Running | ThreadState::Abandoned => return None,
            ThreadState::Suspended => [Awaited::Resumption].into(),
            ThreadState::Waiting { on, .. } => match on {
                WaitingOn::Entering => [self.entering(thread)].into(),
                WaitingOn::Turn => [self.exclusive(thread)].into(),
                WaitingOn::Call(call) => [Awaited::Call(self.callee(call))].into(),
                WaitingOn::Copy(end) => self.copy(end).into_iter().collect(),
                WaitingOn::Set { members: 0, .. } => [Awaited::EmptySet].into(),
                WaitingOn::Set { set, members } => {
                    let found = self.members.get(&set).map_or(&[][..], Vec::as_slice);
                    let members = usize::try_from(members).unwrap_or(usize::MAX);
                    num_others = members.saturating_sub(found.len());
                    found.iter().filter_map(|member| self.event(*member)).collect()
                }
            },
        };
        Some(WaitingTask { function, instance, thread: thread.index, awaits, num_others })
    }

    fn entering(&self, thread: &ThreadView) -> Awaited {
        match self.views.get(&thread.instance).map_or(0, |view| view.backpressure) {
            0 => self.exclusive(thread),
            backpressure => Awaited::Backpressure(backpressure),
        }
    }

    fn exclusive(&self, thread: &ThreadView) -> Awaited {
        let holder = self.views.get(&thread.instance).and_then(|view| view.exclusive_thread);
        let holder = holder.and_then(|holder| self.machine.task_of(holder).ok());
        Awaited::Exclusive(holder.map_or(Party::Nobody, |holder| self.task(holder)))
    }

    /// Returns the event that a member of a set could have.
    fn event(&self, member: WaitableId) -> Option<Awaited> {
        match member {
            WaitableId::Subtask(call) => Some(Awaited::Call(self.callee(call))),
            WaitableId::End(end) => self.copy(end),
        }
    }

    fn copy(&self, end: EndId) -> Option<Awaited> {
        let (machine, names) = (self.machine, self.names);
        let Ok(HandleView::End { kind, direction, .. }) = machine.end_view(end) else {
            return None;
        };
        let other = match machine.other_end(end) {
            Ok(Some(other)) => match machine.holder_of_end(other) {
                Ok(None) => Party::Host,
                Ok(Some(instance)) if machine.is_locked_down(instance) == Ok(false) => {
                    Party::Instance(names.instance(instance))
                }
                Ok(Some(_)) | Err(_) => Party::Nobody,
            },
            Ok(None) | Err(_) => Party::Nobody,
        };
        Some(Awaited::Copy { kind, direction, other })
    }

    /// Returns the callee of a call.
    fn callee(&self, call: SubtaskId) -> Party {
        match self.machine.callee_view(call) {
            Ok(CalleeView::Guest(callee)) => self.task(callee),
            Ok(CalleeView::Host(number)) => {
                Party::HostFunction(self.names.host_function(number).to_owned())
            }
            Ok(CalleeView::Operation) => Party::Host,
            Ok(CalleeView::Gone) | Err(_) => Party::Nobody,
        }
    }

    /// Returns a task's function and instance, or `Nobody` if it never runs again.
    fn task(&self, task: TaskId) -> Party {
        let (machine, names) = (self.machine, self.names);
        let Some(instance) = self.instances.get(&task).copied() else { return Party::Nobody };
        if machine.is_locked_down(instance) != Ok(false) {
            return Party::Nobody;
        }
        let function = match machine.function_of(task) {
            Ok(Some(function)) => names.function(function).into_owned(),
            Ok(None) | Err(_) => String::from("realloc"),
        };
        Party::Task { function, instance: names.instance(instance) }
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadlock detected: event loop cannot make further progress")?;
        write_tasks(f, &self.tasks, self.num_others)
    }
}

/// Writes a line for each task.
pub(super) fn write_tasks(
    f: &mut fmt::Formatter<'_>,
    tasks: &[WaitingTask],
    num_others: usize,
) -> fmt::Result {
    for task in tasks {
        write!(f, "\n- {task}")?;
    }
    if num_others > 0 {
        write!(f, "\n- and {num_others} more")?;
    }
    Ok(())
}

impl Error for Deadlock {}

impl fmt::Display for WaitingTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#} of instance {}", OneLine(&self.function), self.instance)?;
        if self.thread > 1 {
            write!(f, ", thread {},", self.thread)?;
        }
        f.write_str(" waits for ")?;
        for (position, awaited) in self.awaits.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "; or for " })?;
            awaited.fmt(f)?;
        }
        if self.num_others > 0 {
            write!(f, "; or for any of {} more", self.num_others)?;
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
                    "its instance to withdraw backpressure, which it has asked for {times} times"
                )
            }
            Self::Exclusive(holder) => write!(f, "{holder} to give up the instance"),
            Self::Resumption => f.write_str("another thread of its instance to resume it"),
            Self::EmptySet => f.write_str("an event of a waitable set without members"),
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
            Self::Nobody => f.write_str("a party that no longer exists"),
            Self::Host => f.write_str("the host"),
            Self::HostFunction(name) => write!(f, "the host function {:#}", OneLine(name)),
            Self::Task { function, instance } => {
                write!(f, "{:#} of instance {instance}", OneLine(function))
            }
            Self::Instance(instance) => write!(f, "instance {instance}"),
        }
    }
}
