//! What the machine costs: each operation, and how that changes with all that is there besides.
//!
//! `cargo bench -p weft-tests --bench machine` prints the tables:
//!
//! | table | what is in it |
//! |---|---|
//! | `operations` | whole operations, with nothing else there |
//! | `scaling` | one operation among ten things, a thousand, a hundred thousand and a million: the four rows are the same |
//! | `caches` | what the processor adds where an operation touches things long not touched: these rows are not the same |

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a benchmark that does not go as it should is to stop"
)]

use std::cell::RefCell;

use divan::{AllocProfiler, Bencher};
use weft_tests::stage::operations::{self, Operation};

/// Lists what a benchmark allocates: nothing, so that there is nothing to see of it.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// What is done over and over, with nothing else there.
#[divan::bench(args = operations::ALL, sample_count = 1000, sample_size = 100)]
fn operations(bencher: Bencher<'_, '_>, operation: &Operation) {
    let mut operation = operation.prepare();
    operation();
    bencher.bench_local(operation);
}

/// How many things there are.
const COUNTS: [usize; 4] = [10, 1_000, 100_000, 1_000_000];
/// How many operations are timed together, each on another one of as many things.
const TOGETHER: u32 = 10;

/// Times `timed`, without what `prepare` does before. Both get the position of one of the first
/// ten things there are, in turns.
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

/// One operation among ten things, a thousand, a hundred thousand and a million.
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
        /// A thread waits on a set of `n` members, few of which have an event.
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

        /// A stream is written to, whose readable end has a read pending and is in a set of `n`.
        fn notify_a_set(bencher, n) {
            let prepare = |it: &mut Members, position: usize| {
                it.stage.poll(it.set);
                it.stage.read(it.streams[position].readable);
            };
            among(bencher, Members::new(n), prepare, |it, position| {
                it.stage.write(it.streams[position].writable);
            });
        }

        /// A waitable without an event is moved out of a set of `n` into another set and back.
        fn join_twice(bencher, n) {
            let mut members = Members::new(n);
            let other = members.stage.new_set();
            among(bencher, members, |_, _| {}, |it, position| {
                let readable = it.streams[position].readable;
                it.stage.join(readable, other);
                it.stage.join(readable, it.set);
            });
        }

        /// A waitable with an event is moved out of a set in which all of `n` have one, and back.
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

        /// An end in a set of `n` is dropped, and the other one, in the set, too, hears of it.
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

        /// A stream is made and its ends are dropped, while there are `n` others.
        fn new_stream_and_drop(bencher, n) {
            among(bencher, Members::new(n), |_, _| {}, |it, _| {
                let Ends { readable, writable } = it.stage.new_stream();
                it.stage.call(DROP_READABLE, [readable]);
                it.stage.call(DROP_WRITABLE, [writable]);
            });
        }

        /// A resource is made and dropped, while there are `n` others.
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

        /// The only thread that waits on a set of `n` members is blocked, the host writes, the thread
        /// is resumed, reads and is blocked again.
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

    /// What `n` tasks of an instance do that the host has called.
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

        /// The current thread, that of the task at `position`, waits.
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

        /// The host writes to the stream of the task at `position`.
        fn write(&mut self, position: usize) {
            let (_, writable, _) = self.streams[position];
            assert!(self.stage.host_copy(writable));
            self.stage.hear();
        }

        /// Times a tick, and that the thread that it resumes waits again.
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
        /// Of `n` tasks that wait for reads, one that is ready is resumed, and waits again.
        fn resume_one_of_many_that_wait(bencher, n) {
            Tasks::new(n, Wait::Read).bench_ticks(bencher);
        }

        /// Of `n` tasks that are ready, the one whose turn it is is resumed, and yields again.
        fn resume_one_of_many_that_are_ready(bencher, n) {
            Tasks::new(n, Wait::Yield).bench_ticks(bencher);
        }

        /// Of `n` tasks whose callbacks have yielded, the one whose turn it is is called back.
        fn call_back_one_of_many_that_are_ready(bencher, n) {
            Tasks::new(n, Wait::YieldByCallback).bench_ticks(bencher);
        }

        /// Of `n` sets on each of which a thread waits, one with an event wakes its thread, which
        /// reads, and waits again.
        fn wake_the_waiter_of_one_of_many_sets(bencher, n) {
            Tasks::new(n, Wait::OwnSet).bench_ticks(bencher);
        }

        /// Of `n` sets for each of which a callback waits, one with an event has its callback called,
        /// which reads, and waits again.
        fn call_back_the_waiter_of_one_of_many_sets(bencher, n) {
            Tasks::new(n, Wait::OwnSetByCallback).bench_ticks(bencher);
        }

        /// Of a set that `n` callbacks and then one thread wait on, the thread is woken while the lock is
        /// taken, reads, and waits again.
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
            // A callback's task that blocks where it stands keeps the lock.
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

        /// Of `n` threads that wait on one set with `n` members, the first is woken as the host
        /// writes, reads, and waits again.
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

        /// A thread yields and is resumed, while `n` tasks wait.
        fn yield_among_many_that_wait(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Stackful);
            tasks.stage.enter_for_good(function);
            among(bencher, tasks, |_, _| {}, |it, _| {
                it.stage.block(ThreadDefinition::Yield, []);
                it.stage.tick_builtin();
            });
        }

        /// A callback yields and is called, while `n` tasks wait.
        fn yield_by_callback_among_many_that_wait(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Callback);
            tasks.stage.enter_for_good(function);
            among(bencher, tasks, |_, _| {}, |it, _| {
                expect_return_to_host(&it.stage.yield_in_callback());
                it.stage.tick_callback();
            });
        }

        /// The host calls a function that is lifted without `async`, which returns, while `n` tasks
        /// wait.
        fn sync_call_among_many_tasks(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.sync_export(tasks.instance);
            among(bencher, tasks, |_, _| {}, move |it, _| {
                let call = it.stage.enter(function);
                expect_return_to_host(&it.stage.sync_return());
                it.stage.forget(call);
            });
        }

        /// The host calls a function that is lifted with a callback, which returns, while `n` tasks
        /// wait.
        fn async_call_among_many_tasks(bencher, n) {
            let mut tasks = Tasks::new(n, Wait::Read);
            let function = tasks.stage.export(tasks.instance, LiftMode::Callback);
            among(bencher, tasks, |_, _| {}, move |it, _| {
                let call = it.stage.enter(function);
                it.stage.return_and_exit();
                it.stage.forget(call);
            });
        }

        /// Of `n` instances each of which has a thread that is ready, the thread of the one whose
        /// turn it is is resumed, and yields again.
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

    /// An instance with a task that runs whenever it is its turn, and `n` others that wait to enter
    /// behind backpressure.
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
        /// Of `n` tasks that wait behind backpressure, one is let in and returns.
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

        /// Of `n` calls whose callbacks wait, the host cancels one.
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

        /// The host hears of one of `n` calls that have returned.
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

        /// Of `n` threads of a task that are suspended, one is switched to, and suspended again.
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

        /// A thread is made, resumed later and runs to its end, while there are `n` others.
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

/// What it costs that the things an operation is about are not in the processor's caches.
mod caches {
    use divan::Bencher;
    use weft::code::Ends;
    use weft_tests::stage::Stage;

    use super::{COUNTS, TOGETHER, among};

    /// Of `n` streams, one that is far from the one before is read from and written to, and the
    /// event of the read is waited for.
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
                // A prime step visits all of them, in an order that nobody foresees.
                *position = (*position + 746_773) % streams.len();
                let Ends { readable, writable } = streams[*position];
                stage.read(readable);
                stage.write(writable);
                stage.wait(set);
            },
        );
    }
}
