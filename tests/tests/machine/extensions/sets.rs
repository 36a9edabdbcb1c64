//! Waitable sets of the host.

use proptest::prelude::*;
use weft_core::error::{Error, Failure};
use weft_core::host::ExtendedMachine;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Step, ThreadState, WaitableId, WaitableSetId, WaitingOn};
use weft_core::task::TaskStatus;
use weft_core::waitable::{FailedTask, WaitResult, Waitable};

use crate::calls::{STREAM, set_new, set_wait, task_cancel};
use crate::guests::World;
use crate::steps::HOST;

const GONE: Error = Error::Unknown(Table::WaitableSets);

/// Which member has an event.
#[track_caller]
fn ready<L: ExtensionLimits>(
    machine: &mut ExtendedMachine<L>,
    set: WaitableSetId,
) -> Option<WaitableId> {
    match machine.host().waitable_set_poll(set).unwrap() {
        WaitResult::Ready(event) => Some(event.waitable),
        WaitResult::Timeout => None,
        other => panic!("{other:?}"),
    }
}

fn a_set_gives_the_events_of_its_members_in_the_order_in_which_they_came<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let tasks = [(); 3].map(|()| host.task_start().unwrap());
    let set = host.waitable_set_of(&tasks).unwrap();
    assert_eq!(host.waitable_set_count(set), Ok(3));
    assert_eq!(ready(&mut world.machine, set), None);
    let mut host = world.machine.host();
    for task in [tasks[2], tasks[0]] {
        host.task_return(task, 1_u32).unwrap();
    }
    assert_eq!(world.host_events(), [], "they are the set's");
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(tasks[2])));
    let mut host = world.machine.host();
    host.task_cancel(tasks[1]).unwrap();
    let all: Vec<_> = host.waitable_set_poll_all(set).unwrap().map(Result::unwrap).collect();
    let waitables = all.into_iter().map(|result| match result {
        WaitResult::Ready(event) => event.waitable,
        other => panic!("{other:?}"),
    });
    let expected = [tasks[0], tasks[1]].map(WaitableId::Subtask);
    assert_eq!(waitables.collect::<Vec<_>>(), expected);
    assert_eq!(ready(&mut world.machine, set), None);

    let mut host = world.machine.host();
    assert_eq!(host.waitable_set_count(set), Ok(3));
    assert_eq!(host.waitable_set_drop(set), Err(Error::SetNotEmpty));
    host.task_cleanup().unwrap();
    assert_eq!(host.waitable_set_count(set), Ok(0), "what is dropped is a member no more");
    assert_eq!(host.waitable_set_drop(set), Ok(()));
    world.clean_up();
}

fn calls_and_ends_of_the_host_are_members_as_tasks_are<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (readable, writable) = world.host_ends(STREAM);
    let (call, _) = world.invoke(function);
    let mut host = world.machine.host();
    let set = host.waitable_set_new().unwrap();
    host.waitable_set_add(set, call).unwrap();
    host.waitable_set_add(set, WaitableId::End(readable)).unwrap();
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(call)));
    world.host_copy(readable, 4);
    assert_eq!(ready(&mut world.machine, set), None);
    world.host_copy(writable, 2);
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::End(readable)));
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.machine.host().waitable_set_count(set), Ok(1));
    assert_eq!(world.machine.host().waitable_set_remove(set, readable), Ok(()));
    world.machine.host().waitable_set_drop(set).unwrap();
    world.clean_up();
}

fn a_member_that_leaves_keeps_its_event<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let task = host.task_start().unwrap();
    let [first, second] = [(); 2].map(|()| host.waitable_set_new().unwrap());
    host.waitable_set_add(first, task).unwrap();
    host.task_return(task, ()).unwrap();
    assert_eq!(host.waitable_set_contains(first, task), Ok(true));
    assert_eq!(host.waitable_set_contains(second, task), Ok(false));
    assert_eq!(host.waitable_set_remove(second, task), Err(Error::NotMember));

    assert_eq!(host.waitable_set_add(second, task), Ok(()));
    assert_eq!(host.waitable_set_contains(first, task), Ok(false));
    assert_eq!(ready(&mut world.machine, first), None);
    let mut host = world.machine.host();
    assert_eq!(host.waitable_set_remove(second, task), Ok(()));
    assert_eq!(host.waitable_set_remove(second, task), Err(Error::NotMember));
    assert_eq!(ready(&mut world.machine, second), None);
    assert_eq!(world.host_events().len(), 1);
    let mut host = world.machine.host();
    host.task_drop(task).unwrap();
    for set in [first, second] {
        host.waitable_set_drop(set).unwrap();
    }
    world.clean_up();
}

fn an_end_that_is_given_to_a_guest_is_a_member_no_more<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let instance = world.instance();
    let (readable, writable) = world.host_ends(STREAM);
    let mut host = world.machine.host();
    let set = host.waitable_set_of(&[readable, writable]).unwrap();
    world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable).unwrap();
    let mut host = world.machine.host();
    assert_eq!(host.waitable_set_count(set), Ok(1));
    assert_eq!(host.waitable_set_contains(set, readable), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_add(set, readable), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_remove(set, readable), Err(Error::NotHeld));
    host.waitable_set_remove(set, writable).unwrap();
    host.waitable_set_drop(set).unwrap();
    world.clean_up();
}

fn a_set_is_ready_when_a_set_among_its_members_is<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let [outer, middle, inner] = [(); 3].map(|()| host.waitable_set_new().unwrap());
    let [deep, direct] = [(); 2].map(|()| host.task_start().unwrap());
    host.waitable_set_add(inner, deep).unwrap();
    host.waitable_set_add(middle, inner).unwrap();
    host.waitable_set_add(outer, middle).unwrap();
    host.waitable_set_add(outer, direct).unwrap();
    assert_eq!(host.waitable_set_count(outer), Ok(2));
    assert_eq!(host.waitable_set_contains(outer, middle), Ok(true));
    assert_eq!(host.waitable_set_contains(outer, inner), Ok(false));
    for set in [middle, inner, outer] {
        assert_eq!(host.waitable_set_add(inner, set), Err(Error::SetCycle));
    }
    assert_eq!(host.waitable_set_add(inner, outer), Err(Error::SetCycle));
    assert_eq!(host.waitable_set_add(outer, outer), Err(Error::SetCycle));

    host.task_return(deep, ()).unwrap();
    host.task_return(direct, ()).unwrap();
    assert_eq!(ready(&mut world.machine, outer), Some(WaitableId::Subtask(direct)));
    let mut host = world.machine.host();
    // Where it isn't reached, it isn't ready.
    host.waitable_set_remove(outer, middle).unwrap();
    assert_eq!(host.waitable_set_remove(outer, middle), Err(Error::NotMember));
    assert_eq!(ready(&mut world.machine, outer), None);
    let mut host = world.machine.host();
    host.waitable_set_add(outer, inner).unwrap();
    assert_eq!(host.waitable_set_contains(middle, inner), Ok(false), "it is in one at a time");
    assert_eq!(ready(&mut world.machine, middle), None);
    assert_eq!(ready(&mut world.machine, outer), Some(WaitableId::Subtask(deep)));
    assert_eq!(ready(&mut world.machine, outer), None);

    let mut host = world.machine.host();
    host.task_cleanup().unwrap();
    assert_eq!(host.waitable_set_drop(outer), Err(Error::SetNotEmpty));
    for set in [inner, outer, middle] {
        assert_eq!(host.waitable_set_drop(set), Ok(()));
    }
    world.clean_up();
}

fn a_set_that_is_closed_gives_nothing_and_takes_nothing<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let [outer, set] = [(); 2].map(|()| host.waitable_set_new().unwrap());
    let [task, other] = [(); 2].map(|()| host.task_start().unwrap());
    host.waitable_set_add(set, task).unwrap();
    host.waitable_set_add(outer, set).unwrap();
    host.task_return(task, ()).unwrap();
    assert_eq!(host.waitable_set_close(set), Ok(()));
    assert_eq!(host.waitable_set_poll(set), Ok(WaitResult::Cancelled));
    assert_eq!(host.waitable_set_poll_all(set).unwrap().count(), 0);
    assert_eq!(host.waitable_set_add(set, other), Err(Error::SetClosed));
    assert_eq!(host.waitable_set_poll(outer), Ok(WaitResult::Timeout));
    assert_eq!(host.waitable_set_drop(set), Err(Error::SetNotEmpty));
    assert_eq!(host.waitable_set_remove(set, task), Ok(()));
    assert_eq!(world.host_events().len(), 1, "its event is not lost");
    let mut host = world.machine.host();
    host.waitable_set_drop(set).unwrap();
    assert_eq!(host.waitable_set_count(outer), Ok(0));
    host.waitable_set_drop(outer).unwrap();
    host.task_cancel(other).unwrap();
    host.task_cleanup().unwrap();
    world.clean_up();
}

fn a_member_that_fails_is_told_with_its_error<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let tasks = [(); 3].map(|()| host.task_start().unwrap());
    let set = host.waitable_set_of(&tasks).unwrap();
    let error = host.create_simple("it broke").unwrap();
    host.task_fail(tasks[0], error).unwrap();
    host.error_context_drop(error).unwrap();
    host.task_fail(tasks[1], None).unwrap();
    let token = host.cancellation_token_new().unwrap();
    host.cancellation_token_bind(token, tasks[2]).unwrap();
    host.cancellation_token_cancel(token).unwrap();
    for (task, error) in [(tasks[0], Some(error)), (tasks[1], None)] {
        let failed = FailedTask { task, error };
        assert_eq!(host.waitable_set_poll(set), Ok(WaitResult::Error(failed)));
    }
    assert_eq!(ready(&mut world.machine, set), Some(WaitableId::Subtask(tasks[2])));
    let mut host = world.machine.host();
    assert_eq!(host.task_status(tasks[2]), Ok(TaskStatus::Cancelled));
    host.task_cleanup().unwrap();
    host.waitable_set_drop(set).unwrap();
    host.cancellation_token_drop(token).unwrap();
    world.clean_up();
}

fn what_can_not_be_a_member_changes_nothing<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let [task, gone] = [(); 2].map(|()| host.task_start().unwrap());
    host.task_cancel(gone).unwrap();
    host.task_drop(gone).unwrap();
    let no_waitable = Error::Unknown(Table::Waitables);
    assert_eq!(host.waitable_set_of(&[task, gone]), Err(no_waitable));
    assert_eq!(host.waitable_set_of(&[task, task, gone]), Err(no_waitable));
    let set = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_add(set, gone), Err(no_waitable));
    assert_eq!(host.waitable_set_remove(set, gone), Err(no_waitable));
    assert_eq!(host.waitable_set_contains(set, gone), Err(no_waitable));
    assert_eq!(host.waitable_set_count(set), Ok(0));
    host.waitable_set_drop(set).unwrap();

    assert_eq!(host.waitable_set_add(set, task), Err(GONE));
    assert_eq!(host.waitable_set_remove(set, task), Err(GONE));
    assert_eq!(host.waitable_set_contains(set, task), Err(GONE));
    assert_eq!(host.waitable_set_count(set), Err(GONE));
    assert_eq!(host.waitable_set_close(set), Err(GONE));
    assert_eq!(host.waitable_set_poll(set), Err(GONE.into()));
    assert_eq!(host.waitable_set_poll_all(set).map(Iterator::count), Err(GONE));
    assert_eq!(host.waitable_set_drop(set), Err(GONE));
    let other = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_add(other, set), Err(GONE));
    host.waitable_set_drop(other).unwrap();
    host.task_cancel(task).unwrap();
    host.task_drop(task).unwrap();
    world.clean_up();
}

fn a_guests_calls_are_not_the_hosts<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let function = world.host_function(7);
    let (instance, _) = world.running();
    world.get(set_new());
    let (call, _) = world.machine.canon_lower(function, true).unwrap();
    let mut host = world.machine.host();
    let set = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_add(set, call), Err(Error::NotHosts));
    assert_eq!(host.waitable_set_contains(set, call), Err(Error::NotHosts));
    assert_eq!(host.waitable_set_remove(set, call), Err(Error::NotHosts));
    host.waitable_set_drop(set).unwrap();
    world.machine.remove_instance(instance).unwrap_err();
    world.clean_up();
}

fn a_guests_set_is_not_the_hosts<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let (_, thread) = world.running();
    let index = world.get(set_new());
    assert_eq!(world.step(set_wait(index)), HOST);
    let state = world.machine.thread_view(thread).unwrap().state;
    let ThreadState::Waiting { on: WaitingOn::Set { set: guests, .. }, .. } = state else {
        panic!("{state:?}")
    };
    let mut host = world.machine.host();
    let set = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_add(set, guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_contains(set, guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_remove(set, guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_add(guests, set), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_remove(guests, set), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_contains(guests, set), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_count(guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_close(guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_drop(guests), Err(Error::NotHeld));
    assert_eq!(host.waitable_set_poll(guests), Err(Error::NotHeld.into()));
    assert_eq!(host.waitable_set_poll_all(guests).map(Iterator::count), Err(Error::NotHeld));
    host.waitable_set_drop(set).unwrap();
    world.clean_up();
}

fn no_event_is_taken_while_a_step_is_to_be_ended_or_a_trap_unwound<L: ExtensionLimits>() {
    let mut world = World::<L>::new();
    let (readable, writable) = world.host_ends(STREAM);
    let mut host = world.machine.host();
    let task = host.task_start().unwrap();
    let set = host.waitable_set_of(&[task]).unwrap();
    host.task_return(task, ()).unwrap();
    world.host_copy(readable, 1);
    let Ok(Step::Copy(copy)) = world.machine.host_copy(writable, 0, 1) else { panic!("no copy") };
    let refused = Failure::Error(Error::OtherStep);
    let mut host = world.machine.host();
    assert_eq!(host.waitable_set_poll(set), Err(refused));
    let all: Vec<_> = host.waitable_set_poll_all(set).unwrap().collect();
    assert_eq!(all, [Err(refused)]);
    assert_eq!(world.machine.copied(copy), Ok(HOST));

    let (instance, _) = world.running();
    world.trap(task_cancel());
    let refused = Failure::Error(Error::MustUnwind);
    assert_eq!(world.machine.host().waitable_set_poll(set), Err(refused));
    world.machine.trapped().unwrap();
    assert_eq!(
        ready(&mut world.machine, set),
        Some(WaitableId::Subtask(task)),
        "it is still there"
    );
    world.machine.remove_instance(instance).unwrap();
    let mut host = world.machine.host();
    host.task_drop(task).unwrap();
    host.waitable_set_drop(set).unwrap();
    world.clean_up();
}

on_each_storage! {
    a_set_gives_the_events_of_its_members_in_the_order_in_which_they_came,
    calls_and_ends_of_the_host_are_members_as_tasks_are,
    a_member_that_leaves_keeps_its_event,
    an_end_that_is_given_to_a_guest_is_a_member_no_more,
    a_set_is_ready_when_a_set_among_its_members_is,
    a_set_that_is_closed_gives_nothing_and_takes_nothing,
    a_member_that_fails_is_told_with_its_error,
    what_can_not_be_a_member_changes_nothing,
    a_guests_calls_are_not_the_hosts,
    a_guests_set_is_not_the_hosts,
    no_event_is_taken_while_a_step_is_to_be_ended_or_a_trap_unwound,
}

/// Does anything with sets and tasks in them, in any order, and counts events: each task has one,
/// wherever it is taken.
fn each_event_is_taken_once<L: ExtensionLimits>(
    operations: &[(u8, usize, usize)],
) -> Result<(), TestCaseError> {
    let mut world = World::<L>::new();
    let mut host = world.machine.host();
    let tasks = [(); 6].map(|()| host.task_start().unwrap());
    let sets = [(); 4].map(|()| host.waitable_set_new().unwrap());
    let mut ended = Vec::new();
    let mut taken = Vec::new();
    for &(what, with, to) in operations {
        let (task, set, other) = (tasks[with % 6], sets[to % 4], sets[with % 4]);
        let mut host = world.machine.host();
        match what {
            0 => host.waitable_set_add(set, task).unwrap(),
            1 => {
                let was_member = host.waitable_set_contains(set, task).unwrap();
                prop_assert_eq!(host.waitable_set_remove(set, task).is_ok(), was_member);
            }
            2 => match host.waitable_set_add(set, other) {
                Ok(()) => prop_assert_eq!(host.waitable_set_contains(set, other), Ok(true)),
                Err(error) => prop_assert_eq!(error, Error::SetCycle),
            },
            3 => {
                let was_member = host.waitable_set_contains(set, other).unwrap();
                prop_assert_eq!(host.waitable_set_remove(set, other).is_ok(), was_member);
            }
            4 => {
                if host.task_return(task, ()).is_ok() {
                    ended.push(WaitableId::Subtask(task));
                }
            }
            5 => taken.extend(ready(&mut world.machine, set)),
            _ => taken.extend(world.host_events().into_iter().map(|event| event.waitable)),
        }
        let host = world.machine.host();
        for set in sets {
            let members = tasks.map(Waitable::Task).into_iter().chain(sets.map(Waitable::Set));
            let count = members.filter(|it| host.waitable_set_contains(set, *it).unwrap()).count();
            prop_assert_eq!(host.waitable_set_count(set).map(|it| it as usize), Ok(count));
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
    let mut host = world.machine.host();
    for task in tasks {
        let _: Result<(), Error> = host.task_cancel(task);
    }
    host.task_cleanup().unwrap();
    for set in sets {
        for other in sets {
            let _: Result<(), Error> = host.waitable_set_remove(set, other);
        }
    }
    for set in sets {
        host.waitable_set_drop(set).unwrap();
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
