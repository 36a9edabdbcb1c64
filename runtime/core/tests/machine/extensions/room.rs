//! The tables of tasks, tokens and sets, driven to their ends: what has no room says so, and changes
//! nothing.

use weft_core::context::AsyncContext;
use weft_core::error::Error;
use weft_core::limits::Table::{self, CallRecords, CancellationHandlers, CancellationTokens};
use weft_core::limits::Table::{ErrorRecords, HostSets, TaskMetadata, WaitableSets, Waitables};
use weft_core::task::{TaskReturn, TaskStatus, with_cancellable_task, with_task};
use weft_core::waitable::WaitResult;

use crate::calls::suspend;
use crate::guests::World;
use crate::steps::HOST;

weft_core::limits! {
    /// Little of everything.
    struct Little {
        instances: 1, functions: 4, types: 8, handles: 2, thread_indices: 2, tasks: 2, threads: 2,
        waitables: 3, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 1, frames: 4,
        message_bytes: 8,
        contexts: 1, call_records: 1, task_metadata: 1, cancellation_tokens: 1,
        cancellation_handlers: 1, host_sets: 1, text_bytes: 4,
    }
}

weft_core::limits! {
    /// No host extensions.
    struct None {
        instances: 1, functions: 4, types: 8, handles: 2, thread_indices: 2, tasks: 2, threads: 2,
        waitables: 2, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 1, frames: 4,
        message_bytes: 8,
    }
}

fn full<T>(table: Table) -> Result<T, Error> {
    Err(Error::Full(table))
}

#[test]
fn a_task_without_a_record_still_ends() {
    let mut world = World::<None>::new();
    let mut host = world.machine.host();
    let [first, second] = [(); 2].map(|()| host.task_start().unwrap());
    assert_eq!(host.task_start(), full(Waitables));
    assert_eq!(with_task(&mut world.machine, |_, _| panic!()), full(Waitables), "nothing is run");
    let mut host = world.machine.host();
    assert_eq!(host.task_set_metadata(first, "a", 1), full(CallRecords));
    assert_eq!(host.task_return(first, 1_u32), full(CallRecords));
    assert_eq!(host.task_fail(first, Option::None), full(CallRecords));
    assert_eq!(host.task_status(first), Ok(TaskStatus::Running));
    assert_eq!(host.task_return(first, ()), Ok(()));
    assert_eq!(host.task_cancel(second), Ok(()));
    assert_eq!(host.task_status(first), Ok(TaskStatus::Completed));
    assert_eq!(host.task_cleanup(), Ok(2));
    assert_eq!(host.cancellation_token_new(), full(CancellationTokens));
    assert_eq!(host.waitable_set_new(), full(HostSets));
    world.clean_up();
}

#[test]
fn what_is_known_of_a_task_is_kept_whole_or_not_at_all() {
    let mut world = World::<Little>::new();
    let mut host = world.machine.host();
    let [first, second] = [(); 2].map(|()| host.task_start().unwrap());
    let too_long = Err(Error::ValueTooLong { bytes: 5 });
    assert_eq!(host.task_set_metadata(first, "a", "12345"), too_long);
    assert_eq!(
        TaskReturn::<Little>::from_component_value("12345"),
        Err(Error::ValueTooLong { bytes: 5 })
    );
    assert_eq!(
        TaskReturn::<Little>::from_bytes(&[1]),
        Err(Error::ValueTooLong { bytes: 1 }),
        "there is no room set aside for any"
    );
    let name = "n".repeat(65);
    let too_long = Err(Error::ValueTooLong { bytes: 65 });
    assert_eq!(host.task_set_metadata(first, &name, 1), too_long);
    assert_eq!(host.task_set_metadata(first, "a", 1), Ok(Option::None));
    assert_eq!(host.task_set_metadata(first, "b", 1), full(TaskMetadata));
    assert_eq!(host.task_metadata(first).unwrap().count(), 1);

    let error = world.machine.new_host_error_context("it broke").unwrap();
    let mut host = world.machine.host();
    assert_eq!(host.task_fail(first, error), full(ErrorRecords));
    assert_eq!(host.task_status(first), Ok(TaskStatus::Running));
    host.error_context_drop(error).unwrap();
    host.task_return(first, 1_u32).unwrap();
    host.task_cancel(second).unwrap();
    host.task_cleanup().unwrap();
    world.clean_up();
}

#[test]
fn a_task_that_can_not_have_its_context_is_not_started() {
    let mut world = World::<Little>::new();
    let mut host = world.machine.host();
    let first = host.task_start().unwrap();
    host.context_push(AsyncContext::new()).unwrap();
    let second = host.task_start();
    assert_eq!(second, full(CallRecords), "the place in the table is the second");
    host.context_pop().unwrap();
    assert_eq!(world.machine.count_of(Waitables), 1);
    let mut host = world.machine.host();
    host.task_cancel(first).unwrap();
    host.task_drop(first).unwrap();
    world.clean_up();
}

#[test]
fn a_token_has_as_many_handlers_as_there_is_room_for() {
    let mut world = World::<Little>::new();
    let mut host = world.machine.host();
    let token = host.cancellation_token_new().unwrap();
    assert_eq!(host.cancellation_token_new(), full(CancellationTokens));
    assert_eq!(host.cancellation_token_child(token), full(CancellationTokens));
    let handler = host.cancellation_token_register(token, 1).unwrap();
    assert_eq!(host.cancellation_token_register(token, 2), full(CancellationHandlers));
    let none = with_cancellable_task(&mut world.machine, token, |_, _| Option::None);
    assert_eq!(none, full(CancellationHandlers));
    assert_eq!(world.machine.count_of(Waitables), 0, "no task is left");

    let mut host = world.machine.host();
    assert_eq!(host.cancellation_token_unregister(handler), Ok(1));
    let [first, second] = [(); 2].map(|()| host.task_start().unwrap());
    assert_eq!(host.cancellation_token_bind(token, second), full(CallRecords));
    assert_eq!(world.machine.count_of(CancellationHandlers), 0);
    let mut host = world.machine.host();
    assert_eq!(host.cancellation_token_bind(token, first), Ok(()));
    host.cancellation_token_cancel(token).unwrap();
    assert_eq!(host.task_status(first), Ok(TaskStatus::Cancelled));
    host.task_cancel(second).unwrap();
    host.task_cleanup().unwrap();
    host.cancellation_token_drop(token).unwrap();
    world.clean_up();
}

#[test]
fn a_call_is_asked_to_cancel_if_that_can_be_kept_in_mind() {
    let mut world = World::<Little>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (first, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let (second, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let mut host = world.machine.host();
    assert_eq!(host.task_cancel(second), full(CallRecords));
    assert_eq!(host.task_cancel(first), Ok(()));
    assert_eq!(host.task_cancel(second), full(CancellationHandlers));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(first)));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Option::None));
    world.clean_up();
}

#[test]
fn a_closure_whose_result_can_not_be_kept_leaves_no_task() {
    let mut world = World::<None>::new();
    let refused = with_task(&mut world.machine, |_, _| Some(1_u32.into()));
    assert_eq!(refused, full(CallRecords));
    let refused = with_task(&mut world.machine, |_, _| Option::None);
    assert_eq!(refused, full(CallRecords));
    world.clean_up();
}

#[test]
fn there_are_as_many_sets_as_there_is_room_for() {
    weft_core::limits! {
        struct Sets {
            instances: 0, functions: 1, types: 8, handles: 0, thread_indices: 0, tasks: 0,
            threads: 0, waitables: 4, waitable_sets: 1, resources: 0, lends: 0, error_contexts: 0,
            frames: 0, message_bytes: 0, host_sets: 2,
        }
    }
    let mut world = World::<Sets>::new();
    let mut host = world.machine.host();
    let set = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_new(), full(WaitableSets));
    let tasks = [(); 4].map(|()| host.task_start().unwrap());
    for task in tasks {
        assert_eq!(host.waitable_set_add(set, task), Ok(()), "members take no room");
    }
    host.task_return(tasks[3], ()).unwrap();
    assert!(matches!(host.waitable_set_poll(set), Ok(WaitResult::Ready(_))));
    for task in &tasks[..3] {
        host.task_cancel(*task).unwrap();
    }
    host.task_cleanup().unwrap();
    host.waitable_set_drop(set).unwrap();
    world.clean_up();

    let mut world = World::<Little>::new();
    let mut host = world.machine.host();
    let set = host.waitable_set_new().unwrap();
    assert_eq!(host.waitable_set_new(), full(HostSets));
    assert_eq!(host.waitable_set_of(&[set]), full(HostSets));
    assert_eq!(world.machine.count_of(WaitableSets), 1);
    world.machine.host().waitable_set_drop(set).unwrap();
    world.clean_up();
}
