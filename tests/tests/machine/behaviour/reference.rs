//! Scenarios of the reference's own tests (`run_tests.py`), played step by step under the same
//! names. If a guest there waits for a flag, it reads a future here, which the host writes.

use weft_core::code::CopyResult::{Cancelled, Completed, Dropped};
use weft_core::code::{EventCode, SubtaskState};
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{EndId, Event, FunctionId, InstanceId, ThreadId};

use crate::calls::{
    FUTURE, STREAM, backpressure_dec, backpressure_inc, context_get, context_set,
    error_context_drop, error_context_new, join, set_drop, set_new, set_poll, set_wait,
    subtask_cancel, subtask_drop, sync_subtask_cancel, task_cancel, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, WAITS, back, back_from_import, back_returned, back_with_event, called_back, calls_host,
    ended, enters, subtask,
};

/// A future that a guest reads to wait, and its end that the host writes.
#[derive(Clone, Copy)]
struct Flag {
    readable: u32,
    writable: EndId,
}

fn flag<L: ExtensionLimits>(world: &mut GuestMachine<L>, instance: InstanceId) -> Flag {
    let (readable, writable) = world.host_ends(FUTURE);
    Flag {
        readable: world.machine.lower_end(instance, FUTURE.kind, FUTURE.ty, readable).unwrap(),
        writable,
    }
}

fn set<L: ExtensionLimits>(world: &mut GuestMachine<L>, flag: Flag) {
    world.as_host(|world| world.host_copy(flag.writable, 1));
}

fn of_subtask(index: u32, state: SubtaskState) -> Event {
    Event { code: EventCode::Subtask, index, payload: state.code() }
}

fn test_async_to_async<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [producer, consumer] = world.instances();
    let [eager, toggle, blocking] = [(); 3].map(|()| world.stackful(producer));
    let flags = [(); 4].map(|()| flag(&mut world, producer));
    let main = world.run_in(consumer);
    let waits = world.get(set_new());
    let step = world.import_async(eager);
    enters(&step, eager);
    world.task_return(Some(43));
    let step = world.exit();
    back_returned(&step, main);

    let step = world.import_async(toggle);
    let toggling = enters(&step, toggle);
    world.run(backpressure_inc());
    let step = world.step(FUTURE.sync_read(flags[0].readable, 1));
    let one = subtask(&step, main, SubtaskState::Started);
    assert_eq!(one, 2);
    world.run(join(one, waits));
    let two = world.subtask(blocking, SubtaskState::Starting);
    assert_eq!(two, 3);
    world.run(join(two, waits));
    set(&mut world, flags[0]);
    assert_eq!(world.step(set_wait(waits)), HOST);

    let step = world.tick();
    back(&step, toggling);
    world.task_return(None);
    assert_eq!(world.step(FUTURE.sync_read(flags[1].readable, 1)), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, main), of_subtask(one, SubtaskState::Returned));
    world.run(subtask_drop(one));
    set(&mut world, flags[1]);
    assert_eq!(world.step(set_wait(waits)), HOST);

    let step = world.tick();
    back(&step, toggling);
    world.run(backpressure_dec());
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    let blocked = enters(&step, blocking);
    assert_eq!(world.step(FUTURE.sync_read(flags[2].readable, 1)), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, main), of_subtask(two, SubtaskState::Started));
    set(&mut world, flags[2]);
    assert_eq!(world.step(set_wait(waits)), HOST);

    let step = world.tick();
    back(&step, blocked);
    world.task_return(Some(44));
    assert_eq!(world.step(FUTURE.sync_read(flags[3].readable, 1)), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, main), of_subtask(two, SubtaskState::Returned));
    world.run(subtask_drop(two));
    set(&mut world, flags[3]);
    world.task_return(Some(42));
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back(&step, blocked);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

/// The functions and instances of `test_callback_interleaving`, while `main` runs.
struct Interleaving<L: ExtensionLimits> {
    world: GuestMachine<L>,
    main: ThreadId,
    producer: InstanceId,
    consumer: InstanceId,
    function: FunctionId,
    /// The futures, in the consumer's table.
    futures: Vec<(u32, u32)>,
    waits: u32,
}

impl<L: ExtensionLimits> Interleaving<L> {
    fn new() -> Self {
        let mut world = GuestMachine::<L>::new();
        let [producer, consumer] = world.instances();
        let function = world.callback(producer);
        let plain = world.plain(consumer);
        let (_, main) = world.invoke(plain);
        let futures = (0..6).map(|_| world.ends(FUTURE)).collect();
        Self { world, main, producer, consumer, function, futures, waits: 0 }
    }

    /// Changes the producer's backpressure in a function that is not `async`.
    fn backpressure(&mut self, call: crate::calls::Call) {
        let sync = self.world.sync(self.producer);
        let world = &mut self.world;
        let step = world.import(sync);
        enters(&step, sync);
        world.run(call);
        let step = world.return_value(None);
        back_from_import(&step, self.main);
    }

    /// Starts the function, which takes its three futures, and waits for the first.
    fn starts(
        &mut self,
        step: &weft_core::machine::Step,
        number: u32,
    ) -> (ThreadId, [u32; 3], weft_core::machine::Step) {
        let thread = enters(step, self.function);
        let base = number as usize * 3;
        let futures = [0, 1, 2].map(|it| {
            let (readable, _) = self.futures[base + it];
            self.world.pass(FUTURE, self.consumer, readable, self.producer)
        });
        self.world.run(context_set(0, number));
        let step = self.world.step(FUTURE.sync_read(futures[0], 1));
        (thread, futures, step)
    }

    /// Reads the first future, and waits in the callback for the second.
    fn waits_for_second(&mut self, thread: ThreadId, futures: [u32; 3]) {
        let world = &mut self.world;
        let step = world.tick();
        assert_eq!(back(&step, thread), u64::from(ended(FUTURE, Completed, 1)));
        let set = world.get(set_new());
        assert_eq!(world.get(FUTURE.read(futures[1], 1)), WAITS);
        world.run(join(futures[1], set));
        assert_eq!(world.exit_to_wait(set), HOST);
    }

    /// Takes the event of the second in the callback, returns, and waits for the third.
    fn returns(&mut self, thread: ThreadId, futures: [u32; 3], number: u32) {
        let world = &mut self.world;
        let step = world.tick();
        let payload = ended(FUTURE, Completed, 1);
        let expected = Event { code: EventCode::FutureRead, index: futures[1], payload };
        assert_eq!(called_back(&step, thread), expected);
        assert_eq!(world.get(context_get(0)), number);
        world.task_return(Some(42 + number));
        assert_eq!(world.step(FUTURE.sync_read(futures[2], 1)), HOST);
    }

    /// Reads the third future in the callback, and finishes.
    fn ends(&mut self, thread: ThreadId) {
        let step = self.world.tick();
        assert_eq!(back(&step, thread), u64::from(ended(FUTURE, Completed, 1)));
        assert_eq!(self.world.exit(), HOST);
    }

    /// Writes a future in `main` that is being read.
    fn write(&mut self, future: usize) {
        let (_, writable) = self.futures[future];
        let written = self.world.get(FUTURE.write(writable, 1));
        assert_eq!(written, ended(FUTURE, Completed, 1));
    }

    fn wait(&mut self) {
        assert_eq!(self.world.step(set_wait(self.waits)), HOST);
    }

    fn hears(&mut self, index: u32, state: SubtaskState) {
        let step = self.world.tick();
        assert_eq!(back_with_event(&step, self.main), of_subtask(index, state));
    }

    /// Checks that nothing happens when `main` lets others run.
    fn nothing_happens(&mut self) {
        for _ in 0..10 {
            assert_eq!(self.world.step(thread_yield()), HOST);
            let step = self.world.tick();
            back(&step, self.main);
            assert_eq!(self.world.event(set_poll(self.waits)), Event::NONE);
        }
    }
}

fn test_callback_interleaving<L: ExtensionLimits>() {
    let mut it = Interleaving::<L>::new();
    let before_started = u64::from(SubtaskState::CancelledBeforeStarted.code());
    it.backpressure(backpressure_inc());
    let to_die = it.world.subtask(it.function, SubtaskState::Starting);
    assert_eq!(it.world.value(sync_subtask_cancel(to_die)), before_started);
    it.backpressure(backpressure_dec());

    let step = it.world.import_async(it.function);
    let (first, of_first, step) = it.starts(&step, 0);
    let one = subtask(&step, it.main, SubtaskState::Started);
    let to_die = it.world.subtask(it.function, SubtaskState::Starting);
    assert_eq!(it.world.value(sync_subtask_cancel(to_die)), before_started);
    let two = it.world.subtask(it.function, SubtaskState::Starting);
    it.waits = it.world.get(set_new());
    it.world.run(join(one, it.waits));
    it.world.run(join(two, it.waits));

    it.write(0);
    it.wait();
    it.waits_for_second(first, of_first);
    let step = it.world.tick();
    let (second, of_second, step) = it.starts(&step, 1);
    assert_eq!(step, HOST);
    it.hears(two, SubtaskState::Started);
    it.write(1);
    // The first would get the event, but the second has the lock.
    it.nothing_happens();

    it.write(3);
    it.wait();
    it.waits_for_second(second, of_second);
    it.returns(first, of_first, 0);
    it.hears(one, SubtaskState::Returned);
    it.world.run(subtask_drop(one));
    it.write(4);
    it.nothing_happens();

    it.write(2);
    it.wait();
    it.ends(first);
    it.returns(second, of_second, 1);
    it.hears(two, SubtaskState::Returned);
    it.world.run(subtask_drop(two));

    let sync_callee = it.world.plain(it.producer);
    let three = it.world.subtask(sync_callee, SubtaskState::Starting);
    it.world.run(join(three, it.waits));
    it.write(5);
    it.wait();
    it.ends(second);
    let step = it.world.tick();
    enters(&step, sync_callee);
    assert_eq!(it.world.return_value(Some(100)), HOST);
    it.hears(three, SubtaskState::Returned);
    assert_eq!(it.world.return_value(None), HOST);
    it.world.clean_up();
}

fn test_wasm_to_wasm_stream<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [one, two] = world.instances();
    let function = world.stackful(one);
    let [first, second] = [(); 2].map(|()| flag(&mut world, one));
    let [third, fourth] = [(); 2].map(|()| flag(&mut world, two));
    let main = world.run_in(two);
    world.task_return(None);

    let step = world.import_async(function);
    let writer = enters(&step, function);
    let (readable, writes) = world.ends(STREAM);
    let token = world.begin_task_return();
    let reads = world.pass(STREAM, one, readable, two);
    let step = world.resolve(token, None);
    back(&step, writer);
    let step = world.step(FUTURE.sync_read(first.readable, 1));
    back_returned(&step, main);
    assert_eq!(world.get(STREAM.read(reads, 8)), WAITS);
    set(&mut world, first);
    let read_set = world.get(set_new());
    world.run(join(reads, read_set));
    assert_eq!(world.step(set_wait(read_set)), HOST);

    let step = world.tick();
    back(&step, writer);
    for _ in 0..2 {
        assert_eq!(world.get(STREAM.write(writes, 4)), ended(STREAM, Completed, 4));
    }
    assert_eq!(world.get(STREAM.write(writes, 0)), WAITS);
    assert_eq!(world.get(STREAM.cancel_write(writes)), ended(STREAM, Cancelled, 0));
    assert_eq!(world.step(FUTURE.sync_read(second.readable, 1)), HOST);

    let step = world.tick();
    let event = |code, index, result, progress| Event {
        code,
        index,
        payload: ended(STREAM, result, progress),
    };
    let expected = event(EventCode::StreamRead, reads, Completed, 8);
    assert_eq!(back_with_event(&step, main), expected);
    set(&mut world, second);
    assert_eq!(world.step(FUTURE.sync_read(third.readable, 1)), HOST);

    let step = world.tick();
    back(&step, writer);
    assert_eq!(world.get(STREAM.write(writes, 8)), WAITS);
    set(&mut world, third);
    let write_set = world.get(set_new());
    world.run(join(writes, write_set));
    assert_eq!(world.step(set_wait(write_set)), HOST);

    let step = world.tick();
    back(&step, main);
    assert_eq!(world.get(STREAM.read(reads, 0)), ended(STREAM, Completed, 0));
    for _ in 0..2 {
        assert_eq!(world.get(STREAM.read(reads, 2)), ended(STREAM, Completed, 2));
    }
    assert_eq!(world.step(FUTURE.sync_read(fourth.readable, 1)), HOST);

    let step = world.tick();
    let expected = event(EventCode::StreamWrite, writes, Completed, 4);
    assert_eq!(back_with_event(&step, writer), expected);
    assert_eq!(world.get(STREAM.write(writes, 0)), WAITS);
    set(&mut world, fourth);
    assert_eq!(world.step(set_wait(write_set)), HOST);

    let step = world.tick();
    back(&step, main);
    assert_eq!(world.get(STREAM.read(reads, 0)), WAITS);
    assert_eq!(world.step(set_wait(read_set)), HOST);

    let step = world.tick();
    let expected = event(EventCode::StreamWrite, writes, Completed, 0);
    assert_eq!(back_with_event(&step, writer), expected);
    assert_eq!(world.get(STREAM.write(writes, 0)), ended(STREAM, Completed, 0));
    let message = world.get(error_context_new());
    world.run(STREAM.drop_writable(writes));
    world.run(set_drop(write_set));
    world.run(error_context_drop(message));
    assert_eq!(world.exit(), HOST);

    let step = world.tick();
    let expected = event(EventCode::StreamRead, reads, Dropped, 0);
    assert_eq!(back_with_event(&step, main), expected);
    world.run(STREAM.drop_readable(reads));
    world.run(set_drop(read_set));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.copies.iter().filter(|copied| **copied > 1).sum::<u32>(), 12);
    world.clean_up();
}

fn test_receive_own_stream<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let host = world.host_function(7);
    let (readable, writable) = world.ends(STREAM);
    assert_eq!((readable, writable), (1, 2));
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    let step = world.import_async(host);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    assert_eq!(world.pass(STREAM, instance, readable, instance), 1);
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.host_returned();
    back_returned(&step, main);
    assert_eq!(world.get(STREAM.sync_cancel_write(writable)), ended(STREAM, Cancelled, 0));
    world.run(STREAM.drop_writable(writable));
    world.clean_up();
}

/// Checks the part of `test_cancel_subtask` in which a callee blocks in an import lowered without
/// `async`.
fn test_cancel_subtask<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [caller, callee] = world.instances();
    let (function, host) = (world.callback(callee), world.host_function(7));
    let main = world.run_in(caller);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    let step = world.host_returned();
    let sub = subtask(&step, main, SubtaskState::Started);
    assert_eq!(world.get(subtask_cancel(sub)), WAITS);
    world.machine.return_host_function_call(call, None).unwrap();
    let waits = world.get(set_new());
    world.run(join(sub, waits));
    assert_eq!(world.step(set_wait(waits)), HOST);

    let step = world.tick();
    back_from_import(&step, thread);
    let set = world.get(set_new());
    let step = world.exit_to_wait(set);
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    assert_eq!(world.event(set_poll(set)), Event::NONE);
    world.run(task_cancel());
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    let expected = of_subtask(sub, SubtaskState::CancelledBeforeReturned);
    assert_eq!(back_with_event(&step, main), expected);
    world.run(subtask_drop(sub));
    world.run(set_drop(waits));
    world.clean_up();
}

on_each_storage!(
    test_async_to_async,
    test_callback_interleaving,
    test_wasm_to_wasm_stream,
    test_receive_own_stream,
    test_cancel_subtask,
);
