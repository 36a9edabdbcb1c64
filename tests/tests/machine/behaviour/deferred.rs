//! Calls whose records are made when they are needed.

use weft_core::builtin::Outcome;
use weft_core::code::SubtaskState;
use weft_core::context::{AsyncContext, AsyncContextScope};
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    BacktraceEntry, CalleeView, DeferredCallee, FunctionId, InstanceId, MadeCall, Resumed, Step,
    SubtaskId, ThreadId, WaitableId,
};
use weft_core::trap::Trap;

use crate::calls::{
    Call, HOST_RESOURCE, STREAM, backpressure_inc, context_get, context_set, join, resource_new,
    resource_rep, set_drop, set_new, thread_index,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back_from_import, calls_host, enters, returned};

/// Three instances with one function each, without `post-return`, and a host function.
struct Setup {
    instances: [InstanceId; 3],
    functions: [FunctionId; 3],
    host: FunctionId,
}

fn set_up<L: ExtensionLimits>() -> (GuestMachine<L>, Setup) {
    let mut world = GuestMachine::<L>::new();
    let instances = world.instances();
    let functions = instances.map(|instance| world.sync(instance));
    let host = world.host_function(7);
    (world, Setup { instances, functions, host })
}

#[track_caller]
fn begins<L: ExtensionLimits>(world: &mut GuestMachine<L>, function: FunctionId) {
    assert_eq!(world.machine.invoke_deferred(function), Ok(true));
}

#[track_caller]
fn calls<L: ExtensionLimits>(world: &mut GuestMachine<L>, function: FunctionId) {
    let callee = world.machine.canon_lower_deferred(function, false);
    assert_eq!(callee, Ok(Some(DeferredCallee::Guest)));
}

#[track_caller]
fn calls_the_host<L: ExtensionLimits>(world: &mut GuestMachine<L>, function: FunctionId) {
    let callee = world.machine.canon_lower_deferred(function, false);
    assert_eq!(callee, Ok(Some(DeferredCallee::Host(7))));
}

/// Calls a built-in for the running guest, which returns at once.
#[track_caller]
fn run<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: &Call) -> Option<CoreValue> {
    match call.definition.call(&mut world.machine, &call.arguments) {
        Ok(Outcome::Return(value)) => value,
        other => panic!("{other:?}"),
    }
}

/// Makes the records of all calls.
#[track_caller]
fn made<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> Vec<MadeCall> {
    let mut made = Vec::new();
    world.machine.make_records(|call| made.push(call)).unwrap();
    made
}

/// Drops the host calls that have events.
fn forget_calls<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    for event in world.host_events() {
        if let WaitableId::Subtask(call) = event.waitable {
            world.machine.drop_call(call).unwrap();
        }
    }
}

fn records<L: ExtensionLimits>(world: &GuestMachine<L>) -> [usize; 4] {
    [Table::Tasks, Table::Threads, Table::Waitables, Table::ThreadIndices]
        .map(|table| world.machine.count_of(table))
}

fn an_unobserved_call_has_no_records<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    let with_post_return = world.sync_with_post_return(setup.instances[1]);
    let before = world.counts();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, with_post_return);
    calls_the_host(&mut world, setup.host);
    world.machine.begin_realloc(setup.instances[1]).unwrap();
    assert_eq!(world.machine.count_of(Table::Frames), 6);
    assert_eq!(records(&world), [0; 4]);
    world.machine.realloc_returned().unwrap();
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    let five = Some(CoreValue::I32(5));
    assert_eq!(world.machine.deferred_resolved(five), Ok(true));
    // It may not leave while `post-return` runs, but may afterwards.
    let realloc = |world: &mut GuestMachine<L>| world.machine.begin_realloc(setup.instances[1]);
    assert_eq!(realloc(&mut world), Err(MachineError::InRealloc.into()));
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    realloc(&mut world).unwrap();
    world.machine.realloc_returned().unwrap();
    assert!(world.machine.has_deferred());
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    assert!(!world.machine.has_deferred());
    assert_eq!(world.counts(), before);
    assert_eq!(world.host_events(), []);
    world.clean_up();
}

fn built_ins_that_need_no_thread_look_at_none<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, setup.functions[1]);
    let before = records(&world);
    run(&mut world, &backpressure_inc());
    assert_eq!(run(&mut world, &set_new()), Some(CoreValue::I32(1)));
    assert_eq!(run(&mut world, &resource_new(HOST_RESOURCE, 8)), Some(CoreValue::I32(2)));
    assert_eq!(run(&mut world, &resource_rep(HOST_RESOURCE, 2)), Some(CoreValue::I32(8)));
    run(&mut world, &set_drop(1));
    assert_eq!(records(&world), before);
    assert!(world.machine.has_deferred());
    // These built-ins do.
    let looking: [fn() -> Call; 4] =
        [|| context_get(0), || context_set(0, 1), thread_index, || STREAM.make()];
    for call in looking {
        let (mut world, setup) = set_up::<L>();
        begins(&mut world, setup.functions[0]);
        calls(&mut world, setup.functions[1]);
        run(&mut world, &call());
        assert!(!world.machine.has_deferred());
        assert_eq!(records(&world)[..2], [2, 2]);
        assert_eq!(world.return_value(None), resumed(&mut world, setup.functions[0]));
        assert_eq!(world.return_value(None), HOST);
        forget_calls(&mut world);
        world.clean_up();
    }
}

/// Returns the step with which the caller of `function` continues, without a result.
fn resumed<L: ExtensionLimits>(world: &mut GuestMachine<L>, function: FunctionId) -> Step {
    let thread = world.machine.current().unwrap();
    let task = world.machine.task_of(thread).unwrap();
    assert_eq!(world.machine.function_of(task), Ok(Some(function)));
    Step::Resume { thread, value: Resumed::Import(None) }
}

fn a_guest_sees_the_index_that_its_thread_would_have_had<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    // Each instance is entered twice, and the inner calls have higher indices.
    for round in 0..2 {
        begins(&mut world, setup.functions[0]);
        calls(&mut world, setup.functions[1]);
        calls(&mut world, setup.functions[0]);
        if round == 1 {
            world.machine.begin_realloc(setup.instances[0]).unwrap();
            let realloc = world.machine.thread_views().find(|view| view.index == 3);
            assert!(realloc.is_some_and(|it| it.instance == setup.instances[0]));
            // It has slots of its own.
            assert_eq!(run(&mut world, &context_get(0)), Some(CoreValue::I32(0)));
            world.machine.realloc_returned().unwrap();
        }
        assert_eq!(world.get(thread_index()), 2);
        assert!(matches!(world.return_value(None), Step::Resume { .. }));
        assert_eq!(world.get(thread_index()), 1);
        assert!(matches!(world.return_value(None), Step::Resume { .. }));
        assert_eq!(world.get(thread_index()), 1);
        assert_eq!(world.return_value(None), HOST);
    }
    forget_calls(&mut world);
    world.clean_up();
}

fn new_records_are_reported_from_the_outside_in<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, setup.functions[1]);
    calls_the_host(&mut world, setup.host);
    let calls = made(&mut world);
    assert_eq!(made(&mut world), []);
    assert_eq!(calls.len(), 3);
    for (call, position) in calls.iter().zip(0..2) {
        let (task, thread) = call.callee.unwrap();
        assert_eq!(world.machine.callee_view(call.call), Ok(CalleeView::Guest(task)));
        assert_eq!(world.machine.instance_of(task), Ok(setup.instances[position]));
        assert_eq!(world.machine.implicit_thread_of(task), Ok(Some(thread)));
        assert_eq!(world.machine.call_state(call.call), Ok(SubtaskState::Started));
    }
    assert_eq!(calls[2].callee, None);
    assert_eq!(world.machine.callee_view(calls[2].call), Ok(CalleeView::Host(7)));
    let callers = [None, Some(setup.instances[0]), Some(setup.instances[1])];
    for (call, caller) in calls.iter().zip(callers) {
        assert_eq!(world.machine.calling_instance(call.call), Ok(caller));
    }
    assert_eq!(world.machine.current(), None);
    // The host function continues as usual.
    assert_eq!(
        world.machine.start_host_function_call(calls[2].call),
        Err(MachineError::AlreadyStarted.into())
    );
    assert_eq!(world.machine.deferred_returned(), Ok(false));
    let six = Some(CoreValue::I32(6));
    world.machine.return_host_function_call(calls[2].call, six).unwrap();
    let step = world.host_returned();
    assert_eq!(back_from_import(&step, calls[1].callee.unwrap().1), six);
    assert_eq!(world.machine.deferred_resolved(None), Ok(false));
    let step = world.return_value(Some(3));
    assert_eq!(back_from_import(&step, calls[0].callee.unwrap().1), Some(CoreValue::I32(3)));
    assert_eq!(world.return_value(None), HOST);
    world.machine.drop_call(calls[0].call).unwrap();
    world.clean_up();
}

fn a_driver_that_tells_of_ends_as_always_makes_the_records<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, setup.functions[1]);
    let token = returned(world.machine.function_returned(None).unwrap());
    assert!(!world.machine.has_deferred());
    assert_eq!(world.resolve(token, None), resumed(&mut world, setup.functions[0]));
    // `host_returned` would do the same if the call had a result.
    calls_the_host(&mut world, setup.host);
    let thread = world.machine.host_returned();
    // The call has not returned, and its caller cannot wait.
    assert_eq!(thread, Err(Trap::CannotBlockSyncTask.into()));
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_locked_down(setup.instances[0]), Ok(true));
    assert_eq!(world.machine.is_locked_down(setup.instances[1]), Ok(false));
}

fn a_result_is_kept_while_post_return_runs<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    let function = world.sync_with_post_return(setup.instances[1]);
    begins(&mut world, setup.functions[0]);
    calls(&mut world, function);
    assert_eq!(world.machine.deferred_resolved(Some(CoreValue::I64(1 << 40))), Ok(true));
    let in_realloc = world.machine.begin_realloc(setup.instances[1]);
    assert_eq!(in_realloc, Err(MachineError::InRealloc.into()));
    let calls = made(&mut world);
    assert_eq!(world.machine.call_state(calls[1].call), Ok(SubtaskState::Returned));
    assert_eq!(world.machine.deferred_returned(), Ok(false));
    let step = world.exit();
    let value = back_from_import(&step, calls[0].callee.unwrap().1);
    assert_eq!(value, Some(CoreValue::I64(1 << 40)));
    assert_eq!(world.return_value(None), HOST);

    // A call by the host has also resolved.
    begins(&mut world, function);
    assert_eq!(world.machine.deferred_resolved(None), Ok(true));
    let event = world.host_events().pop().unwrap();
    assert_eq!(event.event.payload, SubtaskState::Returned.code());
    let WaitableId::Subtask(call) = event.waitable else { panic!("{event:?}") };
    assert_eq!(world.exit(), HOST);
    world.machine.drop_call(call).unwrap();
    world.machine.drop_call(calls[0].call).unwrap();
    world.clean_up();
}

fn a_trap_locks_down_all_instances_on_the_stack<L: ExtensionLimits>() {
    for is_built_in in [true, false] {
        let (mut world, setup) = set_up::<L>();
        begins(&mut world, setup.functions[0]);
        calls(&mut world, setup.functions[1]);
        if is_built_in {
            let call = resource_rep(HOST_RESOURCE, 9);
            let trap = call.definition.call(&mut world.machine, &call.arguments);
            assert_eq!(trap, Err(Trap::UnknownHandleIndex { index: 9 }.into()));
            assert!(world.machine.has_deferred());
            let must_unwind = Err(MachineError::MustUnwind.into());
            assert_eq!(world.machine.deferred_returned(), must_unwind);
            assert_eq!(world.machine.deferred_resolved(None), must_unwind);
            let lowered = world.machine.canon_lower_deferred(setup.functions[2], false);
            assert_eq!(lowered.map(|_| true), must_unwind);
        } else {
            // The trap is inside `realloc`.
            world.machine.begin_realloc(setup.instances[1]).unwrap();
        }
        world.machine.trapped().unwrap();
        let locked = setup.instances.map(|it| world.machine.is_locked_down(it).unwrap());
        assert_eq!(locked, [true, true, false]);
        assert_eq!(world.machine.invoke_deferred(setup.functions[1]), Ok(false));
        assert_eq!(world.machine.trapped(), Err(MachineError::NotEntered.into()));
        let event = world.host_events().pop().unwrap();
        let WaitableId::Subtask(call) = event.waitable else { panic!("{event:?}") };
        world.machine.drop_call(call).unwrap();
        world.clean_up();
    }
}

fn a_step_that_is_to_be_ended_comes_before_the_end_of_a_call<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    // A forward of a stream whose ends both wait needs no records, until the values have moved.
    begins(&mut world, setup.functions[0]);
    let (first, second) = (world.ends(STREAM), world.ends(STREAM));
    world.get(STREAM.read(second.0, 1));
    world.get(STREAM.write(first.1, 1));
    assert_eq!(world.return_value(None), HOST);
    begins(&mut world, setup.functions[0]);
    let call = STREAM.forward(first.0, second.1);
    let Ok(Outcome::Suspend(Step::Copy(copy))) =
        call.definition.call(&mut world.machine, &call.arguments)
    else {
        panic!()
    };
    let other_step = Err(MachineError::OtherStep.into());
    assert_eq!(world.machine.deferred_returned(), other_step);
    assert_eq!(world.machine.deferred_resolved(None), other_step);
    // To move them may need `realloc`, which is another call.
    world.machine.begin_realloc(setup.instances[0]).unwrap();
    assert_eq!(world.machine.deferred_returned(), Ok(false));
    world.machine.realloc_returned().unwrap();
    assert_eq!(world.machine.deferred_returned(), other_step);
    assert!(world.machine.has_deferred());
    assert!(matches!(world.machine.copied(copy), Ok(Step::Resume { .. })));
    assert_eq!(world.machine.deferred_returned(), Ok(false));
    assert_eq!(world.return_value(None), HOST);
}

fn an_event_of_the_host_comes_after_those_of_calls_that_began_before<L: ExtensionLimits>() {
    let drops: [fn(&mut GuestMachine<L>, u32, &Setup); 2] = [
        |world, index, _| assert_eq!(run(world, &STREAM.drop_readable(index)), None),
        |world, _, setup| {
            // The host drops an end whose other end it also holds.
            calls_the_host(world, setup.host);
            let (readable, _) = world.machine.new_host_ends(STREAM.kind, STREAM.ty).unwrap();
            world.machine.drop_host_end(readable).unwrap();
        },
    ];
    for drop_end in drops {
        for is_eager in [true, false] {
            let (mut world, setup) = set_up::<L>();
            world.machine.set_eager(is_eager);
            let (readable, _) = world.host_ends(STREAM);
            let instance = setup.instances[0];
            let index =
                world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable).unwrap();
            if is_eager {
                world.invoke(setup.functions[0]);
                run(&mut world, &STREAM.drop_readable(index));
            } else {
                begins(&mut world, setup.functions[0]);
                drop_end(&mut world, index, &setup);
            }
            let events = world.host_events();
            let order: Vec<bool> =
                events.iter().map(|it| matches!(it.waitable, WaitableId::Subtask(_))).collect();
            assert_eq!(order, [true, false]);
        }
    }
}

fn an_instance_with_a_call_without_records_is_not_removed<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    let bottom = world.run_in(setup.instances[0]);
    calls(&mut world, setup.functions[1]);
    let runs: Result<(), Error> = Err(MachineError::InstanceRuns.into());
    for instance in &setup.instances[..2] {
        assert_eq!(world.machine.check_removable(*instance), runs);
        assert_eq!(world.machine.remove_instance(*instance), runs);
        assert_eq!(world.machine.clear_instance(*instance), runs);
    }
    calls_the_host(&mut world, setup.host);
    for instance in &setup.instances[..2] {
        assert_eq!(world.machine.remove_instance(*instance), runs);
    }
    assert!(world.machine.has_deferred());
    // The `realloc` of an instance may be the only thing that runs in it.
    world.machine.begin_realloc(setup.instances[2]).unwrap();
    assert_eq!(world.machine.remove_instance(setup.instances[2]), runs);
    world.machine.realloc_returned().unwrap();
    assert_eq!(world.machine.check_removable(setup.instances[2]), Ok(()));
    world.machine.remove_instance(setup.instances[2]).unwrap();
    // The host function was called before, and continues.
    let calls = world.machine.thread_views().count();
    assert_eq!(calls, 2);
    world.machine.trapped().unwrap();
    let view = world.machine.thread_view(bottom).unwrap();
    assert_eq!(view.instance, setup.instances[0]);
}

fn a_host_function_that_is_removed_while_it_runs_has_its_records<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls_the_host(&mut world, setup.host);
    world.machine.remove_host_function(setup.host).unwrap();
    // Another instance takes its place.
    world.host_function(8);
    assert!(!world.machine.has_deferred());
    let entry = world.machine.backtrace().next();
    assert_eq!(entry, Some(BacktraceEntry::HostFunction(7)));
    assert_eq!(world.machine.deferred_returned(), Ok(false));
    world.machine.trapped().unwrap();
}

/// Calls the host function, for which the callers are then held.
fn hold<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: SubtaskId) {
    let step = world.machine.hold_callers(call);
    assert_eq!(world.answer(step), Ok(HOST));
    assert_eq!(world.machine.are_callers_held(call), Ok(true));
}

fn a_host_function_that_waits_makes_the_records_and_holds_its_callers<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, setup.functions[1]);
    calls_the_host(&mut world, setup.host);
    let calls = made(&mut world);
    hold(&mut world, calls[2].call);
    for (instance, is_held) in setup.instances.into_iter().zip([true, true, false]) {
        assert_eq!(world.machine.instance_view(instance).unwrap().is_held, is_held);
    }
    // An instance with a held guest is not entered without records.
    assert_eq!(world.machine.invoke_deferred(setup.functions[0]), Ok(false));
    begins(&mut world, setup.functions[2]);
    assert_eq!(world.machine.canon_lower_deferred(setup.functions[1], false), Ok(None));
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    let nine = Some(CoreValue::I32(9));
    world.machine.return_host_function_call(calls[2].call, nine).unwrap();
    let step = world.tick();
    assert_eq!(back_from_import(&step, calls[1].callee.unwrap().1), nine);
    let step = world.return_value(Some(3));
    assert_eq!(back_from_import(&step, calls[0].callee.unwrap().1), Some(CoreValue::I32(3)));
    assert_eq!(world.return_value(None), HOST);
    world.machine.drop_call(calls[0].call).unwrap();
    world.clean_up();
}

fn a_caller_that_was_locked_down_does_not_continue<L: ExtensionLimits>() {
    for is_eager in [true, false] {
        let (mut world, setup) = set_up::<L>();
        let [first, second, third] = setup.functions;
        // The third instance calls the first, whose host function waits.
        world.invoke(third);
        let step = world.import(first);
        enters(&step, first);
        let step = world.import(setup.host);
        let held = calls_host(&step, 7);
        world.machine.start_host_function_call(held).unwrap();
        hold(&mut world, held);
        // This calls the first instance again, which calls the second, which calls the host.
        let (_, step) = world.begin_for_held(held, first);
        enters(&step, first);
        if is_eager {
            let step = world.import(second);
            enters(&step, second);
            let step = world.import(setup.host);
            let call = calls_host(&step, 7);
            world.machine.start_host_function_call(call).unwrap();
            world.machine.return_host_function_call(call, None).unwrap();
        } else {
            calls(&mut world, second);
            calls_the_host(&mut world, setup.host);
        }
        // Removing the third instance also abandons the stack on which it is held.
        assert_eq!(world.machine.check_removable(setup.instances[2]), Ok(()));
        if is_eager {
            world.machine.remove_instance(setup.instances[2]).unwrap();
        } else {
            let calls = made(&mut world);
            world.machine.remove_instance(setup.instances[2]).unwrap();
            world.machine.return_host_function_call(calls[1].call, None).unwrap();
        }
        assert_eq!(world.machine.is_locked_down(setup.instances[0]), Ok(true));
        assert_eq!(world.machine.is_locked_down(setup.instances[1]), Ok(false));
        assert!(matches!(world.host_returned(), Step::Resume { .. }));
        let token = world.begin_return();
        world.machine.return_(&token).unwrap();
        let gone = Err(Failure::Trap(Trap::CannotEnterComponentInstance));
        assert_eq!(world.machine.resolve(token, None), gone);
        world.machine.trapped().unwrap();
    }
    // The removal needs no records: calls without records end as those with records.
    let (mut world, setup) = set_up::<L>();
    let [first, second, third] = setup.functions;
    world.invoke(third);
    let step = world.import(first);
    enters(&step, first);
    let step = world.import(setup.host);
    let held = calls_host(&step, 7);
    world.machine.start_host_function_call(held).unwrap();
    hold(&mut world, held);
    let (_, step) = world.begin_for_held(held, first);
    enters(&step, first);
    calls(&mut world, second);
    calls_the_host(&mut world, setup.host);
    world.machine.remove_instance(setup.instances[2]).unwrap();
    assert!(!world.machine.has_deferred());
    assert_eq!(world.machine.deferred_returned(), Ok(false));
}

fn a_context_that_a_host_function_enters_is_its_callers<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    calls(&mut world, setup.functions[1]);
    calls_the_host(&mut world, setup.host);
    assert!(world.machine.has_deferred());
    let mut scope = AsyncContextScope::enter(&mut world.machine, AsyncContext::new()).unwrap();
    assert!(!scope.has_deferred());
    assert!(scope.contexts().current().is_some());
    // If there is a context, calls have records, and inherit it.
    assert_eq!(scope.invoke_deferred(setup.functions[2]), Ok(false));
    let (call, step) = scope.invoke(setup.functions[2]).unwrap();
    enters(&step, setup.functions[2]);
    assert!(scope.contexts().current().is_some());
    let token = returned(scope.function_returned(None).unwrap());
    assert_eq!(scope.resolve(token, None), Ok(HOST));
    scope.drop_call(call).unwrap();
    drop(scope);
    assert_eq!(world.machine.contexts().current(), None);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.count_of(Table::Contexts), 0);
    begins(&mut world, setup.functions[2]);
}

fn only_calls_that_enter_at_once_begin_without_records<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    let [first, second, third] = setup.instances;
    // Calls that would wait have records, and so do those that are lifted in these ways.
    let busy = world.callback(third);
    let with_async = [world.plain(second), world.stackful(second), busy];
    begins(&mut world, busy);
    run(&mut world, &backpressure_inc());
    assert_eq!(world.machine.deferred_resolved(None), Ok(true));
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    for function in with_async {
        assert_eq!(world.machine.invoke_deferred(function), Ok(false));
    }
    assert_eq!(world.machine.invoke_deferred(setup.host), Ok(false));
    world.machine.lock_down_instance(third).unwrap();
    assert_eq!(world.machine.invoke_deferred(setup.functions[2]), Ok(false));
    let no_guest = Err(MachineError::NoCurrentThread.into());
    assert_eq!(world.machine.canon_lower_deferred(setup.functions[1], false), no_guest);

    begins(&mut world, setup.functions[0]);
    let before = world.counts();
    for function in with_async.into_iter().chain([setup.functions[2]]) {
        assert_eq!(world.machine.canon_lower_deferred(function, false), Ok(None));
    }
    // A guest that may not leave traps in the other way.
    world.machine.begin_realloc(first).unwrap();
    assert_eq!(world.machine.canon_lower_deferred(setup.functions[1], false), Ok(None));
    assert_eq!(world.machine.canon_lower_deferred(setup.host, false), Ok(None));
    world.machine.realloc_returned().unwrap();
    assert_eq!(world.counts(), before);
    assert!(world.machine.has_deferred());
    let has_control = Err(MachineError::GuestHasControl.into());
    assert_eq!(world.machine.invoke_deferred(setup.functions[1]), has_control);
    assert_eq!(world.return_value(None), HOST);

    world.machine.set_eager(true);
    assert_eq!(world.machine.invoke_deferred(setup.functions[0]), Ok(false));
    world.machine.begin_realloc(first).unwrap();
    assert!(!world.machine.has_deferred());
    world.machine.realloc_returned().unwrap();
    world.machine.set_eager(false);
    begins(&mut world, setup.functions[0]);
}

fn a_call_with_records_calls_without_and_the_other_way_round<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    let main = world.run_in(setup.instances[0]);
    calls(&mut world, setup.functions[1]);
    // The callee has a task, so this makes the records.
    let nested = world.stackful(setup.instances[2]);
    let step = world.import(nested);
    let inner: ThreadId = enters(&step, nested);
    assert!(!world.machine.has_deferred());
    calls(&mut world, setup.functions[1]);
    run(&mut world, &set_new());
    assert_eq!(world.machine.deferred_returned(), Ok(true));
    assert_eq!(world.machine.current(), Some(inner));
    world.task_return(None);
    assert!(matches!(world.exit(), Step::Resume { .. }));
    let step = world.return_value(Some(1));
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(1)));
    world.clean_up();
}

fn a_waitable_joins_a_set_without_a_look<L: ExtensionLimits>() {
    let (mut world, setup) = set_up::<L>();
    begins(&mut world, setup.functions[0]);
    let (readable, _) = world.ends(STREAM);
    assert_eq!(world.return_value(None), HOST);
    begins(&mut world, setup.functions[0]);
    assert_eq!(run(&mut world, &set_new()), Some(CoreValue::I32(3)));
    run(&mut world, &join(readable, 3));
    run(&mut world, &join(readable, 0));
    assert!(world.machine.has_deferred());
}

on_each_storage!(
    an_unobserved_call_has_no_records,
    built_ins_that_need_no_thread_look_at_none,
    a_guest_sees_the_index_that_its_thread_would_have_had,
    new_records_are_reported_from_the_outside_in,
    a_driver_that_tells_of_ends_as_always_makes_the_records,
    a_result_is_kept_while_post_return_runs,
    a_trap_locks_down_all_instances_on_the_stack,
    a_step_that_is_to_be_ended_comes_before_the_end_of_a_call,
    an_event_of_the_host_comes_after_those_of_calls_that_began_before,
    an_instance_with_a_call_without_records_is_not_removed,
    a_host_function_that_is_removed_while_it_runs_has_its_records,
    a_host_function_that_waits_makes_the_records_and_holds_its_callers,
    a_caller_that_was_locked_down_does_not_continue,
    a_context_that_a_host_function_enters_is_its_callers,
    only_calls_that_enter_at_once_begin_without_records,
    a_call_with_records_calls_without_and_the_other_way_round,
    a_waitable_joins_a_set_without_a_look,
);
