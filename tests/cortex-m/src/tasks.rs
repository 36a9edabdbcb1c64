//! Tasks of the host: metadata and results, and tokens that cancel.

use weft_core::error::Error;
use weft_core::limits::Table;
use weft_core::machine::{Machine, WaitableId};
use weft_core::task::{TaskResult, TaskStatus};

use crate::board::{Board, Wrong, expect};

pub(crate) fn play(machine: &mut Machine<Board>) -> Result<(), Wrong> {
    // One task returns, which the host hears of.
    let mut host = machine.host();
    let task = host.task_start()?;
    host.task_set_metadata(task, "priority", 5)?;
    expect(host.task_status(task)? == TaskStatus::Running, "a task that has started runs")?;
    host.task_return(task, 42_u32)?;
    let Some(heard) = machine.next_host_event()? else {
        return Err(Wrong::Unexpected("the host hears of its task"));
    };
    expect(heard.waitable == WaitableId::Subtask(task), "the event is the task's")?;
    let mut host = machine.host();
    let result = host.task_result(task)?;
    let value = result.and_then(|it| it.value()?.get::<u32>());
    expect(value == Some(42), "the result is what was returned")?;
    let priority = host.task_get_metadata(task, "priority")?.and_then(|it| it.get::<i32>());
    expect(priority == Some(5), "a task keeps its metadata")?;

    // Another one is bound to a token, whose parent is cancelled.
    let token = host.cancellation_token_new()?;
    let child = host.cancellation_token_child(token)?;
    let cancelled = host.task_start()?;
    host.cancellation_token_bind(child, cancelled)?;
    host.cancellation_token_register(token, 7)?;
    expect(host.cancellation_token_cancel(token)?, "a token is cancelled once")?;
    expect(host.cancellation_token_is_cancelled(child)?, "a child is cancelled, too")?;
    let result = host.task_result(cancelled)?;
    expect(result == Some(TaskResult::Cancelled), "what is bound to a token is cancelled")?;
    let number = host.next_cancelled()?.map(|it| it.number);
    expect(number == Some(7), "the host hears of its handler")?;
    expect(host.next_cancelled()?.is_none(), "and of none besides")?;

    host.cancellation_token_drop(child)?;
    host.cancellation_token_drop(token)?;
    expect(host.task_cleanup()? == 2, "both tasks are over")?;
    let gone = host.task_status(task);
    expect(gone == Err(Error::Unknown(Table::Waitables)), "a task that is forgotten is unknown")
}
