//! Host tasks, and calls seen as tasks.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use weft_core::context::{AsyncContextScope, ContextValue};
use weft_core::error::{Error, ExtensionError, MachineError};
use weft_core::error_context::ErrorSeverity;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{CalleeView, HostEvent, WaitableId};
use weft_core::task::{TaskResult, TaskReturn, TaskStatus, with_cancellable_task, with_task};
use weft_core::waitable::WaitResult;

use super::{LONGEST_KEY, UserId, no_keys};
use crate::calls::{backpressure_dec, backpressure_inc, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::HOST;

/// The error of a task that no longer exists.
const GONE: Error = Error::Unknown(Table::Waitables);

fn a_host_task_runs_until_it_returns_with_an_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = world.machine.tasks().start().unwrap();
    assert_eq!(world.machine.tasks().status(task), Ok(TaskStatus::Running));
    assert_eq!(world.machine.tasks().result(task), Ok(None));
    assert_eq!(world.machine.tasks().count(), 1);
    assert_eq!(world.machine.callee_view(task), Ok(CalleeView::Operation));
    assert_eq!(world.host_events(), []);

    assert_eq!(world.machine.tasks().complete(task, 5_u32), Ok(()));
    assert_eq!(world.machine.tasks().status(task), Ok(TaskStatus::Completed));
    let returned = TaskReturn::from(5_u32);
    assert_eq!(world.machine.tasks().result(task), Ok(Some(TaskResult::Returned(&returned))));
    assert_eq!(world.machine.tasks().count(), 0);
    let events = world.host_events();
    let [HostEvent { waitable: WaitableId::Subtask(ended), .. }] = events[..] else { panic!() };
    assert_eq!(ended, task);
    assert_eq!(world.machine.tasks().drop(task), Ok(()));
    world.clean_up();
}

fn keys_of_task_metadata_follow_the_rules_of_contexts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = world.machine.tasks().start().unwrap();
    for (text, invalid) in no_keys() {
        let refused = world.machine.tasks().set_metadata(task, &text, 1_u32);
        assert_eq!(refused, Err(ExtensionError::InvalidKey(invalid).into()), "{text:?}");
        assert_eq!(world.machine.tasks().get_metadata(task, &text), Ok(None));
        assert_eq!(world.machine.tasks().remove_metadata(task, &text), Ok(None));
    }
    assert_eq!(world.machine.count_of(Table::TaskMetadata), 0);
    assert_eq!(world.machine.tasks().set_metadata(task, LONGEST_KEY, 1_u32), Ok(None));
    assert_eq!(world.machine.tasks().remove_metadata(task, LONGEST_KEY), Ok(Some(1_u32.into())));
    world.machine.tasks().cancel(task).unwrap();
    world.machine.tasks().drop(task).unwrap();
    world.clean_up();
}

fn a_task_returns_nothing_a_value_or_bytes<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let values = [
        TaskReturn::from(()),
        TaskReturn::from(ContextValue::from(true)),
        TaskReturn::from_component_value("text").unwrap(),
        TaskReturn::from_bytes(&[1, 2, 3]).unwrap(),
    ];
    for value in values {
        let task = world.machine.tasks().start().unwrap();
        assert_eq!(world.machine.tasks().complete(task, value.clone()), Ok(()));
        let result = world.machine.tasks().result(task).unwrap().unwrap();
        assert_eq!(result, TaskResult::Returned(&value));
        assert_eq!((result.value(), result.status()), (value.value(), TaskStatus::Completed));
        world.machine.tasks().drop(task).unwrap();
    }
    world.clean_up();
}

fn a_task_that_ended_cannot_end_again<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let ended = [(); 3].map(|()| world.machine.tasks().start().unwrap());
    world.machine.tasks().complete(ended[0], 1_u32).unwrap();
    world.machine.tasks().fail(ended[1], None).unwrap();
    world.machine.tasks().cancel(ended[2]).unwrap();
    let statuses = [TaskStatus::Completed, TaskStatus::Failed, TaskStatus::Cancelled];
    for (task, status) in ended.into_iter().zip(statuses) {
        assert_eq!(
            world.machine.tasks().complete(task, 2_u32),
            Err(MachineError::AlreadyResolved.into())
        );
        assert_eq!(
            world.machine.tasks().fail(task, None),
            Err(MachineError::AlreadyResolved.into())
        );
        assert_eq!(world.machine.tasks().cancel(task), Err(MachineError::AlreadyResolved.into()));
        assert_eq!(world.machine.tasks().status(task), Ok(status));
        assert!(status.is_finished() && !status.is_active());
        assert_eq!(world.machine.tasks().result(task).unwrap().unwrap().status(), status);
    }
    assert_eq!(world.machine.tasks().clean_up(), Ok(3));
    world.clean_up();
}

fn a_task_that_fails_holds_the_error_as_long_as_it_lives<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = world.machine.tasks().start().unwrap();
    let error = world.machine.error_contexts().create("it broke", ErrorSeverity::Critical).unwrap();
    world.machine.error_contexts().set_metadata(error, "task_id", task.as_u64()).unwrap();
    assert_eq!(world.machine.tasks().fail(task, error), Ok(()));
    assert_eq!(world.machine.error_contexts().drop(error), Ok(()));
    assert_eq!(world.machine.tasks().result(task), Ok(Some(TaskResult::Failed(Some(error)))));
    assert_eq!(world.machine.error_contexts().message(error), Ok("it broke"));
    let known = world.machine.error_contexts().get_metadata(error, "task_id").unwrap();
    assert_eq!(known.and_then(ContextValue::get::<u64>), Some(task.as_u64()));
    world.machine.tasks().drop(task).unwrap();
    let gone = Err(Error::Unknown(Table::ErrorContexts));
    assert_eq!(world.machine.error_contexts().message(error), gone);

    let task = world.machine.tasks().start().unwrap();
    assert_eq!(world.machine.tasks().fail(task, error), gone.map(|_| ()));
    assert_eq!(world.machine.tasks().status(task), Ok(TaskStatus::Running));
    world.machine.tasks().cancel(task).unwrap();
    world.machine.tasks().drop(task).unwrap();
    world.clean_up();
}

fn the_metadata_of_a_task_ends_with_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    assert_eq!(world.machine.tasks().remove_metadata(first, "a"), Ok(None));
    assert_eq!(world.machine.tasks().set_metadata(first, "a", 1_u32), Ok(None));
    assert_eq!(world.machine.tasks().set_metadata(first, "a", 2_u32), Ok(Some(1_u32.into())));
    assert_eq!(world.machine.tasks().set_metadata(first, "b", "text"), Ok(None));
    assert_eq!(world.machine.tasks().get_metadata(first, "a"), Ok(Some(&2_u32.into())));
    assert_eq!(world.machine.tasks().get_metadata(second, "a"), Ok(None));
    let names: Vec<_> =
        world.machine.tasks().metadata(first).unwrap().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(world.machine.tasks().remove_metadata(first, "a"), Ok(Some(2_u32.into())));
    assert_eq!(world.machine.tasks().metadata(second).unwrap().count(), 0);

    world.machine.tasks().complete(first, ()).unwrap();
    assert_eq!(
        world.machine.tasks().metadata(first).unwrap().count(),
        1,
        "it has ended, and is still known"
    );
    world.machine.tasks().drop(first).unwrap();
    // It has the place of the first.
    let third = world.machine.tasks().start().unwrap();
    assert_eq!((third.as_u64() ^ first.as_u64()) << 32, 0);
    assert_ne!(third.as_u64(), first.as_u64());
    assert_eq!(third.to_string(), format!("{first}.1"));
    assert_eq!(world.machine.tasks().metadata(third).unwrap().count(), 0);
    assert_eq!(world.machine.tasks().get_metadata(first, "b"), Err(GONE));
    for task in [second, third] {
        world.machine.tasks().cancel(task).unwrap();
    }
    world.machine.tasks().clean_up().unwrap();
    world.clean_up();
}

fn only_ended_tasks_are_forgotten<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [running, over] = [(); 2].map(|()| world.machine.tasks().start().unwrap());
    world.machine.tasks().complete(over, 1_u32).unwrap();
    assert_eq!(world.machine.tasks().drop(running), Err(ExtensionError::NotFinished.into()));
    assert_eq!(world.machine.tasks().clean_up(), Ok(1));
    assert_eq!(world.machine.tasks().status(over), Err(GONE));
    assert_eq!(world.machine.tasks().status(running), Ok(TaskStatus::Running));
    assert_eq!(world.machine.tasks().clean_up(), Ok(0));
    world.machine.tasks().cancel(running).unwrap();
    world.machine.tasks().drop(running).unwrap();
    world.clean_up();
}

fn ended_tasks_are_kept_while_their_events_are_in_a_set<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let tasks = [(); 3].map(|()| world.machine.tasks().start().unwrap());
    let set = world.machine.waitable_sets().create_with(&tasks[..2]).unwrap();
    for task in tasks {
        world.machine.tasks().complete(task, 1_u32).unwrap();
    }
    assert!(world.machine.tasks().result(tasks[0]).unwrap().is_some());
    assert_eq!(world.machine.tasks().clean_up(), Ok(1));
    assert_eq!(world.machine.tasks().status(tasks[2]), Err(GONE));
    for task in &tasks[..2] {
        let result = world.machine.waitable_sets().poll(set).unwrap();
        assert!(
            matches!(result, WaitResult::Ready(it) if it.waitable == WaitableId::Subtask(*task))
        );
    }
    assert_eq!(world.machine.tasks().clean_up(), Ok(2));
    world.machine.waitable_sets().drop(set).unwrap();
    world.clean_up();
}

fn a_closure_that_panics_leaves_no_task<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let token = machine.cancellation_tokens().create().unwrap();
    let set = machine.waitable_sets().create().unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = with_task(machine, |_, _| panic!("a bug"));
    }));
    assert!(panicked.is_err());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = with_cancellable_task(machine, token, |_, _| panic!("a bug"));
    }));
    assert!(panicked.is_err());
    assert_eq!((machine.tasks().count(), machine.count_of(Table::Waitables)), (0, 0));
    assert_eq!(machine.count_of(Table::CancellationHandlers), 0);
    // A waiter in a set gets an event of the cancellation.
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = with_task(machine, |machine, task| {
            machine.waitable_sets().add(set, task).unwrap();
            panic!("a bug")
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(machine.tasks().count(), 0);
    assert_eq!(machine.tasks().clean_up(), Ok(0));
    assert!(matches!(machine.waitable_sets().poll(set), Ok(WaitResult::Ready(_))));
    assert_eq!(machine.tasks().clean_up(), Ok(1));
    // A task that the closure has ended or dropped is left to the closure.
    let mut ended = None;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = with_task(machine, |machine, task| {
            machine.tasks().complete(task, ()).unwrap();
            ended = Some(task);
            panic!("a bug")
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(machine.tasks().status(ended.unwrap()), Ok(TaskStatus::Completed));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _ = with_task(machine, |machine, task| {
            machine.tasks().cancel(task).unwrap();
            machine.tasks().drop(task).unwrap();
            panic!("a bug")
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(machine.tasks().clean_up(), Ok(1));
    machine.waitable_sets().drop(set).unwrap();
    machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

/// A count of wake-ups.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn a_waker_is_woken_once_when_a_task_ends<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let token = machine.cancellation_tokens().create().unwrap();
    let tasks = [(); 5].map(|()| machine.tasks().start().unwrap());
    for task in tasks {
        machine.tasks().set_waker(task, waker.clone()).unwrap();
    }
    machine.cancellation_tokens().bind(token, tasks[3]).unwrap();
    machine.tasks().complete(tasks[0], ()).unwrap();
    machine.tasks().fail(tasks[1], None).unwrap();
    machine.tasks().cancel(tasks[2]).unwrap();
    machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(woken.0.load(Ordering::Relaxed), 4);
    machine.tasks().set_waker(tasks[4], None).unwrap();
    machine.tasks().complete(tasks[4], 1_u32).unwrap();
    assert_eq!(woken.0.load(Ordering::Relaxed), 4);
    for task in tasks {
        let late = machine.tasks().set_waker(task, waker.clone());
        assert_eq!(late, Err(MachineError::AlreadyResolved.into()));
    }
    assert_eq!(machine.tasks().clean_up(), Ok(5));
    assert_eq!(machine.tasks().set_waker(tasks[0], waker.clone()), Err(GONE));
    machine.cancellation_tokens().drop(token).unwrap();
    drop(waker);
    assert_eq!(Arc::strong_count(&woken), 1);
    world.clean_up();
}

fn a_guests_call_is_seen_as_a_task<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (call, _) = world.invoke(function);
    assert_eq!(world.machine.tasks().status(call), Ok(TaskStatus::Running));
    let thread = world.machine.current().unwrap();
    let task = world.machine.task_of(thread).unwrap();
    assert_eq!(world.machine.tasks().current(), Some(task));
    assert_eq!(world.machine.tasks().call_of(task), Ok(Some(call)));
    assert_eq!(world.machine.tasks().set_metadata(call, "priority", 5), Ok(None));
    for refused in [
        world.machine.tasks().complete(call, ()),
        world.machine.tasks().fail(call, None),
        world.machine.tasks().drop(call),
    ] {
        assert_eq!(refused, Err(MachineError::NotHosts.into()));
    }
    assert_eq!(world.machine.tasks().count(), 0);

    world.task_return(None);
    assert_eq!(world.machine.tasks().status(call), Ok(TaskStatus::Completed));
    assert_eq!(world.machine.tasks().call_of(task), Ok(None));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.tasks().call_of(task), Err(Error::Unknown(Table::Tasks)));
    assert_eq!(
        world.machine.tasks().result(call),
        Ok(Some(TaskResult::Returned(&TaskReturn::Void)))
    );
    assert_eq!(world.machine.tasks().clean_up(), Ok(0), "it is not the host's to forget");
    assert_eq!(world.machine.tasks().get_metadata(call, "priority"), Ok(Some(&5.into())));
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.machine.tasks().get_metadata(call, "priority"), Err(GONE));
    world.clean_up();
}

fn a_call_that_waits_for_backpressure_fails_when_its_instance_traps<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    world.run(backpressure_inc());
    let function = world.stackful(instance);
    assert_eq!(world.step(thread_yield()), HOST);
    let (call, step) = world.begin(function);
    assert_eq!(step, HOST);
    assert_eq!(world.machine.tasks().status(call), Ok(TaskStatus::Pending));
    let _ = world.tick();
    world.run(backpressure_dec());
    world.trap(crate::calls::task_cancel());
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.tasks().status(call), Ok(TaskStatus::Failed));
    assert_eq!(world.machine.tasks().result(call), Ok(Some(TaskResult::Failed(None))));
    world.clean_up();
}

fn a_failed_call_has_ended_and_cannot_be_cancelled<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let [bound, unbound] = [(); 2].map(|()| {
        let (call, _) = world.invoke(function);
        assert_eq!(world.step(suspend()), HOST);
        call
    });
    let token = world.machine.cancellation_tokens().create().unwrap();
    world.machine.cancellation_tokens().bind(token, bound).unwrap();
    world.machine.lock_down_instance(instance).unwrap();
    for call in [bound, unbound] {
        assert_eq!(world.machine.tasks().status(call), Ok(TaskStatus::Failed));
        assert_eq!(world.machine.tasks().cancel(call), Err(MachineError::AlreadyResolved.into()));
    }
    assert_eq!(
        world.machine.cancellation_tokens().bind(token, unbound),
        Err(MachineError::AlreadyResolved.into())
    );
    assert_eq!(world.machine.cancellation_tokens().cancel(token), Ok(true));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(None));
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn a_guests_call_is_asked_to_cancel_by_the_driver<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (call, _) = world.invoke(function);
    assert_eq!(world.machine.tasks().cancel(call), Ok(()));
    assert_eq!(world.machine.tasks().cancel(call), Err(MachineError::AlreadyCancelled.into()));
    assert_eq!(world.machine.next_call_to_cancel(), Err(MachineError::GuestHasControl.into()));
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.machine.next_call_to_cancel(), Ok(Some(call)));
    assert_eq!(world.machine.next_call_to_cancel(), Ok(None));
    let step = world.machine.cancel_call(call).unwrap();
    assert_eq!(step, HOST);
    assert_eq!(world.machine.tasks().cancel(call), Err(MachineError::AlreadyCancelled.into()));
    world.clean_up();
}

fn a_call_that_ends_before_the_request_gets_no_request<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (returned, _) = world.invoke(function);
    assert_eq!(world.machine.tasks().cancel(returned), Ok(()));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let (dropped, _) = world.invoke(function);
    assert_eq!(world.machine.tasks().cancel(dropped), Ok(()));
    assert_eq!(world.step(suspend()), HOST);
    world.machine.drop_call(dropped).unwrap();
    assert_eq!(world.machine.next_call_to_cancel(), Ok(None));
    assert_eq!(world.machine.tasks().cancel(returned), Err(MachineError::AlreadyResolved.into()));
    world.clean_up();
}

fn a_host_task_has_the_context_that_it_was_started_in<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = {
        let mut scope = AsyncContextScope::enter_empty(&mut world.machine).unwrap();
        scope.contexts().set::<UserId>(7).unwrap();
        let task = scope.tasks().start().unwrap();
        scope.contexts().set::<UserId>(8).unwrap();
        task
    };
    assert_eq!(world.machine.contexts().get::<UserId>(), None);
    let context = world.machine.tasks().context(task).unwrap().unwrap();
    assert_eq!(context.get::<UserId>(), Some(7));
    world.machine.tasks().cancel(task).unwrap();
    assert!(world.machine.tasks().context(task).unwrap().is_some());
    world.machine.tasks().drop(task).unwrap();
    assert_eq!(world.machine.tasks().context(task), Err(GONE));
    world.clean_up();
}

fn a_closure_is_a_task_while_it_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let returned = with_task(machine, |machine, task| {
        assert_eq!(machine.tasks().status(task), Ok(TaskStatus::Running));
        Some(5_u32.into())
    });
    let failed = with_task(machine, |_, _| None);
    let explained = with_task(machine, |machine, task| {
        let error = machine.error_contexts().create_simple("it broke").unwrap();
        machine.tasks().fail(task, error).unwrap();
        machine.error_contexts().drop(error).unwrap();
        None
    });
    let token = machine.cancellation_tokens().create().unwrap();
    let uncancelled = with_cancellable_task(machine, token, |_, _| Some(().into()));
    let cancelled = with_cancellable_task(machine, token, |machine, _| {
        machine.cancellation_tokens().cancel(token).unwrap();
        Some(().into())
    });
    let mut has_run = false;
    let late = with_cancellable_task(machine, token, |_, _| {
        has_run = true;
        None
    });
    assert!(!has_run);
    let expected = [
        (returned, TaskStatus::Completed),
        (failed, TaskStatus::Failed),
        (explained, TaskStatus::Failed),
        (uncancelled, TaskStatus::Completed),
        (cancelled, TaskStatus::Cancelled),
        (late, TaskStatus::Cancelled),
    ];
    for (task, status) in expected {
        assert_eq!(machine.tasks().status(task.unwrap()), Ok(status));
    }
    assert_eq!(machine.tasks().clean_up(), Ok(6));
    machine.cancellation_tokens().drop(token).unwrap();
    let gone = with_cancellable_task(machine, token, |_, _| None);
    assert_eq!(gone, Err(Error::Unknown(Table::CancellationTokens)));
    world.clean_up();
}

fn every_operation_refuses_a_task_that_is_gone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let task = world.machine.tasks().start().unwrap();
    world.machine.tasks().cancel(task).unwrap();
    world.machine.tasks().drop(task).unwrap();
    let token = world.machine.cancellation_tokens().create().unwrap();
    assert_eq!(world.machine.tasks().complete(task, ()), Err(GONE));
    assert_eq!(world.machine.tasks().fail(task, None), Err(GONE));
    assert_eq!(world.machine.tasks().cancel(task), Err(GONE));
    assert_eq!(world.machine.tasks().status(task), Err(GONE));
    assert_eq!(world.machine.tasks().result(task), Err(GONE));
    assert_eq!(world.machine.tasks().context(task), Err(GONE));
    assert_eq!(world.machine.tasks().set_metadata(task, "a", 1), Err(GONE));
    assert_eq!(world.machine.tasks().get_metadata(task, "a"), Err(GONE));
    assert_eq!(world.machine.tasks().remove_metadata(task, "a"), Err(GONE));
    assert_eq!(world.machine.tasks().metadata(task).map(Iterator::count), Err(GONE));
    assert_eq!(world.machine.tasks().drop(task), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().bind(token, task), Err(GONE));
    assert_eq!(world.machine.cancellation_tokens().unbind(task), Err(GONE));
    world.machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

on_each_storage! {
    a_host_task_runs_until_it_returns_with_an_event,
    keys_of_task_metadata_follow_the_rules_of_contexts,
    a_task_returns_nothing_a_value_or_bytes,
    a_task_that_ended_cannot_end_again,
    a_task_that_fails_holds_the_error_as_long_as_it_lives,
    the_metadata_of_a_task_ends_with_it,
    only_ended_tasks_are_forgotten,
    ended_tasks_are_kept_while_their_events_are_in_a_set,
    a_closure_that_panics_leaves_no_task,
    a_waker_is_woken_once_when_a_task_ends,
    a_guests_call_is_seen_as_a_task,
    a_call_that_waits_for_backpressure_fails_when_its_instance_traps,
    a_failed_call_has_ended_and_cannot_be_cancelled,
    a_guests_call_is_asked_to_cancel_by_the_driver,
    a_call_that_ends_before_the_request_gets_no_request,
    a_host_task_has_the_context_that_it_was_started_in,
    a_closure_is_a_task_while_it_runs,
    every_operation_refuses_a_task_that_is_gone,
}
