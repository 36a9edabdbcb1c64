//! Tokens and ids that a host kept too long, or that belong to another object. The host gets an
//! error, and no other task, thread or end is changed.

use weft_core::builtin::Outcome;
use weft_core::code::{CopyResult, SubtaskState};
use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    BufferCheck, CopyToken, EndState, HandleView, LoweredBorrow, ReturnToken, StartFunctionSearch,
    Step,
};

use crate::calls::{
    Call, HOST_RESOURCE, STREAM, TEXT_STREAM, error_context_new, resource_drop, resource_new,
    thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, back, ended, enters, returned, subtask};

/// Returns the first step of a built-in.
fn suspension<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: &Call) -> Step {
    match call.definition.call(&mut world.machine, &call.arguments).unwrap() {
        Outcome::Suspend(step) => step,
        Outcome::Return(value) => panic!("{value:?} is returned"),
    }
}

fn buffer_check<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: &Call) -> BufferCheck {
    match suspension(world, call) {
        Step::CheckBuffer(check) => check,
        step => panic!("{step:?} checks no buffer"),
    }
}

/// Checks that an operation fails with an error, not with a trap.
#[track_caller]
fn is_refused<T: std::fmt::Debug>(result: Result<T, Failure>) {
    match result {
        Err(Failure::Error(_)) => {}
        other => panic!("{other:?}"),
    }
}

/// Removes the running instance after a trap; another one takes its place.
fn replaced<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> weft_core::machine::InstanceId {
    world.machine.trapped().unwrap();
    let instance = world.instances.pop().unwrap();
    world.machine.remove_instance(instance).unwrap();
    world.instance()
}

/// Returns a result of a task that is gone, and a call whose task has its place.
fn stale_return<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
) -> (ReturnToken, weft_core::machine::SubtaskId) {
    world.running();
    let token = world.begin_task_return();
    let instance = replaced(world);
    let function = world.stackful(instance);
    (token, world.invoke(function).0)
}

fn the_result_of_a_gone_task_reaches_no_other<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (token, call) = stale_return(&mut world);
    is_refused(world.machine.return_(&token));
    is_refused(world.machine.resolve(token, None));
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
    world.clean_up();
}

fn a_function_returns_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.plain(instance);
    world.invoke(function);
    let token = world.begin_return();
    world.refuses(MachineError::OtherStep, |machine| machine.function_returned(None));
    assert_eq!(world.resolve(token, None), HOST);
    world.clean_up();
}

fn a_buffer_for_a_gone_end_reaches_no_other<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, _) = world.ends(STREAM);
    let check = buffer_check(&mut world, &STREAM.read(readable, 4));
    let instance = replaced(&mut world);
    world.run_in(instance);
    let ends = [(); 2].map(|()| world.ends(TEXT_STREAM));
    is_refused(world.machine.buffer_checked(check));
    for (readable, writable) in ends {
        for index in [readable, writable] {
            let HandleView::End { state, .. } = world.view(instance, index) else { panic!() };
            assert_eq!(state, EndState::Idle);
        }
    }
    world.clean_up();
}

fn an_end_that_was_given_away_meanwhile_is_not_read_from<L: ExtensionLimits>() {
    for is_sync in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let (instance, _) = world.running();
        let other = world.instance();
        let (readable, _) = world.ends(STREAM);
        let read = if is_sync { STREAM.sync_read(readable, 4) } else { STREAM.read(readable, 4) };
        let check = buffer_check(&mut world, &read);
        let theirs = world.pass(STREAM, instance, readable, other);
        let read = world.machine.buffer_checked(check);
        let HandleView::End { state, waitable, .. } = world.view(other, theirs) else { panic!() };
        assert_eq!((state, waitable.has_sync_waiter), (EndState::Idle, false));
        is_refused(read);
        world.clean_up();
    }
}

fn values_for_a_gone_end_reach_no_other<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    let check = buffer_check(&mut world, &STREAM.read(readable, 4));
    let Ok(Step::Copy(copy)) = world.machine.buffer_checked(check) else { panic!() };
    let copy: CopyToken = copy;
    let instance = replaced(&mut world);
    world.run_in(instance);
    let (readable, writable) = world.ends(STREAM);
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    is_refused(world.machine.copied(copy));
    let HandleView::End { waitable, .. } = world.view(instance, readable) else { panic!() };
    assert!(!waitable.has_pending_event);
    world.clean_up();
}

/// Runs `realloc` in another instance before a step is ended, whose token is invalid meanwhile.
fn during_realloc<L: ExtensionLimits>(
    call: &Call,
    attempt: impl FnOnce(&mut GuestMachine<L>, Step) -> Option<Step>,
    end: impl FnOnce(&mut GuestMachine<L>, Step) -> Result<Step, Failure>,
) {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    world.ends(STREAM);
    let step = suspension(&mut world, call);
    let other = world.instance();
    world.machine.begin_realloc(other).unwrap();
    let before = world.state();
    let step = attempt(&mut world, step);
    assert_eq!(world.state(), before);
    world.machine.realloc_returned().unwrap();
    if let Some(step) = step {
        let step = end(&mut world, step).unwrap();
        assert!(matches!(step, Step::Resume { thread, .. } if thread == main), "{step:?}");
    }
    world.clean_up();
}

fn a_token_is_of_no_use_while_realloc_runs<L: ExtensionLimits>() {
    during_realloc::<L>(
        &STREAM.read(1, 4),
        |world, step| {
            let Step::CheckBuffer(check) = step else { panic!("{step:?}") };
            is_refused(world.machine.buffer_checked(check));
            None
        },
        |_, step| Ok(step),
    );
    during_realloc::<L>(
        &crate::calls::task_return(),
        |world, step| {
            let Step::Return(token) = step else { panic!("{step:?}") };
            is_refused(world.machine.return_(&token));
            Some(Step::Return(token))
        },
        |world, step| {
            let Step::Return(token) = step else { panic!("{step:?}") };
            world.machine.resolve(token, None)
        },
    );
    during_realloc::<L>(
        &thread_new(1, 2),
        |world, step| {
            let Step::FindStartFunction(search) = step else { panic!("{step:?}") };
            is_refused(world.machine.new_thread(&search, 1));
            Some(Step::FindStartFunction(search))
        },
        |world, step| {
            let Step::FindStartFunction(search) = step else { panic!("{step:?}") };
            world.machine.new_thread(&search, 1)
        },
    );
    during_realloc::<L>(
        &error_context_new(),
        |world, step| {
            is_refused(world.machine.new_error_context("early"));
            Some(step)
        },
        |world, _| world.machine.new_error_context("late"),
    );
}

fn a_start_function_is_found_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let step = suspension(&mut world, &thread_new(1, 2));
    let Step::FindStartFunction(search) = step else { panic!("{step:?}") };
    let search: StartFunctionSearch = search;
    let step = world.machine.new_thread(&search, 1).unwrap();
    back(&step, main);
    world.refuses(MachineError::OtherStep, |machine| machine.new_thread(&search, 1));
    world.clean_up();
}

fn a_search_of_before_is_not_ended_in_the_place_of_another<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let Step::FindStartFunction(first) = suspension(&mut world, &thread_new(1, 2)) else {
        panic!();
    };
    let _ = world.machine.new_thread(&first, 1).unwrap();
    let Step::FindStartFunction(second) = suspension(&mut world, &thread_new(3, 4)) else {
        panic!();
    };
    world.refuses(MachineError::OtherStep, |machine| machine.new_thread(&first, 1));
    assert!(world.machine.new_thread(&second, 3).is_ok());
    world.clean_up();
}

fn a_read_or_write_of_the_host_whose_values_move_is_not_cancelled<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    world.as_host(|world| world.host_copy(ours, 4));
    let check = buffer_check(&mut world, &STREAM.read(readable, 4));
    let Ok(Step::Copy(copy)) = world.machine.buffer_checked(check) else { panic!() };
    is_refused(world.machine.cancel_host_copy(ours));
    let step = world.machine.copied(copy).unwrap();
    assert_eq!(back(&step, main), u64::from(ended(STREAM, CopyResult::Completed, 4)));
    assert_eq!(world.end_events(), [(ours, ended(STREAM, CopyResult::Completed, 4))]);
    world.clean_up();
}

/// Checks that a host write is not reported while its values move, because the host would reuse its
/// buffer.
fn a_host_write_whose_values_move_is_not_reported<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let (theirs, ours) = world.host_ends(STREAM);
    let readable = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, theirs).unwrap();
    world.as_host(|world| world.host_copy(ours, 4));
    assert_eq!(world.end_events(), []);
    assert_eq!(world.get(STREAM.read(readable, 1)), ended(STREAM, CopyResult::Completed, 1));
    let check = buffer_check(&mut world, &STREAM.read(readable, 2));
    let Ok(Step::Copy(copy)) = world.machine.buffer_checked(check) else { panic!() };
    let early = world.machine.next_host_event();
    let step = world.machine.copied(copy).unwrap();
    assert_eq!(back(&step, main), u64::from(ended(STREAM, CopyResult::Completed, 2)));
    assert!(!matches!(early, Ok(Some(_))), "{early:?}");
    assert_eq!(world.end_events(), [(ours, ended(STREAM, CopyResult::Completed, 3))]);
    world.clean_up();
}

fn a_task_that_has_resolved_borrows_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, thread) = world.running();
    let task = world.machine.task_of(thread).unwrap();
    world.task_return(None);
    let lowered = world.machine.lower_borrow(task, HOST_RESOURCE, 1);
    if let Ok(LoweredBorrow::Index(index)) = lowered {
        // It would outlive its task.
        assert_eq!(world.exit(), HOST);
        world.run_in(instance);
        assert_eq!(world.try_call(resource_drop(HOST_RESOURCE, index)), Ok(HOST));
    }
    is_refused(lowered);
    world.clean_up();
}

fn nothing_is_lent_to_a_call_that_has_resolved<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let resource = world.get(resource_new(HOST_RESOURCE, 1));
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let Step::CallFunction { caller, .. } = step else { panic!() };
    let step = world.step(thread_yield());
    let sub = subtask(&step, main, SubtaskState::Started);
    assert_eq!(world.step(thread_yield()), HOST);
    let step = world.tick();
    back(&step, thread);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let _ = world.tick();
    let returned = u64::from(SubtaskState::Returned.code());
    assert_eq!(world.value(crate::calls::subtask_cancel(sub)), returned);
    // It has resolved, and its caller has received the event.
    let lent = world.machine.lift_borrow(caller, HOST_RESOURCE, resource);
    world.run(crate::calls::subtask_drop(sub));
    assert_eq!(world.machine.count_of(Table::Lends), 0);
    is_refused(lent);
    world.clean_up();
}

fn only_resources_are_given_to_instances<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let unknown = Error::Unknown(Table::Types);
    world.refuses(unknown, |machine| machine.lower_own(instance, STREAM.ty, 1));
    world.clean_up();
}

fn nothing_else_runs_in_an_instance_during_realloc_and_post_return<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.sync_with_post_return(instance);
    world.machine.begin_realloc(instance).unwrap();
    is_refused(world.machine.invoke(function));
    world.machine.realloc_returned().unwrap();
    let (call, _) = world.invoke(function);
    let token = world.begin_return();
    is_refused(world.machine.invoke(function));
    let step = world.resolve(token, None);
    assert!(matches!(step, Step::CallPostReturn { .. }), "{step:?}");
    is_refused(world.machine.invoke(function));
    is_refused(world.machine.cancel_call(call));
    assert!(!world.machine.instance_view(instance).unwrap().may_leave);
    assert_eq!(world.exit(), HOST);
    assert!(world.machine.instance_view(instance).unwrap().may_leave);
    world.clean_up();
}

fn a_token_has_its_thread_and_task<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let token = returned(suspension(&mut world, &crate::calls::task_return()));
    assert_eq!(token.thread(), main);
    assert_eq!(Ok(token.task()), world.machine.task_of(main));
    let step = world.resolve(token, None);
    back(&step, main);
    world.clean_up();
}

on_each_storage!(
    the_result_of_a_gone_task_reaches_no_other,
    a_function_returns_once,
    a_buffer_for_a_gone_end_reaches_no_other,
    an_end_that_was_given_away_meanwhile_is_not_read_from,
    values_for_a_gone_end_reach_no_other,
    a_token_is_of_no_use_while_realloc_runs,
    a_start_function_is_found_once,
    a_search_of_before_is_not_ended_in_the_place_of_another,
    a_read_or_write_of_the_host_whose_values_move_is_not_cancelled,
    a_host_write_whose_values_move_is_not_reported,
    a_task_that_has_resolved_borrows_nothing,
    nothing_is_lent_to_a_call_that_has_resolved,
    only_resources_are_given_to_instances,
    nothing_else_runs_in_an_instance_during_realloc_and_post_return,
    a_token_has_its_thread_and_task,
);
