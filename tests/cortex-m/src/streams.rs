//! A guest creates a stream and calls another one with its readable end. The other reads, and waits
//! for the values of the first; it returns the sum, and the first gets an event for it.

use core::ops::Range;

use weft_core::builtin::{StreamDefinition, SubtaskDefinition, WaitableDefinition};
use weft_core::code::{CallResult, Ends, EventCode, SubtaskState};
use weft_core::core_value::IntegerType;
use weft_core::limit::BLOCKED;
use weft_core::machine::{Buffer, Event, HostEvent, Resumed, Step};
use weft_core::trap::EndKind;

use crate::board::{Wrong, expect};
use crate::guests::{Guests, OPTIONS, STREAM, builtin};

const I32: IntegerType = IntegerType::I32;
const READ: StreamDefinition =
    StreamDefinition::Read { ty: STREAM, options: OPTIONS, is_async: true, memory_address: I32 };
const WRITE: StreamDefinition =
    StreamDefinition::Write { ty: STREAM, options: OPTIONS, is_async: true, memory_address: I32 };

/// The addresses of the guests' buffers. Neither is 0, and they differ.
const SOURCE: u32 = 4;
const DESTINATION: u32 = 16;

/// Runs the guests, and returns the sum.
pub(crate) fn play(board: &mut Guests<'_>) -> Result<u32, Wrong> {
    let (producer, produce) = (board.producer.instance, board.producer.export);
    let (consumer, consume) = (board.consumer.instance, board.consumer.export);

    // The memories of the two, with other bytes around the buffers.
    let source = [99_u8, 99, 99, 99, 2, 3, 5, 7, 99, 99, 99, 99];
    let mut destination = [77_u8; 32];

    // The host calls the producer, which creates a stream and calls the consumer with its end.
    let (call, step) = board.machine.invoke(produce)?;
    expect(matches!(step, Step::CallFunction { .. }), "the producer runs")?;
    let Ends { readable, writable } = board.new_stream()?;
    let (_, step) = board.machine.canon_lower(consume, true)?;
    expect(matches!(step, Step::CallFunction { .. }), "the consumer runs")?;
    let end = board.machine.lift_end(producer, EndKind::Stream, STREAM, readable)?;
    let readable = board.machine.lower_end(consumer, EndKind::Stream, STREAM, end)?;

    // The consumer reads, and waits; the producer continues.
    let consumer_set = board.call(WaitableDefinition::SetNew, [])?;
    board.call(WaitableDefinition::Join, [readable, consumer_set])?;
    let Step::CheckBuffer(check) = board.suspended(READ, [readable, DESTINATION, 8])? else {
        return Err(Wrong::Unexpected("the buffer of the read is checked"));
    };
    let step = board.machine.buffer_checked(check)?;
    expect(builtin(&step) == Some(BLOCKED.into()), "the read waits")?;
    let Step::Resume { value: Resumed::AsyncImport(result), .. } = board.wait(consumer_set)? else {
        return Err(Wrong::Unexpected("the call of the consumer returns"));
    };
    let CallResult { state, subtask } =
        CallResult::unpack(result).map_err(|_| Wrong::Unexpected("the result of a call"))?;
    expect(state == SubtaskState::Started, "the consumer has started")?;

    // The producer writes, which meets the read: four values move.
    let Step::CheckBuffer(check) = board.suspended(WRITE, [writable, SOURCE, 4])? else {
        return Err(Wrong::Unexpected("the buffer of the write is checked"));
    };
    let Step::Copy(copy) = board.machine.buffer_checked(check)? else {
        return Err(Wrong::Unexpected("the values move"));
    };
    expect(copy.count() == 4, "all four values move")?;
    let values = place(&copy.writable().buffer, copy.count())?;
    let values = source.get(values).ok_or(Wrong::Unexpected("the values are in the memory"))?;
    let room = place(&copy.readable().buffer, copy.count())?;
    let room = destination.get_mut(room);
    room.ok_or(Wrong::Unexpected("the room is in the memory"))?.copy_from_slice(values);
    let step = board.machine.copied(copy)?;
    expect(builtin(&step) == Some(4 << 4), "the write is complete")?;
    board.call(StreamDefinition::DropWritable { ty: STREAM }, [writable])?;
    let producer_set = board.call(WaitableDefinition::SetNew, [])?;
    board.call(WaitableDefinition::Join, [subtask, producer_set])?;
    let step = board.wait(producer_set)?;
    expect(step == Step::ReturnToHost, "both wait")?;

    // The consumer gets the event, and returns the sum of the values.
    let event = board.callback_event()?;
    let read = Event { code: EventCode::StreamRead, index: readable, payload: 4 << 4 | 1 };
    expect(event == read, "four values were read, and the stream has ended")?;
    board.call(StreamDefinition::DropReadable { ty: STREAM }, [readable])?;
    board.call(WaitableDefinition::SetDrop, [consumer_set])?;
    let (read, around) = (DESTINATION as usize, 77);
    let sum = destination[read..read + 4].iter().copied().map(u32::from).sum();
    destination[read..read + 4].fill(around);
    expect(destination == [around; 32], "the bytes around the values are unchanged")?;
    board.task_return(consume)?;
    let step = board.exit()?;
    expect(step == Step::ReturnToHost, "the consumer is done")?;

    // The producer gets the event, and returns.
    let event = board.callback_event()?;
    let payload = SubtaskState::Returned.code();
    let returned = Event { code: EventCode::Subtask, index: subtask, payload };
    expect(event == returned, "the consumer has returned")?;
    board.call(SubtaskDefinition::Drop, [subtask])?;
    board.call(WaitableDefinition::SetDrop, [producer_set])?;
    board.task_return(produce)?;
    let step = board.exit()?;
    expect(step == Step::ReturnToHost, "the producer is done")?;
    let Some(HostEvent { event, .. }) = board.machine.next_host_event()? else {
        return Err(Wrong::Unexpected("the host gets the event of its call"));
    };
    expect(event.payload == payload, "the call of the host has returned")?;
    board.machine.drop_call(call)?;

    expect(sum == 17, "the sum is that of the written values")?;
    Ok(sum)
}

/// Returns the range of the next values of a buffer of bytes in its memory.
fn place(buffer: &Buffer, count: u32) -> Result<Range<usize>, Wrong> {
    let start = buffer.address + u64::from(buffer.progress);
    let bounds = (usize::try_from(start), usize::try_from(start + u64::from(count)));
    let (Ok(start), Ok(end)) = bounds else { return Err(Wrong::Unexpected("a small address")) };
    Ok(start..end)
}
