//! What guests and the host can do in a program.

/// What somebody does, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub operation: Operation,
    /// With which numbers; those that an operation doesn't need are not looked at.
    pub arguments: [u32; 4],
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What somebody can do: the built-ins by their names, and what else there is.
        ///
        /// `a`, `b`, `c` and `d` are the numbers of the entry. A type is `a` modulo how many there
        /// are; for reads, writes and their cancellation bit 4 of `a` is the option `async`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// Every operation.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

operations! {
    /// A guest calls function `b` of instance `a`, lowered with `async` if `c` is odd, with `d`.
    Call = "call",
    /// A guest returns `a`, or the code `a` and the waitable set `b`.
    Return = "return",
    /// `rep` is `a`.
    ResourceNew = "resource.new",
    /// Type `a`, index `b`.
    ResourceDrop = "resource.drop",
    /// Type `a`, index `b`.
    ResourceRep = "resource.rep",
    /// Slot `a`.
    ContextGet = "context.get",
    /// Slot `a`, value `b`.
    ContextSet = "context.set",
    /// Nothing.
    BackpressureInc = "backpressure.inc",
    /// Nothing.
    BackpressureDec = "backpressure.dec",
    /// Value `a`; a wrong type if `b` is odd, wrong options with bit 1 of `b`.
    TaskReturn = "task.return",
    /// Nothing.
    TaskCancel = "task.cancel",
    /// `async` if `a` is odd, index `b`.
    SubtaskCancel = "subtask.cancel",
    /// Index `a`.
    SubtaskDrop = "subtask.drop",
    /// Nothing.
    WaitableSetNew = "waitable-set.new",
    /// Index `a`.
    WaitableSetWait = "waitable-set.wait",
    /// Index `a`.
    WaitableSetPoll = "waitable-set.poll",
    /// Index `a`.
    WaitableSetDrop = "waitable-set.drop",
    /// Waitable `a`, set `b`.
    WaitableJoin = "waitable.join",
    /// Type `a`.
    StreamNew = "stream.new",
    /// Type `a`, index `b`, address `c`, length `d`.
    StreamRead = "stream.read",
    /// Type `a`, index `b`, address `c`, length `d`.
    StreamWrite = "stream.write",
    /// Type `a`, index `b`.
    StreamCancelRead = "stream.cancel-read",
    /// Type `a`, index `b`.
    StreamCancelWrite = "stream.cancel-write",
    /// Type `a`, index `b`.
    StreamDropReadable = "stream.drop-readable",
    /// Type `a`, index `b`.
    StreamDropWritable = "stream.drop-writable",
    /// Type `a`, readable end `b`, writable end `c`.
    StreamForward = "stream.forward",
    /// Type `a`.
    FutureNew = "future.new",
    /// Type `a`, index `b`, address `c`.
    FutureRead = "future.read",
    /// Type `a`, index `b`, address `c`.
    FutureWrite = "future.write",
    /// Type `a`, index `b`.
    FutureCancelRead = "future.cancel-read",
    /// Type `a`, index `b`.
    FutureCancelWrite = "future.cancel-write",
    /// Type `a`, index `b`.
    FutureDropReadable = "future.drop-readable",
    /// Type `a`, index `b`.
    FutureDropWritable = "future.drop-writable",
    /// Type `a`, readable end `b`, writable end `c`.
    FutureForward = "future.forward",
    /// The message is at 128 + `a` modulo 8, of length `b` modulo 5.
    ErrorContextNew = "error-context.new",
    /// Index `a`.
    ErrorContextDebugMessage = "error-context.debug-message",
    /// Index `a`.
    ErrorContextDrop = "error-context.drop",
    /// Nothing.
    ThreadIndex = "thread.index",
    /// Argument `a`.
    ThreadNewIndirect = "thread.new-indirect",
    /// Index `a`.
    ThreadResumeLater = "thread.resume-later",
    /// Nothing.
    ThreadSuspend = "thread.suspend",
    /// Nothing.
    ThreadYield = "thread.yield",
    /// Index `a`.
    ThreadSuspendThenResume = "thread.suspend-then-resume",
    /// Index `a`.
    ThreadYieldThenResume = "thread.yield-then-resume",
    /// Index `a`.
    ThreadSuspendThenPromote = "thread.suspend-then-promote",
    /// Index `a`.
    ThreadYieldThenPromote = "thread.yield-then-promote",
    /// The host lets a ready thread run.
    HostTick = "host.tick",
    /// The host calls function `b` of instance `a`; `c` is the representation of a resource.
    HostInvoke = "host.invoke",
    /// The host asks one of its calls to cancel.
    HostCancel = "host.cancel",
    /// One of the host's functions takes its arguments.
    HostStart = "host.start",
    /// One of the host's functions returns.
    HostReturn = "host.return",
    /// One of the host's functions ends without a result, as it was asked to.
    HostCancelled = "host.cancelled",
    /// The host reads from or writes to one of its ends, `b` elements.
    HostCopy = "host.copy",
    /// The host cancels a read or write of its own.
    HostCancelCopy = "host.cancel-copy",
    /// The host ends the cancellation of a guest's read or write.
    HostFinishCancellation = "host.finish-cancellation",
    /// The host drops one of its ends.
    HostDrop = "host.drop",
    /// The host takes the events of its ends.
    HostEvents = "host.events",
    /// The host, called by a guest, gives control back.
    HostDone = "host.done",
}

impl Operation {
    /// The operation of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.name() == name)
    }

    /// Whether the host does it.
    #[must_use]
    pub fn is_hosts(self) -> bool {
        self >= Self::HostTick
    }
}
