//! Waitable sets of the host, whose members are host tasks or sets.

use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;
use weft::machine::{HostEvent, SubtaskId, WaitableId, WaitableSetId};
use weft::waitable::WaitResult;

super::operations! {
    /// Creates a set, and drops it.
    NEW_AND_DROP, "new, drop", new_and_drop;
    /// Adds a task to a set, and removes it.
    ADD_AND_REMOVE, "add, remove", add_and_remove;
    /// Adds a task to a set, returns from it, and waits on the set.
    ADD_AND_WAIT, "start a task, add, return, wait, drop it", add_and_wait;
    /// The same, among members without events.
    ADD_AND_WAIT_AMONG, "the same among 16 others", add_and_wait_among;
    /// The same, with a wait on another set of which the set is a member.
    WAIT_NESTED, "the same, wait on a set of the set", wait_nested;
    /// Polls a set of 16 members without events.
    POLL_NOTHING, "poll 16 members without events", poll_nothing;
    /// Polls a set of 16 members with events.
    POLL_ALL, "start 16 tasks, add, return, poll all, drop", poll_all;
}

/// The number of members of sets.
const MEMBERS: usize = 16;

/// Returns a machine with a set.
fn with_set<L: ExtensionLimits>() -> (ExtendedMachine<L>, WaitableSetId) {
    let mut machine = ExtendedMachine::<L>::default();
    let set = machine.waitable_sets().create().expect("a set");
    (machine, set)
}

/// Returns a machine with a set whose members have no events.
fn with_members<L: ExtensionLimits>() -> (ExtendedMachine<L>, WaitableSetId) {
    let (mut machine, set) = with_set();
    for _ in 0..MEMBERS {
        start_in(&mut machine, set);
    }
    (machine, set)
}

/// Starts a task that is a member of a set.
fn start_in<L: ExtensionLimits>(machine: &mut ExtendedMachine<L>, set: WaitableSetId) -> SubtaskId {
    let task = machine.tasks().start().expect("a task");
    machine.waitable_sets().add(set, task).expect("a task and a set");
    task
}

/// Starts a task in a set, returns from it, and waits for it on this set or another.
fn wait_for_task<L: ExtensionLimits>(
    machine: &mut ExtendedMachine<L>,
    set: WaitableSetId,
    waited: WaitableSetId,
) {
    let task = start_in(machine, set);
    machine.tasks().complete(task, ()).expect("a running task");
    let ready = machine.waitable_sets().poll(waited).expect("a set");
    assert_eq!(task_of(&ready), task);
    machine.tasks().drop(task).expect("an ended task");
}

/// Returns the task whose event it is.
fn task_of(ready: &WaitResult) -> SubtaskId {
    match ready {
        WaitResult::Ready(HostEvent { waitable: WaitableId::Subtask(task), .. }) => *task,
        other => panic!("a task is ready, not {other:?}"),
    }
}

fn new_and_drop<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let set = machine.waitable_sets().create().expect("a set");
        machine.waitable_sets().drop(set).expect("a set without members");
    })
}

fn add_and_remove<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, set) = with_set::<L>();
    let task = machine.tasks().start().expect("a task");
    Box::new(move || {
        machine.waitable_sets().add(set, task).expect("a task and a set");
        machine.waitable_sets().remove(set, task).expect("a member");
    })
}

fn add_and_wait<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, set) = with_set::<L>();
    Box::new(move || wait_for_task(&mut machine, set, set))
}

fn add_and_wait_among<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, set) = with_members::<L>();
    Box::new(move || wait_for_task(&mut machine, set, set))
}

fn wait_nested<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, inner) = with_set::<L>();
    let outer = machine.waitable_sets().create().expect("a set");
    machine.waitable_sets().add(outer, inner).expect("two sets");
    Box::new(move || wait_for_task(&mut machine, inner, outer))
}

fn poll_nothing<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, set) = with_members::<L>();
    Box::new(move || assert_eq!(machine.waitable_sets().poll(set), Ok(WaitResult::Pending)))
}

fn poll_all<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let (mut machine, set) = with_set::<L>();
    Box::new(move || {
        let tasks: [_; MEMBERS] = std::array::from_fn(|_| start_in(&mut machine, set));
        for task in tasks {
            machine.tasks().complete(task, ()).expect("a running task");
        }
        let ready = machine.waitable_sets().poll_all(set).expect("a set");
        assert_eq!(ready.flatten().count(), MEMBERS);
        for task in tasks {
            machine.tasks().drop(task).expect("an ended task");
        }
    })
}
