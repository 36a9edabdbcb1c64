//! Checks of steps: each function fails if the step is another one, and returns the values needed
//! to continue.

use weft_core::code::{CallResult, CopyResult, SubtaskState};
use weft_core::core_value::CoreValue;
use weft_core::error::Failure;
use weft_core::limit::BLOCKED;
use weft_core::machine::{Event, FunctionId, Resumed, ReturnToken, Step, SubtaskId, ThreadId};
use weft_core::trap::{EndKind, Trap};

use crate::calls::Of;

/// The host has control again.
pub(crate) const HOST: Step = Step::ReturnToHost;

/// Returns the trap of a failed operation.
#[track_caller]
pub(crate) fn trap_of<T: std::fmt::Debug>(result: Result<T, Failure>) -> Trap {
    match result {
        Err(Failure::Trap(trap)) => trap,
        other => panic!("{other:?} is no trap"),
    }
}

/// Checks that the function is called, and returns its thread.
#[track_caller]
pub(crate) fn enters(step: &Step, expected: FunctionId) -> ThreadId {
    match *step {
        Step::CallFunction { thread, function, .. } if function == expected => thread,
        _ => panic!("{step:?} does not call {expected:?}"),
    }
}

/// Checks that a thread of a guest starts.
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

/// Checks that `thread`'s callback is called, and returns the event.
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

/// Checks that `thread` continues after a built-in, and returns its result.
#[track_caller]
pub(crate) fn back(step: &Step, thread: ThreadId) -> u64 {
    match resumed(step, thread) {
        Resumed::Builtin(result) => result,
        other => panic!("{other:?} is not of a built-in"),
    }
}

/// Checks that `thread` continues after `waitable-set.wait` or `waitable-set.poll`, and returns the
/// event.
#[track_caller]
pub(crate) fn back_with_event(step: &Step, thread: ThreadId) -> Event {
    match resumed(step, thread) {
        Resumed::Event(event) => event,
        other => panic!("{other:?} is no event"),
    }
}

/// Checks that `thread` continues after a call that was lowered without `async`, and returns the
/// result.
#[track_caller]
pub(crate) fn back_from_import(step: &Step, thread: ThreadId) -> Option<CoreValue> {
    match resumed(step, thread) {
        Resumed::Import(result) => result,
        other => panic!("{other:?} is not of an import"),
    }
}

/// Checks that `thread` continues after a call that was lowered with `async`, which has returned.
#[track_caller]
pub(crate) fn back_returned(step: &Step, thread: ThreadId) {
    assert_eq!(subtask(step, thread, SubtaskState::Returned), 0);
}

/// Checks that `thread` continues after a call that was lowered with `async`, whose subtask is in
/// this state. Returns its index.
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

/// Checks that a host function is called, and returns the subtask.
#[track_caller]
pub(crate) fn calls_host(step: &Step, expected: u32) -> SubtaskId {
    match *step {
        Step::CallHost { subtask, function, .. } if function == expected => subtask,
        _ => panic!("{step:?} does not call the host's function {expected}"),
    }
}

/// Checks that a host function is asked to cancel, and returns the subtask.
#[track_caller]
pub(crate) fn cancels_host(step: &Step, expected: u32) -> SubtaskId {
    match *step {
        Step::CancelHost { subtask, function } if function == expected => subtask,
        _ => panic!("{step:?} does not cancel the host's function {expected}"),
    }
}

/// Checks that a task has a result.
#[track_caller]
pub(crate) fn returned(step: Step) -> ReturnToken {
    match step {
        Step::Return(token) => token,
        _ => panic!("{step:?} returns nothing"),
    }
}

/// Returns the packed result of a read or write of `of`.
pub(crate) const fn ended(of: Of, result: CopyResult, progress: u32) -> u32 {
    match of.kind {
        EndKind::Stream => result.code() | progress << 4,
        EndKind::Future => result.code(),
    }
}

/// The result of a built-in that would have to wait.
pub(crate) const WAITS: u32 = BLOCKED;
