//! Rules of tasks: the ways in which they resolve.

use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{LiftMode, LiftedFunction, LoweredBorrow, Step, ThreadId};
use weft_core::trap::Trap;

use super::Row;
use crate::calls::{
    HOST_RESOURCE, OPTIONS, OTHER_OPTIONS, VALUE, resource_drop, resume_later, subtask_cancel,
    task_cancel, task_return, task_return_of, thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, enters, returned, starts, subtask, trap_of};

/// Runs a function with a callback that has received its cancellation.
fn cancelled<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> ThreadId {
    let callee = world.instance();
    let function = world.callback(callee);
    let (_, main) = world.running();
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let step = world.exit_to_yield();
    let sub = subtask(&step, main, SubtaskState::Started);
    let _ = world.step(subtask_cancel(sub));
    thread
}

/// Runs a task that has borrowed a handle.
fn borrowing<L: ExtensionLimits>(world: &mut GuestMachine<L>, lift: LiftMode) -> u32 {
    let instance = world.instance();
    let function = world.lift(instance, true, lift);
    let (_, step) = world.begin(function);
    let Step::CallFunction { task, .. } = step else { panic!("{step:?}") };
    let borrowed = world.machine.lower_borrow(task, HOST_RESOURCE, 1).unwrap();
    let LoweredBorrow::Index(index) = borrowed else { panic!("{borrowed:?}") };
    index
}

/// Returns the trap of a task with a result when it returns.
fn returns<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> Trap {
    let token = returned(world.step(task_return()));
    let trap = trap_of(world.machine.return_(&token));
    assert_eq!(trap_of(world.machine.resolve(token, Some(CoreValue::I32(1)))), trap);
    trap
}

const RETURNED: &str = "Task.return_: self.state == Task.State.RESOLVED";
const CANCELLED: &str = "Task.cancel: self.state != Task.State.CANCEL_DELIVERED";
const NO_RESULT: &str = "Task.unregister_thread: self.state != Task.State.RESOLVED";

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = how_tasks_end();
    rows.extend(vec![
        Row::new(Trap::NotAsyncLifted, "canon_task_return: not task.opts.async_", |world| {
            let instance = world.instance();
            let function = world.plain(instance);
            world.invoke(function);
            world.trap(task_return())
        }),
        Row::new(Trap::NotAsyncLifted, "canon_task_return: not task.opts.async_", |world| {
            let instance = world.instance();
            let function = world.sync(instance);
            world.invoke(function);
            world.trap(task_return())
        }),
        Row::new(Trap::NotAsyncLifted, "canon_task_cancel: not task.opts.async_", |world| {
            let instance = world.instance();
            let function = world.plain(instance);
            world.invoke(function);
            world.trap(task_cancel())
        }),
        Row::new(
            Trap::TaskReturnMismatch,
            "canon_task_return: result_type != task.ft.result",
            |world| {
                world.running();
                world.trap(task_return_of(Some(VALUE), OPTIONS))
            },
        ),
        Row::new(
            Trap::TaskReturnMismatch,
            "canon_task_return: result_type != task.ft.result",
            |world| {
                let (instance, lift) = (world.instance(), LiftMode::Callback);
                let (result_type, lift_options) = (Some(VALUE), OPTIONS);
                let function =
                    LiftedFunction { instance, is_async: true, lift, result_type, lift_options };
                let function = world.machine.lift(function).unwrap();
                world.invoke(function);
                world.trap(task_return())
            },
        ),
        Row::new(
            Trap::TaskReturnMismatch,
            "canon_task_return: not LiftOptions.equal(opts, task.opts)",
            |world| {
                world.running();
                world.trap(task_return_of(None, OTHER_OPTIONS))
            },
        ),
    ]);
    rows
}

fn how_tasks_end<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![
        Row::new(Trap::NoAsyncResult, NO_RESULT, |world| {
            world.running();
            trap_of(world.machine.function_returned(None))
        }),
        Row::new(Trap::NoAsyncResult, NO_RESULT, |world| {
            cancelled(world);
            trap_of(world.machine.function_returned(Some(0)))
        }),
        Row::new(Trap::NoAsyncResult, NO_RESULT, |world| {
            // The last thread is not the first.
            world.running();
            let made = world.get(thread_new(1, 2));
            world.run(resume_later(made));
            let _ = world.exit();
            let step = world.tick();
            starts(&step, (1, 2));
            trap_of(world.machine.function_returned(None))
        }),
        Row::new(Trap::TaskResolvedTwice, RETURNED, |world| {
            world.running();
            world.task_return(None);
            returns(world)
        }),
        Row::new(Trap::TaskResolvedTwice, RETURNED, |world| {
            cancelled(world);
            world.run(task_cancel());
            returns(world)
        }),
        Row::new(Trap::TaskResolvedTwice, CANCELLED, |world| {
            cancelled(world);
            world.run(task_cancel());
            world.trap(task_cancel())
        }),
        Row::new(Trap::TaskResolvedTwice, CANCELLED, |world| {
            world.running();
            world.task_return(None);
            world.trap(task_cancel())
        }),
        Row::new(Trap::TaskCancelNotRequested, CANCELLED, |world| {
            world.running();
            world.trap(task_cancel())
        }),
        Row::new(Trap::TaskCancelNotRequested, CANCELLED, |world| {
            // Cancellation was requested, but not delivered: the function is stackful.
            let callee = world.instance();
            let function = world.stackful(callee);
            let (_, main) = world.running();
            let step = world.import_async(function);
            enters(&step, function);
            let step = world.step(thread_yield());
            let sub = subtask(&step, main, SubtaskState::Started);
            let _ = world.step(subtask_cancel(sub));
            world.trap(task_cancel())
        }),
        Row::new(Trap::BorrowsRemain, "Task.return_: self.num_borrows > 0", |world| {
            borrowing(world, LiftMode::Stackful);
            returns(world)
        }),
        Row::new(Trap::BorrowsRemain, "Task.return_: self.num_borrows > 0", |world| {
            borrowing(world, LiftMode::Sync { has_post_return: false });
            let token = world.begin_return();
            trap_of(world.machine.return_(&token))
        }),
        Row::new(Trap::BorrowsRemain, "Task.cancel: self.num_borrows > 0", |world| {
            borrowing(world, LiftMode::Callback);
            assert_eq!(world.exit_to_yield(), HOST);
            let call = world.machine.thread_views().next().unwrap().caller.unwrap();
            let step = world.machine.cancel_call(call);
            let _ = world.answer(step).unwrap();
            world.trap(task_cancel())
        }),
        Row::new(Trap::BorrowsRemain, "Task.return_: self.num_borrows > 0", |world| {
            // Of two borrowed handles, one is dropped.
            let index = borrowing(world, LiftMode::Stackful);
            let thread = world.machine.current().unwrap();
            let task = world.machine.task_of(thread).unwrap();
            world.machine.lower_borrow(task, HOST_RESOURCE, 2).unwrap();
            world.run(resource_drop(HOST_RESOURCE, index));
            returns(world)
        }),
    ]
}
