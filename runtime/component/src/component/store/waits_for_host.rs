//! Finding out if the host can do something for a waiter.
//!
//! A waiter waits for a call, a thread or a set, which depends on other things that guests wait
//! for. The search follows all of them. If it reaches an end that the host holds, a host task or a
//! host function, there is no deadlock: it is the host's turn.

use alloc::collections::{BTreeMap, BTreeSet, VecDeque};
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use crate::code::SubtaskState;
use crate::error::OneLine;
use crate::machine::{
    CalleeView, EndId, HandleView, InstanceId, SubtaskId, TaskId, ThreadId, ThreadState,
    ThreadView, WaitableId, WaitableSetId, WaitingOn,
};
use crate::trap::{CopyDirection, EndKind};

use super::deadlock::{MAX_REPORTED, WaitingTask, report, waiting_threads, write_tasks};
use super::machine::StoreMachine;
use super::names::Names;

/// The report of a wait that depends on the host, directly or through others.
///
/// Nothing goes on before the host has done its part. The call is kept, and can then be
/// [run](crate::component::Store::run) again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WaitsForHost {
    /// The things that the host can do, at most 64. One of them may be enough.
    pub awaited: Vec<HostAwaited>,
    /// The waiting tasks of guests, at most 64: from the awaited one to those that wait for the
    /// host.
    pub tasks: Vec<WaitingTask>,
    /// The number of tasks beyond those.
    pub num_others: usize,
    /// The call that was waited for, if it was a call. It is kept.
    pub call: Option<SubtaskId>,
}

/// Something of the host that guests wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostAwaited {
    /// A stream or future, of which the host holds this end.
    End {
        /// The host's end.
        end: EndId,
        /// The kind of the end.
        kind: EndKind,
        /// The direction of this end, which the host holds. The host has to read it, write to it, or drop it.
        direction: CopyDirection,
    },
    /// A [host task](crate::task) that has not ended.
    Task(SubtaskId),
    /// A host function that has not returned, with the name of the import.
    Function(String),
}

/// Something whose end or event is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A call by the host, or a host task.
    Call(SubtaskId),
    /// A thread that the host has begun, and the call that it is.
    Thread(Option<ThreadId>, SubtaskId),
    /// A set that the host made.
    Set(WaitableSetId),
}

impl WaitsForHost {
    /// Returns the report for `target`, if it waits for the host.
    pub(crate) fn of(
        machine: &mut StoreMachine,
        names: &Names,
        target: Target,
        call: Option<SubtaskId>,
    ) -> Self {
        let (found, path) = search(machine, target);
        let awaited = found.into_iter().filter_map(|found| found.describe(machine, names));
        let awaited = awaited.take(MAX_REPORTED).collect();
        let (tasks, num_others) = report(machine, names, &path);
        Self { awaited, tasks, num_others, call }
    }
}

/// Returns `true` if `target` waits for the host.
pub(crate) fn is_up_to_host(machine: &mut StoreMachine, target: Target) -> bool {
    is_up_to_host_at_once(machine, target) || !search(machine, target).0.is_empty()
}

/// Something of the host that the search has found.
#[derive(Clone, Copy)]
enum Found {
    End(EndId),
    Task(SubtaskId),
    Function(u32),
}

impl Found {
    fn describe(self, machine: &StoreMachine, names: &Names) -> Option<HostAwaited> {
        Some(match self {
            Self::End(end) => match machine.end_view(end) {
                Ok(HandleView::End { kind, direction, .. }) => {
                    HostAwaited::End { end, kind, direction }
                }
                _ => return None,
            },
            Self::Task(task) => HostAwaited::Task(task),
            Self::Function(number) => HostAwaited::Function(names.host_function(number).into()),
        })
    }
}

/// The largest number of steps before the search looks at all threads.
const MAX_QUICK_STEPS: usize = 64;

/// Follows a chain in which each waits for one thing. Returns `true` if the chain ends at the host.
/// Returns `false` if it branches, or ends elsewhere.
fn is_up_to_host_at_once(machine: &StoreMachine, target: Target) -> bool {
    let (mut thread, mut call) = match target {
        Target::Call(call) | Target::Thread(None, call) => (None, Some(call)),
        Target::Thread(thread, _) => (thread, None),
        Target::Set(set) => {
            let mut members = machine.members_of_sets().filter(|(of, _)| *of == set);
            return members.any(|(_, member)| match member {
                WaitableId::End(_) => true,
                WaitableId::Subtask(task) => {
                    machine.callee_view(task) == Ok(CalleeView::Operation)
                        && is_active(machine, task)
                }
            });
        }
    };
    for _ in 0..MAX_QUICK_STEPS {
        if let Some(call) = call.take() {
            match machine.callee_view(call) {
                Ok(CalleeView::Guest(task)) => {
                    thread = machine.implicit_thread_of(task).ok().flatten();
                }
                Ok(CalleeView::Operation) => return is_active(machine, call),
                Ok(CalleeView::Host(_)) => return true,
                Ok(CalleeView::Gone) | Err(_) => return false,
            }
        }
        let view = thread.take().and_then(|thread| machine.thread_view(thread).ok());
        match view.map(|view| view.state) {
            Some(ThreadState::Waiting { on: WaitingOn::Call(next), .. }) => call = Some(next),
            Some(ThreadState::Waiting { on: WaitingOn::Copy(end), .. }) => {
                return matches!(other_side(machine, end), Some(Side::Host(_)));
            }
            Some(ThreadState::Waiting { on: WaitingOn::Set { set, .. }, .. }) => {
                let mut members = machine.members_of_sets().filter(|(of, _)| *of == set);
                return members.any(|(_, member)| match member {
                    WaitableId::End(end) => matches!(other_side(machine, end), Some(Side::Host(_))),
                    WaitableId::Subtask(call) => {
                        matches!(machine.callee_view(call), Ok(CalleeView::Host(_)))
                    }
                });
            }
            _ => return false,
        }
    }
    false
}

/// Returns `true` if a host task has not ended.
fn is_active(machine: &StoreMachine, task: SubtaskId) -> bool {
    matches!(machine.call_state(task), Ok(SubtaskState::Starting | SubtaskState::Started))
}

/// The holder of the other end of a stream or future.
enum Side {
    /// The host, which holds this end.
    Host(EndId),
    /// A guest that is alive.
    Instance(InstanceId),
}

fn other_side(machine: &StoreMachine, end: EndId) -> Option<Side> {
    let other = machine.other_end(end).ok()??;
    match machine.holder_of_end(other).ok()? {
        None => Some(Side::Host(other)),
        Some(instance) if machine.is_locked_down(instance) == Ok(false) => {
            Some(Side::Instance(instance))
        }
        Some(_) => None,
    }
}

/// A place that the search reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    /// The end of a call.
    Call(SubtaskId),
    /// The progress of a task.
    Task(TaskId),
    /// A thread.
    Thread(ThreadId),
    /// Anything that runs in an instance.
    Instance(InstanceId),
}

/// Returns everything of the host that `target` waits for, directly or through others, and the
/// threads of guests in between.
fn search(machine: &mut StoreMachine, target: Target) -> (Vec<Found>, Vec<ThreadView>) {
    let sets = match target {
        Target::Set(set) => open_sets(machine, set),
        Target::Call(_) | Target::Thread(..) => Vec::new(),
    };
    let threads = waiting_threads(machine);
    let mut search = Search::new(machine, &threads);
    match target {
        Target::Call(call) => search.put(Node::Call(call)),
        Target::Thread(thread, call) => {
            if let Some(thread) = thread {
                search.put(Node::Thread(thread));
            }
            search.put(Node::Call(call));
        }
        Target::Set(_) => {
            for set in sets {
                search.see_set_of_host(set);
            }
        }
    }
    while let Some(node) = search.queue.pop_front() {
        search.look_at(node);
    }
    (search.found, search.path)
}

/// Returns a set that the host made, and all sets among its members, directly or through others.
fn open_sets(machine: &mut StoreMachine, set: WaitableSetId) -> Vec<WaitableSetId> {
    let mut sets = Vec::from([set]);
    let mut next = 0;
    while let Some(set) = sets.get(next).copied() {
        if let Ok(nested) = machine.waitable_sets().open_sets_in(set) {
            sets.extend(nested);
        }
        next += 1;
    }
    sets
}

/// A breadth-first search, which finds the nearest things first.
struct Search<'a> {
    machine: &'a StoreMachine,
    by_id: BTreeMap<ThreadId, &'a ThreadView>,
    by_task: BTreeMap<TaskId, Vec<ThreadId>>,
    by_instance: BTreeMap<InstanceId, Vec<ThreadId>>,
    members: BTreeMap<WaitableSetId, Vec<WaitableId>>,
    seen: BTreeSet<Node>,
    queue: VecDeque<Node>,
    found: Vec<Found>,
    path: Vec<ThreadView>,
}

impl<'a> Search<'a> {
    fn new(machine: &'a StoreMachine, threads: &'a [ThreadView]) -> Self {
        let mut search = Self {
            machine,
            by_id: threads.iter().map(|thread| (thread.id, thread)).collect(),
            by_task: BTreeMap::new(),
            by_instance: BTreeMap::new(),
            members: BTreeMap::new(),
            seen: BTreeSet::new(),
            queue: VecDeque::new(),
            found: Vec::new(),
            path: Vec::new(),
        };
        for thread in threads {
            search.by_task.entry(thread.task).or_default().push(thread.id);
            search.by_instance.entry(thread.instance).or_default().push(thread.id);
        }
        for (set, member) in machine.members_of_sets() {
            search.members.entry(set).or_default().push(member);
        }
        search
    }

    /// Adds a place to look at later, unless it was added before.
    fn put(&mut self, node: Node) {
        if self.seen.insert(node) {
            self.queue.push_back(node);
        }
    }

    fn look_at(&mut self, node: Node) {
        match node {
            Node::Call(call) => match self.machine.callee_view(call) {
                Ok(CalleeView::Guest(task)) => self.put(Node::Task(task)),
                Ok(CalleeView::Host(number)) => self.found.push(Found::Function(number)),
                Ok(CalleeView::Operation) if is_active(self.machine, call) => {
                    self.found.push(Found::Task(call));
                }
                Ok(CalleeView::Operation | CalleeView::Gone) | Err(_) => {}
            },
            Node::Task(task) => self.put_threads(self.by_task.get(&task).cloned()),
            Node::Instance(instance) => {
                self.put_threads(self.by_instance.get(&instance).cloned());
            }
            Node::Thread(thread) => {
                if let Some(thread) = self.by_id.get(&thread).copied() {
                    self.path.push(*thread);
                    self.see_thread(thread);
                }
            }
        }
    }

    fn put_threads(&mut self, threads: Option<Vec<ThreadId>>) {
        for thread in threads.unwrap_or_default() {
            self.put(Node::Thread(thread));
        }
    }

    /// Visits the things that a thread waits for.
    fn see_thread(&mut self, thread: &ThreadView) {
        let ThreadState::Waiting { on, .. } = thread.state else {
            return self.put(Node::Instance(thread.instance));
        };
        match on {
            // Any thread in the instance could make room, or give it up.
            WaitingOn::Entering | WaitingOn::Turn => self.put(Node::Instance(thread.instance)),
            WaitingOn::Call(call) => self.put(Node::Call(call)),
            WaitingOn::Copy(end) => self.see_end(end),
            WaitingOn::Set { set, .. } => {
                for member in self.members.get(&set).cloned().unwrap_or_default() {
                    match member {
                        WaitableId::Subtask(call) => self.put(Node::Call(call)),
                        WaitableId::End(end) => self.see_end(end),
                    }
                }
                // Any thread in the instance could add a member to the set.
                self.put(Node::Instance(thread.instance));
            }
        }
    }

    /// Visits the other end of a guest's end.
    fn see_end(&mut self, end: EndId) {
        match other_side(self.machine, end) {
            Some(Side::Host(end)) => self.found.push(Found::End(end)),
            Some(Side::Instance(instance)) => self.put(Node::Instance(instance)),
            None => {}
        }
    }

    /// Visits the members of a set that the host made. If a member is an end, the host can begin a
    /// read or write of it, or end one.
    fn see_set_of_host(&mut self, set: WaitableSetId) {
        for member in self.members.get(&set).cloned().unwrap_or_default() {
            match member {
                WaitableId::Subtask(call) => self.put(Node::Call(call)),
                WaitableId::End(end) => self.found.push(Found::End(end)),
            }
        }
    }
}

impl fmt::Display for WaitsForHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing can go on before the host does its part: ")?;
        for (position, awaited) in self.awaited.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "; or " })?;
            awaited.fmt(f)?;
        }
        write_tasks(f, &self.tasks, self.num_others)
    }
}

impl Error for WaitsForHost {}

impl fmt::Display for HostAwaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End { end, kind, direction } => {
                let does = match direction {
                    CopyDirection::Read => "reads from",
                    CopyDirection::Write => "writes to",
                };
                let kind = match kind {
                    EndKind::Stream => "stream",
                    EndKind::Future => "future",
                };
                write!(f, "the host {does} the {kind} with its end {end}, or drops that end")
            }
            Self::Task(task) => write!(f, "the host ends its task {task}"),
            Self::Function(name) => write!(f, "the host function {:#} returns", OneLine(name)),
        }
    }
}
