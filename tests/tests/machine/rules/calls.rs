//! Rules of instances and calls.

use weft_core::code::SubtaskState;
use weft_core::host::limits::ExtensionLimits;
use weft_core::trap::Trap;

use super::Row;
use crate::calls::{HOST_RESOURCE, resource_drop, subtask_cancel, thread_yield};
use crate::calls::{backpressure_dec, backpressure_inc, resource_new, suspend, task_return};
use crate::guests::GuestMachine;
use crate::steps::{HOST, enters, trap_of};

/// Runs `realloc` of an instance.
fn in_realloc<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    let (instance, _) = world.running();
    world.machine.begin_realloc(instance).unwrap();
}

/// Runs `post-return` of a function of an instance.
fn in_post_return<L: ExtensionLimits>(world: &mut GuestMachine<L>) {
    let instance = world.instance();
    let function = world.sync_with_post_return(instance);
    world.invoke(function);
    let _ = world.return_value(None);
}

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = leaving_and_entering();
    rows.extend(blocking());
    rows.extend(codes_and_counters());
    rows
}

fn leaving_and_entering<L: ExtensionLimits>() -> Vec<Row<L>> {
    let leave = Trap::CannotLeaveComponentInstance;
    let enter = Trap::CannotEnterComponentInstance;
    vec![
        Row::new(leave, "*: not inst.may_leave", |world| {
            in_realloc(world);
            world.trap(resource_new(HOST_RESOURCE, 1))
        }),
        Row::new(leave, "*: not task.inst.may_leave", |world| {
            in_post_return(world);
            world.trap(task_return())
        }),
        Row::new(leave, "*: not thread.task.inst.may_leave", |world| {
            in_post_return(world);
            world.trap(thread_yield())
        }),
        Row::new(leave, "*: not thread.task.inst.may_leave", |world| {
            in_realloc(world);
            let function = world.host_function(1);
            trap_of(world.try_import(function, false))
        }),
        Row::new(leave, "*: not thread.task.inst.may_leave", |world| {
            in_post_return(world);
            let other = world.instance();
            let function = world.sync(other);
            trap_of(world.try_import(function, true))
        }),
        Row::new(enter, "", |world| {
            let (instance, _) = world.running();
            world.machine.trapped().unwrap();
            let function = world.stackful(instance);
            let other = world.instance();
            world.run_in(other);
            trap_of(world.try_import(function, true))
        }),
    ]
}

fn blocking<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![
        Row::new(Trap::CannotBlockSyncTask, "canon_lift: not candidates", |world| {
            let instance = world.instance();
            let function = world.sync(instance);
            world.invoke(function);
            trap_of(world.try_call(suspend()))
        }),
        Row::new(Trap::CannotBlockSyncTask, "canon_lift: not candidates", |world| {
            // Only threads of other instances, and tasks that wait to enter, are ready.
            let callee = world.instance();
            let plain = world.plain(callee);
            world.invoke(plain);
            let _ = world.step(thread_yield());
            let _ = world.begin(plain);
            let _ = world.tick();
            assert_eq!(world.return_value(None), HOST);
            world.running();
            assert_eq!(world.step(thread_yield()), HOST);
            assert_eq!(world.machine.ready_threads(), 2);
            world.running();
            let function = world.sync(callee);
            let step = world.import(function);
            enters(&step, function);
            trap_of(world.try_call(suspend()))
        }),
        Row::new(Trap::CannotBlockSyncTask, "canon_lift: not candidates", |world| {
            // A destructor is not `async`.
            let (instance, _) = world.running();
            let destructor = world.sync(instance);
            let (instance, destructor) = (Some(instance), Some(destructor));
            let resource = weft_core::machine::TypeDefinition::Resource { instance, destructor };
            let ty = world.machine.define_type(resource).unwrap();
            let index = world.get(resource_new(ty, 1));
            let _ = world.step(resource_drop(ty, index));
            trap_of(world.try_call(suspend()))
        }),
    ]
}

fn codes_and_counters<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![
        Row::new(
            Trap::UnsupportedCallbackCode,
            "unpack_callback_result: code > CallbackCode.MAX",
            |world| {
                let instance = world.instance();
                let function = world.callback(instance);
                world.invoke(function);
                trap_of(world.machine.function_returned(Some(3)))
            },
        ),
        Row::new(
            Trap::UnsupportedCallbackCode,
            "unpack_callback_result: code > CallbackCode.MAX",
            |world| {
                // In a callback, even though it would receive its cancellation.
                let callee = world.instance();
                let function = world.callback(callee);
                let (_, main) = world.running();
                let step = world.import_async(function);
                enters(&step, function);
                let step = world.exit_to_yield();
                let sub = crate::steps::subtask(&step, main, SubtaskState::Started);
                let _ = world.step(subtask_cancel(sub));
                trap_of(world.machine.function_returned(Some(0xffff_ffff)))
            },
        ),
        Row::new(
            Trap::BackpressureOverflow,
            "canon_backpressure_inc: inst.backpressure == 2**16",
            |world| {
                world.running();
                for _ in 0..65535 {
                    world.run(backpressure_inc());
                }
                world.trap(backpressure_inc())
            },
        ),
        Row::new(
            Trap::BackpressureOverflow,
            "canon_backpressure_dec: inst.backpressure < 0",
            |world| {
                world.running();
                world.run(backpressure_inc());
                world.run(backpressure_dec());
                world.trap(backpressure_dec())
            },
        ),
    ]
}
