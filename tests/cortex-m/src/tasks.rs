//! Host tasks: metadata and results, and tokens that cancel.

use weft_core::error::Error;
use weft_core::host::ExtendedMachine;
use weft_core::limits::Table;
use weft_core::machine::WaitableId;
use weft_core::task::{TaskResult, TaskStatus};

use crate::board::{Board, Wrong, expect};

pub(crate) fn play(machine: &mut ExtendedMachine<Board>) -> Result<(), Wrong> {
    // One task returns, and the host gets an event.
    let task = machine.tasks().start()?;
    machine.tasks().set_metadata(task, "priority", 5)?;
    expect(machine.tasks().status(task)? == TaskStatus::Running, "a task that has started runs")?;
    machine.tasks().complete(task, 42_u32)?;
    let Some(heard) = machine.next_host_event()? else {
        return Err(Wrong::Unexpected("the host gets the event of its task"));
    };
    expect(heard.waitable == WaitableId::Subtask(task), "the event is the task's")?;
    let result = machine.tasks().result(task)?;
    let value = result.and_then(|it| it.value()?.get::<u32>());
    expect(value == Some(42), "the result is the returned value")?;
    let priority = machine.tasks().get_metadata(task, "priority")?.and_then(|it| it.get::<i32>());
    expect(priority == Some(5), "a task keeps its metadata")?;

    // Another one is bound to a token, whose parent is cancelled.
    let token = machine.cancellation_tokens().create()?;
    let child = machine.cancellation_tokens().create_child(token)?;
    let cancelled = machine.tasks().start()?;
    machine.cancellation_tokens().bind(child, cancelled)?;
    machine.cancellation_tokens().register(token, 7)?;
    expect(machine.cancellation_tokens().cancel(token)?, "a token is cancelled once")?;
    expect(machine.cancellation_tokens().is_cancelled(child)?, "a child is cancelled, too")?;
    let result = machine.tasks().result(cancelled)?;
    expect(result == Some(TaskResult::Cancelled), "a task that is bound to a token is cancelled")?;
    let number = machine.cancellation_tokens().next_cancelled()?.map(|it| it.number);
    expect(number == Some(7), "the host gets its handler")?;
    expect(machine.cancellation_tokens().next_cancelled()?.is_none(), "and no other handler")?;

    machine.cancellation_tokens().drop(child)?;
    machine.cancellation_tokens().drop(token)?;
    expect(machine.tasks().clean_up()? == 2, "both tasks have ended")?;
    let gone = machine.tasks().status(task);
    expect(gone == Err(Error::Unknown(Table::Waitables)), "a task that is forgotten is unknown")
}
