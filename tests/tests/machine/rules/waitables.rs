//! Rules of waitables, waitable sets and subtasks.

use weft_core::code::SubtaskState;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::ThreadId;
use weft_core::trap::Trap;

use super::Row;
use crate::calls::{
    STREAM, join, resume_later, set_drop, set_new, set_wait, subtask_cancel, subtask_drop, suspend,
    sync_subtask_cancel, thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, calls_host, cancels_host, starts, subtask};

/// Runs `main`, which has an active call of a host function.
fn calls<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (ThreadId, u32) {
    let (_, main) = world.running();
    let function = world.host_function(7);
    let step = world.import_async(function);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    let step = world.host_returned();
    (main, subtask(&step, main, SubtaskState::Started))
}

/// Lets one thread wait in a read without `async`, while another one runs.
fn reads_elsewhere<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (u32, u32) {
    world.running();
    let (readable, writable) = world.ends(STREAM);
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    assert_eq!(world.step(STREAM.sync_read(readable, 1)), HOST);
    let step = world.tick();
    starts(&step, (1, 2));
    (readable, writable)
}

/// Creates an end in a set; returns both.
fn in_set<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (u32, u32, u32) {
    world.running();
    let (readable, writable) = world.ends(STREAM);
    let set = world.get(set_new());
    world.run(join(readable, set));
    (readable, writable, set)
}

const JOIN: &str = "canon_waitable_join: w.has_sync_waiter";
const WAITERS: &str = "WaitableSet.drop: self.num_waiting > 0";
const NOT_RESOLVED: &str = "Subtask.drop: not self.resolve_delivered()";

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let mut rows = subtasks();
    let both = Trap::WaitableSyncAndAsync;
    rows.extend(vec![
        Row::new(both, "canon_subtask_cancel: subtask.in_waitable_set()", |world| {
            let (_, sub) = calls(world);
            let set = world.get(set_new());
            world.run(join(sub, set));
            world.trap(subtask_cancel(sub))
        }),
        Row::new(both, JOIN, |world| {
            let (readable, _) = reads_elsewhere(world);
            let set = world.get(set_new());
            world.trap(join(readable, set))
        }),
        Row::new(both, JOIN, |world| {
            // Also out of a set, and although the awaited event has happened.
            let (readable, writable) = reads_elsewhere(world);
            world.get(STREAM.write(writable, 1));
            world.trap(join(readable, 0))
        }),
        Row::new(both, JOIN, |world| {
            // A subtask whose cancellation is awaited.
            let (_, sub) = calls(world);
            let made = world.get(thread_new(1, 2));
            world.run(resume_later(made));
            let step = world.step(sync_subtask_cancel(sub));
            cancels_host(&step, 7);
            assert_eq!(world.host_returned(), HOST);
            let step = world.tick();
            starts(&step, (1, 2));
            world.trap(join(sub, 0))
        }),
        Row::new(both, "copy: end.in_waitable_set() and not opts.async_", |world| {
            let (readable, _, _) = in_set(world);
            world.trap(STREAM.sync_read(readable, 1))
        }),
        Row::new(both, "cancel_copy: end.in_waitable_set() and not async_", |world| {
            let (readable, _, _) = in_set(world);
            assert_eq!(world.get(STREAM.read(readable, 1)), WAITS);
            world.trap(STREAM.sync_cancel_read(readable))
        }),
        Row::new(Trap::WaitableHasSyncWaiter, "cancel_copy: end.has_sync_waiter", |world| {
            let (readable, _) = reads_elsewhere(world);
            world.trap(STREAM.cancel_read(readable))
        }),
        Row::new(Trap::WaitableHasSyncWaiter, "cancel_copy: end.has_sync_waiter", |world| {
            // The event has happened, but the waiting thread has not continued.
            let (readable, writable) = reads_elsewhere(world);
            world.get(STREAM.write(writable, 1));
            world.trap(STREAM.sync_cancel_read(readable))
        }),
        Row::new(Trap::WaitableSetNotEmpty, "WaitableSet.drop: len(self.elems) > 0", |world| {
            let (_, _, set) = in_set(world);
            world.trap(set_drop(set))
        }),
        Row::new(Trap::WaitableSetHasWaiters, WAITERS, |world| {
            let (instance, _) = world.running();
            let set = world.get(set_new());
            assert_eq!(world.step(set_wait(set)), HOST);
            world.run_in(instance);
            world.trap(set_drop(set))
        }),
        Row::new(Trap::WaitableSetHasWaiters, WAITERS, |world| {
            let instance = world.instance();
            let function = world.callback(instance);
            world.invoke(function);
            let set = world.get(set_new());
            assert_eq!(world.exit_to_wait(set), HOST);
            world.run_in(instance);
            world.trap(set_drop(set))
        }),
        Row::new(Trap::WaitableSetHasWaiters, WAITERS, |world| {
            // A task that no longer waits for an event, but for the lock, to receive a
            // cancellation.
            let instance = world.instance();
            let function = world.callback(instance);
            let (call, _) = world.invoke(function);
            let set = world.get(set_new());
            assert_eq!(world.exit_to_wait(set), HOST);
            let hog = world.plain(instance);
            world.invoke(hog);
            assert_eq!(world.step(suspend()), HOST);
            let step = world.machine.cancel_call(call);
            assert_eq!(world.answer(step), Ok(HOST));
            world.run_in(instance);
            world.trap(set_drop(set))
        }),
    ]);
    rows
}

fn subtasks<L: ExtensionLimits>() -> Vec<Row<L>> {
    vec![
        Row::new(Trap::SubtaskNotResolved, NOT_RESOLVED, |world| {
            let (_, sub) = calls(world);
            world.trap(subtask_drop(sub))
        }),
        Row::new(Trap::SubtaskNotResolved, NOT_RESOLVED, |world| {
            // It has resolved, but that was not delivered.
            let (_, main) = world.running();
            let function = world.host_function(7);
            let step = world.import_async(function);
            let call = calls_host(&step, 7);
            world.machine.start_host_function_call(call).unwrap();
            let step = world.host_returned();
            let sub = subtask(&step, main, SubtaskState::Started);
            world.machine.return_host_function_call(call, None).unwrap();
            world.trap(subtask_drop(sub))
        }),
        Row::new(
            Trap::SubtaskAlreadyResolved,
            "canon_subtask_cancel: subtask.resolve_delivered()",
            |world| {
                let (_, sub) = calls(world);
                let step = world.step(subtask_cancel(sub));
                let call = cancels_host(&step, 7);
                world.machine.cancel_host_function_call(call).unwrap();
                let _ = world.host_returned();
                world.trap(subtask_cancel(sub))
            },
        ),
        Row::new(
            Trap::SubtaskAlreadyCancelled,
            "canon_subtask_cancel: subtask.cancellation_requested",
            |world| {
                let (_, sub) = calls(world);
                let step = world.step(subtask_cancel(sub));
                cancels_host(&step, 7);
                let _ = world.host_returned();
                world.trap(sync_subtask_cancel(sub))
            },
        ),
        Row::new(
            Trap::SubtaskAlreadyCancelled,
            "canon_subtask_cancel: subtask.cancellation_requested",
            |world| {
                // It has resolved in the meantime, but that was not delivered.
                let (_, sub) = calls(world);
                let step = world.step(subtask_cancel(sub));
                let call = cancels_host(&step, 7);
                let _ = world.host_returned();
                world.machine.cancel_host_function_call(call).unwrap();
                world.trap(subtask_cancel(sub))
            },
        ),
        Row::new(
            Trap::SubtaskAlreadyCancelled,
            "canon_subtask_cancel: subtask.cancellation_requested",
            |world| {
                // Another thread waits for it.
                let (_, sub) = calls(world);
                let made = world.get(thread_new(1, 2));
                world.run(resume_later(made));
                let step = world.step(sync_subtask_cancel(sub));
                cancels_host(&step, 7);
                assert_eq!(world.host_returned(), HOST);
                let _ = world.tick();
                assert_eq!(world.step(thread_yield()), HOST);
                let _ = world.tick();
                world.trap(subtask_cancel(sub))
            },
        ),
    ]
}
