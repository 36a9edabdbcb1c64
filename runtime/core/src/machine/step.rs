//! The next action: the machine's answer to everything that it is told.
//!
//! A machine does nothing by itself. Its driver tells it that a guest called a built-in, that a
//! function returned, or that the host calls an export. The machine answers with the one [`Step`]
//! that the driver has to take next. The driver takes it and tells the machine, which answers
//! with the next one. This goes on until the answer is [`Step::ReturnToHost`].
//!
//! Some steps have a token, such as [`ReturnToken`]. A token can't be made up or copied. Using it
//! for another step is the error
//! [`MachineError::OtherStep`](crate::error::MachineError::OtherStep).

use crate::builtin::{CoreTypeIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::code::EventCode;
use crate::core_value::CoreValue;
use crate::trap::CopyDirection;

use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId,
};

/// The next action of the driver.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "nothing goes on until the step is taken"]
pub enum Step {
    /// Call the lifted function of `task` on `thread`, which is new. Lift its arguments from
    /// `caller`, lower them into the task's instance, and call the core function with them.
    ///
    /// Then call [`function_returned`](super::Machine::function_returned).
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
    /// Then call [`function_returned`](super::Machine::function_returned).
    CallDestructor {
        /// The thread that the destructor runs on.
        thread: ThreadId,
        /// The task that it runs for.
        task: TaskId,
        /// The destructor.
        function: FunctionId,
        /// Its argument, which is the resource's representation.
        representation: u64,
    },
    /// Call the callback of `function` on `thread` with an event.
    ///
    /// Then call [`function_returned`](super::Machine::function_returned).
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
    /// Call the `post-return` function of `function` on `thread`, with the result of the core
    /// function.
    ///
    /// Then call [`function_returned`](super::Machine::function_returned).
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
    /// Then call [`function_returned`](super::Machine::function_returned).
    CallStartFunction {
        /// The thread.
        thread: ThreadId,
        /// The number that was passed to [`new_thread`](super::Machine::new_thread).
        function: u32,
        /// The argument.
        argument: u64,
    },
    /// Call a host function for a guest.
    ///
    /// Call [`start_host_function_call`](super::Machine::start_host_function_call) when it takes
    /// its arguments. Call
    /// [`return_host_function_call`](super::Machine::return_host_function_call) when it has a
    /// result, which may be much later. Call [`host_returned`](super::Machine::host_returned)
    /// when it returns control.
    CallHost {
        /// The guest's thread that calls.
        thread: ThreadId,
        /// The call.
        subtask: SubtaskId,
        /// The number that was passed to
        /// [`define_host_function`](super::Machine::define_host_function).
        function: u32,
    },
    /// Tell a host function that its caller doesn't need its result any longer.
    ///
    /// The host may call [`cancel_host_function_call`](super::Machine::cancel_host_function_call)
    /// or [`return_host_function_call`](super::Machine::return_host_function_call) now, or
    /// neither. Then it calls [`host_returned`](super::Machine::host_returned).
    CancelHost {
        /// The call.
        subtask: SubtaskId,
        /// The number that was passed to
        /// [`define_host_function`](super::Machine::define_host_function).
        function: u32,
    },
    /// Drop a resource of the host, because a guest dropped its owning handle.
    ///
    /// Then call [`host_resource_dropped`](super::Machine::host_resource_dropped).
    DropHostResource {
        /// The guest's thread that dropped it.
        thread: ThreadId,
        /// The resource type.
        resource_type: TypeIndex,
        /// The resource's representation.
        representation: u64,
    },
    /// Pass the result of a task to its caller.
    Return(ReturnToken),
    /// Check that a buffer is aligned and lies inside its memory.
    CheckBuffer(BufferCheck),
    /// Move values from the writable end of a stream or future to the readable one.
    Copy(CopyToken),
    /// Load the debug message of an error context that a guest makes.
    ///
    /// Then call [`new_error_context`](super::Machine::new_error_context).
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
    /// Then call [`debug_message_stored`](super::Machine::debug_message_stored).
    StoreDebugMessage {
        /// The guest's thread.
        thread: ThreadId,
        /// The canonical options, with the memory, the encoding and `realloc`.
        options: OptionsIndex,
        /// The error context.
        error_context: ErrorContextId,
        /// The address at which the message's address and length are stored.
        address: u64,
    },
    /// Find the start function of a thread in a core table.
    FindStartFunction(StartFunctionSearch),
    /// Let `thread`, which is inside a call of a built-in or of an import, go on.
    Resume {
        /// The thread.
        thread: ThreadId,
        /// The result of its call.
        value: Resumed,
    },
    /// Do nothing: the host's last entry has come as far as it can.
    ReturnToHost,
}

/// The result of a guest's call that returns later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// The packed result of a built-in, for
    /// [`Definition::resumed`](crate::builtin::Definition::resumed). It is 0 if the built-in has
    /// none.
    Builtin(u64),
    /// An event of a waitable set. Its code is the result; its other two words are stored at the
    /// address that the built-in was called with.
    Event(Event),
    /// The flat result of an import that was lowered without `async`.
    Import(Option<CoreValue>),
    /// The packed [`CallResult`](crate::code::CallResult) of an import that was lowered with
    /// `async`.
    AsyncImport(u32),
}

/// An event of a waitable or of a task: the reference's `EventTuple`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// The kind of event.
    pub code: EventCode,
    /// The index of the waitable in the handle table of its holder. It is 0 if the host holds it,
    /// or if there is no waitable.
    pub index: u32,
    /// The progress of the waitable, packed in the way of the event's kind.
    pub payload: u32,
}

impl Event {
    /// No event.
    pub const NONE: Self = Self { code: EventCode::None, index: 0, payload: 0 };
    /// The event of a task that is asked to cancel.
    pub const TASK_CANCELLED: Self = Self { code: EventCode::TaskCancelled, index: 0, payload: 0 };
}

/// An event of a waitable that the host holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostEvent {
    /// The waitable.
    pub waitable: WaitableId,
    /// The event, whose index is 0.
    pub event: Event,
}

/// The step that passes the result of a task to its caller.
///
/// Take it in this order: lift the result from the task's instance; call
/// [`return_`](super::Machine::return_), which checks that the task may return; lower the result
/// into the caller; give the token to [`resolve`](super::Machine::resolve).
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

/// The origin of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReturnFrom {
    /// A core function that was lifted without `async` returned it.
    Function,
    /// `task.return` was called with it.
    Builtin,
}

impl ReturnToken {
    /// Returns the thread that returns the result.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Returns the task.
    #[must_use]
    pub const fn task(&self) -> TaskId {
        self.task
    }

    /// Returns the function, which has the type of the result.
    #[must_use]
    pub const fn function(&self) -> FunctionId {
        self.function
    }

    /// Returns the call as its caller sees it, or `None` if the caller is gone. Without a caller,
    /// the result is still lifted, and then dropped.
    #[must_use]
    pub const fn caller(&self) -> Option<SubtaskId> {
        self.caller
    }
}

/// The search for the start function of a thread, in a core table.
///
/// If the table has the function, call [`new_thread`](super::Machine::new_thread). If it has no
/// function at the index, the guest traps with `start-function-unknown`. If the function has
/// another type, it traps with `start-function-type-mismatch`.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "there is no thread until `Machine::new_thread` is called"]
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
    /// Returns the guest's thread that makes the new one.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Returns the type that the function must have.
    #[must_use]
    pub const fn start_type(&self) -> CoreTypeIndex {
        self.start_type
    }

    /// Returns the table.
    #[must_use]
    pub const fn table(&self) -> TableIndex {
        self.table
    }

    /// Returns the index in the table.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Returns the argument of the start function.
    #[must_use]
    pub const fn argument(&self) -> u64 {
        self.argument
    }
}

/// A buffer for a read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// The canonical options of the guest's built-in; `None` for a buffer of the host.
    pub options: Option<OptionsIndex>,
    /// The address. For a buffer of the host, it is the host's number of the buffer.
    pub address: u64,
    /// The number of elements that it holds, or has room for.
    pub length: u32,
    /// The number of elements that have moved, from the front.
    pub progress: u32,
}

impl Buffer {
    /// Returns the number of elements that have not moved.
    pub(crate) const fn remain(&self) -> u32 {
        self.length.saturating_sub(self.progress)
    }
}

/// The check of a buffer that a guest offers, with one element or more.
///
/// If the buffer is aligned and lies inside its memory, give the token to
/// [`buffer_checked`](super::Machine::buffer_checked). If not, the guest traps with
/// `buffer-unaligned` or `buffer-out-of-bounds`.
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
    /// Returns the guest's thread.
    #[must_use]
    pub const fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Returns the type of the stream or future.
    #[must_use]
    pub const fn ty(&self) -> TypeIndex {
        self.ty
    }

    /// Returns the direction: a read writes to the buffer, and a write reads from it.
    #[must_use]
    pub const fn direction(&self) -> CopyDirection {
        self.direction
    }

    /// Returns the buffer.
    #[must_use]
    pub const fn buffer(&self) -> Buffer {
        self.buffer
    }
}

/// The move of values from one end of a stream or future to the other.
///
/// Lift [`count`](Self::count) values of the type's element from the [`writable`](Self::writable)
/// side, and lower them into the [`readable`](Self::readable) side. Begin in each buffer at its
/// progress. Then give the token to [`copied`](super::Machine::copied).
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the values count as moved only after the token is given to `Machine::copied`"]
pub struct CopyToken {
    pub(crate) serial: u64,
    /// The direction of the end whose buffer is not stored in it yet.
    pub(crate) direction: CopyDirection,
    pub(crate) then: AfterCopy,
    pub(crate) ty: TypeIndex,
    pub(crate) count: u32,
    pub(crate) readable: CopySide,
    pub(crate) writable: CopySide,
}

/// The caller of `End.copy`, which goes on after the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterCopy {
    /// A guest's read or write.
    Builtin { is_async: bool },
    /// A guest's forward.
    Forward,
    /// The host.
    Host,
}

/// One of the two sides of a move of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopySide {
    /// The end.
    pub end: EndId,
    /// The instance that holds it; `None` if the host does.
    pub instance: Option<InstanceId>,
    /// Its buffer.
    pub buffer: Buffer,
    /// `true` if the host [serves](super::Machine::serve_host_end) the end. Then the host passes
    /// the number of moved values to the machine. A guest's buffer on the other side is not
    /// checked yet: it may be unaligned, or lie outside of the guest's memory.
    pub is_served: bool,
}

impl CopyToken {
    /// Returns the type of the stream or future.
    #[must_use]
    pub const fn ty(&self) -> TypeIndex {
        self.ty
    }

    /// Returns the number of values that move, at least one.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns the side that the values come from.
    #[must_use]
    pub const fn writable(&self) -> CopySide {
        self.writable
    }

    /// Returns the side that the values go to.
    #[must_use]
    pub const fn readable(&self) -> CopySide {
        self.readable
    }
}
/// The outcome of an action: a step, or nothing. With nothing, control returns to the resumer of
/// the current thread.
pub(crate) type Flow = Option<Step>;

/// The way in which a call resolves: the argument of `on_resolve`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// With a result, which was lowered, and its flat value if there is one.
    Returned(Option<CoreValue>),
    /// Without a result.
    Cancelled,
}
