//! What has to happen next: the machine's answer to whatever it is told.
//!
//! A machine does nothing by itself. It is told what happened (a guest called a built-in, a
//! function returned, the host calls an export), and answers with the one [`Step`] that has to
//! be taken next; taking it ends with telling the machine, which answers with the next, until
//! the answer is [`Step::ReturnToHost`].
//!
//! Steps that come with something to look at carry a token, such as [`ReturnToken`]: it can't be
//! made up, copied, or used when another step is to be taken, which is
//! [`MachineError::OtherStep`](crate::error::MachineError::OtherStep).

use crate::builtin::{CoreTypeIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::code::EventCode;
use crate::core_value::CoreValue;
use crate::trap::CopyDirection;

use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId,
};

/// What has to happen next.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "nothing goes on until the step is taken"]
pub enum Step {
    /// Call the lifted function of `task` on `thread`, which is new: lift its arguments from
    /// `caller`, lower them into the task's instance, and call the core function with them.
    ///
    /// Told by [`function_returned`](super::Machine::function_returned).
    CallFunction {
        /// The thread that the function runs on.
        thread: ThreadId,
        /// The task that it runs for.
        task: TaskId,
        /// The function.
        function: FunctionId,
        /// The call as its caller sees it.
        caller: SubtaskId,
    },
    /// Call the destructor of a resource on `thread`, which is new.
    ///
    /// Told by [`function_returned`](super::Machine::function_returned).
    CallDestructor {
        /// The thread that the destructor runs on.
        thread: ThreadId,
        /// The task that it runs for.
        task: TaskId,
        /// The destructor.
        function: FunctionId,
        /// Its argument: the resource's representation.
        representation: u64,
    },
    /// Call the callback of `function` on `thread` with an event.
    ///
    /// Told by [`function_returned`](super::Machine::function_returned).
    CallCallback {
        /// The thread that the callback runs on.
        thread: ThreadId,
        /// The task that it runs for.
        task: TaskId,
        /// The function whose callback it is.
        function: FunctionId,
        /// The callback's three arguments.
        event: Event,
    },
    /// Call the `post-return` function of `function` on `thread` with what the core function
    /// returned.
    ///
    /// Told by [`function_returned`](super::Machine::function_returned).
    CallPostReturn {
        /// The thread that it runs on.
        thread: ThreadId,
        /// The task that it runs for.
        task: TaskId,
        /// The function whose `post-return` it is.
        function: FunctionId,
    },
    /// Call the start function of a thread that a guest made.
    ///
    /// Told by [`function_returned`](super::Machine::function_returned).
    CallStartFunction {
        /// The thread.
        thread: ThreadId,
        /// The number that [`new_thread`](super::Machine::new_thread) was given.
        function: u32,
        /// The argument.
        argument: u64,
    },
    /// Call a host function, for a guest.
    ///
    /// Told by [`start_host_function_call`](super::Machine::start_host_function_call) when it takes its arguments,
    /// by [`return_host_function_call`](super::Machine::return_host_function_call) when it has a result, which may
    /// be much later, and by [`host_returned`](super::Machine::host_returned) when it gives
    /// control back.
    CallHost {
        /// The guest's thread that calls.
        thread: ThreadId,
        /// The call.
        subtask: SubtaskId,
        /// The number that [`define_host_function`](super::Machine::define_host_function) was
        /// given.
        function: u32,
    },
    /// Tell a host function that its caller has lost interest.
    ///
    /// The host may now call [`cancel_host_function_call`](super::Machine::cancel_host_function_call), or
    /// [`return_host_function_call`](super::Machine::return_host_function_call), or neither, and then
    /// [`host_returned`](super::Machine::host_returned).
    CancelHost {
        /// The call.
        subtask: SubtaskId,
        /// The number that [`define_host_function`](super::Machine::define_host_function) was
        /// given.
        function: u32,
    },
    /// Drop a resource of the host whose owning handle a guest dropped.
    ///
    /// Told by [`host_resource_dropped`](super::Machine::host_resource_dropped).
    DropHostResource {
        /// The guest's thread that dropped it.
        thread: ThreadId,
        /// The resource type.
        resource_type: TypeIndex,
        /// The resource's representation.
        representation: u64,
    },
    /// Take a result from a task to its caller.
    Return(ReturnToken),
    /// Check that a buffer is aligned and lies inside its memory.
    CheckBuffer(BufferCheck),
    /// Move values from the writable end of a stream or future to the readable one.
    Copy(CopyToken),
    /// Load the debug message of an error context that a guest makes.
    ///
    /// Told by [`new_error_context`](super::Machine::new_error_context).
    LoadDebugMessage {
        /// The guest's thread.
        thread: ThreadId,
        /// The canonical options, with the memory and the encoding.
        options: OptionsIndex,
        /// The address of the message.
        address: u64,
        /// Its length in code units, tagged as strings are.
        length: u64,
    },
    /// Store the debug message of an error context into a guest's memory.
    ///
    /// Told by [`debug_message_stored`](super::Machine::debug_message_stored).
    StoreDebugMessage {
        /// The guest's thread.
        thread: ThreadId,
        /// The canonical options, with the memory, the encoding and `realloc`.
        options: OptionsIndex,
        /// The error context.
        error_context: ErrorContextId,
        /// Where the message's address and length are stored.
        address: u64,
    },
    /// Find the function that a thread is to start with in a core table.
    FindStartFunction(StartFunctionSearch),
    /// Let `thread`, which is inside a call of a built-in or of an import, go on.
    Resume {
        /// The thread.
        thread: ThreadId,
        /// What its call returns.
        value: Resumed,
    },
    /// Nothing: what the host began has come as far as it can for now.
    ReturnToHost,
}

/// What a call by a guest returns, when it does so later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// The packed result of a built-in, for
    /// [`Definition::resumed`](crate::builtin::Definition::resumed); 0 where it has none.
    Builtin(u64),
    /// An event of a waitable set: its code is the result, the other two words go to the
    /// address that the built-in was called with.
    Event(Event),
    /// The flat result of an import that was lowered without `async`.
    Import(Option<CoreValue>),
    /// The packed [`CallResult`](crate::code::CallResult) of an import that was lowered with
    /// `async`.
    AsyncImport(u32),
}

/// What happened to a waitable, or to a task: the reference's `EventTuple`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// What kind of event.
    pub code: EventCode,
    /// The index of the waitable in the handle table of the instance that holds it; 0 if the
    /// host does, and where there is no waitable.
    pub index: u32,
    /// How far it has come, packed as its kind is.
    pub payload: u32,
}

impl Event {
    /// No event.
    pub const NONE: Self = Self { code: EventCode::None, index: 0, payload: 0 };
    /// The task is asked to cancel.
    pub const TASK_CANCELLED: Self = Self { code: EventCode::TaskCancelled, index: 0, payload: 0 };
}

/// An event of something that the host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostEvent {
    /// What it happened to.
    pub waitable: WaitableId,
    /// What happened; its index is 0.
    pub event: Event,
}

/// A task has a result, which goes to its caller.
///
/// In this order: lift the result from the task's instance; call
/// [`return_`](super::Machine::return_), which checks that the task may return; lower the
/// result into the caller; give the token to [`resolve`](super::Machine::resolve).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the task does not return until the token is given to `Machine::resolve`"]
pub struct ReturnToken {
    pub(crate) serial: u64,
    pub(crate) from: ReturnFrom,
    pub(crate) thread: ThreadId,
    pub(crate) task: TaskId,
    pub(crate) function: FunctionId,
    pub(crate) caller: Option<SubtaskId>,
}

/// Where a result comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReturnFrom {
    /// A core function that was lifted without `async` returned it.
    Function,
    /// `task.return` was called with it.
    Builtin,
}

impl ReturnToken {
    /// The thread that returns it.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The task.
    #[must_use]
    pub const fn task(&self) -> TaskId {
        self.task
    }

    /// The function, whose result type it has.
    #[must_use]
    pub const fn function(&self) -> FunctionId {
        self.function
    }

    /// The call as its caller sees it; nobody if the caller is gone, in which case the result
    /// is lifted all the same, and dropped.
    #[must_use]
    pub const fn caller(&self) -> Option<SubtaskId> {
        self.caller
    }
}

/// A guest makes a thread that starts with a function of a core table.
///
/// If the table has no function at the index, or one of another type, that is a trap,
/// `start-function-unknown` or `start-function-type-mismatch`; if it has, tell
/// [`new_thread`](super::Machine::new_thread).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "there is no thread until `Machine::new_thread` is told of the function"]
pub struct StartFunctionSearch {
    pub(crate) serial: u64,
    pub(crate) is_spawn: bool,
    pub(crate) thread: ThreadId,
    pub(crate) start_type: CoreTypeIndex,
    pub(crate) table: TableIndex,
    pub(crate) index: u64,
    pub(crate) argument: u64,
}

impl StartFunctionSearch {
    /// The guest's thread that makes the new one.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The type that the function must have.
    #[must_use]
    pub const fn start_type(&self) -> CoreTypeIndex {
        self.start_type
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> TableIndex {
        self.table
    }

    /// The index in the table.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// What the function is to be called with.
    #[must_use]
    pub const fn argument(&self) -> u64 {
        self.argument
    }
}

/// A buffer that a guest offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// The canonical options of the guest's built-in; nothing for a buffer of the host.
    pub options: Option<OptionsIndex>,
    /// Its address; for a buffer of the host, the number that the host gave it.
    pub address: u64,
    /// How many elements it has room for, or holds.
    pub length: u32,
    /// How many of them have been moved, from the front.
    pub progress: u32,
}

impl Buffer {
    pub(crate) const fn remain(&self) -> u32 {
        self.length.saturating_sub(self.progress)
    }
}

/// A guest offers a buffer, of one element or more.
///
/// If it is unaligned or out of bounds that is a trap, `buffer-unaligned` or
/// `buffer-out-of-bounds`; if not, give the token to
/// [`buffer_checked`](super::Machine::buffer_checked).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the read or write does not begin until the token is given to `Machine::buffer_checked`"]
pub struct BufferCheck {
    pub(crate) serial: u64,
    pub(crate) end: EndId,
    pub(crate) is_async: bool,
    pub(crate) thread: ThreadId,
    pub(crate) ty: TypeIndex,
    pub(crate) direction: CopyDirection,
    pub(crate) buffer: Buffer,
}

impl BufferCheck {
    /// The guest's thread.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// The type of the stream or future.
    #[must_use]
    pub const fn ty(&self) -> TypeIndex {
        self.ty
    }

    /// Whether the buffer is written to, by a read, or read from, by a write.
    #[must_use]
    pub const fn direction(&self) -> CopyDirection {
        self.direction
    }

    /// The buffer.
    #[must_use]
    pub const fn buffer(&self) -> Buffer {
        self.buffer
    }
}

/// Values go from one end of a stream or future to the other.
///
/// Lift [`count`](Self::count) values of the type's element from the
/// [`writable`](Self::writable) side and lower them into the [`readable`](Self::readable) one,
/// each from where its buffer's progress stands, and give the token to
/// [`copied`](super::Machine::copied).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "nobody hears of the values until the token is given to `Machine::copied`"]
pub struct CopyToken {
    pub(crate) serial: u64,
    /// Which way the values go as the end sees it whose buffer is not stored in it yet.
    pub(crate) direction: CopyDirection,
    pub(crate) then: AfterCopy,
    pub(crate) ty: TypeIndex,
    pub(crate) count: u32,
    pub(crate) readable: CopySide,
    pub(crate) writable: CopySide,
}

/// Who waits for a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterCopy {
    /// A guest's read or write.
    Builtin { is_async: bool },
    /// A guest's forward.
    Forward,
    /// The host.
    Host,
}

/// One of the two sides that values move between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopySide {
    /// The end.
    pub end: EndId,
    /// The instance that holds it; nobody if the host does.
    pub instance: Option<InstanceId>,
    /// Its buffer.
    pub buffer: Buffer,
    /// Whether the host [serves](super::Machine::serve_host_end) it. Then it is told how many
    /// values were moved, and it is not checked yet that a guest's buffer on the other side is
    /// aligned and lies inside its memory.
    pub is_served: bool,
}

impl CopyToken {
    /// The type of the stream or future.
    #[must_use]
    pub const fn ty(&self) -> TypeIndex {
        self.ty
    }

    /// How many values move; one or more.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Where they come from.
    #[must_use]
    pub const fn writable(&self) -> CopySide {
        self.writable
    }

    /// Where they go to.
    #[must_use]
    pub const fn readable(&self) -> CopySide {
        self.readable
    }
}
/// What happens when a thread can't go on, or has something to say: a step, or, if there is
/// none, control returns to whoever resumed the thread.
pub(crate) type Flow = Option<Step>;

/// How a call resolves: what `on_resolve` is called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// With a result, which was lowered; its flat value, if there is one.
    Returned(Option<CoreValue>),
    /// Without.
    Cancelled,
}
