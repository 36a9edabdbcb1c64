//! Every table of a bounded machine, filled up and beyond.
//!
//! An operation that needs room in a full table fails with the table's name and changes nothing. It
//! succeeds after something was freed.

mod calls;
mod held;

use weft_core::builtin::TypeIndex;
use weft_core::code::SubtaskState;
use weft_core::error::{Error, Failure};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::{MachineSizes, Table};
use weft_core::machine::{
    FunctionId, LiftMode, LiftedFunction, Machine, Step, SubtaskId, TypeDefinition,
};

use crate::calls::{
    Call, FUTURE, HOST_RESOURCE, OPTIONS, STREAM, error_context_drop, error_context_new,
    resource_drop, resource_new, set_drop, set_new, subtask_cancel, suspend,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, calls_host, subtask};

/// Large tables.
const LARGE: MachineSizes = MachineSizes {
    instances: 4,
    functions: 12,
    types: 12,
    handles: 12,
    thread_indices: 12,
    tasks: 12,
    threads: 12,
    waitables: 12,
    waitable_sets: 12,
    resources: 12,
    lends: 12,
    error_contexts: 12,
    frames: 12,
    held_frames: 12,
    message_bytes: 8,
};

/// Defines limits with large tables, except for one, which has this size.
macro_rules! narrow {
    ($($name:ident: $table:ident $size:literal;)*) => {$(
        weft_core::limits! {
            struct $name { $table: $size, ..LARGE }
        }
    )*};
}

narrow! {
    FewInstances: instances 2;
    FewFunctions: functions 4;
    FewTypes: types 9;
    FewHandles: handles 4;
    FewThreadIndices: thread_indices 3;
    FewTasks: tasks 3;
    FewThreads: threads 3;
    FewWaitables: waitables 4;
    FewSets: waitable_sets 2;
    FewResources: resources 3;
    FewLends: lends 2;
    FewErrorContexts: error_contexts 2;
    FewFrames: frames 4;
    NoFrames: frames 0;
    FewHeldFrames: held_frames 6;
}

/// The objects before a table is filled: a stackful function runs in the first instance.
struct Setup {
    /// A host function.
    host: FunctionId,
    /// A stackful function of the second instance.
    guest: FunctionId,
    /// A stackful function of the first one.
    own: FunctionId,
    /// A resource type whose destructor is in the first instance.
    ty: TypeIndex,
}

fn set_up<L: ExtensionLimits>() -> (GuestMachine<L>, Setup) {
    let mut world = GuestMachine::<L>::new();
    let [first, second] = world.instances();
    let destructor = world.sync(first);
    let (instance, destructor) = (Some(first), Some(destructor));
    let resource = TypeDefinition::Resource { instance, destructor };
    let ty = world.machine.define_type(resource).unwrap();
    let (guest, own) = (world.stackful(second), world.stackful(first));
    let host = world.host_function(7);
    world.invoke(own);
    (world, Setup { host, guest, own, ty })
}

/// An operation that needs room in a table.
type Way<L> = fn(&mut GuestMachine<L>, &Setup) -> Result<(), Failure>;

fn call<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: Call) -> Result<(), Failure> {
    world.try_call(call).map(|_| ())
}

fn import<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    function: FunctionId,
    is_async: bool,
) -> Result<(), Failure> {
    world.try_import(function, is_async).map(|_| ())
}

/// Checks that each of `ways` fails as long as `table`, which `fill` has filled, is full.
#[track_caller]
fn is_full<L: ExtensionLimits>(
    (table, capacity): (Table, usize),
    fill: fn(&mut GuestMachine<L>, &Setup),
    free: fn(&mut GuestMachine<L>, &Setup),
    ways: &[Way<L>],
) {
    for (position, way) in ways.iter().enumerate() {
        let (mut world, setup) = set_up::<L>();
        fill(&mut world, &setup);
        assert_eq!(world.machine.count_of(table), capacity);
        for _ in 0..2 {
            let before = (world.counts(), world.state());
            let result = way(&mut world, &setup);
            assert_eq!(result, Err(Error::Full(table).into()), "way {position}");
            assert_eq!((world.counts(), world.state()), before, "way {position}");
        }
        free(&mut world, &setup);
        assert_eq!(way(&mut world, &setup), Ok(()), "way {position}");
        world.clean_up();
    }
}

/// Checks the same as `is_full` for built-ins that fail when one of their steps is ended. The guest
/// cannot continue after that, so the host abandons its call.
#[track_caller]
fn is_full_at_the_end_of_a_step<L: ExtensionLimits>(
    table: Table,
    fill: fn(&mut GuestMachine<L>, &Setup),
    free: fn(&mut GuestMachine<L>, &Setup),
    calls: &[Call],
) {
    for call in calls {
        let (mut world, setup) = set_up::<L>();
        fill(&mut world, &setup);
        let before = (world.counts(), world.state());
        assert_eq!(world.try_call(call.clone()), Err(Error::Full(table).into()));
        assert_eq!((world.counts(), world.state()), before);
        world.machine.trapped().unwrap();
        world.clean_up();

        let (mut world, setup) = set_up::<L>();
        fill(&mut world, &setup);
        free(&mut world, &setup);
        assert!(world.try_call(call.clone()).is_ok());
        world.clean_up();
    }
}

#[test]
fn instances_are_full_until_one_is_removed() {
    let mut world = GuestMachine::<FewInstances>::new();
    let [first, _] = world.instances();
    world.refuses(Error::Full(Table::Instances), Machine::new_instance);
    world.machine.remove_instance(first).unwrap();
    world.instance();
    world.refuses(Error::Full(Table::Instances), Machine::new_instance);
    world.clean_up();
}

#[test]
fn functions_stay_full() {
    let mut world = GuestMachine::<FewFunctions>::new();
    let instance = world.instance();
    let functions = [world.stackful(instance), world.host_function(1), world.sync(instance)];
    let (result_type, lift_options, lift) = (None, OPTIONS, LiftMode::Stackful);
    let one_more = LiftedFunction { instance, is_async: true, lift, result_type, lift_options };
    let full = Error::Full(Table::Functions);
    world.refuses(full, |machine| machine.lift(one_more));
    world.refuses(full, |machine| machine.define_host_function(2));
    world.invoke(functions[0]);
    let step = world.import(functions[1]);
    calls_host(&step, 1);
    world.clean_up();
}

#[test]
fn types_stay_full() {
    let mut world = GuestMachine::<FewTypes>::new();
    let instance = Some(world.instance());
    let definitions = [
        TypeDefinition::Value,
        TypeDefinition::Ends { is_none_or_number: true },
        TypeDefinition::Resource { instance, destructor: None },
    ];
    let defined = [(); 2].map(|()| world.machine.define_type(definitions[1]).unwrap());
    assert_eq!(defined, [TypeIndex(7), TypeIndex(8)]);
    for definition in definitions {
        world.refuses(Error::Full(Table::Types), |machine| machine.define_type(definition));
    }
    world.running();
    let new = crate::calls::Of { ty: defined[1], ..STREAM };
    world.ends(new);
    world.clean_up();
}

#[test]
fn handles_are_full_until_one_is_dropped() {
    let fill: fn(&mut GuestMachine<FewHandles>, &Setup) = |world, _| {
        for index in 1..=4 {
            assert_eq!(world.get(set_new()), index);
        }
    };
    let ways: [Way<_>; 8] = [
        |world, _| call(world, resource_new(HOST_RESOURCE, 1)),
        |world, _| call(world, set_new()),
        |world, setup| import(world, setup.host, true),
        |world, setup| import(world, setup.guest, true),
        |world, _| {
            let instance = world.instances[0];
            world.machine.lower_own(instance, HOST_RESOURCE, 1).map(|_| ())
        },
        |world, _| {
            let thread = world.machine.current().unwrap();
            let task = world.machine.task_of(thread).unwrap();
            world.machine.lower_borrow(task, HOST_RESOURCE, 1).map(|_| ())
        },
        |world, _| {
            let instance = world.instances[0];
            let (readable, writable) = world.machine.new_host_ends(STREAM.kind, STREAM.ty)?;
            let lowered = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable);
            if lowered.is_err() {
                world.machine.drop_host_end(readable)?;
            }
            world.machine.drop_host_end(writable)?;
            lowered.map(|_| ())
        },
        |world, _| {
            let instance = world.instances[0];
            let message = world.machine.new_host_error_context("message")?;
            let lowered = world.machine.lower_error_context(instance, message);
            if lowered.is_err() {
                world.machine.drop_error_context(message)?;
            }
            lowered.map(|_| ())
        },
    ];
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| world.run(set_drop(2));
    is_full((Table::Handles, 4), fill, free, &ways);
    is_full_at_the_end_of_a_step(Table::Handles, fill, free, &[error_context_new()]);
    let ways: [Way<_>; 2] =
        [|world, _| call(world, STREAM.make()), |world, _| call(world, FUTURE.make())];
    let free_two: fn(&mut GuestMachine<_>, &Setup) = |world, _| {
        world.run(set_drop(2));
        world.run(set_drop(4));
    };
    is_full((Table::Handles, 4), fill, free_two, &ways);
}

#[test]
fn one_handle_left_is_too_few_for_two_ends() {
    for of in [STREAM, FUTURE] {
        let (mut world, _) = set_up::<FewHandles>();
        for _ in 0..3 {
            world.get(set_new());
        }
        let new = of.make();
        world.refuses(Error::Full(Table::Handles), |machine| new.definition.call(machine, &[]));
        world.run(set_drop(2));
        assert_eq!(world.ends(of), (2, 4));
        world.clean_up();
    }
}

#[test]
fn a_handle_reserved_for_a_call_is_not_used() {
    // After the last one, and among those that were freed.
    for is_new in [true, false] {
        let (mut world, setup) = set_up::<FewHandles>();
        let (instance, main) = (world.instances[0], world.machine.current().unwrap());
        for _ in 0..if is_new { 3 } else { 4 } {
            world.get(set_new());
        }
        if !is_new {
            world.run(set_drop(2));
        }
        let (readable, _) = world.host_ends(STREAM);
        let message = world.machine.new_host_error_context("message").unwrap();
        let step = world.import_async(setup.host);
        let call = calls_host(&step, 7);
        // The host lowers something into the caller before it returns.
        let own = world.machine.lower_own(instance, HOST_RESOURCE, 1);
        let end = world.machine.lower_end(instance, STREAM.kind, STREAM.ty, readable);
        let error_context = world.machine.lower_error_context(instance, message);
        world.machine.start_host_function_call(call).unwrap();
        let step = world.machine.host_returned();
        let full = Err(Failure::Error(Error::Full(Table::Handles)));
        assert_eq!((own, end, error_context), (full, full, full));
        subtask(&step.unwrap(), main, SubtaskState::Started);
        world.machine.drop_error_context(message).unwrap();
        world.clean_up();
    }
}

#[test]
fn every_reserved_handle_is_used_or_released() {
    let (mut world, setup) = set_up::<FewHandles>();
    let main = world.machine.current().unwrap();
    for _ in 0..8 {
        // It returns at once.
        let step = world.import_async(setup.guest);
        crate::steps::enters(&step, setup.guest);
        world.task_return(None);
        let step = world.exit();
        crate::steps::back_returned(&step, main);
        // It does not, and is cancelled.
        let step = world.import_async(setup.host);
        let call = calls_host(&step, 7);
        let step = world.host_returned();
        let sub = subtask(&step, main, SubtaskState::Starting);
        let step = world.step(subtask_cancel(sub));
        crate::steps::cancels_host(&step, 7);
        world.machine.cancel_host_function_call(call).unwrap();
        let _ = world.host_returned();
        world.run(crate::calls::subtask_drop(sub));
    }
    for index in 1..=4 {
        world.get(set_new());
        assert_eq!(world.machine.count_of(Table::Handles), index);
    }
    assert_eq!(world.try_import(setup.host, true), Err(Error::Full(Table::Handles).into()));
    world.run(set_drop(1));
    world.get(set_new());
    world.clean_up();
}

#[test]
fn waitable_sets_are_full_until_one_is_dropped() {
    let fill: fn(&mut GuestMachine<FewSets>, &Setup) = |world, _| {
        world.get(set_new());
        world.get(set_new());
    };
    let ways: [Way<_>; 1] = [|world, _| call(world, set_new())];
    is_full((Table::WaitableSets, 2), fill, |world, _| world.run(set_drop(1)), &ways);
}

#[test]
fn resources_are_full_until_one_is_dropped() {
    let fill: fn(&mut GuestMachine<FewResources>, &Setup) = |world, _| {
        for _ in 0..3 {
            world.get(resource_new(HOST_RESOURCE, 1));
        }
    };
    let ways: [Way<_>; 3] = [
        |world, setup| call(world, resource_new(setup.ty, 1)),
        |world, _| {
            let instance = world.instances[1];
            world.machine.lower_own(instance, HOST_RESOURCE, 1).map(|_| ())
        },
        |world, _| {
            let thread = world.machine.current().unwrap();
            let task = world.machine.task_of(thread).unwrap();
            world.machine.lower_borrow(task, HOST_RESOURCE, 1).map(|_| ())
        },
    ];
    let free: fn(&mut GuestMachine<_>, &Setup) =
        |world, _| world.run(resource_drop(HOST_RESOURCE, 2));
    is_full((Table::Resources, 3), fill, free, &ways);
}

/// Makes a call from the running thread, which may lend it the resource at index 1.
fn lends<L: ExtensionLimits>(world: &mut GuestMachine<L>, setup: &Setup) -> SubtaskId {
    assert_eq!(world.get(resource_new(HOST_RESOURCE, 1)), 1);
    let step = world.import(setup.guest);
    let Step::CallFunction { caller, .. } = step else { panic!("{step:?}") };
    caller
}

#[test]
fn lends_are_full_until_a_caller_is_gone() {
    let (mut world, setup) = set_up::<FewLends>();
    let first = lends(&mut world, &setup);
    for _ in 0..2 {
        world.machine.lift_borrow(first, HOST_RESOURCE, 1).unwrap();
    }
    assert_eq!(world.step(suspend()), HOST);
    world.running();
    let second = lends(&mut world, &setup);
    let full = Error::Full(Table::Lends);
    world.refuses(full, |machine| machine.lift_borrow(second, HOST_RESOURCE, 1));
    let instance = world.instances[0];
    world.machine.remove_instance(instance).unwrap();
    assert_eq!(world.machine.lift_borrow(second, HOST_RESOURCE, 1), Ok(1));
    world.clean_up();
}

#[test]
fn error_contexts_are_full_until_one_is_dropped() {
    let fill: fn(&mut GuestMachine<FewErrorContexts>, &Setup) = |world, _| {
        world.get(error_context_new());
        world.get(error_context_new());
    };
    let ways: [Way<_>; 1] = [|world, _| {
        let message = world.machine.new_host_error_context("message")?;
        Ok(world.machine.drop_error_context(message)?)
    }];
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| world.run(error_context_drop(1));
    is_full((Table::ErrorContexts, 2), fill, free, &ways);
    is_full_at_the_end_of_a_step(Table::ErrorContexts, fill, free, &[error_context_new()]);
}

#[test]
fn a_step_without_room_can_be_ended_again_after_the_host_made_room() {
    let (mut world, _) = set_up::<FewErrorContexts>();
    let messages = ["one", "two"].map(|it| world.machine.new_host_error_context(it).unwrap());
    let full = Error::Full(Table::ErrorContexts);
    assert_eq!(world.try_call(error_context_new()), Err(full.into()));
    world.refuses(full, |machine| machine.new_error_context("again"));
    world.machine.drop_error_context(messages[0]).unwrap();
    let step = world.machine.new_error_context("again").unwrap();
    assert_eq!(back(&step, world.machine.current().unwrap()), 1);
    world.machine.drop_error_context(messages[1]).unwrap();
    world.clean_up();
}
