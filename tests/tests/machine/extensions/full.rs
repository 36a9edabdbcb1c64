//! Each side table, filled up: an operation without room is an error, and changes nothing.

use weft_core::context::{
    AsyncContext, AsyncContextScope, ContextError, ContextValue, TypedContextKey,
    with_async_context,
};
use weft_core::error::{Error, ExtensionError, Failure, InvalidContextKey};
use weft_core::error_context::{ErrorSeverity, StackFrame};
use weft_core::limits::Table::{self, ContextScopes, ContextValues, Contexts, ErrorContexts};
use weft_core::limits::Table::{ErrorMetadata, ErrorRecords, StackFrames, TaskRecords};

use super::{Locale, UserId, key};
use crate::calls::suspend;
use crate::guests::GuestMachine;
use crate::steps::HOST;

weft_core::limits! {
    /// Few of all host-only objects.
    struct Little {
        instances: 2, functions: 4, types: 8, handles: 4, thread_indices: 4, tasks: 4, threads: 4,
        waitables: 8, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 3, frames: 8, held_frames: 0,
        message_bytes: 8,
    }
    extensions {
        task_records: 1, contexts: 2, context_scopes: 1, context_values: 1, error_records: 2,
        stack_frames: 1, error_metadata: 1, text_bytes: 4, value_bytes: 2,
    }
}

weft_core::limits! {
    /// None of them.
    struct None {
        instances: 2, functions: 4, types: 8, handles: 4, thread_indices: 4, tasks: 4, threads: 4,
        waitables: 8, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 2, frames: 8, held_frames: 0,
        message_bytes: 8,
    }
}

fn full<T>(table: Table) -> Result<T, Error> {
    Err(Error::Full(table))
}

#[test]
fn the_values_of_a_context_are_limited_in_number_and_length() {
    let mut context = AsyncContext::<Little>::new();
    let too_long =
        |bytes| Err(ContextError::Error(Error::Extension(ExtensionError::ValueTooLong { bytes })));
    assert_eq!(context.set_value(key("a"), "12345"), too_long(5));
    assert_eq!(context.set_value(key("a"), [1, 2, 3]), too_long(3));
    assert_eq!(context.set::<Locale>("de-CH").map(|()| Option::None), too_long(5));
    assert!(context.is_empty());
    let too_long = |bytes| Err(ExtensionError::ValueTooLong { bytes }.into());
    assert_eq!(ContextValue::<Little>::from_component_value("12345"), too_long(5));
    assert_eq!(ContextValue::<Little>::from_bytes(&[1, 2, 3]), too_long(3));
    assert_eq!(context.set_value(key("a"), "1234"), Ok(Option::None));
    let no_room = ContextError::Error(Error::Full(ContextValues));
    assert_eq!(context.set_value(key("b"), 1_u8), Err(no_room));
    assert_eq!(context.set::<UserId>(1), Err(no_room));
    assert_eq!(context.set_value(key("a"), 1_u8).map(|it| it.is_some()), Ok(true));
    assert_eq!(context.len(), 1);
    context.clear();
    assert_eq!(context.set::<UserId>(1), Ok(()));
}

#[test]
fn the_number_of_contexts_is_limited() {
    let mut world = GuestMachine::<Little>::new();
    world.machine.contexts().set::<UserId>(1).unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    assert_eq!(world.machine.contexts().push(AsyncContext::new()), full(Contexts));
    assert_eq!(world.machine.contexts().depth(), 2);
    assert_eq!(
        world.machine.contexts().replace(AsyncContext::new()),
        Ok(()),
        "in place of the current one"
    );
    let refused = AsyncContextScope::enter_empty(&mut world.machine).map(|_| ());
    assert_eq!(refused, full(Contexts));
    let refused = AsyncContextScope::enter_copy(&mut world.machine).map(|_| ());
    assert_eq!(refused, full(Contexts));
    let refused = with_async_context(&mut world.machine, AsyncContext::new(), |_| panic!());
    assert_eq!(refused, full::<()>(Contexts), "nothing is done");
    world.machine.contexts().pop().unwrap();
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
    world.machine.contexts().pop().unwrap();
    world.clean_up();
}

#[test]
fn the_depth_of_contexts_is_limited() {
    weft_core::limits! {
        struct Flat {
            instances: 1, functions: 1, types: 8, handles: 1, thread_indices: 1, tasks: 1,
            threads: 1, waitables: 1, waitable_sets: 0, resources: 0, lends: 0, error_contexts: 0,
            frames: 1, held_frames: 0, message_bytes: 0,
        }
        extensions { contexts: 3, context_scopes: 1 }
    }
    let mut world = GuestMachine::<Flat>::new();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    assert_eq!(world.machine.contexts().push(AsyncContext::new()), full(ContextScopes));
    assert_eq!(world.machine.contexts().depth(), 2);
    while world.machine.contexts().pop().unwrap().is_some() {}
    world.clean_up();
}

#[test]
fn a_shared_context_changes_if_there_is_room_for_a_copy() {
    let mut world = GuestMachine::<Little>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    world.machine.contexts().set::<UserId>(1).unwrap();
    world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.machine.contexts().pop().unwrap();
    assert_eq!(world.machine.contexts().set::<UserId>(2), Ok(()), "there is room for a second one");
    world.machine.contexts().pop().unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.clean_up_with_contexts();
}

impl GuestMachine<Little> {
    /// Pops the host's contexts, and cleans up.
    fn clean_up_with_contexts(&mut self) {
        while self.machine.contexts().pop().unwrap().is_some() {}
        self.clean_up();
    }
}

#[test]
fn a_shared_context_is_unchanged_without_room_for_a_copy() {
    let mut world = GuestMachine::<Little>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.machine.contexts().push(AsyncContext::new()).unwrap();
    world.machine.contexts().set::<UserId>(1).unwrap();
    world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let refused = ContextError::Error(Error::Full(Contexts));
    assert_eq!(world.machine.contexts().set::<UserId>(2), Err(refused));
    assert_eq!(world.machine.contexts().set_value(UserId::KEY, 2_u64).map(|_| ()), Err(refused));
    assert_eq!(world.machine.contexts().remove::<UserId>(), full(Contexts));
    assert_eq!(world.machine.contexts().remove_value(UserId::KEY), full(Contexts));
    assert_eq!(world.machine.contexts().clear(), full(Contexts));
    assert_eq!(world.machine.contexts().replace(AsyncContext::new()), full(Contexts));
    assert_eq!(world.machine.contexts().get::<UserId>(), Some(1));
    world.clean_up_with_contexts();
}

#[test]
fn a_task_without_room_for_its_callers_context_does_not_start() {
    let mut world = GuestMachine::<Little>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (first, _) = world.invoke(function);
    world.machine.contexts().set::<UserId>(1).unwrap();
    let refused = world.machine.canon_lower(function, true).map(|_| ());
    assert_eq!(refused, Err(Failure::Error(Error::Full(TaskRecords))));
    assert_eq!(world.step(suspend()), HOST);

    world.machine.contexts().set::<UserId>(2).unwrap();
    let before = world.state();
    let refused = world.machine.invoke(function).map(|_| ());
    assert_eq!(refused, Err(Failure::Error(Error::Full(TaskRecords))));
    assert_eq!(world.state(), before);
    world.machine.contexts().pop().unwrap();
    world.invoke(function);
    assert_eq!(world.machine.contexts().push(AsyncContext::new()), full(TaskRecords));
    assert_eq!(world.machine.contexts().replace(AsyncContext::new()), full(TaskRecords));
    assert_eq!(
        world.machine.contexts().set::<UserId>(3),
        Err(ContextError::Error(Error::Full(TaskRecords)))
    );
    assert_eq!(world.step(suspend()), HOST);
    world.machine.drop_call(first).unwrap();
    world.clean_up();
}

#[test]
fn the_data_of_an_error_is_limited() {
    let mut world = GuestMachine::<Little>::new();
    let error = world.machine.error_contexts().create_simple("a long message").unwrap();
    assert_eq!(
        world.machine.error_contexts().message(error),
        Ok("a long m"),
        "cut, as the spec allows"
    );
    let frame = StackFrame::new("f");
    let too_long = |bytes| Err(ExtensionError::ValueTooLong { bytes }.into());
    assert_eq!(
        world.machine.error_contexts().add_stack_frame(error, StackFrame::new("12345")),
        too_long(5)
    );
    assert_eq!(
        world.machine.error_contexts().add_stack_frame(error, frame.file("123456")),
        too_long(6)
    );
    assert_eq!(world.machine.error_contexts().add_stack_frame(error, frame), Ok(()));
    assert_eq!(world.machine.error_contexts().add_stack_frame(error, frame), full(StackFrames));
    assert_eq!(world.machine.error_contexts().stack_frames(error).unwrap().count(), 1);

    let key = "k".repeat(65);
    assert_eq!(
        world.machine.error_contexts().set_metadata(error, &key, 1_u8).map(|_| ()),
        Err(ExtensionError::InvalidKey(InvalidContextKey::TooLong { bytes: 65 }).into())
    );
    assert_eq!(
        world.machine.error_contexts().set_metadata(error, "a", "12345").map(|_| ()),
        too_long(5)
    );
    assert_eq!(world.machine.error_contexts().set_metadata(error, "a", 1_u8), Ok(Option::None));
    assert_eq!(world.machine.error_contexts().set_metadata(error, "b", 1_u8), full(ErrorMetadata));
    assert_eq!(world.machine.error_contexts().metadata(error).unwrap().count(), 1);
    world.machine.error_contexts().drop(error).unwrap();
    world.clean_up();
}

#[test]
fn an_error_without_room_for_its_data_is_not_created() {
    let mut world = GuestMachine::<Little>::new();
    let frames = [StackFrame::new("f"), StackFrame::new("g")];
    let refused =
        world.machine.error_contexts().create_with_stack_trace("a", ErrorSeverity::Info, frames);
    assert_eq!(refused, full(StackFrames));
    let made =
        [(); 2].map(|()| world.machine.error_contexts().create("a", ErrorSeverity::Info).unwrap());
    assert_eq!(world.machine.error_contexts().create("a", ErrorSeverity::Info), full(ErrorRecords));
    let plain = world.machine.new_host_error_context("a").unwrap();
    assert_eq!(world.machine.error_contexts().severity(plain), Ok(ErrorSeverity::Error));
    assert_eq!(world.machine.error_contexts().set_code(plain, 1), full(ErrorRecords));
    assert_eq!(
        world.machine.error_contexts().set_severity(plain, ErrorSeverity::Info),
        full(ErrorRecords)
    );
    assert_eq!(world.machine.error_contexts().set_metadata(plain, "a", 1), full(ErrorRecords));
    assert_eq!(
        world.machine.error_contexts().add_stack_frame(plain, frames[0]),
        full(ErrorRecords)
    );
    assert_eq!(world.machine.error_contexts().set_source(plain, made[0]), full(ErrorRecords));
    assert_eq!(world.machine.error_contexts().set_source(made[0], plain), full(ErrorRecords));
    assert_eq!(
        world.machine.error_contexts().create("a", ErrorSeverity::Info),
        full(ErrorContexts)
    );
    assert_eq!(world.machine.error_contexts().source(made[0]), Ok(Option::None));
    for error in [made[0], made[1], plain] {
        world.machine.error_contexts().drop(error).unwrap();
        assert_eq!(
            world.machine.error_contexts().message(error),
            full_of_nothing(),
            "nothing else held it"
        );
    }
    world.clean_up();
}

fn full_of_nothing<T>() -> Result<T, Error> {
    Err(Error::Unknown(ErrorContexts))
}

#[test]
fn a_rust_error_without_room_leaves_nothing() {
    let mut world = GuestMachine::<Little>::new();
    let nothing = "".parse::<u8>().unwrap_err();
    let made = world.machine.error_contexts().create_from(&nothing, ErrorSeverity::Info).unwrap();
    assert_eq!(world.machine.error_contexts().message(made), Ok("cannot p"));
    world.machine.error_contexts().create("a", ErrorSeverity::Info).unwrap();
    let refused = world.machine.error_contexts().create_from(&nothing, ErrorSeverity::Info);
    assert_eq!(refused, full(ErrorRecords));
    assert_eq!(world.machine.count_of(ErrorContexts), 2);
}

#[test]
fn a_machine_without_host_extensions_is_not_larger() {
    let mut world = GuestMachine::<None>::new();
    assert_eq!(world.machine.contexts().push(AsyncContext::new()), full(Contexts));
    assert_eq!(world.machine.error_contexts().create("a", ErrorSeverity::Info), full(ErrorRecords));
    let plain = world.machine.new_host_error_context("a").unwrap();
    assert_eq!(world.machine.error_contexts().severity(plain), Ok(ErrorSeverity::Error));
    assert_eq!(world.machine.error_contexts().stack_trace(plain).unwrap().to_string(), "error: a");
    world.machine.error_contexts().drop(plain).unwrap();
    let instance = world.instance();
    let function = world.stackful(instance);
    world.invoke(function);
    assert_eq!(world.machine.contexts().current(), Option::None);
    world.clean_up();
}
