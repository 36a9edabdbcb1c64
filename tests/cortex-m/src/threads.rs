//! A thread that the host begins: its values have destructors, and its end is joined.

use weft_core::error::Error;
use weft_core::machine::{Step, WaitableId};
use weft_core::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

use crate::board::{Wrong, expect};
use crate::guests::Guests;

pub(crate) fn play(board: &mut Guests) -> Result<(), Wrong> {
    let worker = board.producer.export;
    let config = ThreadSpawnConfig { stack_size: Some(1024), priority: Some(5) };
    let mut host = board.machine.host();
    let (thread, call, step) = host.thread_spawn_ref(worker, config, None)?;
    expect(matches!(step, Step::CallFunction { .. }), "the thread runs")?;
    expect(host.thread_config(thread)? == config, "the thread has its configuration")?;
    host.thread_local_set(thread, 1, "first", Some(10))?;
    host.thread_local_set(thread, 2, 2_u32, Some(20))?;
    host.thread_join_begin(thread, None)?;
    expect(host.thread_status(thread)? == ThreadStatus::Joining, "somebody waits for it")?;
    let again = host.thread_join_begin(thread, None);
    expect(again == Err(Error::AlreadyJoined), "a thread is joined once")?;
    expect(host.thread_join_end(thread)?.is_none(), "the thread is not over")?;

    board.task_return(worker)?;
    let step = board.exit()?;
    expect(step == Step::ReturnToHost, "the thread is over")?;
    let heard = board.machine.next_host_event()?.map(|it| it.waitable);
    expect(heard == Some(WaitableId::Subtask(call)), "the host hears of the thread's call")?;
    board.machine.drop_call(call)?;

    let end = board.machine.host().thread_join_end(thread)?;
    expect(end == Some(ThreadEnd::Completed), "the thread has come to its end")?;
    expect(destroyed(board, thread)? == Some((2, 20)), "the newest value is destroyed first")?;
    expect(destroyed(board, thread)? == Some((1, 10)), "and then the one before")?;
    expect(destroyed(board, thread)?.is_none(), "each is destroyed once")?;
    expect(board.machine.host().thread_cleanup()? == 1, "the thread is forgotten")
}

/// The key and the destructor of the value of the thread that is destroyed next.
fn destroyed(board: &mut Guests, thread: SpawnedThreadId) -> Result<Option<(u32, u32)>, Wrong> {
    let Some(ended) = board.machine.host().next_thread_destructor()? else { return Ok(None) };
    expect(ended.thread == thread, "the value is the thread's")?;
    Ok(Some((ended.key, ended.destructor)))
}
