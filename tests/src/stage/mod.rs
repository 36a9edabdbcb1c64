//! A machine with simulated guests, and nothing around it that takes time. Both counts of
//! allocations and benchmarks use it.
//!
//! | item | contents |
//! |---|---|
//! | [`Stage`] | a machine, and short functions that act for its guests and its host |
//! | [`operations`] | the operations that are measured |
//!
//! A test or benchmark acts as the code of a guest, between the step that lets the guest run and
//! the one that stops it. Built-ins are called with core values, as an adapter calls them.
//! Unexpected results are panics.

#![expect(clippy::missing_panics_doc, reason = "all of it panics if the play goes wrong")]

pub mod operations;

use weft::builtin::{
    BackpressureDefinition, CoreTypeIndex, Definition, ErrorContextDefinition, MemoryIndex,
    OptionsIndex, Outcome, ResourceDefinition, StreamDefinition, SubtaskDefinition, TableIndex,
    TaskDefinition, ThreadDefinition, TypeIndex, WaitableDefinition,
};
use weft::code::{CallbackCode, CallbackResult, Ends};
use weft::core_value::{CoreValue, IntegerType};
use weft::host::ExtendedMachine;
use weft::limits::Heap;
use weft::machine::{
    EndId, Event, FunctionId, HostEvent, InstanceId, LiftMode, LiftedFunction, Resumed, Step,
    SubtaskId, TypeDefinition, WaitableId,
};
use weft::trap::EndKind;

const OPTIONS: OptionsIndex = OptionsIndex(0);
const MEMORY: MemoryIndex = MemoryIndex(0);
const I32: IntegerType = IntegerType::I32;
/// The only stream type, of a number; the first type of every stage.
const STREAM: TypeIndex = TypeIndex(0);
/// The address of a guest's buffers, whose contents are never read.
const ADDRESS: u32 = 1024;

/// `task.return` of a function without a result.
pub const TASK_RETURN: TaskDefinition =
    TaskDefinition::Return { result_type: None, options: OPTIONS };
/// `waitable-set.wait`
pub const SET_WAIT: WaitableDefinition =
    WaitableDefinition::SetWait { memory: MEMORY, memory_address: I32 };
/// `waitable-set.poll`
pub const SET_POLL: WaitableDefinition =
    WaitableDefinition::SetPoll { memory: MEMORY, memory_address: I32 };
/// `stream.new`
pub const STREAM_NEW: StreamDefinition = StreamDefinition::New { ty: STREAM };
/// `stream.cancel-read` with `async`
pub const CANCEL_READ: StreamDefinition =
    StreamDefinition::CancelRead { ty: STREAM, is_async: true };
/// `stream.drop-readable`
pub const DROP_READABLE: StreamDefinition = StreamDefinition::DropReadable { ty: STREAM };
/// `stream.drop-writable`
pub const DROP_WRITABLE: StreamDefinition = StreamDefinition::DropWritable { ty: STREAM };
/// `thread.new-indirect`
pub const THREAD_NEW: ThreadDefinition = ThreadDefinition::NewIndirect {
    start_type: CoreTypeIndex(0),
    table: TableIndex(0),
    table_address: I32,
    start_parameter: I32,
};

/// `error-context.new`
pub const ERROR_CONTEXT_NEW: ErrorContextDefinition =
    ErrorContextDefinition::New { options: OPTIONS, memory_address: I32 };

/// Returns `stream.read`.
#[must_use]
pub const fn stream_read(is_async: bool) -> StreamDefinition {
    StreamDefinition::Read { ty: STREAM, options: OPTIONS, is_async, memory_address: I32 }
}

/// Returns `stream.write`.
#[must_use]
pub const fn stream_write(is_async: bool) -> StreamDefinition {
    StreamDefinition::Write { ty: STREAM, options: OPTIONS, is_async, memory_address: I32 }
}

/// Returns `resource.new`.
#[must_use]
pub const fn resource_new(resource_type: TypeIndex) -> ResourceDefinition {
    ResourceDefinition::New { resource_type, representation: I32 }
}

/// A machine with simulated guests.
#[derive(Debug)]
pub struct Stage {
    /// The machine.
    pub machine: ExtendedMachine<Heap>,
}

impl Default for Stage {
    fn default() -> Self {
        let mut machine = ExtendedMachine::default();
        let definition = TypeDefinition::Ends { is_none_or_number: true };
        let stream = machine.define_type(definition).expect("the first type");
        assert_eq!(stream, STREAM);
        Self { machine }
    }
}

impl Stage {
    /// Adds a component instance.
    pub fn instance(&mut self) -> InstanceId {
        self.machine.new_instance().expect("an instance")
    }

    /// Adds an export of an instance. Its type is `async` if it is lifted so.
    pub fn export(&mut self, instance: InstanceId, lift: LiftMode) -> FunctionId {
        let is_async = lift.is_async();
        let function =
            LiftedFunction { instance, is_async, lift, result_type: None, lift_options: OPTIONS };
        self.machine.lift(function).expect("an export")
    }

    /// Adds an export that is lifted without `async`, and has no `post-return`.
    pub fn sync_export(&mut self, instance: InstanceId) -> FunctionId {
        self.export(instance, LiftMode::Sync { has_post_return: false })
    }

    /// Adds an instance with a running thread, which is free to block anywhere. The calls that
    /// follow act for this thread, until another one runs.
    pub fn running_guest(&mut self) -> InstanceId {
        let instance = self.instance();
        let main = self.export(instance, LiftMode::Stackful);
        self.enter_for_good(main);
        instance
    }

    /// Calls an export for the host; it runs at once and never returns.
    pub fn enter_for_good(&mut self, function: FunctionId) {
        self.enter(function);
        self.hear();
    }

    /// Calls an export for the host; it runs at once.
    pub fn enter(&mut self, function: FunctionId) -> SubtaskId {
        let (call, step) = self.machine.invoke(function).expect("a call");
        expect_function(&step);
        call
    }

    /// Calls an import for the current thread; the callee runs at once.
    pub fn lower(&mut self, function: FunctionId, is_async: bool) {
        expect_function(&self.lower_to(function, is_async).1);
    }

    /// Calls an import for the current thread; returns the call, and the first step.
    pub fn lower_to(&mut self, function: FunctionId, is_async: bool) -> (SubtaskId, Step) {
        self.machine.canon_lower(function, is_async).expect("a call")
    }

    /// Calls a built-in for the current thread.
    fn outcome<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Outcome<Option<CoreValue>, Step> {
        let outcome = definition.into().call(&mut self.machine, &arguments.map(CoreValue::I32));
        outcome.expect("a built-in's outcome")
    }

    /// Calls a built-in for the current thread; returns the first step.
    pub fn suspended<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Step {
        match self.outcome(definition, arguments) {
            Outcome::Suspend(step) => step,
            Outcome::Return(value) => panic!("it returned {value:?}"),
        }
    }

    /// Calls a built-in for the current thread, which returns its result at once; 0 if it has none.
    pub fn call<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> u32 {
        match self.outcome(definition, arguments) {
            Outcome::Return(Some(CoreValue::I32(value))) => value,
            Outcome::Return(None) => 0,
            Outcome::Suspend(step) => builtin_result(&step),
            other @ Outcome::Return(_) => panic!("{other:?}"),
        }
    }

    /// Creates a stream or future for the current thread.
    pub fn new_ends(&mut self, definition: impl Into<Definition>) -> Ends {
        match self.outcome(definition, []) {
            Outcome::Return(Some(CoreValue::I64(ends))) => Ends::unpack(ends),
            other => panic!("{other:?}"),
        }
    }

    /// Calls a built-in that blocks the current thread, after which control returns to the host.
    pub fn block<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) {
        expect_return_to_host(&self.suspended(definition, arguments));
    }

    /// Reads or writes a single value of a stream for the current thread; returns the step after
    /// the buffer was checked and a value has moved, if one does.
    pub fn copy(&mut self, definition: StreamDefinition, end: u32) -> Step {
        let Step::CheckBuffer(check) = self.suspended(definition, [end, ADDRESS, 1]) else {
            panic!("a buffer that isn't empty is checked");
        };
        match self.machine.buffer_checked(check).expect("a read or write") {
            Step::Copy(copy) => self.machine.copied(copy).expect("a read or write"),
            step => step,
        }
    }

    /// Reads from a stream with `async` for the current thread; returns the packed result.
    pub fn read(&mut self, readable: u32) -> u32 {
        builtin_result(&self.copy(stream_read(true), readable))
    }

    /// Writes to a stream with `async` for the current thread; returns the packed result.
    pub fn write(&mut self, writable: u32) -> u32 {
        builtin_result(&self.copy(stream_write(true), writable))
    }

    /// Creates a stream for the current thread.
    pub fn new_stream(&mut self) -> Ends {
        self.new_ends(STREAM_NEW)
    }

    /// Creates a stream whose writable end the host holds, and whose readable end `instance` holds.
    pub fn stream_of_host(&mut self, instance: InstanceId) -> (u32, EndId) {
        let ends = self.machine.new_host_ends(EndKind::Stream, STREAM);
        let (readable, writable) = ends.expect("a stream");
        (
            self.machine.lower_end(instance, EndKind::Stream, STREAM, readable).expect("a handle"),
            writable,
        )
    }

    /// Moves a readable end from `from` to `to`.
    pub fn move_end(&mut self, from: InstanceId, to: InstanceId, readable: u32) -> u32 {
        let end = self.machine.lift_end(from, EndKind::Stream, STREAM, readable).expect("an end");
        self.machine.lower_end(to, EndKind::Stream, STREAM, end).expect("a handle")
    }

    /// Writes or reads a value for the host; returns true if one moved.
    pub fn host_copy(&mut self, end: EndId) -> bool {
        let step = self.machine.host_copy(end, 0, 1).expect("a read or write");
        let Step::Copy(copy) = step else {
            expect_return_to_host(&step);
            return false;
        };
        expect_return_to_host(&self.machine.copied(copy).expect("a read or write"));
        true
    }

    /// Waits on a set that has an event, for the current thread.
    pub fn wait(&mut self, set: u32) -> Event {
        event_of(&self.suspended(SET_WAIT, [set, ADDRESS]))
    }

    /// Waits on a set that has no event, for the current thread; control returns to the host.
    pub fn block_on(&mut self, set: u32) {
        self.block(SET_WAIT, [set, ADDRESS]);
    }

    /// Polls a set for the current thread.
    pub fn poll(&mut self, set: u32) -> Event {
        event_of(&self.suspended(SET_POLL, [set, ADDRESS]))
    }

    /// Moves a waitable into a set for the current thread, or, with 0, out of its set.
    pub fn join(&mut self, waitable: u32, set: u32) {
        self.call(WaitableDefinition::Join, [waitable, set]);
    }

    /// Creates a set for the current thread.
    pub fn new_set(&mut self) -> u32 {
        self.call(WaitableDefinition::SetNew, [])
    }

    /// Lets a ready thread run; returns its first step.
    pub fn tick(&mut self) -> Step {
        self.machine.tick().expect("a tick")
    }

    /// Lets a ready thread run that was blocked by `waitable-set.wait`.
    pub fn tick_event(&mut self) -> Event {
        event_of(&self.tick())
    }

    /// Lets a ready thread run that was blocked by another built-in.
    pub fn tick_builtin(&mut self) -> u32 {
        builtin_result(&self.tick())
    }

    /// Lets a ready thread run that waits for its callback; returns the callback's event.
    pub fn tick_callback(&mut self) -> Event {
        callback_event(&self.tick())
    }

    /// Lets a waiting task enter.
    pub fn tick_enter(&mut self) {
        expect_function(&self.tick());
    }

    /// Returns from the current task.
    pub fn task_return(&mut self) {
        let Step::Return(token) = self.suspended(TASK_RETURN, []) else {
            panic!("the result goes to the caller");
        };
        self.machine.return_(&token).expect("the task may return");
        builtin_result(&self.machine.resolve(token, None).expect("the task returns"));
    }

    /// Returns from the current thread's function, which is lifted without `async`.
    pub fn sync_return(&mut self) -> Step {
        let Step::Return(token) = self.machine.function_returned(None).expect("a return") else {
            panic!("the result goes to the caller");
        };
        self.machine.return_(&token).expect("the task may return");
        self.machine.resolve(token, Some(CoreValue::I32(7))).expect("the task returns")
    }

    /// Returns from the current thread's function, which is lifted with a callback, or from the
    /// callback.
    pub fn returned(&mut self, code: CallbackCode, waitable_set: u32) -> Step {
        let packed = CallbackResult { code, waitable_set }.pack().expect("a small index");
        self.machine.function_returned(Some(packed)).expect("a return")
    }

    /// Finishes the current task, which is lifted with a callback.
    pub fn exit(&mut self) -> Step {
        self.returned(CallbackCode::Exit, 0)
    }

    /// Waits on a set, in the current task, which is lifted with a callback.
    pub fn wait_in_callback(&mut self, set: u32) -> Step {
        self.returned(CallbackCode::Wait, set)
    }

    /// Lets others run, in the current task, which is lifted with a callback.
    pub fn yield_in_callback(&mut self) -> Step {
        self.returned(CallbackCode::Yield, 0)
    }

    /// Returns from and ends the current task, which is lifted with a callback and was called by
    /// the host.
    pub fn return_and_exit(&mut self) {
        self.task_return();
        expect_return_to_host(&self.exit());
    }

    /// Returns from and ends the current task, which is lifted stackfully and was called by the
    /// host.
    pub fn return_and_end(&mut self) {
        self.task_return();
        expect_return_to_host(&self.machine.function_returned(None).expect("a return"));
    }

    /// Creates a thread for the current thread.
    pub fn new_thread(&mut self) -> u32 {
        let Step::FindStartFunction(search) = self.suspended(THREAD_NEW, [0, 0]) else {
            panic!("the start function is in a table");
        };
        let step = self.machine.new_thread(&search, 0).expect("a thread");
        builtin_result(&step)
    }

    /// Drops a subtask that has resolved, for the current thread.
    pub fn drop_subtask(&mut self, subtask: u32) {
        self.call(SubtaskDefinition::Drop, [subtask]);
    }

    /// Closes the current thread's instance to new tasks.
    pub fn close(&mut self) {
        self.call(BackpressureDefinition::Inc, []);
    }

    /// Opens the current thread's instance to new tasks.
    pub fn open(&mut self) {
        self.call(BackpressureDefinition::Dec, []);
    }

    /// Takes the first event of the host.
    pub fn hear(&mut self) -> HostEvent {
        self.machine.next_host_event().expect("events").expect("an event")
    }

    /// Takes the host's event of a call, and drops the call.
    pub fn forget(&mut self, call: SubtaskId) {
        assert_eq!(self.hear().waitable, WaitableId::Subtask(call));
        self.machine.drop_call(call).expect("a call");
    }
}

/// Returns the packed result of a built-in that returns.
pub fn builtin_result(step: &Step) -> u32 {
    match step {
        Step::Resume { value: Resumed::Builtin(value), .. } => {
            u32::try_from(*value).expect("an i32")
        }
        step => panic!("a built-in returns, not {step:?}"),
    }
}

/// Returns the packed result of a call of an import that was lowered with `async`.
pub fn async_result(step: &Step) -> u32 {
    match step {
        Step::Resume { value: Resumed::AsyncImport(value), .. } => *value,
        step => panic!("a call returns, not {step:?}"),
    }
}

/// Returns the result of a call of an import that was lowered without `async`.
pub fn sync_result(step: &Step) -> Option<CoreValue> {
    match step {
        Step::Resume { value: Resumed::Import(value), .. } => *value,
        step => panic!("a call returns, not {step:?}"),
    }
}

/// Returns the event of `waitable-set.wait` or `waitable-set.poll`.
pub fn event_of(step: &Step) -> Event {
    match step {
        Step::Resume { value: Resumed::Event(event), .. } => *event,
        step => panic!("a wait returns, not {step:?}"),
    }
}

/// Returns the event with which a callback is called.
pub fn callback_event(step: &Step) -> Event {
    match step {
        Step::CallCallback { event, .. } => *event,
        step => panic!("a callback is called, not {step:?}"),
    }
}

/// Checks that a lifted function is called.
pub fn expect_function(step: &Step) {
    assert!(matches!(step, Step::CallFunction { .. }), "a function is called, not {step:?}");
}

/// Checks that control returns to the host.
pub fn expect_return_to_host(step: &Step) {
    assert_eq!(*step, Step::ReturnToHost);
}
