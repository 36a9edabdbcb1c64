//! A machine whose guests are played, with nothing around it that costs anything: what counts of
//! allocations and benchmarks have in common.
//!
//! | item | what it is |
//! |---|---|
//! | [`Stage`] | a machine, and terse ways to play its guests and its host |
//! | [`operations`] | what is measured: things that can be done over and over |
//!
//! A guest's code is what a test or benchmark tells the machine in its place, between the step
//! that lets the guest run and the one that stops it. Built-ins are called as an adapter calls
//! them, with core values. What goes otherwise than the play says is a panic.

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
/// The one stream type there is, of a number; the first type of every stage.
const STREAM: TypeIndex = TypeIndex(0);
/// Where a guest's buffers are, which nobody looks at.
const ADDRESS: u32 = 1024;

/// `task.return`, of a function without a result.
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

/// `stream.read`
#[must_use]
pub const fn stream_read(is_async: bool) -> StreamDefinition {
    StreamDefinition::Read { ty: STREAM, options: OPTIONS, is_async, memory_address: I32 }
}

/// `stream.write`
#[must_use]
pub const fn stream_write(is_async: bool) -> StreamDefinition {
    StreamDefinition::Write { ty: STREAM, options: OPTIONS, is_async, memory_address: I32 }
}

/// `resource.new`
#[must_use]
pub const fn resource_new(resource_type: TypeIndex) -> ResourceDefinition {
    ResourceDefinition::New { resource_type, representation: I32 }
}

/// A machine whose guests are played.
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
    /// A component instance.
    pub fn instance(&mut self) -> InstanceId {
        self.machine.new_instance().expect("an instance")
    }

    /// An export of an instance. Its type is `async` if it is lifted so.
    pub fn export(&mut self, instance: InstanceId, lift: LiftMode) -> FunctionId {
        let is_async = lift.is_async();
        let function =
            LiftedFunction { instance, is_async, lift, result_type: None, lift_options: OPTIONS };
        self.machine.lift(function).expect("an export")
    }

    /// An export that is lifted without `async`, and has no `post-return`.
    pub fn sync_export(&mut self, instance: InstanceId) -> FunctionId {
        self.export(instance, LiftMode::Sync { has_post_return: false })
    }

    /// An instance one of whose threads runs and is free to block anywhere; which is what it does
    /// from now on, until it is told something else.
    pub fn running_guest(&mut self) -> InstanceId {
        let instance = self.instance();
        let main = self.export(instance, LiftMode::Stackful);
        self.enter_for_good(main);
        instance
    }

    /// The host calls an export, which runs at once and never returns.
    pub fn enter_for_good(&mut self, function: FunctionId) {
        self.enter(function);
        self.hear();
    }

    /// The host calls an export, which runs at once.
    pub fn enter(&mut self, function: FunctionId) -> SubtaskId {
        let (call, step) = self.machine.invoke(function).expect("a call");
        expect_function(&step);
        call
    }

    /// The current thread calls an import, and the callee runs at once.
    pub fn lower(&mut self, function: FunctionId, is_async: bool) {
        expect_function(&self.lower_to(function, is_async).1);
    }

    /// The current thread calls an import; gives the call, and what happens first.
    pub fn lower_to(&mut self, function: FunctionId, is_async: bool) -> (SubtaskId, Step) {
        self.machine.canon_lower(function, is_async).expect("a call")
    }

    /// The current thread calls a built-in.
    fn outcome<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Outcome<Option<CoreValue>, Step> {
        let outcome = definition.into().call(&mut self.machine, &arguments.map(CoreValue::I32));
        outcome.expect("a built-in's outcome")
    }

    /// The current thread calls a built-in; what happens first.
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

    /// The current thread calls a built-in, which gives its result at once; 0 if it has none.
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

    /// The current thread makes a stream or future.
    pub fn new_ends(&mut self, definition: impl Into<Definition>) -> Ends {
        match self.outcome(definition, []) {
            Outcome::Return(Some(CoreValue::I64(ends))) => Ends::unpack(ends),
            other => panic!("{other:?}"),
        }
    }

    /// The current thread calls a built-in that blocks it, and control returns to the host.
    pub fn block<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) {
        expect_return_to_host(&self.suspended(definition, arguments));
    }

    /// The current thread reads from or writes to a stream, a single value; gives the step once
    /// the buffer was checked and values have moved, if any do.
    pub fn copy(&mut self, definition: StreamDefinition, end: u32) -> Step {
        let Step::CheckBuffer(check) = self.suspended(definition, [end, ADDRESS, 1]) else {
            panic!("a buffer that isn't empty is checked");
        };
        match self.machine.buffer_checked(check).expect("a read or write") {
            Step::Copy(copy) => self.machine.copied(copy).expect("a read or write"),
            step => step,
        }
    }

    /// The current thread reads from a stream, with `async`; gives the packed result.
    pub fn read(&mut self, readable: u32) -> u32 {
        builtin_result(&self.copy(stream_read(true), readable))
    }

    /// The current thread writes to a stream, with `async`; gives the packed result.
    pub fn write(&mut self, writable: u32) -> u32 {
        builtin_result(&self.copy(stream_write(true), writable))
    }

    /// The current thread makes a stream.
    pub fn new_stream(&mut self) -> Ends {
        self.new_ends(STREAM_NEW)
    }

    /// A stream whose writable end the host holds, and whose readable one `instance`.
    pub fn stream_of_host(&mut self, instance: InstanceId) -> (u32, EndId) {
        let ends = self.machine.new_host_ends(EndKind::Stream, STREAM);
        let (readable, writable) = ends.expect("a stream");
        (
            self.machine.lower_end(instance, EndKind::Stream, STREAM, readable).expect("a handle"),
            writable,
        )
    }

    /// Gives a readable end of `from` to `to`.
    pub fn move_end(&mut self, from: InstanceId, to: InstanceId, readable: u32) -> u32 {
        let end = self.machine.lift_end(from, EndKind::Stream, STREAM, readable).expect("an end");
        self.machine.lower_end(to, EndKind::Stream, STREAM, end).expect("a handle")
    }

    /// The host writes a value, or reads one; whether one moved.
    pub fn host_copy(&mut self, end: EndId) -> bool {
        let step = self.machine.host_copy(end, 0, 1).expect("a read or write");
        let Step::Copy(copy) = step else {
            expect_return_to_host(&step);
            return false;
        };
        expect_return_to_host(&self.machine.copied(copy).expect("a read or write"));
        true
    }

    /// The current thread waits on a set that has an event.
    pub fn wait(&mut self, set: u32) -> Event {
        event_of(&self.suspended(SET_WAIT, [set, ADDRESS]))
    }

    /// The current thread waits on a set that has no event, and control returns to the host.
    pub fn block_on(&mut self, set: u32) {
        self.block(SET_WAIT, [set, ADDRESS]);
    }

    /// The current thread asks a set for an event.
    pub fn poll(&mut self, set: u32) -> Event {
        event_of(&self.suspended(SET_POLL, [set, ADDRESS]))
    }

    /// The current thread moves a waitable into a set, or with 0 out of the one it is in.
    pub fn join(&mut self, waitable: u32, set: u32) {
        self.call(WaitableDefinition::Join, [waitable, set]);
    }

    /// The current thread makes a set.
    pub fn new_set(&mut self) -> u32 {
        self.call(WaitableDefinition::SetNew, [])
    }

    /// The host lets a ready thread run; gives what it goes on with.
    pub fn tick(&mut self) -> Step {
        self.machine.tick().expect("a tick")
    }

    /// The host lets a ready thread run, which was blocked by `waitable-set.wait`.
    pub fn tick_event(&mut self) -> Event {
        event_of(&self.tick())
    }

    /// The host lets a ready thread run, which was blocked by another built-in.
    pub fn tick_builtin(&mut self) -> u32 {
        builtin_result(&self.tick())
    }

    /// The host lets a ready thread run, which waits to be called back; gives the callback's event.
    pub fn tick_callback(&mut self) -> Event {
        callback_event(&self.tick())
    }

    /// The host lets a task enter which had to wait.
    pub fn tick_enter(&mut self) {
        expect_function(&self.tick());
    }

    /// The current task returns.
    pub fn task_return(&mut self) {
        let Step::Return(token) = self.suspended(TASK_RETURN, []) else {
            panic!("the result goes to the caller");
        };
        self.machine.return_(&token).expect("the task may return");
        builtin_result(&self.machine.resolve(token, None).expect("the task returns"));
    }

    /// The current thread's function, which is lifted without `async`, returns.
    pub fn sync_return(&mut self) -> Step {
        let Step::Return(token) = self.machine.function_returned(None).expect("a return") else {
            panic!("the result goes to the caller");
        };
        self.machine.return_(&token).expect("the task may return");
        self.machine.resolve(token, Some(CoreValue::I32(7))).expect("the task returns")
    }

    /// The current thread's function, which is lifted with a callback, or the callback returns.
    pub fn returned(&mut self, code: CallbackCode, waitable_set: u32) -> Step {
        let packed = CallbackResult { code, waitable_set }.pack().expect("a small index");
        self.machine.function_returned(Some(packed)).expect("a return")
    }

    /// The current task, which is lifted with a callback, ends.
    pub fn exit(&mut self) -> Step {
        self.returned(CallbackCode::Exit, 0)
    }

    /// The current task, which is lifted with a callback, waits on a set.
    pub fn wait_in_callback(&mut self, set: u32) -> Step {
        self.returned(CallbackCode::Wait, set)
    }

    /// The current task, which is lifted with a callback, lets others run.
    pub fn yield_in_callback(&mut self) -> Step {
        self.returned(CallbackCode::Yield, 0)
    }

    /// The current task, which is lifted with a callback and was called by the host, returns and
    /// ends.
    pub fn return_and_exit(&mut self) {
        self.task_return();
        expect_return_to_host(&self.exit());
    }

    /// The current task, which is lifted stackfully and was called by the host, returns and ends.
    pub fn return_and_end(&mut self) {
        self.task_return();
        expect_return_to_host(&self.machine.function_returned(None).expect("a return"));
    }

    /// The current thread makes a thread.
    pub fn new_thread(&mut self) -> u32 {
        let Step::FindStartFunction(search) = self.suspended(THREAD_NEW, [0, 0]) else {
            panic!("the start function is in a table");
        };
        let step = self.machine.new_thread(&search, 0).expect("a thread");
        builtin_result(&step)
    }

    /// The current thread drops a subtask that has resolved.
    pub fn drop_subtask(&mut self, subtask: u32) {
        self.call(SubtaskDefinition::Drop, [subtask]);
    }

    /// The current thread closes its instance to new tasks.
    pub fn close(&mut self) {
        self.call(BackpressureDefinition::Inc, []);
    }

    /// The current thread opens its instance to new tasks.
    pub fn open(&mut self) {
        self.call(BackpressureDefinition::Dec, []);
    }

    /// The host hears what happened first.
    pub fn hear(&mut self) -> HostEvent {
        self.machine.next_host_event().expect("events").expect("an event")
    }

    /// The host hears what happened to a call, and forgets it.
    pub fn forget(&mut self, call: SubtaskId) {
        assert_eq!(self.hear().waitable, WaitableId::Subtask(call));
        self.machine.drop_call(call).expect("a call");
    }
}

/// What a built-in gives, once it returns: packed.
pub fn builtin_result(step: &Step) -> u32 {
    match step {
        Step::Resume { value: Resumed::Builtin(value), .. } => {
            u32::try_from(*value).expect("an i32")
        }
        step => panic!("a built-in returns, not {step:?}"),
    }
}

/// What a call of an import that was lowered with `async` gives: packed.
pub fn async_result(step: &Step) -> u32 {
    match step {
        Step::Resume { value: Resumed::AsyncImport(value), .. } => *value,
        step => panic!("a call returns, not {step:?}"),
    }
}

/// What a call of an import that was lowered without `async` gives.
pub fn sync_result(step: &Step) -> Option<CoreValue> {
    match step {
        Step::Resume { value: Resumed::Import(value), .. } => *value,
        step => panic!("a call returns, not {step:?}"),
    }
}

/// What `waitable-set.wait` or `waitable-set.poll` gives.
pub fn event_of(step: &Step) -> Event {
    match step {
        Step::Resume { value: Resumed::Event(event), .. } => *event,
        step => panic!("a wait returns, not {step:?}"),
    }
}

/// What a callback is called with.
pub fn callback_event(step: &Step) -> Event {
    match step {
        Step::CallCallback { event, .. } => *event,
        step => panic!("a callback is called, not {step:?}"),
    }
}

/// A lifted function is called.
pub fn expect_function(step: &Step) {
    assert!(matches!(step, Step::CallFunction { .. }), "a function is called, not {step:?}");
}

/// Control returns to the host.
pub fn expect_return_to_host(step: &Step) {
    assert_eq!(*step, Step::ReturnToHost);
}
