//! Times of the machine: each operation, and its dependence on the number of other objects.
//!
//! `cargo bench -p weft-tests --bench machine` prints the tables:
//!
//! | table | contents |
//! |---|---|
//! | `operations` | whole operations, without other objects |
//! | `scaling` | one operation among ten objects, a thousand, a hundred thousand and a million: the four rows are equal |
//! | `caches` | the cost of the processor's cache misses, when an operation uses objects that were not used recently: these rows differ |

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark with an unexpected result stops"
)]

use std::cell::RefCell;

use divan::{AllocProfiler, Bencher};
use weft_tests::stage::operations::{self, Operation};

/// An allocator that reports the allocations of a benchmark; there should be none.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Runs an operation repeatedly, without other objects.
#[divan::bench(args = operations::ALL, sample_count = 1000, sample_size = 100)]
fn operations(bencher: Bencher<'_, '_>, operation: &Operation) {
    let mut operation = operation.prepare();
    operation();
    bencher.bench_local(operation);
}

/// The numbers of objects.
const COUNTS: [usize; 4] = [10, 1_000, 100_000, 1_000_000];
/// The number of operations that are timed together, each on another object.
const TOGETHER: u32 = 10;

/// Times `timed`, without the part that `prepare` does before. Both get the positions of the first
/// ten objects, in turn.
fn among<S>(
    bencher: Bencher<'_, '_>,
    scene: S,
    prepare: impl Fn(&mut S, usize),
    timed: impl Fn(&mut S, usize),
) {
    let scene = RefCell::new(scene);
    let mut next = 0;
    bencher
        .with_inputs(|| {
            let position = next;
            next = (next + 1) % TOGETHER as usize;
            prepare(&mut scene.borrow_mut(), position);
            position
        })
        .bench_local_values(|position| timed(&mut scene.borrow_mut(), position));
}

/// One operation among ten objects, a thousand, a hundred thousand and a million.
mod scaling {
    use std::collections::VecDeque;

    use divan::Bencher;
    use weft::builtin::{ResourceDefinition, TaskDefinition, ThreadDefinition};
    use weft::code::{Ends, SubtaskState};
    use weft::machine::{
        EndId, Event, FunctionId, InstanceId, LiftMode, Step, SubtaskId, TypeDefinition,
    };
    use weft_tests::stage::{
        DROP_READABLE, DROP_WRITABLE, Stage, callback_event, expect_return_to_host, resource_new,
        stream_read,
    };

    use super::{COUNTS, TOGETHER, among};

    macro_rules! scaling {
        ($($(#[$doc:meta])* fn $name:ident($bencher:ident, $n:ident) $body:block)*) => {$(
            $(#[$doc])*
            #[divan::bench(args = COUNTS, sample_count = 1000, sample_size = TOGETHER)]
            fn $name($bencher: Bencher<'_, '_>, $n: usize) $body
        )*};
    }

    /// A guest that runs, and a set of `n` members: the readable ends of streams.
    struct Members {
        stage: Stage,
        set: u32,
        streams: Vec<Ends>,
    }

    impl Members {
        fn new(n: usize) -> Self {
            let mut stage = Stage::default();
            stage.running_guest();
            let set = stage.new_set();
            let streams: Vec<_> = (0..n).map(|_| stage.new_stream()).collect();
            for ends in &streams {
                stage.join(ends.readable, set);
            }
            Self { stage, set, streams }
        }
    }

    scaling! {
        /// Waits on a set of `n` members, few of which have an event.
        fn wait_on_a_set(bencher, n) {
            let prepare = |it: &mut Members, position: usize| {
                let Ends { readable, writable } = it.streams[position];
                it.stage.read(readable);
                it.stage.write(writable);
            };
            among(bencher, Members::new(n), prepare, |it, _| {
                it.stage.wait(it.set);
            });
        }

        /// Writes to a stream whose readable end has a pending read and is in a set of `n`.
        fn notify_a_set(bencher, n) {
            let prepare = |it: &mut Members, position: usize| {
                it.stage.poll(it.set);
                it.stage.read(it.streams[position].readable);
            };
            among(bencher, Members::new(n), prepare, |it, position| {
                it.stage.write(it.streams[position].writable);
            });
        }

        /// Moves a waitable without an event from a set of `n` into another set and back.
        fn join_twice(bencher, n) {
            let mut members = Members::new(n);
            let other = members.stage.new_set();
            among(bencher, members, |_, _| {}, |it, position| {
                let readable = it.streams[position].readable;
                it.stage.join(readable, other);
                it.stage.join(readable, it.set);
            });
        }

        /// Moves a waitable with an event out of a set of `n`, which all have one, and back.
        fn join_twice_with_an_event(bencher, n) {
            let mut members = Members::new(n);
            let other = members.stage.new_set();
            for Ends { readable, writable } in &members.streams {
                members.stage.read(*readable);
                members.stage.write(*writable);
            }
            among(bencher, members, |_, _| {}, |it, position| {
                let readable = it.streams[position].readable;
                it.stage.join(readable, other);
                it.stage.join(readable, it.set);
            });
        }

        /// Drops an end in a set of `n`; the other end, also in the set, gets the event.
        fn drop_an_end(bencher, n) {
            let mut members = Members::new(n);
            let ends: Vec<_> = (0..TOGETHER).map(|_| members.stage.new_stream()).collect();
            for Ends { readable, .. } in &ends {
                members.stage.call(DROP_READABLE, [*readable]);
            }
            let prepare = |(it, ends): &mut (Members, Vec<Ends>), position: usize| {
                let Ends { readable, writable } = &mut ends[position];
                it.stage.call(DROP_WRITABLE, [*writable]);
                Ends { readable: *readable, writable: *writable } = it.stage.new_stream();
                it.stage.join(*readable, it.set);
                it.stage.join(*writable, it.set);
            };
            among(bencher, (members, ends), prepare, |(it, ends), position| {
                it.stage.call(DROP_READABLE, [ends[position].readable]);
            });
        }

        /// Creates a stream and drops its ends, among `n` others.
        fn new_stream_and_drop(bencher, n) {
            among(bencher, Members::new(n), |_, _| {}, |it, _| {
                let Ends { readable, writable } = it.stage.new_stream();
                it.stage.call(DROP_READABLE, [readable]);
                it.stage.call(DROP_WRITABLE, [writable]);
            });
        }

        /// Creates a resource and drops it, among `n` others.
        fn new_resource_and_drop(bencher, n) {
            let mut stage = Stage::default();
            let instance = stage.running_guest();
            let definition =
                TypeDefinition::Resource { instance: Some(instance), destructor: None };
            let resource_type = stage.machine.define_type(definition).unwrap();
            for _ in 0..n {
                stage.call(resource_new(resource_type), [42]);
            }
            among(bencher, stage, |_, _| {}, |stage, _| {
                let handle = stage.call(resource_new(resource_type), [42]);
                stage.call(ResourceDefinition::Drop { resource_type }, [handle]);
            });
        }

        /// Blocks the only thread that waits on a set of `n` members; then the host writes, and the
        /// thread is resumed, reads and is blocked again.
        fn block_on_a_set_and_resume(bencher, n) {
            let mut stage = Stage::default();
            let instance = stage.running_guest();
            let set = stage.new_set();
            for _ in 1..n {
                let ends = stage.new_stream();
                stage.join(ends.readable, set);
            }
            let (readable, writable) = stage.stream_of_host(instance);
            stage.join(readable, set);
            stage.read(readable);
            stage.block_on(set);
            among(bencher, stage, |_, _| {}, move |stage, _| {
                stage.host_copy(writable);
                stage.hear();
                stage.tick_event();
                stage.read(readable);
                stage.block_on(set);
            });
        }
    }

    /// The ways in which `n` tasks of an instance wait, which the host has called.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Wait {
        /// Each reads from a stream without `async`.
        Read,
        /// Each waits on a set of its own, by the built-in.
        OwnSet,
        /// Each waits on a set of its own, by its callback.
        OwnSetByCallback,
        /// All wait on one set, by the built-in.
        OneSet,
        /// Each lets others run, and is ready.
        Yield,
        /// Each lets others run by its callback, and is ready.
        YieldByCallback,
    }

    /// `n` tasks of an instance, each of which waits.
    struct Tasks {
        stage: Stage,
        instance: InstanceId,
        wait: Wait,
        /// The stream that each reads from and the host writes to, and the set it waits on.
        streams: Vec<(u32, EndId, u32)>,
    }

    impl Tasks {
        fn new(n: usize, wait: Wait) -> Self {
            let mut stage = Stage::default();
            let instance = stage.instance();
            let mut it = Self { stage, instance, wait, streams: Vec::new() };
            let is_callback = matches!(wait, Wait::OwnSetByCallback | Wait::YieldByCallback);
            let lift = if is_callback { LiftMode::Callback } else { LiftMode::Stackful };
            let function = it.stage.export(instance, lift);
            let mut one_set = None;
            for position in 0..n {
                it.stage.enter_for_good(function);
                if !matches!(wait, Wait::Yield | Wait::YieldByCallback) {
                    let (readable, writable) = it.stage.stream_of_host(instance);
                    let set = match wait {
                        Wait::OneSet => *one_set.get_or_insert_with(|| it.stage.new_set()),
                        Wait::OwnSet | Wait::OwnSetByCallback => it.stage.new_set(),
                        _ => 0,
                    };
                    if set != 0 {
                        it.stage.join(readable, set);
                    }
                    it.streams.push((readable, writable, set));
                }
                it.wait(position);
            }
            it
        }

        /// Waits in the current thread, that of the task at `position`.
        fn wait(&mut self, position: usize) {
            let stage = &mut self.stage;
            match self.wait {
                Wait::Yield => stage.block(ThreadDefinition::Yield, []),
                Wait::YieldByCallback => expect_return_to_host(&stage.yield_in_callback()),
                Wait::Read => {
                    let (readable, ..) = self.streams[position];
                    expect_return_to_host(&stage.copy(stream_read(false), readable));
                }
                Wait::OwnSet | Wait::OneSet => {
                    let (readable, _, set) = self.streams[position];
                    stage.read(readable);
                    stage.block_on(set);
                }
                Wait::OwnSetByCallback => {
                    let (readable, _, set) = self.streams[position];
                    stage.read(readable);
                    expect_return_to_host(&stage.wait_in_callback(set));
                }
            }
        }

        /// Writes for the host to the stream of the task at `position`.
        fn write(&mut self, position: usize) {
            let (_, writable, _) = self.streams[position];
            assert!(self.stage.host_copy(writable));
            self.stage.hear();
        }

        /// Times a tick, and the next wait of the thread that it resumes.
        fn bench_ticks(self, bencher: Bencher<'_, '_>) {
            let wait = self.wait;
            let prepare = |it: &mut Self, position| {
                if !it.streams.is_empty() {
                    it.write(position);
                }
            };
            among(bencher, self, prepare, |it, position| {
                match wait {
                    Wait::Read | Wait::Yield => {
                        it.stage.tick_builtin();
                    }
                    Wait::OwnSet | Wait::OneSet => {
                        it.stage.tick_event();
                    }
                    Wait::OwnSetByCallback | Wait::YieldByCallback => {
                        it.stage.tick_callback();
                    }
                }
                it.wait(position);
            });
        }
    }

    scaling! {
        /// Resumes one ready task of `n` that wait for reads; it waits again.
        fn resume_one_of_many_that_wait(bencher, n) {
            Tasks::new(n, Wait::Read).bench_ticks(bencher);
        }

        /// Resumes the next of `n` ready tasks; it yields again.
        fn resume_one_of_many_that_are_ready(bencher, n) {
            Tasks::new(n, Wait::Yield).bench_ticks(bencher);
        }

        /// Calls the next of `n` callbacks that have yielded.
        fn call_back_one_of_many_that_are_ready(bencher, n) {
            Tasks::new(n, Wait::YieldByCallback).bench_ticks(bencher);
        }

        /// Wakes the thread that waits on one of `n` sets, after an event; it reads, and waits
        /// again.
        fn wake_the_waiter_of_one_of_many_sets(bencher, n) {
            Tasks::new(n, Wait::OwnSet).bench_ticks(bencher);
        }

        /// Calls the callback that waits for one of `n` sets, after an event; it reads, and waits
        /// again.
        fn call_back_the_waiter_of_one_of_many_sets(bencher, n) {
            Tasks::new(n, Wait::OwnSetByCallback).bench_ticks(bencher);
        }

        /// Wakes the thread that waits on a set after `n` callbacks, while the lock is taken; it
        /// reads, and waits again.
        fn wake_a_waiter_behind_many_callbacks(bencher, n) {
            let mut stage = Stage::default();
            let instance = stage.instance();
            let callback = stage.export(instance, LiftMode::Callback);
            let stackful = stage.export(instance, LiftMode::Stackful);
            let mut set = 0;
            for _ in 0..n {
                stage.enter_for_good(callback);
                if set == 0 {
                    set = stage.new_set();
                }
                expect_return_to_host(&stage.wait_in_callback(set));
            }
            let (readable, writable) = stage.stream_of_host(instance);
            stage.enter_for_good(stackful);
            stage.join(readable, set);
            stage.read(readable);
            stage.block_on(set);
            // A task with a callback that blocks inside a call keeps the lock.
            let (never, _) = stage.stream_of_host(instance);
            stage.enter_for_good(callback);
            expect_return_to_host(&stage.copy(stream_read(false), never));
            among(bencher, stage, |_, _| {}, move |stage, _| {
                stage.host_copy(writable);
                stage.hear();
                stage.tick_event();
                stage.read(readable);
                stage.block_on(set);
            });
        }

        /// Wakes the first of `n` threads that wait on one set of `n` members, after a write of the
        /// host; it reads, and waits again.
        fn wake_the_first_of_many_waiters_of_a_set(bencher, n) {
            // One at a time: with a second event, the thread that waits again would get it at once.
            among(
                bencher,
                Tasks::new(n, Wait::OneSet),
                |_, _| {},
                |it, position| {
                    it.write(position);
                    it.stage.tick_event();
                    it.wait(position);
                },
            );
        }

        /// Yields and resumes a thread, while `n` tasks wait.
        fn yield_among_many_that_wait(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Stackful);
            tasks.stage.enter_for_good(function);
            among(bencher, tasks, |_, _| {}, |it, _| {
                it.stage.block(ThreadDefinition::Yield, []);
                it.stage.tick_builtin();
            });
        }

        /// Yields and calls a callback, while `n` tasks wait.
        fn yield_by_callback_among_many_that_wait(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Callback);
            tasks.stage.enter_for_good(function);
            among(bencher, tasks, |_, _| {}, |it, _| {
                expect_return_to_host(&it.stage.yield_in_callback());
                it.stage.tick_callback();
            });
        }

        /// Calls a function that is lifted without `async`, which returns, while `n` tasks wait.
        fn sync_call_among_many_tasks(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.sync_export(tasks.instance);
            among(bencher, tasks, |_, _| {}, move |it, _| {
                let call = it.stage.enter(function);
                expect_return_to_host(&it.stage.sync_return());
                it.stage.forget(call);
            });
        }

        /// Calls a function that is lifted with a callback, which returns, while `n` tasks wait.
        fn async_call_among_many_tasks(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Callback);
            among(bencher, tasks, |_, _| {}, move |it, _| {
                let call = it.stage.enter(function);
                it.stage.return_and_exit();
                it.stage.forget(call);
            });
        }

        /// Resumes the ready thread of the next of `n` instances; it yields again.
        fn resume_one_of_many_instances(bencher, n) {
            let mut stage = Stage::default();
            for _ in 0..n {
                stage.running_guest();
                stage.block(ThreadDefinition::Yield, []);
            }
            among(bencher, stage, |_, _| {}, |stage, _| {
                stage.tick_builtin();
                stage.block(ThreadDefinition::Yield, []);
            });
        }
    }

    /// An instance with a task that runs each time it is its turn, and `n` others that wait to
    /// enter because of backpressure.
    struct Queue {
        stage: Stage,
        function: FunctionId,
        waiting: VecDeque<SubtaskId>,
        returned: VecDeque<SubtaskId>,
    }

    impl Queue {
        fn new(n: usize) -> Self {
            let mut stage = Stage::default();
            let instance = stage.running_guest();
            stage.close();
            stage.block(ThreadDefinition::Yield, []);
            let function = stage.export(instance, LiftMode::Callback);
            let (waiting, returned) = (VecDeque::new(), VecDeque::with_capacity(64));
            let mut it = Self { stage, function, waiting, returned };
            for _ in 0..n {
                it.queue_up();
            }
            it
        }

        fn queue_up(&mut self) {
            let (call, step) = self.stage.machine.invoke(self.function).unwrap();
            expect_return_to_host(&step);
            self.waiting.push_back(call);
        }
    }

    scaling! {
        /// Lets one of `n` tasks enter that wait because of backpressure; it returns.
        fn enter_before_many_that_wait(bencher, n) {
            let prepare = |it: &mut Queue, _| {
                if let Some(call) = it.returned.pop_front() {
                    it.stage.forget(call);
                }
                it.queue_up();
            };
            among(bencher, Queue::new(n), prepare, |it, _| {
                it.stage.tick_builtin();
                it.stage.open();
                it.stage.block(ThreadDefinition::Yield, []);
                it.stage.tick_enter();
                it.stage.close();
                it.stage.return_and_exit();
                it.returned.extend(it.waiting.pop_front());
            });
        }

        /// Cancels one of `n` calls whose callbacks wait.
        fn cancel_one_of_many_that_wait(bencher, n) {
            let mut stage = Stage::default();
            let instance = stage.instance();
            let function = stage.export(instance, LiftMode::Callback);
            stage.enter_for_good(function);
            let set = stage.new_set();
            stage.return_and_exit();
            stage.hear();
            let wait = move |stage: &mut Stage| {
                let call = stage.enter(function);
                expect_return_to_host(&stage.wait_in_callback(set));
                while stage.machine.next_host_event().unwrap().is_some() {}
                call
            };
            let calls: Vec<_> = (0..n).map(|_| wait(&mut stage)).collect();
            let prepare = move |(stage, calls): &mut (Stage, Vec<SubtaskId>), position: usize| {
                let call = calls[position];
                if stage.machine.call_state(call).unwrap() != SubtaskState::Started {
                    stage.machine.drop_call(call).unwrap();
                    calls[position] = wait(stage);
                }
            };
            among(bencher, (stage, calls), prepare, |(stage, calls), position| {
                let step = stage.machine.cancel_call(calls[position]).unwrap();
                assert_eq!(callback_event(&step), Event::TASK_CANCELLED);
                stage.call(TaskDefinition::Cancel, []);
                expect_return_to_host(&stage.exit());
            });
        }

        /// Takes the host's event of one of `n` calls that have returned.
        fn hear_of_one_of_many_calls(bencher, n) {
            let mut stage = Stage::default();
            let instance = stage.instance();
            let function = stage.export(instance, LiftMode::Callback);
            let call = move |stage: &mut Stage| {
                let call = stage.enter(function);
                stage.return_and_exit();
                call
            };
            let calls: VecDeque<_> = (0..n).map(|_| call(&mut stage)).collect();
            let scene = (stage, calls, 0);
            let prepare = move |(stage, calls, heard): &mut (Stage, VecDeque<_>, u32), _| {
                if *heard > 0 {
                    *heard -= 1;
                    stage.machine.drop_call(calls.pop_front().unwrap()).unwrap();
                }
                calls.push_back(call(stage));
            };
            among(bencher, scene, prepare, |(stage, _, heard), _| {
                stage.hear();
                *heard += 1;
            });
        }

        /// Switches to one of `n` suspended threads of a task, which is suspended again.
        fn switch_to_one_of_many_threads(bencher, n) {
            let mut stage = Stage::default();
            stage.running_guest();
            let threads: Vec<_> = (0..n).map(|_| stage.new_thread()).collect();
            let scene = (stage, threads);
            among(bencher, scene, |_, _| {}, |(stage, threads), position| {
                let step = stage.suspended(ThreadDefinition::YieldThenResume, [threads[position]]);
                assert!(matches!(step, Step::CallStartFunction { .. } | Step::Resume { .. }));
                stage.block(ThreadDefinition::Suspend, []);
                stage.tick_builtin();
            });
        }

        /// Creates a thread, resumes it later and runs it to its end, among `n` others.
        fn new_thread_among_many(bencher, n) {
            let mut stage = Stage::default();
            stage.running_guest();
            for _ in 0..n {
                stage.new_thread();
            }
            among(bencher, stage, |_, _| {}, |stage, _| {
                let thread = stage.new_thread();
                stage.call(ThreadDefinition::ResumeLater, [thread]);
                stage.block(ThreadDefinition::Yield, []);
                assert!(matches!(stage.tick(), Step::CallStartFunction { .. }));
                expect_return_to_host(&stage.machine.function_returned(None).unwrap());
                stage.tick_builtin();
            });
        }
    }
}

/// The cost if the objects of an operation are not in the processor's caches.
mod caches {
    use divan::Bencher;
    use weft::code::Ends;
    use weft_tests::stage::Stage;

    use super::{COUNTS, TOGETHER, among};

    /// Reads and writes one of `n` streams that is far from the last one, and waits for the event
    /// of the read.
    #[divan::bench(args = COUNTS, sample_count = 1000, sample_size = TOGETHER)]
    fn read_write_and_wait_all_over_memory(bencher: Bencher<'_, '_>, n: usize) {
        let mut stage = Stage::default();
        stage.running_guest();
        let set = stage.new_set();
        let streams: Vec<_> = (0..n).map(|_| stage.new_stream()).collect();
        for ends in &streams {
            stage.join(ends.readable, set);
        }
        among(
            bencher,
            (stage, 0),
            |_, _| {},
            move |(stage, position), _| {
                // A prime step visits all of them, in an order that the processor cannot predict.
                *position = (*position + 746_773) % streams.len();
                let Ends { readable, writable } = streams[*position];
                stage.read(readable);
                stage.write(writable);
                stage.wait(set);
            },
        );
    }
}
