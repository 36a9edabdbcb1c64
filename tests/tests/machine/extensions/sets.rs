//! Waitable sets of the host.

use proptest::prelude::*;
use weft_core::error::{Error, ExtensionError, Failure, MachineError};
use weft_core::host::ExtendedMachine;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Step, ThreadState, WaitableId, WaitableSetId, WaitingOn};
use weft_core::task::TaskStatus;
use weft_core::waitable::{FailedTask, WaitResult, Waitable};

use crate::calls::{STREAM, set_new, set_wait, task_cancel};
use crate::guests::GuestMachine;
use crate::steps::HOST;

const GONE: Error = Error::Unknown(Table::WaitableSets);

/// Returns the member that has an event.
#[track_caller]
fn ready<L: ExtensionLimits>(
    machine: &mut ExtendedMachine<L>,
    set: WaitableSetId,
) -> Option<WaitableId> {
    match machine.waitable_sets().poll(set).unwrap() {
        WaitResult::Ready(event) => Some(event.waitable),
        WaitResult::Pending => None,
        other => panic!("{other:?}"),
    }
}

fn a_set_returns_events_in_the_order_of_their_arrival<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let tasks = [(); 3].map(|()| world.machine.tasks().start().unwrap());
    let set = world.machine.waitable_sets().create_with(&tasks).unwrap();
    assert_eq!(world.machine.waitable_sets().count(set), Ok(3));
    assert_eq!(ready(&mut world.machine, set), None);
    for task in [tasks[2], tasks[0]] {
        world.machine.tasks().complete(task, 1_u32).unwrap();
    }
    assert_eq!(world.host_events(), [], "they are the set's");
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(tasks[2])));
    world.machine.tasks().cancel(tasks[1]).unwrap();
    let all: Vec<_> =
        world.machine.waitable_sets().poll_all(set).unwrap().map(Result::unwrap).collect();
    let waitables = all.into_iter().map(|result| match result {
        WaitResult::Ready(event) => event.waitable,
        other => panic!("{other:?}"),
    });
    let expected = [tasks[0], tasks[1]].map(WaitableId::Subtask);
    assert_eq!(waitables.collect::<Vec<_>>(), expected);
    assert_eq!(ready(&mut world.machine, set), None);

    assert_eq!(world.machine.waitable_sets().count(set), Ok(3));
    assert_eq!(world.machine.waitable_sets().drop(set), Err(ExtensionError::SetNotEmpty.into()));
    world.machine.tasks().clean_up().unwrap();
    assert_eq!(world.machine.waitable_sets().count(set), Ok(0), "a dropped task is not a member");
    assert_eq!(world.machine.waitable_sets().drop(set), Ok(()));
    world.clean_up();
}

fn host_calls_and_host_ends_can_be_members<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (readable, writable) = world.host_ends(STREAM);
    let (call, _) = world.invoke(function);
    let set = world.machine.waitable_sets().create().unwrap();
    world.machine.waitable_sets().add(set, call).unwrap();
    world.machine.waitable_sets().add(set, WaitableId::End(readable)).unwrap();
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(call)));
    world.host_copy(readable, 4);
    assert_eq!(ready(&mut world.machine, set), None);
    world.host_copy(writable, 2);
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::End(readable)));
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.machine.waitable_sets().count(set), Ok(1));
    assert_eq!(world.machine.waitable_sets().remove(set, readable), Ok(()));
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

fn a_member_that_leaves_keeps_its_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = world.machine.tasks().start().unwrap();
    let [first, second] = [(); 2].map(|()| world.machine.waitable_sets().create().unwrap());
    world.machine.waitable_sets().add(first, task).unwrap();
    world.machine.tasks().complete(task, ()).unwrap();
    assert_eq!(world.machine.waitable_sets().contains(first, task), Ok(true));
    assert_eq!(world.machine.waitable_sets().contains(second, task), Ok(false));
    assert_eq!(
        world.machine.waitable_sets().remove(second, task),
        Err(ExtensionError::NotMember.into())
    );

    assert_eq!(world.machine.waitable_sets().add(second, task), Ok(()));
    assert_eq!(world.machine.waitable_sets().contains(first, task), Ok(false));
    assert_eq!(ready(&mut world.machine, first), None);
    assert_eq!(world.machine.waitable_sets().remove(second, task), Ok(()));
    assert_eq!(
        world.machine.waitable_sets().remove(second, task),
        Err(ExtensionError::NotMember.into())
    );
    assert_eq!(ready(&mut world.machine, second), None);
    assert_eq!(world.host_events().len(), 1);
    world.machine.tasks().drop(task).unwrap();
    for set in [first, second] {
        world.machine.waitable_sets().drop(set).unwrap();
    }
    world.clean_up();
}

fn an_end_that_is_passed_to_a_guest_leaves_its_set<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (readable, writable) = world.host_ends(STREAM);
    let set = world.machine.waitable_sets().create_with(&[readable, writable]).unwrap();
    world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable).unwrap();
    assert_eq!(world.machine.waitable_sets().count(set), Ok(1));
    assert_eq!(
        world.machine.waitable_sets().contains(set, readable),
        Err(MachineError::NotHeld.into())
    );
    assert_eq!(world.machine.waitable_sets().add(set, readable), Err(MachineError::NotHeld.into()));
    assert_eq!(
        world.machine.waitable_sets().remove(set, readable),
        Err(MachineError::NotHeld.into())
    );
    world.machine.waitable_sets().remove(set, writable).unwrap();
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

fn a_set_is_ready_when_a_set_among_its_members_is<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [outer, middle, inner] = [(); 3].map(|()| world.machine.waitable_sets().create().unwrap());
    let [deep, direct] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    world.machine.waitable_sets().add(inner, deep).unwrap();
    world.machine.waitable_sets().add(middle, inner).unwrap();
    world.machine.waitable_sets().add(outer, middle).unwrap();
    world.machine.waitable_sets().add(outer, direct).unwrap();
    assert_eq!(world.machine.waitable_sets().count(outer), Ok(2));
    assert_eq!(world.machine.waitable_sets().contains(outer, middle), Ok(true));
    assert_eq!(world.machine.waitable_sets().contains(outer, inner), Ok(false));
    for set in [middle, inner, outer] {
        assert_eq!(
            world.machine.waitable_sets().add(inner, set),
            Err(ExtensionError::SetCycle.into())
        );
    }
    assert_eq!(
        world.machine.waitable_sets().add(inner, outer),
        Err(ExtensionError::SetCycle.into())
    );
    assert_eq!(
        world.machine.waitable_sets().add(outer, outer),
        Err(ExtensionError::SetCycle.into())
    );

    world.machine.tasks().complete(deep, ()).unwrap();
    world.machine.tasks().complete(direct, ()).unwrap();
    assert_eq!(ready(&mut world.machine, outer), Some(WaitableId::Subtask(direct)));
    // If it is not reached, it is not ready.
    world.machine.waitable_sets().remove(outer, middle).unwrap();
    assert_eq!(
        world.machine.waitable_sets().remove(outer, middle),
        Err(ExtensionError::NotMember.into())
    );
    assert_eq!(ready(&mut world.machine, outer), None);
    world.machine.waitable_sets().add(outer, inner).unwrap();
    assert_eq!(
        world.machine.waitable_sets().contains(middle, inner),
        Ok(false),
        "it is in one at a time"
    );
    assert_eq!(ready(&mut world.machine, middle), None);
    assert_eq!(ready(&mut world.machine, outer), Some(WaitableId::Subtask(deep)));
    assert_eq!(ready(&mut world.machine, outer), None);

    world.machine.tasks().clean_up().unwrap();
    assert_eq!(world.machine.waitable_sets().drop(outer), Err(ExtensionError::SetNotEmpty.into()));
    for set in [inner, outer, middle] {
        assert_eq!(world.machine.waitable_sets().drop(set), Ok(()));
    }
    world.clean_up();
}

fn a_closed_set_returns_nothing_and_accepts_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [outer, set] = [(); 2].map(|()| world.machine.waitable_sets().create().unwrap());
    let [task, other] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    world.machine.waitable_sets().add(set, task).unwrap();
    world.machine.waitable_sets().add(outer, set).unwrap();
    world.machine.tasks().complete(task, ()).unwrap();
    assert_eq!(world.machine.waitable_sets().close(set), Ok(()));
    assert_eq!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Cancelled));
    assert_eq!(world.machine.waitable_sets().poll_all(set).unwrap().count(), 0);
    assert_eq!(
        world.machine.waitable_sets().add(set, other),
        Err(ExtensionError::SetClosed.into())
    );
    assert_eq!(world.machine.waitable_sets().poll(outer), Ok(WaitResult::Pending));
    assert_eq!(world.machine.waitable_sets().drop(set), Err(ExtensionError::SetNotEmpty.into()));
    assert_eq!(world.machine.waitable_sets().remove(set, task), Ok(()));
    assert_eq!(world.host_events().len(), 1, "its event is not lost");
    world.machine.waitable_sets().drop(set).unwrap();
    assert_eq!(world.machine.waitable_sets().count(outer), Ok(0));
    world.machine.waitable_sets().drop(outer).unwrap();
    world.machine.tasks().cancel(other).unwrap();
    world.machine.tasks().clean_up().unwrap();
    world.clean_up();
}

fn a_member_that_fails_is_reported_with_its_error<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let tasks = [(); 3].map(|()| world.machine.tasks().start().unwrap());
    let set = world.machine.waitable_sets().create_with(&tasks).unwrap();
    let error = world.machine.error_contexts().create_simple("it broke").unwrap();
    world.machine.tasks().fail(tasks[0], error).unwrap();
    world.machine.error_contexts().drop(error).unwrap();
    world.machine.tasks().fail(tasks[1], None).unwrap();
    let token = world.machine.cancellation_tokens().create().unwrap();
    world.machine.cancellation_tokens().bind(token, tasks[2]).unwrap();
    world.machine.cancellation_tokens().cancel(token).unwrap();
    for (task, error) in [(tasks[0], Some(error)), (tasks[1], None)] {
        let failed = FailedTask { task, error };
        assert_eq!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Error(failed)));
    }
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(tasks[2])));
    assert_eq!(world.machine.tasks().status(tasks[2]), Ok(TaskStatus::Cancelled));
    world.machine.tasks().clean_up().unwrap();
    world.machine.waitable_sets().drop(set).unwrap();
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn refused_members_change_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [task, gone] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    world.machine.tasks().cancel(gone).unwrap();
    world.machine.tasks().drop(gone).unwrap();
    let no_waitable = Error::Unknown(Table::Waitables);
    assert_eq!(world.machine.waitable_sets().create_with(&[task, gone]), Err(no_waitable));
    assert_eq!(world.machine.waitable_sets().create_with(&[task, task, gone]), Err(no_waitable));
    let set = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().add(set, gone), Err(no_waitable));
    assert_eq!(world.machine.waitable_sets().remove(set, gone), Err(no_waitable));
    assert_eq!(world.machine.waitable_sets().contains(set, gone), Err(no_waitable));
    assert_eq!(world.machine.waitable_sets().count(set), Ok(0));
    world.machine.waitable_sets().drop(set).unwrap();

    assert_eq!(world.machine.waitable_sets().add(set, task), Err(GONE));
    assert_eq!(world.machine.waitable_sets().remove(set, task), Err(GONE));
    assert_eq!(world.machine.waitable_sets().contains(set, task), Err(GONE));
    assert_eq!(world.machine.waitable_sets().count(set), Err(GONE));
    assert_eq!(world.machine.waitable_sets().close(set), Err(GONE));
    assert_eq!(world.machine.waitable_sets().poll(set), Err(GONE.into()));
    assert_eq!(world.machine.waitable_sets().poll_all(set).map(Iterator::count), Err(GONE));
    assert_eq!(world.machine.waitable_sets().drop(set), Err(GONE));
    let other = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().add(other, set), Err(GONE));
    world.machine.waitable_sets().drop(other).unwrap();
    world.machine.tasks().cancel(task).unwrap();
    world.machine.tasks().drop(task).unwrap();
    world.clean_up();
}

fn a_guests_calls_are_not_the_hosts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let function = world.host_function(7);
    let (instance, _) = world.running();
    world.get(set_new());
    let (call, _) = world.machine.canon_lower(function, true).unwrap();
    let set = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().add(set, call), Err(MachineError::NotHosts.into()));
    assert_eq!(
        world.machine.waitable_sets().contains(set, call),
        Err(MachineError::NotHosts.into())
    );
    assert_eq!(world.machine.waitable_sets().remove(set, call), Err(MachineError::NotHosts.into()));
    world.machine.waitable_sets().drop(set).unwrap();
    world.machine.remove_instance(instance).unwrap_err();
    world.clean_up();
}

fn a_guests_set_is_not_the_hosts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, thread) = world.running();
    let index = world.get(set_new());
    assert_eq!(world.step(set_wait(index)), HOST);
    let state = world.machine.thread_view(thread).unwrap().state;
    let ThreadState::Waiting { on: WaitingOn::Set { set: guests, .. }, .. } = state else {
        panic!("{state:?}")
    };
    let set = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().add(set, guests), Err(MachineError::NotHeld.into()));
    assert_eq!(
        world.machine.waitable_sets().contains(set, guests),
        Err(MachineError::NotHeld.into())
    );
    assert_eq!(
        world.machine.waitable_sets().remove(set, guests),
        Err(MachineError::NotHeld.into())
    );
    assert_eq!(world.machine.waitable_sets().add(guests, set), Err(MachineError::NotHeld.into()));
    assert_eq!(
        world.machine.waitable_sets().remove(guests, set),
        Err(MachineError::NotHeld.into())
    );
    assert_eq!(
        world.machine.waitable_sets().contains(guests, set),
        Err(MachineError::NotHeld.into())
    );
    assert_eq!(world.machine.waitable_sets().count(guests), Err(MachineError::NotHeld.into()));
    assert_eq!(world.machine.waitable_sets().close(guests), Err(MachineError::NotHeld.into()));
    assert_eq!(world.machine.waitable_sets().drop(guests), Err(MachineError::NotHeld.into()));
    assert_eq!(world.machine.waitable_sets().poll(guests), Err(MachineError::NotHeld.into()));
    assert_eq!(
        world.machine.waitable_sets().poll_all(guests).map(Iterator::count),
        Err(MachineError::NotHeld.into())
    );
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

fn no_event_is_taken_during_a_step_or_a_trap<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (readable, writable) = world.host_ends(STREAM);
    let task = world.machine.tasks().start().unwrap();
    let set = world.machine.waitable_sets().create_with(&[task]).unwrap();
    world.machine.tasks().complete(task, ()).unwrap();
    world.host_copy(readable, 1);
    let Ok(Step::Copy(copy)) = world.machine.host_copy(writable, 0, 1) else { panic!("no copy") };
    let refused = Failure::from(MachineError::OtherStep);
    assert_eq!(world.machine.waitable_sets().poll(set), Err(refused));
    let all: Vec<_> = world.machine.waitable_sets().poll_all(set).unwrap().collect();
    assert_eq!(all, [Err(refused)]);
    assert_eq!(world.machine.copied(copy), Ok(HOST));

    let (instance, _) = world.running();
    world.trap(task_cancel());
    let refused = Failure::from(MachineError::MustUnwind);
    assert_eq!(world.machine.waitable_sets().poll(set), Err(refused));
    world.machine.trapped().unwrap();
    assert_eq!(
        ready(&mut world.machine, set),
        Some(WaitableId::Subtask(task)),
        "it is still there"
    );
    world.machine.remove_instance(instance).unwrap();
    world.machine.tasks().drop(task).unwrap();
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

/// Nests sets to any depth in linear time, from the inside and from the outside. In quadratic time
/// the test would take minutes.
#[cfg(feature = "alloc")]
#[test]
fn deep_sets_take_linear_time() {
    const DEEP: usize = 200_000;

    let mut machine = ExtendedMachine::<weft_core::limits::Heap>::default();
    let root = machine.waitable_sets().create().unwrap();
    let (mut outermost, mut innermost) = (root, root);
    for _ in 0..DEEP {
        let [inner, outer] = [(); 2].map(|()| machine.waitable_sets().create().unwrap());
        machine.waitable_sets().add(innermost, inner).unwrap();
        machine.waitable_sets().add(outer, outermost).unwrap();
        (outermost, innermost) = (outer, inner);
    }
    let cycle = Err(ExtensionError::SetCycle.into());
    assert_eq!(machine.waitable_sets().add(innermost, outermost), cycle);
    assert_eq!(machine.waitable_sets().add(innermost, innermost), cycle);
}

on_each_storage! {
    a_set_returns_events_in_the_order_of_their_arrival,
    host_calls_and_host_ends_can_be_members,
    a_member_that_leaves_keeps_its_event,
    an_end_that_is_passed_to_a_guest_leaves_its_set,
    a_set_is_ready_when_a_set_among_its_members_is,
    a_closed_set_returns_nothing_and_accepts_nothing,
    a_member_that_fails_is_reported_with_its_error,
    refused_members_change_nothing,
    a_guests_calls_are_not_the_hosts,
    a_guests_set_is_not_the_hosts,
    no_event_is_taken_during_a_step_or_a_trap,
}

/// Performs random operations on sets and the tasks in them, and counts events: each task has one,
/// in whatever set it is taken.
fn each_event_is_taken_once<L: ExtensionLimits>(
    operations: &[(u8, usize, usize)],
) -> Result<(), TestCaseError> {
    let mut world = GuestMachine::<L>::new();
    let tasks = [(); 6].map(|()| world.machine.tasks().start().unwrap());
    let sets = [(); 4].map(|()| world.machine.waitable_sets().create().unwrap());
    let mut ended = Vec::new();
    let mut taken = Vec::new();
    for &(what, with, to) in operations {
        let (task, set, other) = (tasks[with % 6], sets[to % 4], sets[with % 4]);
        match what {
            0 => world.machine.waitable_sets().add(set, task).unwrap(),
            1 => {
                let was_member = world.machine.waitable_sets().contains(set, task).unwrap();
                prop_assert_eq!(
                    world.machine.waitable_sets().remove(set, task).is_ok(),
                    was_member
                );
            }
            2 => match world.machine.waitable_sets().add(set, other) {
                Ok(()) => {
                    prop_assert_eq!(world.machine.waitable_sets().contains(set, other), Ok(true));
                }
                Err(error) => prop_assert_eq!(error, Error::Extension(ExtensionError::SetCycle)),
            },
            3 => {
                let was_member = world.machine.waitable_sets().contains(set, other).unwrap();
                prop_assert_eq!(
                    world.machine.waitable_sets().remove(set, other).is_ok(),
                    was_member
                );
            }
            4 => {
                if world.machine.tasks().complete(task, ()).is_ok() {
                    ended.push(WaitableId::Subtask(task));
                }
            }
            5 => taken.extend(ready(&mut world.machine, set)),
            _ => taken.extend(world.host_events().into_iter().map(|event| event.waitable)),
        }
        for set in sets {
            let members = tasks.map(Waitable::Task).into_iter().chain(sets.map(Waitable::Set));
            let count = members
                .filter(|it| world.machine.waitable_sets().contains(set, *it).unwrap())
                .count();
            prop_assert_eq!(
                world.machine.waitable_sets().count(set).map(|it| it as usize),
                Ok(count)
            );
        }
    }
    for set in sets {
        while let Some(waitable) = ready(&mut world.machine, set) {
            taken.push(waitable);
        }
    }
    taken.extend(world.host_events().into_iter().map(|event| event.waitable));
    taken.sort_unstable();
    ended.sort_unstable();
    prop_assert_eq!(taken, ended);
    for task in tasks {
        let _: Result<(), Error> = world.machine.tasks().cancel(task);
    }
    for set in sets {
        while ready(&mut world.machine, set).is_some() {}
    }
    assert_eq!(world.machine.tasks().clean_up(), Ok(tasks.len()));
    for set in sets {
        for other in sets {
            let _: Result<(), Error> = world.machine.waitable_sets().remove(set, other);
        }
    }
    for set in sets {
        world.machine.waitable_sets().drop(set).unwrap();
    }
    world.clean_up();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_event_is_lost_or_taken_twice_in_sets_of_sets(
        operations in prop::collection::vec((0..7_u8, 0..12_usize, 0..12_usize), 0..64),
    ) {
        each_event_is_taken_once::<crate::guests::Bounded>(&operations)?;
        #[cfg(feature = "alloc")]
        each_event_is_taken_once::<weft_core::limits::Heap>(&operations)?;
    }
}
