//! Hooks: the order of their calls, and refusals if there is no room for a record.

mod deferred;

use weft_core::builtin::Outcome;
use weft_core::chooser::FirstInFirstOut;
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure};
use weft_core::id::{ErrorContextId, InstanceId, SubtaskId, TaskId, ThreadId};
use weft_core::limits::{Limits, Table};
use weft_core::machine::{
    FunctionId, Hooks, LiftMode, LiftedFunction, Machine, NewCall, NewTask, NewThread, Step,
    ThreadEnd,
};

use crate::calls::{
    Call, OPTIONS, error_context_drop, error_context_new, suspend, task_cancel, task_return,
    thread_new,
};
use crate::steps::returned;

/// A recorder of all hook calls, which refuses those that it was told to refuse.
#[derive(Default)]
struct Recorder {
    lines: Vec<String>,
    /// For each kind, the object that was prepared last, which must be made next.
    prepared: Option<String>,
    refuses: Option<&'static str>,
    /// An error context that it keeps as long as this call exists.
    keeps: Option<(SubtaskId, ErrorContextId)>,
}

impl Recorder {
    fn prepare(&mut self, kind: &'static str, id: impl std::fmt::Display) -> Result<(), Error> {
        if self.refuses == Some(kind) {
            return Err(Error::Full(Table::TaskRecords));
        }
        self.prepared = Some(format!("{kind} {id}"));
        Ok(())
    }

    fn made(&mut self, what: &str, more: &str) {
        self.lines.push(format!("{what} made{more}"));
    }
}

impl Hooks for Recorder {
    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        self.prepare("task", format_args!("{} with thread {}", task.task, task.implicit_thread))
    }

    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        let what = format!("task {} with thread {}", task.task, task.implicit_thread);
        let call = task.call.map_or(String::new(), |call| format!(", for call {call}"));
        let by = task.begun_by.map_or(String::new(), |by| format!(", by task {by}"));
        let of = if task.function.is_some() { "" } else { ", for realloc" };
        self.made(&what, &format!(" in instance {}{call}{by}{of}", task.instance));
        Ok(())
    }

    fn task_cancelled(&mut self, task: TaskId, thread: Option<ThreadId>) -> Result<(), Error> {
        let thread = thread.map_or(String::new(), |thread| format!(" with thread {thread}"));
        self.lines.push(format!("task {task}{thread} cancelled"));
        Ok(())
    }

    fn task_removed(&mut self, task: TaskId) -> Result<(), Error> {
        self.lines.push(format!("task {task} removed"));
        Ok(())
    }

    fn prepare_thread(&mut self, thread: NewThread) -> Result<(), Error> {
        self.prepare("thread", thread.thread)
    }

    fn thread_made(&mut self, thread: NewThread) -> Result<(), Error> {
        let what = format!("thread {}", thread.thread);
        assert_eq!(self.prepared.as_ref(), Some(&what));
        self.made(&what, &format!(" for task {}", thread.task));
        Ok(())
    }

    fn thread_removed(&mut self, thread: ThreadId, end: ThreadEnd) -> Result<(), Error> {
        self.lines.push(format!("thread {thread} removed: {end:?}"));
        Ok(())
    }

    fn prepare_call(&mut self, call: NewCall) -> Result<(), Error> {
        self.prepare("call", call.call)
    }

    fn call_made(&mut self, call: NewCall) -> Result<(), Error> {
        let by = call.caller.map_or("the host".into(), |caller| format!("instance {caller}"));
        self.made(&format!("call {}", call.call), &format!(" by {by}"));
        Ok(())
    }

    fn call_removed(&mut self, call: SubtaskId) -> Result<Option<ErrorContextId>, Error> {
        self.lines.push(format!("call {call} removed"));
        Ok(self.keeps.take_if(|(keeper, _)| *keeper == call).map(|(_, kept)| kept))
    }

    fn prepare_error_context(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        self.prepare("error context", error_context)
    }

    fn error_context_made(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let what = format!("error context {error_context}");
        assert_eq!(self.prepared.as_ref(), Some(&what));
        self.made(&what, "");
        Ok(())
    }

    fn keeps_error_context(&self, error_context: ErrorContextId) -> bool {
        self.keeps.is_some_and(|(_, kept)| kept == error_context)
    }

    fn error_context_removed(
        &mut self,
        error_context: ErrorContextId,
    ) -> Result<Option<ErrorContextId>, Error> {
        self.lines.push(format!("error context {error_context} removed"));
        Ok(None)
    }

    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.lines.push(format!("instance {instance} locked down"));
        Ok(())
    }

    fn instance_removed(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.lines.push(format!("instance {instance} removed"));
        Ok(())
    }
}

/// A machine with hooks that record their calls.
struct Told<L: Limits> {
    machine: Machine<L, FirstInFirstOut, Recorder>,
}

impl<L: Limits> Told<L> {
    fn new() -> Self {
        Self { machine: Machine::with_hooks(FirstInFirstOut, Recorder::default()) }
    }

    fn function(&mut self, is_async: bool, lift: LiftMode) -> (InstanceId, FunctionId) {
        let instance = self.machine.new_instance().unwrap();
        let (result_type, lift_options) = (None, OPTIONS);
        let function = LiftedFunction { instance, is_async, lift, result_type, lift_options };
        (instance, self.machine.lift(function).unwrap())
    }

    fn sync(&mut self) -> (InstanceId, FunctionId) {
        self.function(false, LiftMode::Sync { has_post_return: false })
    }

    fn stackful(&mut self) -> (InstanceId, FunctionId) {
        self.function(true, LiftMode::Stackful)
    }

    fn call(&mut self, call: &Call) -> Result<Outcome<Option<CoreValue>, Step>, Failure> {
        call.definition.call(&mut self.machine, &call.arguments)
    }

    fn step(&mut self, call: &Call) -> Step {
        match self.call(call).unwrap() {
            Outcome::Suspend(step) => step,
            Outcome::Return(value) => panic!("it has returned {value:?}"),
        }
    }

    /// Returns nothing from the running function to its caller.
    fn return_nothing(&mut self) {
        let token = returned(self.machine.function_returned(None).unwrap());
        let _ = self.machine.resolve(token, None).unwrap();
    }

    fn lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.machine.hooks_mut().lines)
    }

    fn new_thread(&mut self) -> Result<Step, Failure> {
        let Step::FindStartFunction(search) = self.step(&thread_new(7, 0)) else { panic!() };
        self.machine.new_thread(&search, 7)
    }
}

fn hooks_follow_a_call_to_the_callee_and_back<L: Limits>() {
    let mut told = Told::<L>::new();
    let ((_, outer), (_, inner)) = (told.sync(), told.sync());
    let (call, _) = told.machine.invoke(outer).unwrap();
    let _ = told.machine.canon_lower(inner, false).unwrap();
    told.return_nothing();
    told.return_nothing();
    told.machine.drop_call(call).unwrap();
    assert_eq!(
        told.lines(),
        [
            "call 1 made by the host",
            "task 1 with thread 1 made in instance 1, for call 1",
            "call 2 made by instance 1",
            "task 2 with thread 2 made in instance 2, for call 2, by task 1",
            "thread 2 removed: Completed",
            "task 2 removed",
            "call 2 removed",
            "thread 1 removed: Completed",
            "task 1 removed",
            "call 1 removed",
        ]
    );
}

fn a_call_of_a_host_function_has_no_task<L: Limits>() {
    let mut told = Told::<L>::new();
    let (_, guest) = told.sync();
    let host = told.machine.define_host_function(0).unwrap();
    let _ = told.machine.invoke(guest).unwrap();
    let (call, _) = told.machine.canon_lower(host, false).unwrap();
    told.lines();
    // The caller of the host function counts as the starter of its calls.
    let (_, callee) = told.sync();
    let (nested, _) = told.machine.invoke(callee).unwrap();
    told.return_nothing();
    told.machine.drop_call(nested).unwrap();
    told.machine.start_host_function_call(call).unwrap();
    told.machine.return_host_function_call(call, None).unwrap();
    let _ = told.machine.host_returned().unwrap();
    assert_eq!(
        told.lines(),
        [
            "call 3 made by the host",
            "task 2 with thread 2 made in instance 2, for call 3, by task 1",
            "thread 2 removed: Completed",
            "task 2 removed",
            "call 3 removed",
            "call 2 removed",
        ]
    );
}

fn a_task_of_realloc_belongs_to_no_call<L: Limits>() {
    let mut told = Told::<L>::new();
    let (instance, guest) = told.sync();
    let _ = told.machine.invoke(guest).unwrap();
    told.lines();
    told.machine.begin_realloc(instance).unwrap();
    told.machine.realloc_returned().unwrap();
    assert_eq!(
        told.lines(),
        [
            "task 2 with thread 2 made in instance 1, by task 1, for realloc",
            "thread 2 removed: Completed",
            "task 2 removed",
        ]
    );
}

fn hooks_are_told_of_an_explicit_thread<L: Limits>() {
    let mut told = Told::<L>::new();
    let (instance, guest) = told.stackful();
    let (call, _) = told.machine.invoke(guest).unwrap();
    let _ = told.new_thread().unwrap();
    let _ = told.step(&suspend());
    told.machine.remove_instance(instance).unwrap();
    told.machine.drop_call(call).unwrap();
    assert_eq!(
        told.lines(),
        [
            "call 1 made by the host",
            "task 1 with thread 1 made in instance 1, for call 1",
            "thread 2 made for task 1",
            "instance 1 locked down",
            "thread 1 removed: Failed",
            "thread 2 removed: Failed",
            "task 1 removed",
            "instance 1 removed",
            "call 1 removed",
        ]
    );
}

fn a_task_that_is_cancelled_says_so_before_it_ends<L: Limits>() {
    let mut told = Told::<L>::new();
    let (_, guest) = told.function(true, LiftMode::Callback);
    let (call, _) = told.machine.invoke(guest).unwrap();
    let _ = told.machine.function_returned(Some(1)).unwrap(); // It yields.
    let step = told.machine.cancel_call(call).unwrap();
    assert!(matches!(step, Step::CallCallback { .. }), "{step:?}");
    told.lines();
    told.call(&task_cancel()).unwrap();
    let _ = told.machine.function_returned(Some(0)).unwrap();
    assert_eq!(
        told.lines(),
        ["task 1 with thread 1 cancelled", "thread 1 removed: Completed", "task 1 removed"]
    );
}

fn hooks_are_told_of_error_contexts_in_use<L: Limits>() {
    let mut told = Told::<L>::new();
    let (_, guest) = told.stackful();
    let (call, _) = told.machine.invoke(guest).unwrap();
    told.lines();
    let _ = told.step(&error_context_new());
    let _ = told.machine.new_error_context("guest").unwrap();
    let host = told.machine.new_host_error_context("host").unwrap();
    told.call(&error_context_drop(1)).unwrap();
    assert_eq!(
        told.lines(),
        ["error context 1 made", "error context 2 made", "error context 1 removed"]
    );

    // An error context that the hooks keep for a call is dropped with the call.
    told.machine.hooks_mut().keeps = Some((call, host));
    told.machine.drop_error_context(host).unwrap();
    assert_eq!(told.machine.debug_message(host), Ok("host"));
    let token = returned(told.step(&task_return()));
    let _ = told.machine.resolve(token, None).unwrap();
    let _ = told.machine.function_returned(None).unwrap();
    told.lines();
    told.machine.drop_call(call).unwrap();
    assert_eq!(told.lines(), ["call 1 removed", "error context 2 removed"]);
    assert_eq!(told.machine.debug_message(host), Err(Error::Unknown(Table::ErrorContexts)));
}

fn a_trap_locks_down_from_the_innermost_out_and_leaves_the_records<L: Limits>() {
    let mut told = Told::<L>::new();
    let ((first, outer), (second, inner)) = (told.sync(), told.sync());
    let (call, _) = told.machine.invoke(outer).unwrap();
    let _ = told.machine.canon_lower(inner, false).unwrap();
    told.lines();
    told.machine.trapped().unwrap();
    assert_eq!(told.lines(), ["instance 2 locked down", "instance 1 locked down"]);
    told.machine.remove_instance(second).unwrap();
    assert_eq!(told.lines(), ["thread 2 removed: Failed", "task 2 removed", "instance 2 removed"]);
    told.machine.remove_instance(first).unwrap();
    told.machine.drop_call(call).unwrap();
    assert_eq!(
        told.lines(),
        [
            "thread 1 removed: Failed",
            "task 1 removed",
            "call 2 removed",
            "instance 1 removed",
            "call 1 removed",
        ]
    );
}

/// Returns the number of entries in each table.
fn counts<L: Limits>(told: &Told<L>) -> Vec<usize> {
    Table::ALL.into_iter().map(|table| told.machine.count_of(table)).collect()
}

fn what_is_refused_leaves_all_as_it_was<L: Limits>() {
    let full = || Failure::from(Error::Full(Table::TaskRecords));
    let mut told = Told::<L>::new();
    let ((instance, outer), (_, inner)) = (told.stackful(), told.sync());

    for kind in ["task", "call"] {
        told.machine.hooks_mut().refuses = Some(kind);
        let before = counts(&told);
        assert_eq!(told.machine.invoke(outer).map(|_| ()), Err(full()), "{kind}");
        assert_eq!((counts(&told), told.lines()), (before, vec![]), "{kind}");
    }
    told.machine.hooks_mut().refuses = None;
    let _ = told.machine.invoke(outer).unwrap();
    told.lines();

    for (kind, is_async) in [("task", false), ("task", true), ("call", false), ("call", true)] {
        told.machine.hooks_mut().refuses = Some(kind);
        let before = counts(&told);
        let lowered = told.machine.canon_lower(inner, is_async);
        assert_eq!(lowered.map(|_| ()), Err(full()), "{kind}");
        assert_eq!((counts(&told), told.lines()), (before, vec![]), "{kind}");
    }
    told.machine.hooks_mut().refuses = Some("task");
    let before = counts(&told);
    assert_eq!(told.machine.begin_realloc(instance), Err(full()));
    assert_eq!((counts(&told), told.lines()), (before, vec![]));

    told.machine.hooks_mut().refuses = Some("error context");
    let before = counts(&told);
    assert_eq!(
        told.machine.new_host_error_context("").map(|_| ()).map_err(Failure::from),
        Err(full())
    );
    let _ = told.step(&error_context_new());
    assert_eq!(told.machine.new_error_context(""), Err(full()));
    assert_eq!((counts(&told), told.lines()), (before, vec![]));
    told.machine.hooks_mut().refuses = None;
    let _ = told.machine.new_error_context("").unwrap();
    assert_eq!(told.lines(), ["error context 1 made"]);

    told.machine.hooks_mut().refuses = Some("thread");
    let before = counts(&told);
    let Step::FindStartFunction(search) = told.step(&thread_new(7, 0)) else { panic!() };
    assert_eq!(told.machine.new_thread(&search, 7), Err(full()));
    assert_eq!((counts(&told), told.lines()), (before, vec![]));
    told.machine.hooks_mut().refuses = None;
    let _ = told.machine.new_thread(&search, 7).unwrap();
    assert_eq!(told.lines(), ["thread 2 made for task 1"]);
    let _ = told.machine.canon_lower(inner, false).unwrap();
    assert_eq!(
        told.lines(),
        [
            "call 2 made by instance 1",
            "task 2 with thread 3 made in instance 2, for call 2, by task 1",
        ]
    );
}

on_each_storage!(
    hooks_follow_a_call_to_the_callee_and_back,
    a_call_of_a_host_function_has_no_task,
    a_task_of_realloc_belongs_to_no_call,
    hooks_are_told_of_an_explicit_thread,
    a_task_that_is_cancelled_says_so_before_it_ends,
    hooks_are_told_of_error_contexts_in_use,
    a_trap_locks_down_from_the_innermost_out_and_leaves_the_records,
    what_is_refused_leaves_all_as_it_was,
);
