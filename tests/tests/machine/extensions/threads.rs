//! Threads that the host starts: their ends, and their values.

use weft_core::context::ContextValue;
use weft_core::error::{Error, ExtensionError, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{FunctionId, Step, SubtaskId, ThreadState};
use weft_core::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

use crate::calls::{
    backpressure_dec, backpressure_inc, set_new, suspend, task_cancel, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, called_back, enters};

/// The error of a thread without a record.
const GONE: Error = Error::Unknown(Table::ThreadRecords);

/// Starts a thread, and returns the next step.
#[track_caller]
pub(super) fn spawn<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    function: FunctionId,
    parent: Option<SpawnedThreadId>,
) -> (SpawnedThreadId, SubtaskId, Step) {
    let config = ThreadSpawnConfig::default();
    world.machine.threads().spawn_ref(function, config, parent).unwrap()
}

/// Starts a thread in a new instance, in which it runs.
#[track_caller]
pub(super) fn run<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (SpawnedThreadId, SubtaskId) {
    let instance = world.instance();
    let function = world.stackful(instance);
    let (thread, call, step) = spawn(world, function, None);
    enters(&step, function);
    (thread, call)
}

/// Starts a thread in a new instance, in which it is suspended.
#[track_caller]
pub(super) fn suspended<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
) -> (SpawnedThreadId, SubtaskId) {
    let begun = run(world);
    assert_eq!(world.step(suspend()), HOST);
    begun
}

/// Joins a thread that has ended, and forgets it.
#[track_caller]
pub(super) fn join<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    thread: SpawnedThreadId,
) -> ThreadEnd {
    world.machine.threads().begin_join(thread, None).unwrap();
    let end = world.machine.threads().end_join(thread).unwrap().unwrap();
    assert_eq!(world.machine.threads().clean_up(), Ok(1));
    end
}

/// Finishes everything, and asserts that nothing is left.
#[track_caller]
pub(super) fn clean_up<L: ExtensionLimits>(
    mut world: GuestMachine<L>,
    threads: &[(SpawnedThreadId, SubtaskId)],
) {
    while world.machine.trapped().is_ok() {}
    for instance in std::mem::take(&mut world.instances) {
        world.machine.remove_instance(instance).unwrap();
    }
    for (thread, call) in threads {
        world.machine.drop_call(*call).unwrap();
        while world.machine.threads().next_destructor().unwrap().is_some() {}
        if world.machine.threads().status(*thread).is_ok() {
            join(&mut world, *thread);
        }
    }
    world.clean_up();
}

fn a_thread_is_the_implicit_one_of_a_task_and_ends_with_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let config = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };
    let (thread, call, step) = world.machine.threads().spawn_ref(function, config, None).unwrap();
    let machine_thread = enters(&step, function);
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Running));
    assert_eq!(world.machine.threads().config(thread), Ok(config));
    assert_eq!(world.machine.threads().call(thread), Ok(call));
    assert_eq!(world.machine.threads().machine_thread(thread), Ok(Some(machine_thread)));
    assert_eq!(world.machine.threads().current(), Some(thread));
    assert_eq!((world.machine.threads().count(), world.machine.threads().active_count()), (1, 1));
    assert_eq!(world.machine.threads().available_parallelism(), 1);
    assert_eq!(
        world.machine.threads().end_join(thread),
        Err(ExtensionError::NotJoined.into()),
        "it has no waiter"
    );
    world.task_return(None);
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Running), "it continues");
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Completed));
    assert_eq!(world.machine.threads().machine_thread(thread), Ok(None));
    assert_eq!(world.machine.threads().current(), None);
    assert_eq!((world.machine.threads().count(), world.machine.threads().active_count()), (1, 0));
    assert_eq!(join(&mut world, thread), ThreadEnd::Completed);
    assert_eq!(world.machine.threads().status(thread), Err(GONE));
    clean_up(world, &[(thread, call)]);
}

fn a_thread_starts_by_the_number_of_its_function<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let parent = suspended(&mut world);
    let (one, other) = (world.instance(), world.instance());
    let table = [world.stackful(one), world.stackful(other)];
    let config = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };
    let missing = world.machine.threads().spawn_indirect(&table, 2, config, None);
    assert_eq!(missing.unwrap_err(), Failure::Error(Error::Unknown(Table::Functions)));
    assert_eq!(world.machine.threads().count(), 1, "the parent");

    let begun = world.machine.threads().spawn_indirect(&table, 1, config, Some(parent.0));
    let (thread, call, step) = begun.unwrap();
    enters(&step, table[1]);
    assert_eq!(world.machine.threads().parent(thread), Ok(Some(parent.0)));
    assert_eq!(world.machine.threads().config(thread), Ok(config));
    assert_eq!(world.machine.threads().config(parent.0), Ok(ThreadSpawnConfig::default()));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(join(&mut world, thread), ThreadEnd::Completed);
    clean_up(world, &[parent, (thread, call)]);
}

fn a_thread_that_waits_to_enter_is_starting_and_can_be_cancelled_there<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    world.invoke(function);
    world.run(backpressure_inc());
    assert_eq!(world.step(suspend()), HOST);
    let (thread, call, step) = spawn(&mut world, function, None);
    assert_eq!(step, HOST);
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Starting));
    assert_eq!(world.machine.cancel_call(call), Ok(HOST));
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Cancelled));
    clean_up(world, &[(thread, call)]);
}

fn a_thread_that_accepts_its_cancellation_ends_cancelled<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let (thread, call, step) = spawn(&mut world, function, None);
    let machine_thread = enters(&step, function);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    let step = world.machine.cancel_call(call).unwrap();
    called_back(&step, machine_thread);
    world.run(task_cancel());
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Running));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Cancelled));
    assert_eq!(join(&mut world, thread), ThreadEnd::Cancelled);
    clean_up(world, &[(thread, call)]);
}

fn a_cancelled_thread_ends_as_cancelled_without_a_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let (thread, call, step) = spawn(&mut world, function, None);
    let machine_thread = enters(&step, function);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    called_back(&world.machine.cancel_call(call).unwrap(), machine_thread);
    world.run(task_cancel());
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.exit(), HOST);
    assert_eq!(join(&mut world, thread), ThreadEnd::Cancelled);
    world.clean_up();
}

fn a_thread_that_waits_to_enter_is_starting_without_a_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (_, other) = world.invoke(function);
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let (thread, call, step) = spawn(&mut world, function, None);
    assert_eq!(step, HOST);
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.machine.threads().status(thread), Ok(ThreadStatus::Starting));
    assert_eq!(world.machine.threads().call(thread), Ok(call), "as it was");
    // It never enters, because there is no caller from which it could take arguments.
    back(&world.tick(), other);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.tick(), HOST);
    assert_eq!(join(&mut world, thread), ThreadEnd::Cancelled);
    world.clean_up();
}

fn a_trap_ends_all_threads_of_its_instance_and_no_others<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let other = suspended(&mut world);
    let first = suspended(&mut world);
    let instance = world.instances[1];
    let function = world.stackful(instance);
    let (thread, call, step) = spawn(&mut world, function, None);
    enters(&step, function);
    world.machine.threads().set_local(first.0, 1, 1_u8, Some(7)).unwrap();
    world.machine.trapped().unwrap();
    let statuses = [other.0, first.0, thread].map(|it| world.machine.threads().status(it).unwrap());
    assert_eq!(statuses, [ThreadStatus::Running, ThreadStatus::Failed, ThreadStatus::Failed]);
    let destructor = world.machine.threads().next_destructor().unwrap().unwrap();
    assert_eq!((destructor.thread, destructor.destructor), (first.0, 7));
    clean_up(world, &[other, first, (thread, call)]);
}

fn a_thread_whose_instance_is_removed_has_failed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let begun = suspended(&mut world);
    let instance = world.instances.remove(0);
    world.machine.remove_instance(instance).unwrap();
    assert_eq!(world.machine.threads().status(begun.0), Ok(ThreadStatus::Failed));
    assert_eq!(join(&mut world, begun.0), ThreadEnd::Failed);
    clean_up(world, &[begun]);
}

fn a_thread_knows_its_parent_and_its_children<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let parent = suspended(&mut world);
    let function = world.stackful(world.instances[0]);
    let children = [(); 2].map(|()| {
        let (thread, call, _) = spawn(&mut world, function, Some(parent.0));
        assert_eq!(world.step(thread_yield()), HOST);
        (thread, call)
    });
    let found: Vec<_> = world.machine.threads().children(parent.0).unwrap().collect();
    assert_eq!(found, children.map(|it| it.0));
    assert_eq!(world.machine.threads().parent(children[0].0), Ok(Some(parent.0)));
    assert_eq!(world.machine.threads().parent(parent.0), Ok(None));
    assert_eq!(world.machine.threads().children(children[0].0).unwrap().count(), 0);

    let instance = world.instances.remove(0);
    world.machine.remove_instance(instance).unwrap();
    join(&mut world, parent.0);
    assert_eq!(world.machine.threads().parent(children[0].0), Ok(None), "it is forgotten");
    let orphan =
        world.machine.threads().spawn_ref(function, ThreadSpawnConfig::default(), Some(parent.0));
    assert_eq!(orphan.map(|_| ()), Err(Failure::Error(GONE)));
    clean_up(world, &[parent, children[0], children[1]]);
}

fn thread_values_are_destroyed_at_the_end_newest_first<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    assert_eq!(world.machine.threads().get_local(thread, 1), Ok(None));
    assert_eq!(world.machine.threads().set_local(thread, 1, "one", Some(100)), Ok(None));
    assert_eq!(world.machine.threads().set_local(thread, 2, 2_u32, None), Ok(None));
    assert_eq!(world.machine.threads().set_local(thread, 3, 3_u32, Some(300)), Ok(None));
    let text = world.machine.threads().get_local(thread, 1).unwrap();
    assert_eq!(text.and_then(ContextValue::as_text), Some("one"));
    assert_eq!(
        world.machine.threads().set_local(thread, 3, 4_u32, Some(301)),
        Ok(Some(3_u32.into()))
    );
    assert!(world.machine.threads().next_destructor().unwrap().is_none(), "it is not over");
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let newest = world.machine.threads().next_destructor().unwrap().unwrap();
    let newest = (newest.thread, newest.key, newest.value, newest.destructor);
    assert_eq!(newest, (thread, 3, 4_u32.into(), 301));
    let oldest = world.machine.threads().next_destructor().unwrap().unwrap();
    assert_eq!((oldest.key, oldest.value.as_text(), oldest.destructor), (1, Some("one"), 100));
    assert!(world.machine.threads().next_destructor().unwrap().is_none());
    assert_eq!(join(&mut world, thread), ThreadEnd::Completed);
    clean_up(world, &[(thread, call)]);
}

fn an_unknown_destructor_is_refused_if_destructors_are_counted<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    world.machine.threads().set_local(thread, 1, 1_u32, Some(u32::MAX)).unwrap();
    for (count, refused) in [(0, 0), (2, 2), (2, u32::MAX), (u32::MAX, u32::MAX)] {
        world.machine.count_destructors(count);
        let error = world.machine.threads().set_local(thread, 1, 2_u32, Some(refused));
        assert_eq!(error, Err(ExtensionError::UnknownDestructor { number: refused }.into()));
        let value = world.machine.threads().get_local(thread, 1).unwrap();
        assert_eq!(value, Some(&1_u32.into()), "nothing has changed");
    }
    world.machine.count_destructors(2);
    world.machine.threads().set_local(thread, 1, 2_u32, Some(1)).unwrap();
    world.machine.threads().set_local(thread, 2, 3_u32, None).unwrap();
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let destroyed = world.machine.threads().next_destructor().unwrap().unwrap();
    assert_eq!((destroyed.key, destroyed.destructor), (1, 1));
    clean_up(world, &[(thread, call)]);
}

fn a_value_that_is_set_again_is_the_newest<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    for key in [1, 2, 3_u32] {
        world.machine.threads().set_local(thread, key, key, Some(key)).unwrap();
    }
    // It may use those that existed.
    assert_eq!(
        world.machine.threads().set_local(thread, 1, 10_u32, Some(1)),
        Ok(Some(1_u32.into()))
    );
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let destroyed =
        [(); 4].map(|()| world.machine.threads().next_destructor().unwrap().map(|it| it.key));
    assert_eq!(destroyed, [Some(1), Some(3), Some(2), None]);
    clean_up(world, &[(thread, call)]);
}

fn a_removed_value_is_not_destroyed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    for key in [1, 2, 3_u32] {
        world.machine.threads().set_local(thread, key, key, Some(key)).unwrap();
    }
    assert_eq!(world.machine.threads().remove_local(thread, 1), Ok(Some(1_u32.into())));
    assert_eq!(world.machine.threads().remove_local(thread, 1), Ok(None));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let destroyed =
        [(); 3].map(|()| world.machine.threads().next_destructor().unwrap().map(|it| it.key));
    assert_eq!(destroyed, [Some(3), Some(2), None]);
    clean_up(world, &[(thread, call)]);
}

fn an_ended_thread_is_known_until_its_values_are_destroyed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    world.machine.threads().set_local(thread, 1, 1_u8, Some(7)).unwrap();
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(
        world.machine.threads().set_local(thread, 2, 1_u8, None),
        Err(ExtensionError::ThreadEnded.into())
    );
    assert_eq!(
        world.machine.threads().remove_local(thread, 1),
        Err(ExtensionError::ThreadEnded.into())
    );
    world.machine.threads().begin_join(thread, None).unwrap();
    world.machine.threads().end_join(thread).unwrap().unwrap();
    assert_eq!(world.machine.threads().clean_up(), Ok(0), "a value is left");
    assert!(world.machine.threads().next_destructor().unwrap().is_some());
    assert_eq!(world.machine.threads().clean_up(), Ok(1));
    clean_up(world, &[(thread, call)]);
}

fn a_host_function_finds_the_thread_that_calls_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (thread, call) = run(&mut world);
    let found = world.as_host(|world| {
        let found = world.machine.threads().current().unwrap();
        world.machine.threads().set_local(found, 1, 9_u8, None).unwrap();
        found
    });
    assert_eq!(found, thread);
    assert_eq!(world.machine.threads().get_local(thread, 1), Ok(Some(&9_u8.into())));
    clean_up(world, &[(thread, call)]);
}

fn a_thread_that_cannot_start_leaves_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let begun = run(&mut world);
    let function = world.stackful(world.instances[0]);
    let config = ThreadSpawnConfig::default();
    let refused = world.machine.threads().spawn_ref(function, config, None);
    assert_eq!(refused.map(|_| ()), Err(Failure::from(MachineError::GuestHasControl)));
    world.machine.trapped().unwrap();
    let refused = world.machine.threads().spawn_ref(function, config, None);
    assert!(matches!(refused, Err(Failure::Trap(_))));
    assert_eq!(world.machine.threads().count(), 1);
    // The next call of the host is not mistaken for a thread.
    let instance = world.instance();
    world.run_in(instance);
    assert_eq!(world.machine.threads().current(), None);
    clean_up(world, &[begun]);
}

fn every_operation_refuses_an_unknown_thread<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let begun = suspended(&mut world);
    let instance = world.instances.remove(0);
    world.machine.remove_instance(instance).unwrap();
    join(&mut world, begun.0);
    let next = suspended(&mut world);
    let thread = begun.0;
    assert_eq!(world.machine.threads().status(thread), Err(GONE));
    assert_eq!(world.machine.threads().config(thread), Err(GONE));
    assert_eq!(world.machine.threads().machine_thread(thread), Err(GONE));
    assert_eq!(world.machine.threads().call(thread), Err(GONE));
    assert_eq!(world.machine.threads().parent(thread), Err(GONE));
    assert_eq!(world.machine.threads().children(thread).map(Iterator::count), Err(GONE));
    assert_eq!(world.machine.threads().begin_join(thread, None), Err(GONE));
    assert_eq!(world.machine.threads().begin_join(next.0, Some(thread)), Err(GONE));
    assert_eq!(world.machine.threads().cancel_join(thread), Err(GONE));
    assert_eq!(world.machine.threads().end_join(thread), Err(GONE));
    assert_eq!(world.machine.threads().get_local(thread, 1), Err(GONE));
    assert_eq!(world.machine.threads().has_locals(thread), Err(GONE));
    assert_eq!(world.machine.threads().set_local(thread, 1, 1_u8, None), Err(GONE));
    assert_eq!(world.machine.threads().remove_local(thread, 1), Err(GONE));
    assert_eq!(
        world.machine.threads().status(next.0),
        Ok(ThreadStatus::Running),
        "and is untouched"
    );
    clean_up(world, &[begun, next]);
}

on_each_storage! {
    a_thread_is_the_implicit_one_of_a_task_and_ends_with_it,
    a_thread_starts_by_the_number_of_its_function,
    a_thread_that_waits_to_enter_is_starting_and_can_be_cancelled_there,
    a_thread_that_accepts_its_cancellation_ends_cancelled,
    a_cancelled_thread_ends_as_cancelled_without_a_call,
    a_thread_that_waits_to_enter_is_starting_without_a_call,
    a_trap_ends_all_threads_of_its_instance_and_no_others,
    a_thread_whose_instance_is_removed_has_failed,
    a_thread_knows_its_parent_and_its_children,
    thread_values_are_destroyed_at_the_end_newest_first,
    an_unknown_destructor_is_refused_if_destructors_are_counted,
    a_value_that_is_set_again_is_the_newest,
    a_removed_value_is_not_destroyed,
    an_ended_thread_is_known_until_its_values_are_destroyed,
    a_host_function_finds_the_thread_that_calls_it,
    a_thread_that_cannot_start_leaves_nothing,
    every_operation_refuses_an_unknown_thread,
}

weft_core::limits! {
    /// Limits for one thread with one value.
    struct Little {
        instances: 2, functions: 4, types: 8, handles: 4, thread_indices: 4, tasks: 4, threads: 4,
        waitables: 8, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 0, frames: 8, held_frames: 0,
        message_bytes: 8,
    }
    extensions { thread_records: 1, thread_locals: 1, text_bytes: 4 }
}

#[test]
fn full_tables_are_errors_and_joined_threads_make_room() {
    let mut world = GuestMachine::<Little>::new();
    let (thread, call) = run(&mut world);
    let too_long = Err(ExtensionError::ValueTooLong { bytes: 5 }.into());
    assert_eq!(world.machine.threads().set_local(thread, 1, "12345", None), too_long);
    assert_eq!(world.machine.threads().set_local(thread, 1, "1234", None), Ok(None));
    let full = Err(Error::Full(Table::ThreadLocals));
    assert_eq!(world.machine.threads().set_local(thread, 2, 1_u8, None), full);
    assert_eq!(
        world.machine.threads().set_local(thread, 1, 1_u8, None).map(|it| it.is_some()),
        Ok(true)
    );
    world.task_return(None);
    assert_eq!(world.exit(), HOST);

    let function = world.stackful(world.instances[0]);
    let config = ThreadSpawnConfig::default();
    let full = Err(Failure::Error(Error::Full(Table::ThreadRecords)));
    assert_eq!(world.machine.threads().spawn_ref(function, config, None).map(|_| ()), full);
    world.machine.threads().begin_join(thread, None).unwrap();
    world.machine.threads().end_join(thread).unwrap().unwrap();
    assert!(world.machine.threads().next_destructor().unwrap().is_none());
    let (next, next_call, step) =
        world.machine.threads().spawn_ref(function, config, None).unwrap();
    let machine_thread = enters(&step, function);
    assert_eq!(world.machine.threads().status(thread), Err(GONE));
    assert_eq!(world.machine.threads().machine_thread(next), Ok(Some(machine_thread)));
    let view = world.machine.thread_view(machine_thread).unwrap();
    assert_eq!(view.state, ThreadState::Running);
    clean_up(world, &[(thread, call), (next, next_call)]);
}
