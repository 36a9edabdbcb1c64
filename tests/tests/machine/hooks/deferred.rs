//! Hooks of a machine whose calls may start without records.

use weft_core::chooser::FirstInFirstOut;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::id::{ErrorContextId, InstanceId, SubtaskId, TaskId, ThreadId};
use weft_core::limits::{Limits, Table};
use weft_core::machine::{
    FunctionId, Hooks, LiftMode, LiftedFunction, Machine, NewCall, NewTask, Step, ThreadEnd,
};

use crate::calls::OPTIONS;
use crate::steps::returned;

/// A recorder of its hook calls. It asks for calls and tasks only if it is eager.
#[derive(Default)]
struct Listener<const EAGER: bool> {
    hears_of_calls: bool,
    hears_of_tasks: bool,
    refuses: bool,
    lines: Vec<String>,
    /// The call and the task that were prepared.
    call: Option<NewCall>,
    task: Option<NewTask>,
}

impl<const IS_EAGER: bool> Hooks for Listener<IS_EAGER> {
    const EAGER: bool = IS_EAGER;

    fn hears_of_next_task(&self) -> bool {
        self.hears_of_tasks
    }

    fn hears_of_next_call(&self) -> bool {
        self.hears_of_calls
    }

    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        self.task = Some(*task);
        if self.refuses { Err(Error::Full(Table::TaskRecords)) } else { Ok(()) }
    }

    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        // The prepared object is made, with the same ids.
        assert_eq!(self.task.take(), Some(*task));
        let by = task.begun_by.map_or(String::new(), |by| format!(" by task {by}"));
        let call = task.call.map_or("realloc".to_owned(), |call| format!("call {call}"));
        self.lines.push(format!("task {} made for {call}{by}", task.task));
        Ok(())
    }

    fn task_removed(&mut self, task: TaskId) -> Result<(), Error> {
        self.lines.push(format!("task {task} removed"));
        Ok(())
    }

    fn thread_removed(&mut self, thread: ThreadId, _: ThreadEnd) -> Result<(), Error> {
        self.lines.push(format!("thread {thread} removed"));
        Ok(())
    }

    fn prepare_call(&mut self, call: NewCall) -> Result<(), Error> {
        self.call = Some(call);
        Ok(())
    }

    fn call_made(&mut self, call: NewCall) -> Result<(), Error> {
        assert_eq!(self.call.take(), Some(call));
        let by = call.caller.map_or("the host".into(), |caller| format!("instance {caller}"));
        self.lines.push(format!("call {} made by {by}", call.call));
        Ok(())
    }

    fn call_removed(&mut self, call: SubtaskId) -> Result<Option<ErrorContextId>, Error> {
        self.lines.push(format!("call {call} removed"));
        Ok(None)
    }

    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.lines.push(format!("instance {instance} locked down"));
        Ok(())
    }
}

struct Told<L: Limits, const EAGER: bool = false> {
    machine: Machine<L, FirstInFirstOut, Listener<EAGER>>,
    instances: [InstanceId; 2],
    functions: [FunctionId; 2],
    host: FunctionId,
}

impl<L: Limits, const EAGER: bool> Told<L, EAGER> {
    fn new() -> Self {
        let mut machine = Machine::with_hooks(FirstInFirstOut, Listener::default());
        let instances = [(); 2].map(|()| machine.new_instance().unwrap());
        let lift = LiftMode::Sync { has_post_return: false };
        let functions = instances.map(|instance| {
            let (result_type, lift_options) = (None, OPTIONS);
            let function =
                LiftedFunction { instance, is_async: false, lift, result_type, lift_options };
            machine.lift(function).unwrap()
        });
        let host = machine.define_host_function(7).unwrap();
        Self { machine, instances, functions, host }
    }

    fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.machine.hooks_mut().lines)
    }

    fn return_nothing(&mut self) -> Step {
        let token = returned(self.machine.function_returned(None).unwrap());
        self.machine.resolve(token, None).unwrap()
    }

    /// Starts a call from a guest to a guest to the host, without records.
    fn begin(&mut self) {
        assert_eq!(self.machine.invoke_deferred(self.functions[0]), Ok(true));
        for callee in [self.functions[1], self.host] {
            assert!(self.machine.canon_lower_deferred(callee, false).unwrap().is_some());
        }
    }
}

fn hooks_that_want_to_hear_of_each_call_do<L: Limits>() {
    let mut told = Told::<L, true>::new();
    assert_eq!(told.machine.invoke_deferred(told.functions[0]), Ok(false));
    told.machine.set_eager(false);
    assert_eq!(told.machine.invoke_deferred(told.functions[0]), Ok(false));
    let _ = told.machine.invoke(told.functions[0]).unwrap();
    assert_eq!(told.machine.canon_lower_deferred(told.functions[1], false), Ok(None));
    assert_eq!(told.machine.canon_lower_deferred(told.host, false), Ok(None));
    told.machine.begin_realloc(told.instances[0]).unwrap();
    assert!(!told.machine.has_deferred());
}

fn no_call_begins_without_records_if_hooks_hear_of_the_next_one<L: Limits>() {
    for (of_calls, of_tasks) in [(true, false), (false, true), (true, true)] {
        let mut told = Told::<L>::new();
        told.machine.hooks_mut().hears_of_calls = of_calls;
        told.machine.hooks_mut().hears_of_tasks = of_tasks;
        assert_eq!(told.machine.invoke_deferred(told.functions[0]), Ok(false));
        told.machine.begin_realloc(told.instances[0]).unwrap();
        assert!(!told.machine.has_deferred());
        told.machine.realloc_returned().unwrap();
        let _ = told.machine.invoke(told.functions[0]).unwrap();
        assert_eq!(told.machine.canon_lower_deferred(told.host, false), Ok(None));
    }
}

fn hooks_are_not_told_of_calls_without_records<L: Limits>() {
    let mut told = Told::<L>::new();
    told.begin();
    for _ in 0..3 {
        assert_eq!(told.machine.deferred_returned(), Ok(true));
    }
    assert_eq!(told.lines(), [""; 0]);
    // The hooks are told of other objects when the records go, as of all calls that they did not
    // ask for.
    told.begin();
    let mut calls = Vec::new();
    told.machine.make_records(|call| calls.push(call.call)).unwrap();
    assert_eq!(told.lines(), [""; 0]);
    told.machine.return_host_function_call(calls[2], None).unwrap();
    let _ = told.machine.host_returned().unwrap();
    let _ = told.return_nothing();
    assert_eq!(told.return_nothing(), Step::ReturnToHost);
    told.machine.drop_call(calls[0]).unwrap();
    let expected = [
        "call 3 removed",
        "thread 2 removed",
        "task 2 removed",
        "call 2 removed",
        "thread 1 removed",
        "task 1 removed",
        "call 1 removed",
    ];
    assert_eq!(told.lines(), expected);
}

fn hooks_that_ask_later_are_told_of_calls_with_records<L: Limits>() {
    for is_eager in [true, false] {
        let mut told = Told::<L>::new();
        if is_eager {
            told.machine.hooks_mut().hears_of_calls = true;
            told.machine.hooks_mut().hears_of_tasks = true;
            let _ = told.machine.invoke(told.functions[0]).unwrap();
            for callee in [told.functions[1], told.host] {
                let _ = told.machine.canon_lower(callee, false).unwrap();
            }
        } else {
            told.begin();
            told.machine.hooks_mut().hears_of_calls = true;
            told.machine.hooks_mut().hears_of_tasks = true;
        }
        told.machine.begin_realloc(told.instances[1]).unwrap();
        assert!(!told.machine.has_deferred());
        let expected = [
            "call 1 made by the host",
            "task 1 made for call 1",
            "call 2 made by instance 1",
            "task 2 made for call 2 by task 1",
            "call 3 made by instance 2",
            "task 3 made for realloc by task 2",
        ];
        assert_eq!(told.lines(), expected);
    }
}

fn a_refusal_that_comes_too_late_ends_in_unwinding<L: Limits>() {
    let mut told = Told::<L>::new();
    told.begin();
    told.machine.hooks_mut().hears_of_tasks = true;
    told.machine.hooks_mut().refuses = true;
    let full = Error::Full(Table::TaskRecords);
    assert_eq!(told.machine.make_records(|_| ()), Err(full));
    assert!(!told.machine.has_deferred());
    let host_returned = told.machine.host_returned();
    let must_unwind = MachineError::MustUnwind;
    assert_eq!(host_returned, Err(Failure::Error(must_unwind.into())));
    told.machine.trapped().unwrap();
    for instance in told.instances {
        assert_eq!(told.machine.is_locked_down(instance), Ok(true));
    }
    assert_eq!(told.machine.count_of(Table::Frames), 0);
    // The same happens if unwinding makes the records.
    let mut told = Told::<L>::new();
    told.begin();
    told.machine.hooks_mut().hears_of_tasks = true;
    told.machine.hooks_mut().refuses = true;
    assert_eq!(told.machine.trapped(), Err(full));
    for instance in told.instances {
        assert_eq!(told.machine.is_locked_down(instance), Ok(true));
    }
    assert_eq!(told.machine.count_of(Table::Frames), 0);
    assert_eq!(told.machine.tick(), Ok(Step::ReturnToHost));
}

on_each_storage!(
    hooks_that_want_to_hear_of_each_call_do,
    no_call_begins_without_records_if_hooks_hear_of_the_next_one,
    hooks_are_not_told_of_calls_without_records,
    hooks_that_ask_later_are_told_of_calls_with_records,
    a_refusal_that_comes_too_late_ends_in_unwinding,
);
