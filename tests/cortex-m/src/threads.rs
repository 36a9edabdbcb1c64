//! A thread that the host starts: its values have destructors, and its end is joined.

use weft_core::error::ExtensionError;
use weft_core::host::Extensions;
use weft_core::machine::{Step, WaitableId};
use weft_core::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

use crate::board::{Board, Wrong, expect};
use crate::guests::Guests;

pub(crate) fn play(board: &mut Guests<'_, Extensions<Board>>) -> Result<(), Wrong> {
    let worker = board.producer.export;
    let config = ThreadSpawnConfig { stack_size: Some(1024), priority: Some(5) };
    let (thread, call, step) = board.machine.threads().spawn_ref(worker, config, None)?;
    expect(matches!(step, Step::CallFunction { .. }), "the thread runs")?;
    expect(board.machine.threads().config(thread)? == config, "the thread has its configuration")?;
    board.machine.threads().set_local(thread, 1, "first", Some(10))?;
    board.machine.threads().set_local(thread, 2, 2_u32, Some(20))?;
    board.machine.threads().begin_join(thread, None)?;
    expect(
        board.machine.threads().status(thread)? == ThreadStatus::Joining,
        "the thread is awaited",
    )?;
    let again = board.machine.threads().begin_join(thread, None);
    expect(again == Err(ExtensionError::AlreadyJoined.into()), "a thread is joined once")?;
    expect(board.machine.threads().end_join(thread)?.is_none(), "the thread has not ended")?;

    board.task_return(worker)?;
    let step = board.exit()?;
    expect(step == Step::ReturnToHost, "the thread has ended")?;
    let heard = board.machine.next_host_event()?.map(|it| it.waitable);
    expect(
        heard == Some(WaitableId::Subtask(call)),
        "the host gets the event of the thread's call",
    )?;
    board.machine.drop_call(call)?;

    let end = board.machine.threads().end_join(thread)?;
    expect(end == Some(ThreadEnd::Completed), "the thread has completed")?;
    expect(destroyed(board, thread)? == Some((2, 20)), "the newest value is destroyed first")?;
    expect(destroyed(board, thread)? == Some((1, 10)), "and then the one before")?;
    expect(destroyed(board, thread)?.is_none(), "each is destroyed once")?;
    expect(board.machine.threads().clean_up()? == 1, "the thread is forgotten")
}

/// Returns the key and the destructor of the thread's value that is destroyed next.
fn destroyed(
    board: &mut Guests<'_, Extensions<Board>>,
    thread: SpawnedThreadId,
) -> Result<Option<(u32, u32)>, Wrong> {
    let Some(ended) = board.machine.threads().next_destructor()? else { return Ok(None) };
    expect(ended.thread == thread, "the value is the thread's")?;
    Ok(Some((ended.key, ended.destructor)))
}
