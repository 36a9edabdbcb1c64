//! Operations that guests and the host repeat. Each leaves the machine unchanged.

use std::fmt;

use weft::builtin::{
    BackpressureDefinition, ContextDefinition, ErrorContextDefinition, FutureDefinition,
    ResourceDefinition, SubtaskDefinition, TaskDefinition, ThreadDefinition, TypeIndex,
    WaitableDefinition,
};
use weft::code::{
    CallResult, CancelResult, CopyResult, Ends, EventCode, FutureResult, StreamResult, SubtaskState,
};
use weft::core_value::CoreValue;
use weft::limit::BLOCKED;
use weft::machine::{
    DeferredCallee, Event, FunctionId, InstanceId, LiftMode, LoweredBorrow, Step, TypeDefinition,
};
use weft::trap::EndKind;

use super::{
    ADDRESS, CANCEL_READ, DROP_READABLE, DROP_WRITABLE, ERROR_CONTEXT_NEW, I32, OPTIONS, STREAM,
    Stage, async_result, builtin_result, callback_event, expect_return_to_host, resource_new,
    stream_read, sync_result,
};

/// An operation that can be repeated.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    name: &'static str,
    prepare: fn() -> Box<dyn FnMut()>,
}

impl Operation {
    /// Prepares a machine, and returns a closure that runs the operation once.
    #[must_use]
    pub fn prepare(&self) -> Box<dyn FnMut()> {
        (self.prepare)()
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $constant:ident, $name:literal, $prepare:ident;)*) => {
        $($(#[$doc])* pub const $constant: Operation =
            Operation { name: $name, prepare: $prepare };)*

        /// Every operation.
        pub const ALL: &[Operation] = &[$($constant),*];
    };
}

operations! {
    /// The host calls an export that is lifted without `async`.
    SYNC_CALL, "host calls a sync export", sync_call;
    /// The host calls an export that is lifted with a callback, and returns at once.
    ASYNC_CALL, "host calls an async export", async_call;
    /// A guest calls another without `async`, which is lifted without, too.
    SYNC_LOWER, "guest calls a guest, sync", sync_lower;
    /// The host calls an export that is lifted without `async`, and nothing needs its records.
    UNRECORDED_CALL, "host calls a sync export, no records", unrecorded_call;
    /// A guest calls another without `async`, with `post-return`, and nothing needs its records.
    UNRECORDED_LOWER, "guest calls a guest, sync, no records", unrecorded_lower;
    /// A guest calls a host function without `async`, and nothing needs its records.
    UNRECORDED_HOST_FUNCTION, "guest calls the host, sync, no records", unrecorded_host_function;
    /// The host calls a guest, and that calls another, which asks for the index of its thread.
    LATE_RECORDS, "host calls a guest, that a guest, who looks", late_records;
    /// A guest calls another with `async`, which is lifted with a callback and returns at once.
    ASYNC_LOWER, "guest calls a guest, async, returns at once", async_lower;
    /// The same, but the callee waits to enter, and then for a turn of the callback. The caller
    /// learns of the start and of the return by `waitable-set.wait`.
    ASYNC_LOWER_BLOCKED, "guest calls a guest, async, with both events", async_lower_blocked;
    /// A guest calls a host function without `async`.
    HOST_FUNCTION, "guest calls the host, sync", host_function;
    /// A guest calls a host function with `async`, and waits for its result.
    HOST_FUNCTION_BLOCKED, "guest calls the host, async, and waits", host_function_blocked;
    /// A guest reads from a stream before another one writes to it.
    READ_THEN_WRITE, "stream: read, then write, then event", read_then_write;
    /// A guest writes to a stream before another one reads from it.
    WRITE_THEN_READ, "stream: write, then read, then event", write_then_read;
    /// The host reads from a stream, a guest writes to it, and the host takes the event.
    HOST_READ, "stream: guest yields, host reads, guest writes", host_read;
    /// A guest reads from a stream without `async`, which blocks it until the host writes.
    SYNC_READ, "stream: sync read blocks, host writes", sync_read;
    /// A pending read is cancelled.
    CANCEL_A_READ, "stream: read, then cancel it", cancel_a_read;
    /// A stream is made, and its ends are dropped.
    NEW_STREAM, "stream: new, drop both ends", new_stream;
    /// A future is made, read, written, and its ends are dropped.
    FUTURE, "future: new, read, write, drop both ends", future;
    /// A set that has an event is waited on.
    WAIT, "set: an event comes, wait", wait;
    /// A set that has an event is polled twice; the second time it has none.
    POLL, "set: an event comes, poll twice", poll;
    /// A thread is blocked by `waitable-set.wait` until the host writes.
    WAIT_BLOCKED, "set: wait blocks, host writes", wait_blocked;
    /// A callback returns to wait, and is called when the host writes.
    CALLBACK_WAIT, "set: callback waits, host writes", callback_wait;
    /// A waitable, with and without an event, is moved from set to set.
    JOIN, "set: four joins", join;
    /// A thread lets others run.
    YIELD, "thread.yield and tick", yield_;
    /// A callback returns to let others run.
    CALLBACK_YIELD, "callback yields and tick", callback_yield;
    /// A guest cancels a call whose callee waits for its callback.
    CANCEL_SUBTASK, "guest cancels a waiting callback", cancel_subtask;
    /// The host cancels a call whose callee waits for its callback.
    CANCEL_CALL, "host cancels a waiting callback", cancel_call;
    /// A thread is made, and runs to its end.
    NEW_THREAD, "thread: new, resume-later, run, end", new_thread;
    /// A thread switches to another one, which resumes it later and ends.
    SWITCH_THREAD, "thread: new, switch to it and back", switch_thread;
    /// A resource is created, its representation is read, and it is dropped.
    RESOURCE, "resource: new, rep, drop", resource;
    /// A resource is made and dropped, and its destructor is called.
    DESTRUCTOR, "resource: new, drop with destructor", destructor;
    /// A guest receives a resource of the host, and drops it.
    HOST_RESOURCE, "resource of the host: own, drop", host_resource;
    /// A resource is lent to a call.
    BORROW, "resource: lend to a call", borrow;
    /// A resource is moved from one guest to another.
    OWN, "resource: move to another guest", own;
    /// `realloc` runs.
    REALLOC, "realloc", realloc;
    /// An error context is made and dropped.
    ERROR_CONTEXT, "error context: new, drop", error_context;
    /// Nothing is ready, and nothing has happened.
    IDLE, "tick and next_host_event of nothing", idle;
    /// Backpressure, context slots, an empty set, and a thread's own index.
    SMALL_BUILTINS, "eight small built-ins", small_builtins;
}

fn sync_call() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.sync_export(instance);
    Box::new(move || {
        let call = stage.enter(function);
        expect_return_to_host(&stage.sync_return());
        stage.forget(call);
    })
}

fn async_call() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.export(instance, LiftMode::Callback);
    Box::new(move || {
        let call = stage.enter(function);
        stage.return_and_exit();
        stage.forget(call);
    })
}

fn sync_lower() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let callee = stage.instance();
    let function = stage.sync_export(callee);
    Box::new(move || {
        stage.lower(function, false);
        assert_eq!(sync_result(&stage.sync_return()), Some(CoreValue::I32(7)));
    })
}

fn unrecorded_call() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.sync_export(instance);
    Box::new(move || {
        assert_eq!(stage.machine.invoke_deferred(function), Ok(true));
        assert_eq!(stage.machine.deferred_returned(), Ok(true));
    })
}

fn unrecorded_lower() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let callee = stage.instance();
    let function = stage.export(callee, LiftMode::Sync { has_post_return: true });
    Box::new(move || {
        let called = stage.machine.canon_lower_deferred(function, false);
        assert_eq!(called, Ok(Some(DeferredCallee::Guest)));
        stage.machine.begin_realloc(callee).expect("a thread for realloc");
        stage.machine.realloc_returned().expect("a return");
        assert_eq!(stage.machine.deferred_resolved(Some(CoreValue::I32(7))), Ok(true));
        assert_eq!(stage.machine.deferred_returned(), Ok(true));
    })
}

fn unrecorded_host_function() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let function = stage.machine.define_host_function(0).expect("a function");
    Box::new(move || {
        let called = stage.machine.canon_lower_deferred(function, false);
        assert_eq!(called, Ok(Some(DeferredCallee::Host(0))));
        assert_eq!(stage.machine.deferred_returned(), Ok(true));
    })
}

fn late_records() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let functions = [(); 2].map(|()| {
        let instance = stage.instance();
        stage.sync_export(instance)
    });
    Box::new(move || {
        assert_eq!(stage.machine.invoke_deferred(functions[0]), Ok(true));
        let called = stage.machine.canon_lower_deferred(functions[1], false);
        assert_eq!(called, Ok(Some(DeferredCallee::Guest)));
        let mut call = None;
        let made = stage.machine.make_records(|made| call = call.or(Some(made.call)));
        made.expect("there is room");
        assert_eq!(stage.call(ThreadDefinition::Index, []), 1);
        assert_eq!(sync_result(&stage.sync_return()), Some(CoreValue::I32(7)));
        expect_return_to_host(&stage.sync_return());
        stage.forget(call.expect("a call of the host"));
    })
}

fn async_lower() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let callee = stage.instance();
    let function = stage.export(callee, LiftMode::Callback);
    Box::new(move || {
        stage.lower(function, true);
        stage.task_return();
        let result = async_result(&stage.exit());
        assert_eq!(result, SubtaskState::Returned.code());
    })
}

fn async_lower_blocked() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let callee = stage.instance();
    let function = stage.export(callee, LiftMode::Callback);
    let door = stage.sync_export(callee);
    let set = stage.new_set();
    Box::new(move || {
        stage.lower(door, false);
        stage.close();
        sync_result(&stage.sync_return());
        let (_, step) = stage.lower_to(function, true);
        let CallResult { state, subtask } = call_result(async_result(&step));
        assert_eq!(state, SubtaskState::Starting);
        stage.join(subtask, set);
        stage.block_on(set);

        let call = stage.enter(door);
        stage.open();
        expect_return_to_host(&stage.sync_return());
        stage.forget(call);
        stage.tick_enter();
        expect_return_to_host(&stage.yield_in_callback());

        assert_eq!(stage.tick_event(), subtask_event(subtask, SubtaskState::Started));
        stage.block_on(set);
        assert_eq!(stage.tick_callback(), Event::NONE);
        stage.return_and_exit();
        assert_eq!(stage.tick_event(), subtask_event(subtask, SubtaskState::Returned));
        stage.drop_subtask(subtask);
    })
}

fn host_function() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let function = stage.machine.define_host_function(0).expect("a function");
    Box::new(move || {
        let (subtask, Step::CallHost { .. }) = stage.lower_to(function, false) else {
            panic!("the host is called");
        };
        stage.machine.start_host_function_call(subtask).expect("a start");
        stage
            .machine
            .return_host_function_call(subtask, Some(CoreValue::I32(7)))
            .expect("a return");
        let step = stage.machine.host_returned().expect("a return");
        assert_eq!(sync_result(&step), Some(CoreValue::I32(7)));
    })
}

fn host_function_blocked() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let function = stage.machine.define_host_function(0).expect("a function");
    let set = stage.new_set();
    Box::new(move || {
        let (call, Step::CallHost { .. }) = stage.lower_to(function, true) else {
            panic!("the host is called");
        };
        stage.machine.start_host_function_call(call).expect("a start");
        let step = stage.machine.host_returned().expect("a return");
        let CallResult { state, subtask } = call_result(async_result(&step));
        assert_eq!(state, SubtaskState::Started);
        stage.join(subtask, set);
        stage.block_on(set);
        stage.machine.return_host_function_call(call, None).expect("a return");
        assert_eq!(stage.tick_event(), subtask_event(subtask, SubtaskState::Returned));
        stage.drop_subtask(subtask);
    })
}

/// Two guests with a stream between them. The one that runs has the writable end in a set; the
/// other, which runs while it is called, has the readable end in a set.
struct Between {
    stage: Stage,
    reader: FunctionId,
    readable: u32,
    reader_set: u32,
    writable: u32,
    writer_set: u32,
}

impl Between {
    fn new() -> Self {
        let mut stage = Stage::default();
        let writing = stage.running_guest();
        let reading = stage.instance();
        let reader = stage.sync_export(reading);
        let Ends { readable, writable } = stage.new_stream();
        let writer_set = stage.new_set();
        stage.join(writable, writer_set);
        let readable = stage.move_end(writing, reading, readable);
        stage.lower(reader, false);
        let reader_set = stage.new_set();
        stage.join(readable, reader_set);
        sync_result(&stage.sync_return());
        Self { stage, reader, readable, reader_set, writable, writer_set }
    }

    /// Calls the reader from the writer, and runs `body` in the reader.
    fn in_reader<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        self.stage.lower(self.reader, false);
        let result = body(self);
        sync_result(&self.stage.sync_return());
        result
    }
}

fn read_then_write() -> Box<dyn FnMut()> {
    let mut between = Between::new();
    Box::new(move || {
        let read = between.in_reader(|it| it.stage.read(it.readable));
        assert_eq!(read, BLOCKED);
        let written = between.stage.write(between.writable);
        assert_eq!(written, completed());
        let event = between.in_reader(|it| it.stage.poll(it.reader_set));
        assert_eq!(event.code, EventCode::StreamRead);
        assert_eq!(event.payload, completed());
    })
}

fn write_then_read() -> Box<dyn FnMut()> {
    let mut between = Between::new();
    Box::new(move || {
        let written = between.stage.write(between.writable);
        assert_eq!(written, BLOCKED);
        let read = between.in_reader(|it| it.stage.read(it.readable));
        assert_eq!(read, completed());
        let event = between.stage.wait(between.writer_set);
        assert_eq!(event.code, EventCode::StreamWrite);
        assert_eq!(event.payload, completed());
    })
}

fn host_read() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let Ends { readable, writable } = stage.new_stream();
    let readable =
        stage.machine.lift_end(instance, EndKind::Stream, STREAM, readable).expect("an end");
    Box::new(move || {
        stage.block(ThreadDefinition::Yield, []);
        assert!(!stage.host_copy(readable), "there is no write yet");
        stage.tick_builtin();
        assert_eq!(stage.write(writable), completed());
        let event = stage.hear();
        assert_eq!(event.event.payload, completed());
    })
}

fn sync_read() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let (readable, writable) = stage.stream_of_host(instance);
    Box::new(move || {
        expect_return_to_host(&stage.copy(stream_read(false), readable));
        assert!(stage.host_copy(writable));
        stage.hear();
        assert_eq!(stage.tick_builtin(), completed());
    })
}

fn cancel_a_read() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let Ends { readable, .. } = stage.new_stream();
    let cancelled = StreamResult::Ended { result: CopyResult::Cancelled, progress: 0 };
    let cancelled = cancelled.pack().expect("no progress");
    Box::new(move || {
        assert_eq!(stage.read(readable), BLOCKED);
        assert_eq!(stage.call(CANCEL_READ, [readable]), cancelled);
    })
}

fn new_stream() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    Box::new(move || {
        let Ends { readable, writable } = stage.new_stream();
        stage.call(DROP_READABLE, [readable]);
        stage.call(DROP_WRITABLE, [writable]);
    })
}

fn future() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let (ty, options, is_async, memory_address) = (STREAM, OPTIONS, true, I32);
    let read = FutureDefinition::Read { ty, options, is_async, memory_address };
    let write = FutureDefinition::Write { ty, options, is_async, memory_address };
    let completed = FutureResult::Ended { result: CopyResult::Completed }.pack();
    let set = stage.new_set();
    Box::new(move || {
        let Ends { readable, writable } = stage.new_ends(FutureDefinition::New { ty });
        let mut copy = |definition, end| {
            let Step::CheckBuffer(check) = stage.suspended(definition, [end, ADDRESS]) else {
                panic!("a buffer is checked");
            };
            match stage.machine.buffer_checked(check).expect("a read or write") {
                Step::Copy(copy) => stage.machine.copied(copy).expect("a read or write"),
                step => step,
            }
        };
        assert_eq!(builtin_result(&copy(read, readable)), BLOCKED);
        assert_eq!(builtin_result(&copy(write, writable)), completed);
        stage.join(readable, set);
        assert_eq!(stage.poll(set).payload, completed);
        stage.call(FutureDefinition::DropReadable { ty }, [readable]);
        stage.call(FutureDefinition::DropWritable { ty }, [writable]);
    })
}

/// Returns a running guest, one of its sets, and both ends of a stream, whose readable end is in
/// the set.
fn set_with_a_stream() -> (Stage, u32, Ends) {
    let mut stage = Stage::default();
    stage.running_guest();
    let (ends, set) = (stage.new_stream(), stage.new_set());
    stage.join(ends.readable, set);
    (stage, set, ends)
}

fn wait() -> Box<dyn FnMut()> {
    let (mut stage, set, Ends { readable, writable }) = set_with_a_stream();
    Box::new(move || {
        stage.read(readable);
        stage.write(writable);
        assert_eq!(stage.wait(set).payload, completed());
    })
}

fn poll() -> Box<dyn FnMut()> {
    let (mut stage, set, Ends { readable, writable }) = set_with_a_stream();
    Box::new(move || {
        stage.read(readable);
        stage.write(writable);
        assert_eq!(stage.poll(set).payload, completed());
        assert_eq!(stage.poll(set), Event::NONE);
    })
}

fn join() -> Box<dyn FnMut()> {
    let (mut stage, set, Ends { readable, writable }) = set_with_a_stream();
    let other = stage.new_set();
    Box::new(move || {
        stage.join(readable, other);
        stage.join(readable, set);
        stage.read(readable);
        stage.write(writable);
        stage.join(readable, other);
        assert_eq!(stage.wait(other).payload, completed());
        stage.join(readable, 0);
    })
}

fn wait_blocked() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let (readable, writable) = stage.stream_of_host(instance);
    let set = stage.new_set();
    stage.join(readable, set);
    Box::new(move || {
        stage.read(readable);
        stage.block_on(set);
        assert!(stage.host_copy(writable));
        stage.hear();
        assert_eq!(stage.tick_event().payload, completed());
    })
}

fn callback_wait() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.export(instance, LiftMode::Callback);
    let (readable, writable) = stage.stream_of_host(instance);
    stage.enter_for_good(function);
    let set = stage.new_set();
    stage.join(readable, set);
    Box::new(move || {
        stage.read(readable);
        expect_return_to_host(&stage.wait_in_callback(set));
        assert!(stage.host_copy(writable));
        stage.hear();
        assert_eq!(stage.tick_callback().payload, completed());
    })
}

fn yield_() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    Box::new(move || {
        stage.block(ThreadDefinition::Yield, []);
        stage.tick_builtin();
    })
}

fn callback_yield() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.export(instance, LiftMode::Callback);
    stage.enter_for_good(function);
    Box::new(move || {
        expect_return_to_host(&stage.yield_in_callback());
        assert_eq!(stage.tick_callback(), Event::NONE);
    })
}

fn cancel_subtask() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let callee = stage.instance();
    let function = stage.export(callee, LiftMode::Callback);
    let prepare = stage.sync_export(callee);
    stage.lower(prepare, false);
    let set = stage.new_set();
    sync_result(&stage.sync_return());
    let cancelled = CancelResult::Ended { state: SubtaskState::CancelledBeforeReturned }.pack();
    Box::new(move || {
        stage.lower(function, true);
        let CallResult { state, subtask } = call_result(async_result(&stage.wait_in_callback(set)));
        assert_eq!(state, SubtaskState::Started);
        let step = stage.suspended(SubtaskDefinition::Cancel { is_async: false }, [subtask]);
        assert_eq!(callback_event(&step), Event::TASK_CANCELLED);
        stage.call(TaskDefinition::Cancel, []);
        assert_eq!(builtin_result(&stage.exit()), cancelled);
        stage.drop_subtask(subtask);
    })
}

fn cancel_call() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.instance();
    let function = stage.export(instance, LiftMode::Callback);
    let call = stage.enter(function);
    let set = stage.new_set();
    stage.return_and_exit();
    stage.forget(call);
    Box::new(move || {
        let call = stage.enter(function);
        expect_return_to_host(&stage.wait_in_callback(set));
        let step = stage.machine.cancel_call(call).expect("a cancellation");
        assert_eq!(callback_event(&step), Event::TASK_CANCELLED);
        stage.call(TaskDefinition::Cancel, []);
        expect_return_to_host(&stage.exit());
        stage.forget(call);
    })
}

fn new_thread() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    Box::new(move || {
        let thread = stage.new_thread();
        stage.call(ThreadDefinition::ResumeLater, [thread]);
        stage.block(ThreadDefinition::Yield, []);
        assert!(matches!(stage.tick(), Step::CallStartFunction { .. }));
        expect_return_to_host(&stage.machine.function_returned(None).expect("a return"));
        stage.tick_builtin();
    })
}

fn switch_thread() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    let main = stage.call(ThreadDefinition::Index, []);
    Box::new(move || {
        let thread = stage.new_thread();
        let step = stage.suspended(ThreadDefinition::SuspendThenResume, [thread]);
        assert!(matches!(step, Step::CallStartFunction { .. }));
        stage.call(ThreadDefinition::ResumeLater, [main]);
        expect_return_to_host(&stage.machine.function_returned(None).expect("a return"));
        stage.tick_builtin();
    })
}

fn resource() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let resource_type = resource_type(&mut stage, Some(instance));
    let rep = ResourceDefinition::Rep { resource_type, representation: I32 };
    Box::new(move || {
        let handle = stage.call(resource_new(resource_type), [42]);
        assert_eq!(stage.call(rep, [handle]), 42);
        stage.call(ResourceDefinition::Drop { resource_type }, [handle]);
    })
}

fn destructor() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let destructor = Some(stage.sync_export(instance));
    let definition = TypeDefinition::Resource { instance: Some(instance), destructor };
    let resource_type = stage.machine.define_type(definition).expect("a type");
    Box::new(move || {
        let handle = stage.call(resource_new(resource_type), [42]);
        let step = stage.suspended(ResourceDefinition::Drop { resource_type }, [handle]);
        assert!(matches!(step, Step::CallDestructor { representation: 42, .. }));
        builtin_result(&stage.machine.function_returned(None).expect("a return"));
    })
}

fn host_resource() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    let resource_type = resource_type(&mut stage, None);
    Box::new(move || {
        let handle = stage.machine.lower_own(instance, resource_type, 42).expect("a handle");
        let step = stage.suspended(ResourceDefinition::Drop { resource_type }, [handle]);
        assert!(matches!(step, Step::DropHostResource { representation: 42, .. }));
        builtin_result(&stage.machine.host_resource_dropped().expect("a return"));
    })
}

fn borrow() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let owner = stage.running_guest();
    let borrower = stage.instance();
    let function = stage.sync_export(borrower);
    let resource_type = resource_type(&mut stage, None);
    let owned = stage.machine.lower_own(owner, resource_type, 42).expect("a handle");
    Box::new(move || {
        let (call, Step::CallFunction { task, .. }) = stage.lower_to(function, false) else {
            panic!("the borrower is called");
        };
        let lent = stage.machine.lift_borrow(call, resource_type, owned).expect("a loan");
        let Ok(LoweredBorrow::Index(borrowed)) =
            stage.machine.lower_borrow(task, resource_type, lent)
        else {
            panic!("the borrower has a handle of it");
        };
        stage.call(ResourceDefinition::Drop { resource_type }, [borrowed]);
        sync_result(&stage.sync_return());
    })
}

fn own() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let mut instances = [stage.instance(), stage.instance()];
    let resource_type = resource_type(&mut stage, None);
    let [first, _] = instances;
    let mut handle = stage.machine.lower_own(first, resource_type, 42).expect("a handle");
    Box::new(move || {
        let [from, to] = instances;
        let lifted = stage.machine.lift_own(from, resource_type, handle).expect("a handle");
        handle = stage.machine.lower_own(to, resource_type, lifted).expect("a handle");
        instances = [to, from];
    })
}

fn realloc() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    let instance = stage.running_guest();
    Box::new(move || {
        stage.machine.begin_realloc(instance).expect("a thread for realloc");
        stage.machine.realloc_returned().expect("a return");
    })
}

fn error_context() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    Box::new(move || {
        let step = stage.suspended(ERROR_CONTEXT_NEW, [ADDRESS, 4]);
        assert!(matches!(step, Step::LoadDebugMessage { .. }));
        let step = stage.machine.new_error_context("lost").expect("an error context");
        let index = builtin_result(&step);
        stage.call(ErrorContextDefinition::Drop, [index]);
    })
}

fn idle() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    Box::new(move || {
        expect_return_to_host(&stage.tick());
        assert_eq!(stage.machine.next_host_event(), Ok(None));
    })
}

fn small_builtins() -> Box<dyn FnMut()> {
    let mut stage = Stage::default();
    stage.running_guest();
    Box::new(move || {
        stage.call(BackpressureDefinition::Inc, []);
        stage.call(BackpressureDefinition::Dec, []);
        stage.call(ContextDefinition::Set { ty: I32, slot: 0 }, [7]);
        assert_eq!(stage.call(ContextDefinition::Get { ty: I32, slot: 0 }, []), 7);
        let set = stage.new_set();
        assert_eq!(stage.poll(set), Event::NONE);
        stage.call(WaitableDefinition::SetDrop, [set]);
        stage.call(ThreadDefinition::Index, []);
    })
}

/// Returns the packed result of a completed read or write of one value.
fn completed() -> u32 {
    let result = StreamResult::Ended { result: CopyResult::Completed, progress: 1 };
    result.pack().expect("a short progress")
}

fn call_result(packed: u32) -> CallResult {
    CallResult::unpack(packed).expect("a packed result")
}

fn subtask_event(subtask: u32, state: SubtaskState) -> Event {
    Event { code: EventCode::Subtask, index: subtask, payload: state.code() }
}

/// Creates a resource type without a destructor.
fn resource_type(stage: &mut Stage, instance: Option<InstanceId>) -> TypeIndex {
    let definition = TypeDefinition::Resource { instance, destructor: None };
    stage.machine.define_type(definition).expect("a type")
}
