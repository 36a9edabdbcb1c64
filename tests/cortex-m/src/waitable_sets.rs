//! Waitable sets of the host: the first of several, one that fails, and a set of sets.

use weft_core::error::Error;
use weft_core::machine::{HostEvent, Machine, SubtaskId, WaitableId};
use weft_core::waitable::{FailedTask, WaitResult};

use crate::board::{Board, Wrong, expect};

pub(crate) fn play(machine: &mut Machine<Board>) -> Result<(), Wrong> {
    let mut host = machine.host();
    let (outer, inner) = (host.waitable_set_new()?, host.waitable_set_new()?);
    let (first, second) = (host.task_start()?, host.task_start()?);
    host.waitable_set_add(inner, first)?;
    host.waitable_set_add(inner, second)?;
    host.waitable_set_add(outer, inner)?;
    expect(host.waitable_set_count(inner)? == 2, "both tasks are members")?;
    expect(host.waitable_set_poll(outer)? == WaitResult::Timeout, "nothing is ready")?;

    // The second one is over first.
    host.task_return(second, ())?;
    let ready = host.waitable_set_poll(outer)?;
    expect(is_of(&ready, second), "the second task is ready, by the outer set")?;
    host.task_fail(first, None)?;
    let failed = WaitResult::Error(FailedTask { task: first, error: None });
    expect(host.waitable_set_poll(inner)? == failed, "the first task has failed")?;
    expect(host.waitable_set_poll(inner)? == WaitResult::Timeout, "each is ready once")?;

    let refused = host.waitable_set_drop(inner);
    expect(refused == Err(Error::SetNotEmpty), "a set with members is not dropped")?;
    host.waitable_set_remove(inner, first)?;
    host.task_drop(first)?;
    host.task_drop(second)?;
    host.waitable_set_drop(inner)?;
    host.waitable_set_close(outer)?;
    expect(host.waitable_set_poll(outer)? == WaitResult::Cancelled, "a closed set says so")?;
    host.waitable_set_drop(outer)?;
    Ok(())
}

/// Whether it is an event of this task.
fn is_of(ready: &WaitResult, task: SubtaskId) -> bool {
    let WaitResult::Ready(HostEvent { waitable, .. }) = ready else { return false };
    *waitable == WaitableId::Subtask(task)
}
