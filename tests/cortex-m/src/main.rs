//! Firmware that proves that the machine runs on a Cortex-M: a bounded machine, no allocator, no
//! operating system, and no `unsafe` of ours.
//!
//! The guests are played, as no engine is needed to see the machine work. One component makes a
//! stream and calls another one with its readable end; that one reads, and waits for what the first
//! writes; it returns the sum, of which the first hears by an event. Ends with the status 0 if all
//! went as it should, and with 1 and a message if not.

#![no_std]
#![no_main]

use semihosting::{println, process};
use weft::builtin::{
    Definition, OptionsIndex, Outcome, StreamDefinition, SubtaskDefinition, TaskDefinition,
    TypeIndex, WaitableDefinition,
};
use weft::code::{CallResult, CallbackCode, CallbackResult, Ends, EventCode, SubtaskState};
use weft::core_value::{CoreValue, IntegerType};
use weft::error::Failure;
use weft::limit::BLOCKED;
use weft::limits::Table;
use weft::machine::{
    Event, FunctionId, HostEvent, Lift, LiftedFunction, Machine, Resumed, Step, TypeDefinition,
};
use weft::trap::EndKind;

weft::limits! {
    /// What the firmware needs at most, and not one more.
    struct Board {
        instances: 2, functions: 2, types: 1, handles: 3, thread_indices: 1, tasks: 2, threads: 2,
        waitables: 4, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 0, frames: 3,
        message_bytes: 0,
    }
}

const STREAM: TypeIndex = TypeIndex(0);
const OPTIONS: OptionsIndex = OptionsIndex(0);
const I32: IntegerType = IntegerType::I32;
const TASK_RETURN: TaskDefinition = TaskDefinition::Return { result_type: None, options: OPTIONS };
const READ: StreamDefinition =
    StreamDefinition::Read { ty: STREAM, options: OPTIONS, is_async: true, memory_address: I32 };
const WRITE: StreamDefinition =
    StreamDefinition::Write { ty: STREAM, options: OPTIONS, is_async: true, memory_address: I32 };

#[cortex_m_rt::entry]
fn main() -> ! {
    match play() {
        Ok(sum) => {
            println!("a machine of {} bytes: the sum is {sum}", size_of::<Machine<Board>>());
            process::exit(0)
        }
        Err(Wrong::Failure(failure)) => println!("failed: {failure}"),
        Err(Wrong::Unexpected(expected)) => println!("failed: {expected}"),
    }
    process::exit(1)
}

/// Why it did not go as it should.
enum Wrong {
    /// The machine refused something.
    Failure(Failure),
    /// Something else happened than this.
    Unexpected(&'static str),
}

impl<F: Into<Failure>> From<F> for Wrong {
    fn from(failure: F) -> Self {
        Self::Failure(failure.into())
    }
}

fn expect(holds: bool, expected: &'static str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong::Unexpected(expected)) }
}

fn play() -> Result<u32, Wrong> {
    let mut board = Players { machine: Machine::default() };
    let machine = &mut board.machine;
    machine.define_type(TypeDefinition::Ends { is_none_or_number: true })?;
    let (producer, consumer) = (machine.new_instance()?, machine.new_instance()?);
    let export = |instance| LiftedFunction {
        instance,
        is_async: true,
        lift: Lift::Callback,
        result_type: None,
        lift_options: OPTIONS,
    };
    let produce = machine.lift(export(producer))?;
    let consume = machine.lift(export(consumer))?;

    // The memories of the two, each with a buffer at address 0.
    let source = [2_u8, 3, 5, 7];
    let mut destination = [0_u8; 8];

    // The host calls the producer, which makes a stream and calls the consumer with its end.
    let (call, step) = machine.invoke(produce)?;
    expect(matches!(step, Step::CallFunction { .. }), "the producer runs")?;
    let Ends { readable, writable } = board.new_stream()?;
    let (_, step) = board.machine.canon_lower(consume, true)?;
    expect(matches!(step, Step::CallFunction { .. }), "the consumer runs")?;
    let end = board.machine.lift_end(producer, (EndKind::Stream, STREAM), readable)?;
    let readable = board.machine.lower_end(consumer, (EndKind::Stream, STREAM), end)?;

    // The consumer reads, and waits; the producer goes on.
    let consumer_set = board.call(WaitableDefinition::SetNew, [])?;
    board.call(WaitableDefinition::Join, [readable, consumer_set])?;
    let Step::CheckBuffer(check) = board.suspended(READ, [readable, 0, 8])? else {
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
    let Step::CheckBuffer(check) = board.suspended(WRITE, [writable, 0, 4])? else {
        return Err(Wrong::Unexpected("the buffer of the write is checked"));
    };
    let Step::Copy(copy) = board.machine.buffer_checked(check)? else {
        return Err(Wrong::Unexpected("the values move"));
    };
    expect(copy.count() == 4, "all four values move")?;
    destination[..4].copy_from_slice(&source);
    let step = board.machine.copied(copy)?;
    expect(builtin(&step) == Some(4 << 4), "the write is complete")?;
    board.call(StreamDefinition::DropWritable { ty: STREAM }, [writable])?;
    let producer_set = board.call(WaitableDefinition::SetNew, [])?;
    board.call(WaitableDefinition::Join, [subtask, producer_set])?;
    let step = board.wait(producer_set)?;
    expect(step == Step::ReturnToHost, "both wait")?;

    // The consumer hears of the values, and returns their sum.
    let event = board.callback_event()?;
    let read = Event { code: EventCode::StreamRead, index: readable, payload: 4 << 4 | 1 };
    expect(event == read, "four values were read, and the stream has ended")?;
    board.call(StreamDefinition::DropReadable { ty: STREAM }, [readable])?;
    board.call(WaitableDefinition::SetDrop, [consumer_set])?;
    let sum = destination[..4].iter().copied().map(u32::from).sum();
    board.task_return(consume)?;
    let step = board.exit()?;
    expect(step == Step::ReturnToHost, "the consumer is done")?;

    // The producer hears of that, and returns.
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
        return Err(Wrong::Unexpected("the host hears of its call"));
    };
    expect(event.payload == payload, "the call of the host has returned")?;
    board.machine.drop_call(call)?;

    for table in Table::ALL {
        let stays = matches!(table, Table::Instances | Table::Functions | Table::Types);
        expect(stays || board.machine.count_of(table) == 0, "nothing is left over")?;
    }
    expect(sum == 17, "the sum of what was written")?;
    Ok(sum)
}

/// The guests and the host, as far as they do the same again and again.
struct Players {
    machine: Machine<Board>,
}

impl Players {
    fn outcome<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<Outcome<Option<CoreValue>, Step>, Wrong> {
        Ok(definition.into().call(&mut self.machine, &arguments.map(CoreValue::I32))?)
    }

    /// A guest calls a built-in that does not return at once.
    fn suspended<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<Step, Wrong> {
        match self.outcome(definition, arguments)? {
            Outcome::Suspend(step) => Ok(step),
            Outcome::Return(_) => Err(Wrong::Unexpected("a built-in that does not return")),
        }
    }

    /// A guest calls a built-in that returns at once; what it gives, or 0.
    fn call<const N: usize>(
        &mut self,
        definition: impl Into<Definition>,
        arguments: [u32; N],
    ) -> Result<u32, Wrong> {
        match self.outcome(definition, arguments)? {
            Outcome::Return(Some(CoreValue::I32(value))) => Ok(value),
            Outcome::Return(None) => Ok(0),
            _ => Err(Wrong::Unexpected("a built-in that returns")),
        }
    }

    fn new_stream(&mut self) -> Result<Ends, Wrong> {
        match self.outcome(StreamDefinition::New { ty: STREAM }, [])? {
            Outcome::Return(Some(CoreValue::I64(ends))) => Ok(Ends::unpack(ends)),
            _ => Err(Wrong::Unexpected("two ends")),
        }
    }

    /// The guest that runs returns to wait on a set.
    fn wait(&mut self, waitable_set: u32) -> Result<Step, Wrong> {
        self.returned(CallbackResult { code: CallbackCode::Wait, waitable_set })
    }

    /// The guest that runs is done.
    fn exit(&mut self) -> Result<Step, Wrong> {
        self.returned(CallbackResult { code: CallbackCode::Exit, waitable_set: 0 })
    }

    fn returned(&mut self, result: CallbackResult) -> Result<Step, Wrong> {
        let packed = result.pack().map_err(|_| Wrong::Unexpected("a small index"))?;
        Ok(self.machine.function_returned(Some(packed))?)
    }

    /// The host lets a guest run which waits to be called back; what with.
    fn callback_event(&mut self) -> Result<Event, Wrong> {
        match self.machine.tick()? {
            Step::CallCallback { event, .. } => Ok(event),
            _ => Err(Wrong::Unexpected("a callback is called")),
        }
    }

    /// The guest that runs returns from `function`.
    fn task_return(&mut self, function: FunctionId) -> Result<(), Wrong> {
        let Step::Return(token) = self.suspended(TASK_RETURN, [])? else {
            return Err(Wrong::Unexpected("a result for the caller"));
        };
        expect(token.function() == function, "the function that returns")?;
        self.machine.return_(&token)?;
        let step = self.machine.resolve(token, None)?;
        expect(builtin(&step) == Some(0), "`task.return` returns")
    }
}

/// What a built-in gives to the guest that goes on; nothing if the step is another one.
fn builtin(step: &Step) -> Option<u64> {
    match step {
        Step::Resume { value: Resumed::Builtin(value), .. } => Some(*value),
        _ => None,
    }
}
