//! Threads that the host starts, from spawn to join, and their values.

use weft::builtin::OptionsIndex;
use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;
use weft::machine::{FunctionId, LiftMode, LiftedFunction, Step, SubtaskId, WaitableId};
use weft::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

use crate::stage::{expect_function, expect_return_to_host};

super::operations! {
    /// Starts a thread, runs it to its end, joins it and drops it.
    SPAWN_AND_JOIN, "spawn, run, end, join, forget", spawn_and_join;
    /// The same, with a thread-local value and its destructor.
    SPAWN_WITH_LOCAL, "the same with a value and its destructor", spawn_with_local;
    /// Sets the number of a key of a running thread, and reads it.
    LOCAL, "set a value that is there, get it", local;
    /// Reads the status of a thread.
    STATUS, "status", status;
}

/// A guest with one export, and the host.
struct Play<L: ExtensionLimits> {
    machine: ExtendedMachine<L>,
    function: FunctionId,
}

impl<L: ExtensionLimits> Play<L> {
    fn new() -> Self {
        let mut machine = ExtendedMachine::default();
        let function = LiftedFunction {
            instance: machine.new_instance().expect("an instance"),
            is_async: false,
            lift: LiftMode::Sync { has_post_return: false },
            result_type: None,
            lift_options: OptionsIndex(0),
        };
        let function = machine.lift(function).expect("an export");
        Self { machine, function }
    }

    /// Starts a thread, and runs it.
    fn spawn(&mut self) -> (SpawnedThreadId, SubtaskId) {
        let config = ThreadSpawnConfig { stack_size: Some(65_536), priority: Some(5) };
        let begun = self.machine.threads().spawn_ref(self.function, config, None);
        let (thread, call, step) = begun.expect("a thread");
        expect_function(&step);
        (thread, call)
    }

    /// Stops the running thread, joins it and drops it. `destroyed` is the number of its values with
    /// a destructor.
    fn end_and_join(&mut self, (thread, call): (SpawnedThreadId, SubtaskId), destroyed: u32) {
        let step = self.machine.function_returned(None).expect("a return");
        let Step::Return(token) = step else { panic!("the function returns, not {step:?}") };
        self.machine.return_(&token).expect("a task that may return");
        expect_return_to_host(&self.machine.resolve(token, None).expect("a task that returns"));
        let heard = self.machine.next_host_event().expect("events").expect("an event");
        assert_eq!(heard.waitable, WaitableId::Subtask(call));
        self.machine.threads().begin_join(thread, None).expect("a thread without a waiter");
        assert_eq!(self.machine.threads().end_join(thread), Ok(Some(ThreadEnd::Completed)));
        let mut heard = 0;
        while let Some(ended) = self.machine.threads().next_destructor().expect("threads") {
            assert_eq!((ended.thread, ended.key, ended.destructor), (thread, 1, 7));
            heard += 1;
        }
        assert_eq!(heard, destroyed);
        assert_eq!(self.machine.threads().clean_up(), Ok(1));
        self.machine.drop_call(call).expect("a call");
    }
}

fn spawn_and_join<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut play = Play::<L>::new();
    Box::new(move || {
        let thread = play.spawn();
        play.end_and_join(thread, 0);
    })
}

fn spawn_with_local<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut play = Play::<L>::new();
    Box::new(move || {
        let thread = play.spawn();
        play.machine.threads().set_local(thread.0, 1, 42, Some(7)).expect("a value");
        play.end_and_join(thread, 1);
    })
}

fn local<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut play = Play::<L>::new();
    let (thread, _) = play.spawn();
    let mut value = 0_u64;
    Box::new(move || {
        value += 1;
        play.machine.threads().set_local(thread, 1, value, None).expect("a value");
        let found =
            play.machine.threads().get_local(thread, 1).expect("a thread").expect("a value");
        assert_eq!(found.get::<u64>(), Some(value));
    })
}

fn status<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut play = Play::<L>::new();
    let (thread, _) = play.spawn();
    Box::new(move || {
        assert_eq!(play.machine.threads().status(thread), Ok(ThreadStatus::Running));
    })
}
