//! Waitable sets of the host: the first of several, one that fails, and a set of sets.

use weft_core::error::ExtensionError;
use weft_core::host::ExtendedMachine;
use weft_core::machine::{HostEvent, SubtaskId, WaitableId};
use weft_core::waitable::{FailedTask, WaitResult};

use crate::board::{Board, Wrong, expect};

pub(crate) fn play(machine: &mut ExtendedMachine<Board>) -> Result<(), Wrong> {
    let (outer, inner) = (machine.waitable_sets().create()?, machine.waitable_sets().create()?);
    let (first, second) = (machine.tasks().start()?, machine.tasks().start()?);
    machine.waitable_sets().add(inner, first)?;
    machine.waitable_sets().add(inner, second)?;
    machine.waitable_sets().add(outer, inner)?;
    expect(machine.waitable_sets().count(inner)? == 2, "both tasks are members")?;
    expect(machine.waitable_sets().poll(outer)? == WaitResult::Pending, "nothing is ready")?;

    // The second one ends first.
    machine.tasks().complete(second, ())?;
    let ready = machine.waitable_sets().poll(outer)?;
    expect(is_of(&ready, second), "the second task is ready, by the outer set")?;
    machine.tasks().fail(first, None)?;
    let failed = WaitResult::Error(FailedTask { task: first, error: None });
    expect(machine.waitable_sets().poll(inner)? == failed, "the first task has failed")?;
    expect(machine.waitable_sets().poll(inner)? == WaitResult::Pending, "each is ready once")?;

    let refused = machine.waitable_sets().drop(inner);
    expect(
        refused == Err(ExtensionError::SetNotEmpty.into()),
        "a set with members is not dropped",
    )?;
    machine.waitable_sets().remove(inner, first)?;
    machine.tasks().drop(first)?;
    machine.tasks().drop(second)?;
    machine.waitable_sets().drop(inner)?;
    machine.waitable_sets().close(outer)?;
    expect(
        machine.waitable_sets().poll(outer)? == WaitResult::Cancelled,
        "a closed set reports that it was closed",
    )?;
    machine.waitable_sets().drop(outer)?;
    Ok(())
}

/// Returns true if it is an event of this task.
fn is_of(ready: &WaitResult, task: SubtaskId) -> bool {
    let WaitResult::Ready(HostEvent { waitable, .. }) = ready else { return false };
    *waitable == WaitableId::Subtask(task)
}
