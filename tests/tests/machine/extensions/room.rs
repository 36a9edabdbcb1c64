//! The tables of tasks, tokens and sets, filled up: an operation without room is an error, and
//! changes nothing.

use weft_core::context::AsyncContext;
use weft_core::error::{Error, ExtensionError, InvalidContextKey};
use weft_core::limits::Table::{self, CallRecords, CancellationHandlers, CancellationTokens};
use weft_core::limits::Table::{ErrorRecords, HostSets, TaskMetadata, WaitableSets, Waitables};
use weft_core::task::{TaskReturn, TaskStatus, with_cancellable_task, with_task};
use weft_core::waitable::WaitResult;

use crate::calls::{STREAM, suspend};
use crate::guests::GuestMachine;
use crate::steps::HOST;

weft_core::limits! {
    /// Few of all objects.
    struct Little {
        instances: 1, functions: 4, types: 8, handles: 2, thread_indices: 2, tasks: 2, threads: 2,
        waitables: 3, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 1, frames: 4, held_frames: 0,
        message_bytes: 8,
    }
    extensions {
        contexts: 1, call_records: 1, task_metadata: 1, cancellation_tokens: 1,
        cancellation_handlers: 1, host_sets: 1, text_bytes: 4,
    }
}

weft_core::limits! {
    /// No host extensions.
    struct None {
        instances: 1, functions: 4, types: 8, handles: 2, thread_indices: 2, tasks: 2, threads: 2,
        waitables: 2, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 1, frames: 4, held_frames: 0,
        message_bytes: 8,
    }
}

fn full<T>(table: Table) -> Result<T, Error> {
    Err(Error::Full(table))
}

#[test]
fn a_task_without_a_record_still_ends() {
    let mut world = GuestMachine::<None>::new();
    let [first, second] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    assert_eq!(world.machine.tasks().start(), full(Waitables));
    assert_eq!(with_task(&mut world.machine, |_, _| panic!()), full(Waitables), "nothing is run");
    assert_eq!(world.machine.tasks().set_metadata(first, "a", 1), full(CallRecords));
    assert_eq!(world.machine.tasks().complete(first, 1_u32), full(CallRecords));
    assert_eq!(world.machine.tasks().fail(first, Option::None), full(CallRecords));
    assert_eq!(world.machine.tasks().status(first), Ok(TaskStatus::Running));
    assert_eq!(world.machine.tasks().complete(first, ()), Ok(()));
    assert_eq!(world.machine.tasks().cancel(second), Ok(()));
    assert_eq!(world.machine.tasks().status(first), Ok(TaskStatus::Completed));
    assert_eq!(world.machine.tasks().clean_up(), Ok(2));
    assert_eq!(world.machine.cancellation_tokens().create(), full(CancellationTokens));
    assert_eq!(world.machine.waitable_sets().create(), full(HostSets));
    world.clean_up();
}

#[test]
fn ended_tasks_make_room_in_a_full_table() {
    weft_core::limits! {
        struct Four {
            instances: 1, functions: 4, types: 8, handles: 2, thread_indices: 2, tasks: 2,
            threads: 2, waitables: 4, waitable_sets: 1, resources: 0, lends: 0, error_contexts: 1,
            frames: 4, message_bytes: 8, held_frames: 0,
        }
        extensions { contexts: 1, call_records: 4, host_sets: 1 }
    }
    let mut world = GuestMachine::<Four>::new();
    let tasks = [(); 4].map(|()| world.machine.tasks().start().unwrap());
    assert_eq!(world.machine.tasks().start(), full(Waitables), "all of them run");
    let set = world.machine.waitable_sets().create_with(&[tasks[0]]).unwrap();
    for task in tasks {
        world.machine.tasks().cancel(task).unwrap();
    }
    assert!(world.machine.tasks().result(tasks[2]).unwrap().is_some());
    let unknown = Err(Error::Unknown(Waitables));
    let (readable, writable) = world.host_ends(STREAM);
    let status = tasks.map(|task| world.machine.tasks().status(task));
    let cancelled = Ok(TaskStatus::Cancelled);
    assert_eq!(status[2], unknown, "the host has asked for it");
    assert_eq!(status[1], unknown, "it ended first, of those whose event is in no set");
    assert_eq!((status[0], status[3]), (cancelled, cancelled));

    world.machine.contexts().push(AsyncContext::new()).unwrap();
    let other = world.machine.tasks().start().unwrap();
    assert_eq!(world.machine.tasks().status(tasks[3]), unknown);
    assert_eq!(world.machine.tasks().start(), full(Waitables), "the set has the event");
    assert!(matches!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Ready(_))));
    let last = world.machine.tasks().start().unwrap();
    assert_eq!(world.machine.tasks().status(tasks[0]), unknown);
    assert_eq!(world.machine.waitable_sets().count(set), Ok(0));

    world.machine.contexts().pop().unwrap();
    for task in [other, last] {
        world.machine.tasks().cancel(task).unwrap();
        world.machine.tasks().drop(task).unwrap();
    }
    for end in [readable, writable] {
        world.machine.drop_host_end(end).unwrap();
    }
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

#[test]
fn the_record_of_a_task_is_kept_whole_or_not_at_all() {
    let mut world = GuestMachine::<Little>::new();
    let [first, second] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    let too_long = Err(ExtensionError::ValueTooLong { bytes: 5 }.into());
    assert_eq!(world.machine.tasks().set_metadata(first, "a", "12345"), too_long);
    assert_eq!(
        TaskReturn::<Little>::from_component_value("12345"),
        Err(ExtensionError::ValueTooLong { bytes: 5 }.into())
    );
    assert_eq!(
        TaskReturn::<Little>::from_bytes(&[1]),
        Err(ExtensionError::ValueTooLong { bytes: 1 }.into()),
        "there is no room set aside for any"
    );
    let name = "n".repeat(65);
    let invalid = ExtensionError::InvalidKey(InvalidContextKey::TooLong { bytes: 65 });
    assert_eq!(world.machine.tasks().set_metadata(first, &name, 1), Err(invalid.into()));
    assert_eq!(world.machine.tasks().set_metadata(first, "a", 1), Ok(Option::None));
    assert_eq!(world.machine.tasks().set_metadata(first, "b", 1), full(TaskMetadata));
    assert_eq!(world.machine.tasks().metadata(first).unwrap().count(), 1);

    let error = world.machine.new_host_error_context("it broke").unwrap();
    assert_eq!(world.machine.tasks().fail(first, error), full(ErrorRecords));
    assert_eq!(world.machine.tasks().status(first), Ok(TaskStatus::Running));
    world.machine.error_contexts().drop(error).unwrap();
    world.machine.tasks().complete(first, 1_u32).unwrap();
    world.machine.tasks().cancel(second).unwrap();
    world.machine.tasks().clean_up().unwrap();
    world.clean_up();
}

#[test]
fn a_task_without_room_for_its_context_does_not_start() {
    let mut world = GuestMachine::<Little>::new();
    let first = world.machine.tasks().start().unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    let second = world.machine.tasks().start();
    assert_eq!(second, full(CallRecords), "the place in the table is the second");
    world.machine.contexts().pop().unwrap();
    assert_eq!(world.machine.count_of(Waitables), 1);
    world.machine.tasks().cancel(first).unwrap();
    world.machine.tasks().drop(first).unwrap();
    world.clean_up();
}

#[test]
fn the_number_of_handlers_of_tokens_is_limited() {
    let mut world = GuestMachine::<Little>::new();
    let token = world.machine.cancellation_tokens().create().unwrap();
    assert_eq!(world.machine.cancellation_tokens().create(), full(CancellationTokens));
    assert_eq!(world.machine.cancellation_tokens().create_child(token), full(CancellationTokens));
    let handler = world.machine.cancellation_tokens().register(token, 1).unwrap();
    assert_eq!(world.machine.cancellation_tokens().register(token, 2), full(CancellationHandlers));
    let none = with_cancellable_task(&mut world.machine, token, |_, _| Option::None);
    assert_eq!(none, full(CancellationHandlers));
    assert_eq!(world.machine.count_of(Waitables), 0, "no task is left");

    assert_eq!(world.machine.cancellation_tokens().unregister(handler), Ok(1));
    let [first, second] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    assert_eq!(world.machine.cancellation_tokens().bind(token, second), full(CallRecords));
    assert_eq!(world.machine.count_of(CancellationHandlers), 0);
    assert_eq!(world.machine.cancellation_tokens().bind(token, first), Ok(()));
    world.machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(world.machine.tasks().status(first), Ok(TaskStatus::Cancelled));
    world.machine.tasks().cancel(second).unwrap();
    world.machine.tasks().clean_up().unwrap();
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

#[test]
fn a_call_is_asked_to_cancel_if_there_is_room_for_the_request() {
    let mut world = GuestMachine::<Little>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (first, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let (second, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.machine.tasks().cancel(second), full(CallRecords));
    assert_eq!(world.machine.tasks().cancel(first), Ok(()));
    assert_eq!(world.machine.tasks().cancel(second), full(CancellationHandlers));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(first)));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Option::None));
    world.clean_up();
}

#[test]
fn a_closure_without_room_for_its_result_leaves_no_task() {
    let mut world = GuestMachine::<None>::new();
    let refused = with_task(&mut world.machine, |_, _| Some(1_u32.into()));
    assert_eq!(refused, full(CallRecords));
    let refused = with_task(&mut world.machine, |_, _| Option::None);
    assert_eq!(refused, full(CallRecords));
    world.clean_up();
}

#[test]
fn the_number_of_sets_is_limited() {
    weft_core::limits! {
        struct Sets {
            instances: 0, functions: 1, types: 8, handles: 0, thread_indices: 0, tasks: 0,
            threads: 0, waitables: 4, waitable_sets: 1, resources: 0, lends: 0, error_contexts: 0,
            frames: 0, held_frames: 0, message_bytes: 0,
        }
        extensions { host_sets: 2 }
    }
    let mut world = GuestMachine::<Sets>::new();
    let set = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().create(), full(WaitableSets));
    let tasks = [(); 4].map(|()| world.machine.tasks().start().unwrap());
    for task in tasks {
        assert_eq!(world.machine.waitable_sets().add(set, task), Ok(()), "members take no room");
    }
    world.machine.tasks().complete(tasks[3], ()).unwrap();
    assert!(matches!(world.machine.waitable_sets().poll(set), Ok(WaitResult::Ready(_))));
    for task in &tasks[..3] {
        world.machine.tasks().cancel(*task).unwrap();
    }
    assert_eq!(world.machine.tasks().clean_up(), Ok(1), "the set has the others' events");
    assert_eq!(world.machine.waitable_sets().poll_all(set).unwrap().count(), 3);
    assert_eq!(world.machine.tasks().clean_up(), Ok(3));
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();

    let mut world = GuestMachine::<Little>::new();
    let set = world.machine.waitable_sets().create().unwrap();
    assert_eq!(world.machine.waitable_sets().create(), full(HostSets));
    assert_eq!(world.machine.waitable_sets().create_with(&[set]), full(HostSets));
    assert_eq!(world.machine.count_of(WaitableSets), 1);
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}
