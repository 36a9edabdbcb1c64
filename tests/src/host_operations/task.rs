//! Host tasks, their metadata, and cancellation tokens.

use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;
use weft::machine::{SubtaskId, WaitableId};
use weft::task::TaskStatus;

super::operations! {
    /// Starts a task that returns a number; takes the event, reads the number and drops the task.
    START_AND_RETURN, "start, return, hear, read, drop", start_and_return;
    /// Starts a task that fails without a reason, and drops it.
    START_AND_FAIL, "start, fail, drop", start_and_fail;
    /// Starts a task, cancels it, and drops it.
    START_AND_CANCEL, "start, cancel, drop", start_and_cancel;
    /// Reads the status of a task.
    STATUS, "status", status;
    /// Sets the number of a metadata key, and reads it.
    METADATA, "set metadata that is there, get it", metadata;
    /// Starts a task with metadata of its own.
    START_WITH_METADATA, "start, set metadata, cancel, drop", start_with_metadata;
    /// Reads the state of a token.
    TOKEN_IS_CANCELLED, "token: is it cancelled?", token_is_cancelled;
    /// Creates a token and a child of it, cancels the first, and drops both.
    TOKEN_FAMILY, "token: new, child, cancel, drop both", token_family;
    /// Registers a handler with a token, cancels the token, and takes the event.
    TOKEN_HANDLER, "token: new, register, cancel, hear, drop", token_handler;
    /// Binds a task to a token, and cancels the token.
    TOKEN_BIND, "token: new, bind a task, cancel, drop both", token_bind;
}

/// Cancels a task and drops it, so that it causes no event.
fn cancel_and_drop<L: ExtensionLimits>(machine: &mut ExtendedMachine<L>, task: SubtaskId) {
    machine.tasks().cancel(task).expect("a running task");
    machine.tasks().drop(task).expect("an ended task");
}

fn start_and_return<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.tasks().complete(task, 7_u32).expect("a running task");
        let heard = machine.next_host_event().expect("events").expect("an event");
        assert_eq!(heard.waitable, WaitableId::Subtask(task));
        let result = machine.tasks().result(task).expect("a task").expect("a result");
        assert_eq!(result.value().and_then(|it| it.get::<u32>()), Some(7));
        machine.tasks().drop(task).expect("an ended task");
    })
}

fn start_and_fail<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.tasks().fail(task, None).expect("a running task");
        machine.tasks().drop(task).expect("an ended task");
    })
}

fn start_and_cancel<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        cancel_and_drop(&mut machine, task);
    })
}

fn status<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let task = machine.tasks().start().expect("a task");
    Box::new(move || assert_eq!(machine.tasks().status(task), Ok(TaskStatus::Running)))
}

fn metadata<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let task = machine.tasks().start().expect("a task");
    let mut priority = 0_u64;
    Box::new(move || {
        priority += 1;
        machine.tasks().set_metadata(task, "priority", priority).expect("a value");
        let value =
            machine.tasks().get_metadata(task, "priority").expect("a task").expect("a value");
        assert_eq!(value.get::<u64>(), Some(priority));
    })
}

fn start_with_metadata<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let task = machine.tasks().start().expect("a task");
        machine.tasks().set_metadata(task, "priority", 5).expect("a value");
        cancel_and_drop(&mut machine, task);
    })
}

fn token_is_cancelled<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let token = machine.cancellation_tokens().create().expect("a token");
    Box::new(move || {
        assert_eq!(machine.cancellation_tokens().is_cancelled(token), Ok(false));
    })
}

fn token_family<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let parent = machine.cancellation_tokens().create().expect("a token");
        let child = machine.cancellation_tokens().create_child(parent).expect("a token");
        assert_eq!(machine.cancellation_tokens().cancel(parent), Ok(true));
        assert_eq!(machine.cancellation_tokens().is_cancelled(child), Ok(true));
        machine.cancellation_tokens().drop(child).expect("a token");
        machine.cancellation_tokens().drop(parent).expect("a token");
    })
}

fn token_handler<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let token = machine.cancellation_tokens().create().expect("a token");
        let handler = machine.cancellation_tokens().register(token, 7).expect("a handler");
        machine.cancellation_tokens().cancel(token).expect("a token");
        let heard =
            machine.cancellation_tokens().next_cancelled().expect("handlers").expect("a handler");
        assert_eq!((heard.handler, heard.number), (handler, 7));
        machine.cancellation_tokens().drop(token).expect("a token");
    })
}

fn token_bind<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let token = machine.cancellation_tokens().create().expect("a token");
        let task = machine.tasks().start().expect("a task");
        machine.cancellation_tokens().bind(token, task).expect("a running task");
        machine.cancellation_tokens().cancel(token).expect("a token");
        assert_eq!(machine.tasks().status(task), Ok(TaskStatus::Cancelled));
        machine.tasks().drop(task).expect("an ended task");
        machine.cancellation_tokens().drop(token).expect("a token");
    })
}
