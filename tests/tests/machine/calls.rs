//! Calls of built-ins, by their names.

use weft_core::builtin::{
    BackpressureDefinition, Builtin, ContextDefinition, CoreTypeIndex, Definition,
    ErrorContextDefinition, FutureDefinition, MemoryIndex, OptionsIndex, ResourceDefinition,
    StreamDefinition, SubtaskDefinition, SymbolicType, TableIndex, TaskDefinition,
    ThreadDefinition, TypeIndex, WaitableDefinition,
};
use weft_core::core_value::{CoreValue, IntegerType};
use weft_core::trap::EndKind;

use weft_tests::generated::definitions::Fixed;

/// The only string encoding and memory.
pub(crate) const OPTIONS: OptionsIndex = OptionsIndex(0);
/// Another memory.
pub(crate) const OTHER_OPTIONS: OptionsIndex = OptionsIndex(1);
const MEMORY: MemoryIndex = MemoryIndex(0);
const I32: IntegerType = IntegerType::I32;

/// A call of a built-in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) definition: Definition,
    pub(crate) arguments: Vec<CoreValue>,
}

impl Call {
    pub(crate) fn new(definition: impl Into<Definition>, arguments: &[u32]) -> Self {
        let arguments = arguments.iter().copied().map(CoreValue::I32).collect();
        Self { definition: definition.into(), arguments }
    }
}

/// The built-ins for the ends of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Of {
    pub(crate) kind: EndKind,
    pub(crate) ty: TypeIndex,
}

/// `stream<u8>`
pub(crate) const STREAM: Of = Of { kind: EndKind::Stream, ty: TypeIndex(0) };
/// `future<u8>`
pub(crate) const FUTURE: Of = Of { kind: EndKind::Future, ty: TypeIndex(1) };
/// `stream<string>`
pub(crate) const TEXT_STREAM: Of = Of { kind: EndKind::Stream, ty: TypeIndex(2) };
/// `future<string>`
pub(crate) const TEXT_FUTURE: Of = Of { kind: EndKind::Future, ty: TypeIndex(3) };
/// A stream and a future of numbers.
pub(crate) const BOTH: [Of; 2] = [STREAM, FUTURE];
/// The result type of no function.
pub(crate) const VALUE: TypeIndex = TypeIndex(4);
/// A resource type of the host.
pub(crate) const HOST_RESOURCE: TypeIndex = TypeIndex(5);
/// Another resource type of the host.
pub(crate) const OTHER_HOST_RESOURCE: TypeIndex = TypeIndex(6);

/// The start address of guests' buffers.
pub(crate) const ADDRESS: u32 = 64;

impl Of {
    /// Returns the same kind of end with another element.
    pub(crate) const fn other(self) -> Self {
        match self.kind {
            EndKind::Stream => TEXT_STREAM,
            EndKind::Future => TEXT_FUTURE,
        }
    }

    /// Returns `stream.new` or `future.new`.
    pub(crate) fn make(self) -> Call {
        let ty = self.ty;
        match self.kind {
            EndKind::Stream => Call::new(StreamDefinition::New { ty }, &[]),
            EndKind::Future => Call::new(FutureDefinition::New { ty }, &[]),
        }
    }

    fn copy(self, is_read: bool, is_async: bool, end: u32, length: u32) -> Call {
        let (ty, options, memory_address) = (self.ty, OPTIONS, I32);
        match (self.kind, is_read) {
            (EndKind::Stream, true) => {
                let read = StreamDefinition::Read { ty, options, is_async, memory_address };
                Call::new(read, &[end, ADDRESS, length])
            }
            (EndKind::Stream, false) => {
                let write = StreamDefinition::Write { ty, options, is_async, memory_address };
                Call::new(write, &[end, ADDRESS, length])
            }
            (EndKind::Future, true) => {
                let read = FutureDefinition::Read { ty, options, is_async, memory_address };
                Call::new(read, &[end, ADDRESS])
            }
            (EndKind::Future, false) => {
                let write = FutureDefinition::Write { ty, options, is_async, memory_address };
                Call::new(write, &[end, ADDRESS])
            }
        }
    }

    /// Reads with `async`.
    pub(crate) fn read(self, end: u32, length: u32) -> Call {
        self.copy(true, true, end, length)
    }

    /// Writes with `async`.
    pub(crate) fn write(self, end: u32, length: u32) -> Call {
        self.copy(false, true, end, length)
    }

    /// Reads without `async`.
    pub(crate) fn sync_read(self, end: u32, length: u32) -> Call {
        self.copy(true, false, end, length)
    }

    /// Writes without `async`.
    pub(crate) fn sync_write(self, end: u32, length: u32) -> Call {
        self.copy(false, false, end, length)
    }

    fn cancel(self, is_read: bool, is_async: bool, end: u32) -> Call {
        let ty = self.ty;
        match (self.kind, is_read) {
            (EndKind::Stream, true) => {
                Call::new(StreamDefinition::CancelRead { ty, is_async }, &[end])
            }
            (EndKind::Stream, false) => {
                Call::new(StreamDefinition::CancelWrite { ty, is_async }, &[end])
            }
            (EndKind::Future, true) => {
                Call::new(FutureDefinition::CancelRead { ty, is_async }, &[end])
            }
            (EndKind::Future, false) => {
                Call::new(FutureDefinition::CancelWrite { ty, is_async }, &[end])
            }
        }
    }

    /// Cancels a read with `async`.
    pub(crate) fn cancel_read(self, end: u32) -> Call {
        self.cancel(true, true, end)
    }

    /// Cancels a write with `async`.
    pub(crate) fn cancel_write(self, end: u32) -> Call {
        self.cancel(false, true, end)
    }

    /// Cancels a read without `async`.
    pub(crate) fn sync_cancel_read(self, end: u32) -> Call {
        self.cancel(true, false, end)
    }

    /// Cancels a write without `async`.
    pub(crate) fn sync_cancel_write(self, end: u32) -> Call {
        self.cancel(false, false, end)
    }

    pub(crate) fn drop_readable(self, end: u32) -> Call {
        let ty = self.ty;
        match self.kind {
            EndKind::Stream => Call::new(StreamDefinition::DropReadable { ty }, &[end]),
            EndKind::Future => Call::new(FutureDefinition::DropReadable { ty }, &[end]),
        }
    }

    pub(crate) fn drop_writable(self, end: u32) -> Call {
        let ty = self.ty;
        match self.kind {
            EndKind::Stream => Call::new(StreamDefinition::DropWritable { ty }, &[end]),
            EndKind::Future => Call::new(FutureDefinition::DropWritable { ty }, &[end]),
        }
    }

    pub(crate) fn forward(self, readable: u32, writable: u32) -> Call {
        let ty = self.ty;
        match self.kind {
            EndKind::Stream => Call::new(StreamDefinition::Forward { ty }, &[readable, writable]),
            EndKind::Future => Call::new(FutureDefinition::Forward { ty }, &[readable, writable]),
        }
    }
}

pub(crate) fn resource_new(resource_type: TypeIndex, representation: u32) -> Call {
    Call::new(ResourceDefinition::New { resource_type, representation: I32 }, &[representation])
}

pub(crate) fn resource_drop(resource_type: TypeIndex, handle: u32) -> Call {
    Call::new(ResourceDefinition::Drop { resource_type }, &[handle])
}

pub(crate) fn resource_rep(resource_type: TypeIndex, handle: u32) -> Call {
    Call::new(ResourceDefinition::Rep { resource_type, representation: I32 }, &[handle])
}

pub(crate) fn context_get(slot: u32) -> Call {
    Call::new(ContextDefinition::Get { ty: I32, slot }, &[])
}

pub(crate) fn context_set(slot: u32, value: u32) -> Call {
    Call::new(ContextDefinition::Set { ty: I32, slot }, &[value])
}

pub(crate) fn backpressure_inc() -> Call {
    Call::new(BackpressureDefinition::Inc, &[])
}

pub(crate) fn backpressure_dec() -> Call {
    Call::new(BackpressureDefinition::Dec, &[])
}

pub(crate) fn task_return() -> Call {
    task_return_of(None, OPTIONS)
}

pub(crate) fn task_return_of(result_type: Option<TypeIndex>, options: OptionsIndex) -> Call {
    Call::new(TaskDefinition::Return { result_type, options }, &[])
}

pub(crate) fn task_cancel() -> Call {
    Call::new(TaskDefinition::Cancel, &[])
}

/// Cancels a subtask with `async`.
pub(crate) fn subtask_cancel(subtask: u32) -> Call {
    Call::new(SubtaskDefinition::Cancel { is_async: true }, &[subtask])
}

/// Cancels a subtask without `async`.
pub(crate) fn sync_subtask_cancel(subtask: u32) -> Call {
    Call::new(SubtaskDefinition::Cancel { is_async: false }, &[subtask])
}

pub(crate) fn subtask_drop(subtask: u32) -> Call {
    Call::new(SubtaskDefinition::Drop, &[subtask])
}

pub(crate) fn set_new() -> Call {
    Call::new(WaitableDefinition::SetNew, &[])
}

pub(crate) fn set_wait(set: u32) -> Call {
    let wait = WaitableDefinition::SetWait { memory: MEMORY, memory_address: I32 };
    Call::new(wait, &[set, ADDRESS])
}

pub(crate) fn set_poll(set: u32) -> Call {
    let poll = WaitableDefinition::SetPoll { memory: MEMORY, memory_address: I32 };
    Call::new(poll, &[set, ADDRESS])
}

pub(crate) fn set_drop(set: u32) -> Call {
    Call::new(WaitableDefinition::SetDrop, &[set])
}

/// Adds a waitable to a set, or removes it from its set if `set` is 0.
pub(crate) fn join(waitable: u32, set: u32) -> Call {
    Call::new(WaitableDefinition::Join, &[waitable, set])
}

pub(crate) fn error_context_new() -> Call {
    let new = ErrorContextDefinition::New { options: OPTIONS, memory_address: I32 };
    Call::new(new, &[ADDRESS, 7])
}

pub(crate) fn error_context_debug_message(error_context: u32) -> Call {
    let message = ErrorContextDefinition::DebugMessage { options: OPTIONS, memory_address: I32 };
    Call::new(message, &[error_context, ADDRESS])
}

pub(crate) fn error_context_drop(error_context: u32) -> Call {
    Call::new(ErrorContextDefinition::Drop, &[error_context])
}

const START_TYPE: CoreTypeIndex = CoreTypeIndex(0);
const TABLE: TableIndex = TableIndex(0);

pub(crate) fn thread_index() -> Call {
    Call::new(ThreadDefinition::Index, &[])
}

/// Creates a thread that will call the function at `function` of the table, which is `function`.
pub(crate) fn thread_new(function: u32, argument: u32) -> Call {
    let (start_type, table, table_address, start_parameter) = (START_TYPE, TABLE, I32, I32);
    let new = ThreadDefinition::NewIndirect { start_type, table, table_address, start_parameter };
    Call::new(new, &[function, argument])
}

pub(crate) fn resume_later(thread: u32) -> Call {
    Call::new(ThreadDefinition::ResumeLater, &[thread])
}

pub(crate) fn suspend() -> Call {
    Call::new(ThreadDefinition::Suspend, &[])
}

pub(crate) fn thread_yield() -> Call {
    Call::new(ThreadDefinition::Yield, &[])
}

pub(crate) fn suspend_then_resume(thread: u32) -> Call {
    Call::new(ThreadDefinition::SuspendThenResume, &[thread])
}

pub(crate) fn yield_then_resume(thread: u32) -> Call {
    Call::new(ThreadDefinition::YieldThenResume, &[thread])
}

pub(crate) fn suspend_then_promote(thread: u32) -> Call {
    Call::new(ThreadDefinition::SuspendThenPromote, &[thread])
}

pub(crate) fn yield_then_promote(thread: u32) -> Call {
    Call::new(ThreadDefinition::YieldThenPromote, &[thread])
}

pub(crate) fn spawn_ref(is_shared: bool, function: Option<u32>, argument: u32) -> Call {
    let start_type = START_TYPE;
    let spawn = ThreadDefinition::SpawnRef { is_shared, start_type, start_parameter: I32 };
    let arguments = vec![CoreValue::Function(function), CoreValue::I32(argument)];
    Call { definition: spawn.into(), arguments }
}

pub(crate) fn spawn_indirect(is_shared: bool, function: u32, argument: u32) -> Call {
    let (start_type, table, table_address, start_parameter) = (START_TYPE, TABLE, I32, I32);
    let spawn = ThreadDefinition::SpawnIndirect {
        is_shared,
        start_type,
        table,
        table_address,
        start_parameter,
    };
    Call::new(spawn, &[function, argument])
}

pub(crate) fn available_parallelism(is_shared: bool) -> Call {
    Call::new(ThreadDefinition::AvailableParallelism { is_shared }, &[])
}

/// Returns a call of each built-in, without `shared`, with the first handle and thread if it takes
/// one.
pub(crate) fn every_built_in() -> Vec<Call> {
    let fixed = Fixed {
        resource_type: HOST_RESOURCE,
        representation: I32,
        context_type: I32,
        slot: 0,
        result_type: None,
        options: OPTIONS,
        is_async: true,
        memory: MEMORY,
        memory_address: I32,
        stream_type: STREAM.ty,
        future_type: FUTURE.ty,
        start_type: START_TYPE,
        table: TABLE,
        table_address: I32,
        start_parameter: I32,
        is_shared: false,
    };
    let calls = Builtin::ALL.into_iter().map(|builtin| {
        let parameters = builtin.description().params.iter();
        let arguments = parameters.filter_map(|parameter| match parameter.ty {
            SymbolicType::MemoryAddress => Some(CoreValue::I32(ADDRESS)),
            SymbolicType::StartReference => Some(CoreValue::Function(Some(1))),
            // The task has no result.
            SymbolicType::FlatResults => None,
            _ => Some(CoreValue::I32(1)),
        });
        Call { definition: fixed.definition(builtin), arguments: arguments.collect() }
    });
    calls.collect()
}
