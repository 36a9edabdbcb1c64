//! The states in which programs begin, and the built-ins that they call from there.

use weft::builtin::Builtin;

use crate::programs::operation::{Entry, Operation};

/// A family of actions of guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Returning from the function, with each code of a callback.
    Returns,
    /// `task.return`, `task.cancel`, backpressure and context slots.
    Tasks,
    /// Calls of the functions that the subject names.
    Calls,
    /// `subtask.cancel` and `subtask.drop`.
    Subtasks,
    /// Waitable sets.
    Sets,
    /// New streams and futures.
    NewEnds,
    /// Reads, writes, cancellations and forwarding.
    Copies,
    /// Drops of ends.
    Drops,
    /// Threads.
    Threads,
    /// `thread.spawn-ref` and `thread.spawn-indirect`.
    Spawns,
    /// Resources.
    Resources,
    /// Error contexts.
    Errors,
}

/// A state, and the actions from there.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// Its name.
    pub name: &'static str,
    /// The actions that lead to the state in which its programs begin.
    pub stage: &'static [Entry],
    /// The actions of guests.
    pub families: &'static [Family],
    /// The functions that guests call: the instance, and the number of the function.
    pub callees: &'static [[u32; 2]],
    /// Set if each built-in is also called with handles that don't exist or are of another kind.
    pub has_bad_handles: bool,
    /// The largest number of host actions. Letting a thread run does not count.
    pub host_actions: u32,
    /// The number of calls of programs in the gate.
    pub calls: u32,
}

const fn builtin(builtin: Builtin, arguments: [u32; 4]) -> Entry {
    Entry { operation: Operation::Builtin(builtin), arguments }
}

const fn action(operation: Operation, arguments: [u32; 4]) -> Entry {
    Entry { operation, arguments }
}

/// Returns the entry with which the host calls a function of an instance.
const fn invoke(instance: u32, function: u32) -> Entry {
    action(Operation::HostInvoke, [instance, function, 7, 0])
}

/// Returns the entry with which a guest calls a function of an instance with `async`, and this
/// argument.
const fn calls(instance: u32, function: u32, argument: u32) -> Entry {
    action(Operation::Call, [instance, function, 1, argument])
}

/// The number that stands for the host among the instances.
const HOST: u32 = 2;

use Family::{
    Calls, Copies, Drops, Errors, NewEnds, Resources, Returns, Sets, Spawns, Subtasks, Tasks,
    Threads,
};

const ALL: &[Family] =
    &[Returns, Tasks, Calls, Subtasks, Sets, NewEnds, Copies, Drops, Threads, Resources, Errors];

/// All subjects.
pub const SUBJECTS: [Subject; 27] = [
    Subject {
        name: "a function without async",
        stage: &[invoke(0, 0)],
        families: ALL,
        callees: &[[1, 0], [1, 2], [1, 4], [HOST, 0]],
        has_bad_handles: true,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "a function with a callback",
        stage: &[invoke(0, 4)],
        families: ALL,
        callees: &[[0, 0], [1, 1], [1, 3], [1, 4], [1, 5], [1, 6], [1, 8], [1, 10], [1, 11]],
        has_bad_handles: true,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "a stackful function",
        stage: &[invoke(0, 3)],
        families: ALL,
        callees: &[[1, 2], [1, 4], [1, 9], [HOST, 0], [HOST, 1]],
        has_bad_handles: true,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "both ends of a stream in one instance",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
        ],
        families: &[Copies, Drops, Sets],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "an event in a set",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::WaitableJoin, [1, 3, 0, 0]),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            builtin(Builtin::StreamWrite, [16, 2, 0, 1]),
        ],
        families: &[Copies, Drops, Sets],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "an event of a subtask",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            calls(HOST, 0, 0),
            action(Operation::HostDone, [0; 4]),
            builtin(Builtin::WaitableJoin, [2, 1, 0, 0]),
            builtin(Builtin::ThreadYield, [0; 4]),
            action(Operation::HostStart, [0; 4]),
            action(Operation::HostTick, [0; 4]),
        ],
        families: &[Subtasks, Sets, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 2,
    },
    Subject {
        name: "a thread that waits in a read",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::ThreadNewIndirect, [5, 0, 0, 0]),
            builtin(Builtin::ThreadYieldThenResume, [2, 0, 0, 0]),
            builtin(Builtin::StreamRead, [0, 1, 64, 2]),
            action(Operation::HostTick, [0; 4]),
        ],
        families: &[Copies, Drops, Sets],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "a thread that waits on a set",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::WaitableJoin, [1, 3, 0, 0]),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            builtin(Builtin::ThreadNewIndirect, [5, 0, 0, 0]),
            builtin(Builtin::ThreadYieldThenResume, [2, 0, 0, 0]),
            builtin(Builtin::WaitableSetWait, [3, 0, 0, 0]),
            action(Operation::HostTick, [0; 4]),
        ],
        families: &[Copies, Drops, Sets],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "events of streams and futures for a callback",
        stage: &[
            invoke(0, 4),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::FutureNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            builtin(Builtin::StreamWrite, [16, 2, 0, 1]),
            builtin(Builtin::FutureWrite, [16, 4, 0, 0]),
            builtin(Builtin::FutureRead, [16, 3, 64, 0]),
            builtin(Builtin::WaitableJoin, [1, 5, 0, 0]),
            builtin(Builtin::WaitableJoin, [4, 5, 0, 0]),
        ],
        families: &[Drops, Sets, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "events of writes and reads for a thread",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::StreamNew, [0; 4]),
            builtin(Builtin::FutureNew, [0; 4]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::StreamWrite, [16, 2, 0, 1]),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            builtin(Builtin::FutureRead, [16, 3, 64, 0]),
            builtin(Builtin::FutureWrite, [16, 4, 0, 0]),
            builtin(Builtin::WaitableJoin, [2, 5, 0, 0]),
            builtin(Builtin::WaitableJoin, [3, 5, 0, 0]),
        ],
        families: &[Drops, Sets],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "a stream that the host takes",
        stage: &[invoke(0, 3), builtin(Builtin::StreamNew, [0; 4])],
        families: &[Drops, Calls, Returns],
        callees: &[[HOST, 1]],
        has_bad_handles: false,
        host_actions: 2,
        calls: 3,
    },
    Subject {
        name: "two calls that wait to enter",
        stage: &[
            invoke(1, 4),
            builtin(Builtin::BackpressureInc, [0; 4]),
            builtin(Builtin::TaskReturn, [0; 4]),
            action(Operation::Return, [1, 0, 0, 0]),
            invoke(0, 4),
            calls(1, 4, 0),
            calls(1, 3, 0),
            action(Operation::Return, [1, 0, 0, 0]),
            action(Operation::HostTick, [0; 4]),
        ],
        families: &[Tasks, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 3,
    },
    Subject {
        name: "a host call that waits to enter",
        stage: &[
            invoke(1, 4),
            builtin(Builtin::BackpressureInc, [0; 4]),
            builtin(Builtin::TaskReturn, [0; 4]),
            action(Operation::Return, [1, 0, 0, 0]),
            invoke(1, 4),
        ],
        families: &[Tasks, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 2,
        calls: 2,
    },
    Subject {
        name: "a call without async, and threads that could run",
        stage: &[
            invoke(1, 3),
            builtin(Builtin::ThreadYield, [0; 4]),
            invoke(1, 3),
            builtin(Builtin::ThreadYield, [0; 4]),
            invoke(0, 0),
            calls(1, 0, 0),
        ],
        families: &[Threads, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "a stream between two instances",
        stage: &[invoke(0, 4), builtin(Builtin::StreamNew, [0; 4]), calls(1, 5, 1)],
        families: &[Copies, Drops, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 3,
    },
    Subject {
        name: "a stream with a reader in another instance",
        stage: &[
            invoke(0, 4),
            builtin(Builtin::StreamNew, [0; 4]),
            calls(1, 5, 1),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::WaitableJoin, [1, 2, 0, 0]),
            action(Operation::Return, [2, 2, 0, 0]),
        ],
        families: &[Copies, Drops, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 3,
    },
    Subject {
        name: "a future between two instances",
        stage: &[invoke(0, 4), builtin(Builtin::FutureNew, [0; 4]), calls(1, 10, 1)],
        families: &[Copies, Drops, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 4,
    },
    Subject {
        name: "a host stream",
        stage: &[invoke(0, 5), builtin(Builtin::WaitableSetNew, [0; 4])],
        families: &[Copies, Drops, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 2,
        calls: 2,
    },
    Subject {
        name: "a host stream with an event",
        stage: &[
            invoke(0, 5),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            builtin(Builtin::StreamRead, [16, 1, 64, 2]),
            action(Operation::Return, [1, 0, 0, 0]),
            action(Operation::HostCopy, [0, 1, 0, 0]),
            action(Operation::HostTick, [0; 4]),
        ],
        families: &[Copies, Drops, Sets, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 2,
    },
    Subject {
        name: "a task whose first thread has ended",
        stage: &[
            invoke(0, 3),
            calls(1, 3, 0),
            builtin(Builtin::ThreadNewIndirect, [5, 0, 0, 0]),
            builtin(Builtin::ThreadResumeLater, [2, 0, 0, 0]),
            action(Operation::Return, [0; 4]),
        ],
        families: &[Subtasks, Threads, Returns, Tasks],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 2,
    },
    Subject {
        name: "a call that waits to enter",
        stage: &[
            invoke(1, 4),
            builtin(Builtin::BackpressureInc, [0; 4]),
            builtin(Builtin::TaskReturn, [0; 4]),
            action(Operation::Return, [1, 0, 0, 0]),
            invoke(0, 3),
            calls(1, 4, 0),
            builtin(Builtin::WaitableSetNew, [0; 4]),
        ],
        families: &[Subtasks, Sets, Tasks, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 3,
    },
    Subject {
        name: "a call that has started",
        stage: &[
            invoke(0, 3),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            calls(1, 4, 0),
            builtin(Builtin::WaitableSetNew, [0; 4]),
            action(Operation::Return, [1, 0, 0, 0]),
        ],
        families: &[Subtasks, Sets, Tasks, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 1,
        calls: 3,
    },
    Subject {
        name: "a call of a host function",
        stage: &[invoke(0, 3), builtin(Builtin::WaitableSetNew, [0; 4]), calls(HOST, 0, 0)],
        families: &[Subtasks, Sets, Calls],
        callees: &[[HOST, 0]],
        has_bad_handles: false,
        host_actions: 1,
        calls: 2,
    },
    Subject {
        name: "threads",
        stage: &[invoke(0, 3), builtin(Builtin::ThreadNewIndirect, [5, 0, 0, 0])],
        families: &[Threads, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 3,
    },
    Subject {
        name: "spawned threads",
        stage: &[invoke(0, 4)],
        families: &[Spawns, Threads, Tasks, Returns],
        callees: &[],
        has_bad_handles: true,
        host_actions: 0,
        calls: 2,
    },
    Subject {
        name: "threads that are spawned after a result",
        stage: &[invoke(0, 3), builtin(Builtin::TaskReturn, [0; 4])],
        families: &[Spawns, Threads, Returns],
        callees: &[],
        has_bad_handles: false,
        host_actions: 0,
        calls: 3,
    },
    Subject {
        name: "a borrowed resource",
        stage: &[invoke(0, 4), builtin(Builtin::ResourceNew, [5, 0, 0, 0]), calls(1, 8, 1)],
        families: &[Resources, Calls, Returns, Tasks],
        callees: &[[0, 6], [0, 7], [0, 8], [0, 12]],
        has_bad_handles: false,
        host_actions: 0,
        calls: 3,
    },
];
