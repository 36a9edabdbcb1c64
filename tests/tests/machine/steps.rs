//! What a step is expected to be: each of these fails if it is another one, and gives what there
//! is to go on with.

use weft_core::code::{CallResult, CopyResult, SubtaskState};
use weft_core::core_value::CoreValue;
use weft_core::error::Failure;
use weft_core::limit::BLOCKED;
use weft_core::machine::{Event, FunctionId, Resumed, ReturnToken, Step, SubtaskId, ThreadId};
use weft_core::trap::{EndKind, Trap};

use crate::calls::Of;

/// The host has control again.
pub(crate) const HOST: Step = Step::ReturnToHost;

/// The trap that something ended in.
#[track_caller]
pub(crate) fn trap_of<T: std::fmt::Debug>(result: Result<T, Failure>) -> Trap {
    match result {
        Err(Failure::Trap(trap)) => trap,
        other => panic!("{other:?} is no trap"),
    }
}

/// The function is called, on this thread.
#[track_caller]
pub(crate) fn enters(step: &Step, expected: FunctionId) -> ThreadId {
    match *step {
        Step::CallFunction { thread, function, .. } if function == expected => thread,
        _ => panic!("{step:?} does not call {expected:?}"),
    }
}

/// A thread that a guest made starts.
#[track_caller]
pub(crate) fn starts(step: &Step, expected: (u32, u64)) -> ThreadId {
    match *step {
        Step::CallStartFunction { thread, function, argument }
            if (function, argument) == expected =>
        {
            thread
        }
        _ => panic!("{step:?} does not start {expected:?}"),
    }
}

/// `thread`'s callback is called with this event.
#[track_caller]
pub(crate) fn called_back(step: &Step, expected: ThreadId) -> Event {
    match *step {
        Step::CallCallback { thread, event, .. } if thread == expected => event,
        _ => panic!("{step:?} does not call the callback of {expected:?}"),
    }
}

#[track_caller]
fn resumed(step: &Step, expected: ThreadId) -> Resumed {
    match *step {
        Step::Resume { thread, value } if thread == expected => value,
        _ => panic!("{step:?} does not resume {expected:?}"),
    }
}

/// `thread` goes on behind a built-in, which gave this.
#[track_caller]
pub(crate) fn back(step: &Step, thread: ThreadId) -> u64 {
    match resumed(step, thread) {
        Resumed::Builtin(result) => result,
        other => panic!("{other:?} is not of a built-in"),
    }
}

/// `thread` goes on behind `waitable-set.wait` or `waitable-set.poll`, which gave this event.
#[track_caller]
pub(crate) fn back_with_event(step: &Step, thread: ThreadId) -> Event {
    match resumed(step, thread) {
        Resumed::Event(event) => event,
        other => panic!("{other:?} is no event"),
    }
}

/// `thread` goes on behind a call that was lowered without `async`, which gave this.
#[track_caller]
pub(crate) fn back_from_import(step: &Step, thread: ThreadId) -> Option<CoreValue> {
    match resumed(step, thread) {
        Resumed::Import(result) => result,
        other => panic!("{other:?} is not of an import"),
    }
}

/// `thread` goes on behind a call that was lowered with `async`, which has returned.
#[track_caller]
pub(crate) fn back_returned(step: &Step, thread: ThreadId) {
    assert_eq!(subtask(step, thread, SubtaskState::Returned), 0);
}

/// `thread` goes on behind a call that was lowered with `async`, whose subtask is in this state;
/// gives its index.
#[track_caller]
pub(crate) fn subtask(step: &Step, thread: ThreadId, expected: SubtaskState) -> u32 {
    match resumed(step, thread) {
        Resumed::AsyncImport(packed) => {
            let CallResult { state, subtask } = CallResult::unpack(packed).unwrap();
            assert_eq!(state, expected);
            subtask
        }
        other => panic!("{other:?} is not of an import lowered with `async`"),
    }
}

/// A function of the host is called, for this subtask.
#[track_caller]
pub(crate) fn calls_host(step: &Step, expected: u32) -> SubtaskId {
    match *step {
        Step::CallHost { subtask, function, .. } if function == expected => subtask,
        _ => panic!("{step:?} does not call the host's function {expected}"),
    }
}

/// A function of the host is asked to cancel.
#[track_caller]
pub(crate) fn cancels_host(step: &Step, expected: u32) -> SubtaskId {
    match *step {
        Step::CancelHost { subtask, function } if function == expected => subtask,
        _ => panic!("{step:?} does not cancel the host's function {expected}"),
    }
}

/// A task has a result.
#[track_caller]
pub(crate) fn returned(step: Step) -> ReturnToken {
    match step {
        Step::Return(token) => token,
        _ => panic!("{step:?} returns nothing"),
    }
}

/// A read or write of `of` that ended so, packed as its built-in does.
pub(crate) const fn ended(of: Of, result: CopyResult, progress: u32) -> u32 {
    match of.kind {
        EndKind::Stream => result.code() | progress << 4,
        EndKind::Future => result.code(),
    }
}

/// What a built-in gives that would have to wait.
pub(crate) const WAITS: u32 = BLOCKED;
