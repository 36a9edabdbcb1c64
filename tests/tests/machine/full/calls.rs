//! The tables of calls: threads and their indices, tasks, waitables, frames.

use weft_core::code::SubtaskState;
use weft_core::error::Error;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Machine, Step, SubtaskId};

use super::{
    FewFrames, FewTasks, FewThreadIndices, FewThreads, FewWaitables, NoFrames, Setup, Way, call,
    import, is_full, is_full_at_the_end_of_a_step, set_up,
};
use crate::calls::{
    Call, FUTURE, STREAM, backpressure_dec, backpressure_inc, resource_drop, resource_new,
    resume_later, spawn_indirect, spawn_ref, subtask_cancel, subtask_drop, suspend,
    sync_subtask_cancel, thread_new, thread_yield, yield_then_resume,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, calls_host, enters, starts, subtask};

#[test]
fn every_reserved_thread_index_is_used_or_released() {
    let (mut world, setup) = set_up::<FewThreadIndices>();
    let main = world.machine.current().unwrap();
    for _ in 0..8 {
        // A call that waits to enter is cancelled, or dropped.
        world.run(backpressure_inc());
        let step = world.import_async(setup.own);
        let sub = subtask(&step, main, SubtaskState::Starting);
        world.get(subtask_cancel(sub));
        world.run(subtask_drop(sub));
        let call = world.as_host(|world| world.begin(setup.own).0);
        world.machine.drop_call(call).unwrap();
        world.run(backpressure_dec());
        assert_eq!(world.step(thread_yield()), HOST);
        while world.machine.current().is_none() {
            let _ = world.tick();
        }
        // A call that returns.
        let step = world.import(setup.own);
        enters(&step, setup.own);
        world.task_return(None);
        let _ = world.exit();
    }
    assert_eq!(world.machine.ready_threads(), 0);
    fill_threads(&mut world);
    ends_one(&mut world);
    assert_eq!(world.get(thread_new(1, 2)), 2);
    world.clean_up();
}

/// Runs threads of the first instance, of which one has ended.
fn ends_one<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    let main = world.machine.current().unwrap();
    let step = world.step(yield_then_resume(2));
    starts(&step, (1, 2));
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back(&step, main), 0);
}

fn fill_threads<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    for index in [2, 3] {
        assert_eq!(world.get(thread_new(1, 2)), index);
    }
}

/// Creates two more threads of the running function, which then waits; the first of them is ready.
fn fill_threads_and_rest<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    fill_threads(world);
    world.run(resume_later(2));
    assert_eq!(world.step(suspend()), HOST);
}

/// Lets the ready thread end.
fn ends_ready<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    let step = world.tick();
    starts(&step, (1, 2));
    assert_eq!(world.exit(), HOST);
}

/// Returns the built-ins that first look up a start function.
fn find_start_function() -> [Call; 2] {
    [thread_new(1, 2), spawn_indirect(false, 1, 2)]
}

#[test]
fn thread_indices_are_full_until_a_thread_ends() {
    let ways: [Way<FewThreadIndices>; 5] = [
        |world, _| call(world, spawn_ref(false, Some(1), 2)),
        |world, setup| import(world, setup.own, false),
        |world, setup| import(world, setup.own, true),
        |world, _| {
            let instance = world.instances[0];
            world.machine.begin_realloc(instance)
        },
        |world, setup| call(world, resource_drop(setup.ty, 1)),
    ];
    let fill: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        assert_eq!(world.get(resource_new(setup.ty, 1)), 1);
        fill_threads(world);
    };
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| ends_one(world);
    is_full((Table::ThreadIndices, 3), fill, free, &ways);
    is_full_at_the_end_of_a_step(Table::ThreadIndices, fill, free, &find_start_function());
    let ways: [Way<FewThreadIndices>; 2] = [
        |world, setup| world.try_begin(setup.own).map(|_| ()),
        |world, _| {
            let instance = world.instances[0];
            world.machine.begin_realloc(instance)
        },
    ];
    is_full(
        (Table::ThreadIndices, 3),
        |world, _| fill_threads_and_rest(world),
        |world, _| ends_ready(world),
        &ways,
    );
}

#[test]
fn a_thread_index_reserved_for_a_waiting_call_is_not_used() {
    let (mut world, setup) = set_up::<FewThreadIndices>();
    world.run(backpressure_inc());
    let step = world.import_async(setup.own);
    subtask(&step, world.machine.current().unwrap(), SubtaskState::Starting);
    world.get(thread_new(1, 2));
    let new = spawn_ref(false, Some(1), 2);
    world.refuses(Error::Full(Table::ThreadIndices), |machine| {
        new.definition.call(machine, &new.arguments)
    });
    // It frees its place.
    world.get(subtask_cancel(1));
    world.get(new);
    world.clean_up();
}

#[test]
fn threads_are_full_until_one_ends() {
    let ways: [Way<FewThreads>; 5] = [
        |world, _| call(world, spawn_ref(false, Some(1), 2)),
        |world, setup| import(world, setup.guest, false),
        |world, setup| import(world, setup.guest, true),
        |world, _| {
            let instance = world.instances[1];
            world.machine.begin_realloc(instance)
        },
        |world, setup| call(world, resource_drop(setup.ty, 1)),
    ];
    let fill: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        assert_eq!(world.get(resource_new(setup.ty, 1)), 1);
        fill_threads(world);
    };
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| ends_one(world);
    is_full((Table::Threads, 3), fill, free, &ways);
    is_full_at_the_end_of_a_step(Table::Threads, fill, free, &find_start_function());
    let ways: [Way<FewThreads>; 2] = [
        |world, setup| world.try_begin(setup.guest).map(|_| ()),
        |world, _| {
            let instance = world.instances[1];
            world.machine.begin_realloc(instance)
        },
    ];
    is_full(
        (Table::Threads, 3),
        |world, _| fill_threads_and_rest(world),
        |world, _| ends_ready(world),
        &ways,
    );
}

#[test]
fn tasks_are_full_until_an_instance_is_removed() {
    let ways: [Way<FewTasks>; 4] = [
        |world, setup| import(world, setup.own, false),
        |world, setup| import(world, setup.own, true),
        |world, _| {
            let instance = world.instances[0];
            world.machine.begin_realloc(instance)
        },
        |world, setup| call(world, resource_drop(setup.ty, 1)),
    ];
    let fill: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        assert_eq!(world.get(resource_new(setup.ty, 1)), 1);
        world.as_host(|world| {
            for _ in 0..2 {
                world.invoke(setup.guest);
                assert_eq!(world.step(suspend()), HOST);
            }
        });
    };
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| {
        let instance = world.instances[1];
        world.machine.remove_instance(instance).unwrap();
    };
    is_full((Table::Tasks, 3), fill, free, &ways);
    let rest: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        assert_eq!(world.step(suspend()), HOST);
        for _ in 0..2 {
            world.invoke(setup.guest);
            assert_eq!(world.step(suspend()), HOST);
        }
    };
    let ways: [Way<_>; 1] = [|world, setup| world.try_begin(setup.own).map(|_| ())];
    is_full((Table::Tasks, 3), rest, free, &ways);
}

/// Creates both ends of a stream, at indices 2 and 3, and a host call.
fn fill_waitables<L: ExtensionLimits>(world: &mut GuestMachine<L>, setup: &Setup) {
    assert_eq!(world.get(resource_new(setup.ty, 1)), 1);
    assert_eq!(world.ends(STREAM), (2, 3));
    let main = world.machine.current().unwrap();
    let step = world.import_async(setup.host);
    calls_host(&step, 7);
    let step = world.host_returned();
    subtask(&step, main, SubtaskState::Starting);
}

#[test]
fn waitables_are_full_until_an_end_is_dropped() {
    let host_ends: Way<FewWaitables> = |world, _| {
        let (readable, writable) = world.machine.new_host_ends(STREAM.kind, STREAM.ty)?;
        world.machine.drop_host_end(readable)?;
        Ok(world.machine.drop_host_end(writable)?)
    };
    let ways: [Way<_>; 8] = [
        |world, setup| import(world, setup.guest, false),
        |world, setup| import(world, setup.guest, true),
        |world, setup| import(world, setup.host, false),
        |world, setup| import(world, setup.host, true),
        |world, _| call(world, STREAM.make()),
        |world, _| call(world, FUTURE.make()),
        host_ends,
        |world, setup| call(world, resource_drop(setup.ty, 1)),
    ];
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| {
        world.run(STREAM.drop_readable(2));
        world.run(STREAM.drop_writable(3));
    };
    is_full((Table::Waitables, 4), fill_waitables, free, &ways);
    let rest: fn(&mut GuestMachine<FewWaitables>, &Setup) = |world, setup| {
        fill_waitables(world, setup);
        assert_eq!(world.step(suspend()), HOST);
    };
    // The host takes an end out of the instance, and drops it.
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, _| {
        let instance = world.instances[0];
        let end = world.lift_end(instance, STREAM, 2);
        world.machine.drop_host_end(end).unwrap();
    };
    let ways: [Way<_>; 1] = [|world, setup| world.try_begin(setup.guest).map(|_| ())];
    is_full((Table::Waitables, 4), rest, free, &ways);
}

/// Nests calls in the first instance, so that no frame is left; the instance has a resource at
/// index 1 and a call at index 2.
fn fill_frames<L: ExtensionLimits>(world: &mut GuestMachine<L>, setup: &Setup, nested: u32) {
    assert_eq!(world.get(resource_new(setup.ty, 1)), 1);
    let main = world.machine.current().unwrap();
    let step = world.import_async(setup.host);
    calls_host(&step, 7);
    let step = world.host_returned();
    assert_eq!(subtask(&step, main, SubtaskState::Starting), 2);
    for _ in 0..nested {
        let step = world.import(setup.own);
        enters(&step, setup.own);
    }
}

/// Returns from the two innermost calls.
fn end_two<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    for _ in 0..2 {
        world.task_return(None);
        let _ = world.exit();
    }
}

#[test]
fn frames_are_full_until_calls_return() {
    let ways: [Way<FewFrames>; 8] = [
        |world, setup| import(world, setup.guest, false),
        |world, setup| import(world, setup.guest, true),
        |world, setup| import(world, setup.host, false),
        |world, setup| import(world, setup.host, true),
        |world, _| call(world, subtask_cancel(2)),
        |world, _| call(world, sync_subtask_cancel(2)),
        |world, setup| call(world, resource_drop(setup.ty, 1)),
        |world, _| {
            let instance = world.instances[1];
            world.machine.begin_realloc(instance)
        },
    ];
    let fill: fn(&mut GuestMachine<_>, &Setup) = |world, setup| fill_frames(world, setup, 3);
    is_full((Table::Frames, 4), fill, |world, _| end_two(world), &ways);
}

#[test]
fn frames_for_the_host_are_full_until_calls_return() {
    let ways: [Way<FewFrames>; 4] = [
        |world, setup| world.try_begin(setup.guest).map(|_| ()),
        |world, _| {
            let threads = world.machine.thread_views();
            let calls: Vec<_> = threads.filter_map(|thread| thread.caller).collect();
            let hosts = |it: &SubtaskId| world.machine.calling_instance(*it) == Ok(None);
            let call = calls.into_iter().find(hosts).unwrap();
            world.machine.cancel_call(call).map(|_| ())
        },
        |world, _| {
            let (readable, _) = world.machine.new_host_ends(STREAM.kind, STREAM.ty)?;
            let other = world.machine.other_end(readable)?.unwrap();
            let copy = world.machine.host_copy(readable, 0, 1);
            if copy.is_ok() {
                world.machine.cancel_host_copy(readable)?;
                while world.machine.next_host_event()?.is_some() {}
            }
            world.machine.drop_host_end(readable)?;
            world.machine.drop_host_end(other)?;
            copy.map(|_| ())
        },
        |world, _| {
            let instance = world.instances[1];
            world.machine.begin_realloc(instance)
        },
    ];
    let fill: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        fill_frames(world, setup, 2);
        let step = world.import(setup.host);
        world.host_function_call = Some(calls_host(&step, 7));
    };
    // The host returns, then two calls, and the host is called again.
    let free: fn(&mut GuestMachine<_>, &Setup) = |world, setup| {
        let call = world.host_function_call.unwrap();
        world.machine.start_host_function_call(call).unwrap();
        world.machine.return_host_function_call(call, None).unwrap();
        let step = world.host_returned();
        assert!(matches!(step, Step::Resume { .. }), "{step:?}");
        end_two(world);
        let step = world.import(setup.host);
        calls_host(&step, 7);
    };
    is_full((Table::Frames, 4), fill, free, &ways);
}

#[test]
fn nothing_runs_without_frames() {
    let mut world = GuestMachine::<NoFrames>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (readable, _) = world.host_ends(STREAM);
    let full = Error::Full(Table::Frames);
    world.refuses(full, |machine| machine.invoke(function));
    world.refuses(full, |machine| machine.begin_realloc(instance));
    world.refuses(full, |machine| machine.host_copy(readable, 0, 1));
    world.refuses(full, Machine::tick);
    world.clean_up();
}
