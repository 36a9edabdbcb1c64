//! Cancelling calls, at every stage.

use weft_core::chooser::{Choice, Chooser};
use weft_core::code::{CopyResult, EventCode, SubtaskState};
use weft_core::error::Error;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Event, FunctionId, HandleView, InstanceId, ThreadId};

use crate::calls::{
    Call, STREAM, backpressure_dec, backpressure_inc, join, resume_later, set_new, set_poll,
    set_wait, subtask_cancel, subtask_drop, suspend, sync_subtask_cancel, task_cancel, thread_new,
    thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, WAITS, back, back_with_event, called_back, ended, enters, starts, subtask,
};

const RETURNED: u64 = SubtaskState::Returned as u64;
const BEFORE_STARTED: u64 = SubtaskState::CancelledBeforeStarted as u64;
const BEFORE_RETURNED: u64 = SubtaskState::CancelledBeforeReturned as u64;

/// Calls `function` from `main`, in an instance of its own; `function` waits in a callback on an
/// empty set. Returns its subtask, its thread and its set.
fn waits_in_callback<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    main: ThreadId,
    function: FunctionId,
) -> (u32, ThreadId, u32) {
    let step = world.import_async(function);
    let callee = enters(&step, function);
    let set = world.get(set_new());
    let step = world.exit_to_wait(set);
    (subtask(&step, main, SubtaskState::Started), callee, set)
}

/// Creates an instance in which `main` runs, and another one.
fn two<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (InstanceId, ThreadId, InstanceId) {
    let (caller, main) = world.running();
    (caller, main, world.instance())
}

fn before_it_starts_a_call_is_cancelled_without_running<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let callee = world.instance();
    let blocker = world.stackful(callee);
    world.invoke(blocker);
    world.run(backpressure_inc());
    assert_eq!(world.step(suspend()), HOST);
    let (_, main) = world.running();
    for function in [world.callback(callee), world.stackful(callee), world.plain(callee)] {
        for cancel in [subtask_cancel as fn(u32) -> Call, sync_subtask_cancel] {
            let sub = world.subtask(function, SubtaskState::Starting);
            assert_eq!(world.value(cancel(sub)), BEFORE_STARTED);
            assert_eq!(world.machine.instance_view(callee).unwrap().waiting_to_enter, 0);
            world.run(subtask_drop(sub));
        }
    }
    assert_eq!(world.machine.thread_views().count(), 2);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.thread_view(main), Err(Error::Unknown(Table::Threads)));
    world.clean_up();
}

fn a_callback_that_waits_hears_of_it_at_once_and_cancels_or_returns<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let function = world.callback(callee);
    for cancel in [subtask_cancel as fn(u32) -> Call, sync_subtask_cancel] {
        for returns in [false, true] {
            let (sub, thread, _) = waits_in_callback(&mut world, main, function);
            let step = world.step(cancel(sub));
            assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
            if returns {
                world.task_return(None);
            } else {
                world.run(task_cancel());
            }
            let step = world.exit();
            let expected = if returns { RETURNED } else { BEFORE_RETURNED };
            assert_eq!(back(&step, main), expected);
            world.run(subtask_drop(sub));
        }
    }
    world.clean_up();
}

fn a_callback_that_yielded_hears_of_it_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let function = world.callback(callee);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let step = world.exit_to_yield();
    let sub = subtask(&step, main, SubtaskState::Started);
    let step = world.step(subtask_cancel(sub));
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    world.run(task_cancel());
    let step = world.exit();
    assert_eq!(back(&step, main), BEFORE_RETURNED);
    world.clean_up();
}

fn a_callback_may_accept_its_cancellation_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let function = world.callback(callee);

    let (sub, thread, _) = waits_in_callback(&mut world, main, function);
    let step = world.step(subtask_cancel(sub));
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    let step = world.exit_to_yield();
    assert_eq!(back(&step, main), u64::from(WAITS));
    let set = world.get(set_new());
    world.run(join(sub, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    // It is reported once.
    let step = world.tick();
    assert_eq!(called_back(&step, thread), Event::NONE);
    world.run(task_cancel());
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    let payload = SubtaskState::CancelledBeforeReturned.code();
    let expected = Event { code: EventCode::Subtask, index: sub, payload };
    assert_eq!(back_with_event(&step, main), expected);
    world.run(subtask_drop(sub));

    let (sub, thread, _) = waits_in_callback(&mut world, main, function);
    let step = world.step(sync_subtask_cancel(sub));
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    assert_eq!(world.exit_to_yield(), HOST);
    let step = world.tick();
    assert_eq!(called_back(&step, thread), Event::NONE);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back(&step, main), RETURNED);
    world.clean_up();
}

fn a_stackful_function_never_hears_of_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main, callee) = two(&mut world);
    let function = world.stackful(callee);
    for cancel in [subtask_cancel as fn(u32) -> Call, sync_subtask_cancel] {
        let step = world.import_async(function);
        let thread = enters(&step, function);
        let step = world.step(thread_yield());
        let sub = subtask(&step, main, SubtaskState::Started);
        // A ready thread of that instance runs.
        let step = world.step(cancel(sub));
        assert_eq!(back(&step, thread), 0);
        let step = world.step(thread_yield());
        let is_sync = step == HOST;
        if !is_sync {
            assert_eq!(back(&step, main), u64::from(WAITS));
            let HandleView::Subtask { cancellation_requested, .. } = world.view(caller, sub) else {
                panic!();
            };
            assert!(cancellation_requested);
            assert_eq!(world.step(thread_yield()), HOST);
        }
        let step = world.tick();
        back(&step, thread);
        world.task_return(None);
        assert_eq!(world.exit(), HOST);
        let step = world.tick();
        assert_eq!(back(&step, main), if is_sync { RETURNED } else { 0 });
        if !is_sync {
            let set = world.get(set_new());
            world.run(join(sub, set));
            assert_eq!(world.event(set_wait(set)).payload, SubtaskState::Returned.code());
        }
    }
    world.clean_up();
}

fn a_callback_hears_of_it_when_it_goes_back_to_wait<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let function = world.callback(callee);
    for is_wait in [true, false] {
        let step = world.import_async(function);
        let thread = enters(&step, function);
        let step = world.step(suspend());
        let sub = subtask(&step, main, SubtaskState::Started);
        let step = world.step(subtask_cancel(sub));
        assert_eq!(back(&step, main), u64::from(WAITS));
        assert_eq!(world.step(thread_yield()), HOST);

        let helper = world.stackful(callee);
        world.invoke(helper);
        let index = world.machine.thread_view(thread).unwrap().index;
        world.run(resume_later(index));
        world.task_return(None);
        assert_eq!(world.exit(), HOST);
        let step = world.tick();
        back(&step, main);
        assert_eq!(world.step(thread_yield()), HOST);
        let step = world.tick();
        back(&step, thread);
        // The set, which does not exist, is not used.
        let step = if is_wait { world.exit_to_wait(77) } else { world.exit_to_yield() };
        assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
        world.run(task_cancel());
        assert_eq!(world.exit(), HOST);
        let step = world.tick();
        back(&step, main);
    }
    world.clean_up();
}

fn who_waits_in_a_callback_hears_of_it_only_when_the_lock_is_free<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let (function, hog) = (world.callback(callee), world.plain(callee));
    for is_wait in [true, false] {
        let step = world.import_async(function);
        let thread = enters(&step, function);
        let set = world.get(set_new());
        let step = if is_wait { world.exit_to_wait(set) } else { world.exit_to_yield() };
        let sub = subtask(&step, main, SubtaskState::Started);
        let step = world.import_async(hog);
        let hogging = enters(&step, hog);
        let step = world.step(thread_yield());
        subtask(&step, main, SubtaskState::Started);

        let step = world.step(subtask_cancel(sub));
        back(&step, hogging);
        let step = world.step(thread_yield());
        assert_eq!(back(&step, main), u64::from(WAITS));
        assert_eq!(world.step(thread_yield()), HOST);
        let step = world.tick();
        back(&step, hogging);
        assert_eq!(world.return_value(None), HOST);
        let step = world.tick();
        back(&step, main);
        assert_eq!(world.step(thread_yield()), HOST);
        let step = world.tick();
        assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
        world.run(task_cancel());
        assert_eq!(world.exit(), HOST);
        let step = world.tick();
        back(&step, main);
    }
    world.clean_up();
}

fn a_task_that_returns_before_its_cancellation_needs_an_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let (function, hog) = (world.callback(callee), world.plain(callee));
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let set = world.get(set_new());
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.read(readable, 4)), WAITS);
    world.run(join(readable, set));
    let other = world.get(thread_new(1, 11));
    world.run(resume_later(other));
    let step = world.exit_to_wait(set);
    let sub = subtask(&step, main, SubtaskState::Started);
    let step = world.import_async(hog);
    enters(&step, hog);
    let step = world.step(suspend());
    subtask(&step, main, SubtaskState::Started);

    // The other thread is ready, but the one that waits in a callback is not.
    let step = world.step(subtask_cancel(sub));
    let second = starts(&step, (1, 11));
    let HandleView::WaitableSet { waiting, .. } = world.view(callee, set) else { panic!() };
    assert_eq!(waiting, 1);
    world.task_return(None);
    let HandleView::WaitableSet { waiting, .. } = world.view(callee, set) else { panic!() };
    assert_eq!(waiting, 1);
    let step = world.step(thread_yield());
    assert_eq!(back(&step, main), RETURNED);
    assert_eq!(world.step(suspend()), HOST);

    let step = world.tick();
    back(&step, second);
    let hogging = world.machine.instance_view(callee).unwrap().exclusive_thread.unwrap();
    let index = world.machine.thread_view(hogging).unwrap().index;
    world.run(resume_later(index));
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    back(&step, hogging);
    assert_eq!(world.return_value(None), HOST);
    // The lock is free, and the task can no longer be cancelled.
    assert_eq!(world.machine.ready_threads(), 0);
    let helper = world.stackful(callee);
    world.invoke(helper);
    assert_eq!(world.get(STREAM.write(writable, 4)), ended(STREAM, CopyResult::Completed, 4));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    let event = called_back(&step, thread);
    assert_eq!((event.code, event.index), (EventCode::StreamRead, readable));
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn a_callback_that_yielded_hears_nothing_when_its_task_returns_before<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let (function, hog) = (world.callback(callee), world.plain(callee));
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let other = world.get(thread_new(1, 11));
    world.run(resume_later(other));
    let step = world.exit_to_yield();
    let sub = subtask(&step, main, SubtaskState::Started);
    let step = world.import_async(hog);
    enters(&step, hog);
    let step = world.step(thread_yield());
    subtask(&step, main, SubtaskState::Started);
    let step = world.step(subtask_cancel(sub));
    starts(&step, (1, 11));
    world.task_return(None);
    let step = world.exit();
    assert_eq!(back(&step, main), RETURNED);
    assert_eq!(world.step(suspend()), HOST);
    let _ = world.tick();
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    assert_eq!(called_back(&step, thread), Event::NONE);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

/// A chooser that lets the next thread run after one has run for a cancellation.
struct GoesOn;

impl Chooser for GoesOn {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(choice == Choice::CancellationGoesOn)
    }
}

fn ready_threads_of_the_callees_instance_may_run_until_the_call_resolves<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(GoesOn);
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let mut subs = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..3 {
        let step = world.import_async(function);
        threads.push(enters(&step, function));
        let step = world.step(thread_yield());
        subs.push(subtask(&step, main, SubtaskState::Started));
    }
    // The last one's call is cancelled; the first two run before it, one after the other.
    let mut step = world.step(subtask_cancel(subs[2]));
    for thread in [threads[0], threads[1]] {
        back(&step, thread);
        step = world.step(suspend());
    }
    back(&step, threads[2]);
    world.task_return(None);
    let step = world.exit();
    assert_eq!(back(&step, main), RETURNED);
    world.clean_up();
}

fn one_ready_thread_runs_and_then_the_caller_continues<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main, callee) = two(&mut world);
    let function = world.stackful(callee);
    let mut subs = Vec::new();
    for _ in 0..2 {
        let step = world.import_async(function);
        enters(&step, function);
        let step = world.step(thread_yield());
        subs.push(subtask(&step, main, SubtaskState::Started));
    }
    let _ = world.step(subtask_cancel(subs[1]));
    let step = world.step(suspend());
    assert_eq!(back(&step, main), u64::from(WAITS));
    assert_eq!(world.machine.ready_threads(), 1);
    world.clean_up();
}

fn what_has_resolved_already_is_not_cancelled_but_delivered<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main, callee) = two(&mut world);
    let function = world.stackful(callee);
    for cancel in [subtask_cancel as fn(u32) -> Call, sync_subtask_cancel] {
        let step = world.import_async(function);
        enters(&step, function);
        let step = world.step(thread_yield());
        let sub = subtask(&step, main, SubtaskState::Started);
        assert_eq!(world.step(thread_yield()), HOST);
        let _ = world.tick();
        world.task_return(None);
        assert_eq!(world.exit(), HOST);
        let step = world.tick();
        back(&step, main);
        assert_eq!(world.value(cancel(sub)), RETURNED);
        let HandleView::Subtask { is_delivered, cancellation_requested, waitable, .. } =
            world.view(caller, sub)
        else {
            panic!();
        };
        assert!(is_delivered && !cancellation_requested && !waitable.has_pending_event);
        let set = world.get(set_new());
        world.run(join(sub, set));
        assert_eq!(world.event(set_poll(set)), Event::NONE);
        world.run(subtask_drop(sub));
    }
    world.clean_up();
}

fn the_host_cancels_its_calls_at_each_stage<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let function = world.callback(instance);
    let (call, _) = world.begin(function);
    let step = world.machine.cancel_call(call);
    assert_eq!(world.answer(step), Ok(HOST));
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::CancelledBeforeStarted));

    let step = world.tick();
    back(&step, main);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    let (call, thread) = world.invoke(function);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    let step = world.machine.cancel_call(call);
    let step = world.answer(step).unwrap();
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    world.run(task_cancel());
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::CancelledBeforeReturned));

    let (call, _) = world.invoke(function);
    // It is running, because it has called the host.
    world.as_host(|world| {
        let step = world.machine.cancel_call(call);
        assert_eq!(world.answer(step), Ok(HOST));
    });
    let step = world.exit_to_wait(set);
    assert_eq!(called_back(&step, world.machine.current().unwrap()), Event::TASK_CANCELLED);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    world.clean_up();
}

on_each_storage!(
    before_it_starts_a_call_is_cancelled_without_running,
    a_callback_that_waits_hears_of_it_at_once_and_cancels_or_returns,
    a_callback_that_yielded_hears_of_it_at_once,
    a_callback_may_accept_its_cancellation_later,
    a_stackful_function_never_hears_of_it,
    a_callback_hears_of_it_when_it_goes_back_to_wait,
    who_waits_in_a_callback_hears_of_it_only_when_the_lock_is_free,
    a_task_that_returns_before_its_cancellation_needs_an_event,
    a_callback_that_yielded_hears_nothing_when_its_task_returns_before,
    ready_threads_of_the_callees_instance_may_run_until_the_call_resolves,
    one_ready_thread_runs_and_then_the_caller_continues,
    what_has_resolved_already_is_not_cancelled_but_delivered,
    the_host_cancels_its_calls_at_each_stage,
);
