//! Rules of threads.

use weft_core::host::limits::ExtensionLimits;
use weft_core::trap::Trap;

use super::Row;
use crate::calls::{
    Call, resume_later, spawn_ref, suspend_then_promote, suspend_then_resume, thread_index,
    thread_new, thread_yield, yield_then_promote, yield_then_resume,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, starts};

const BEYOND: &str = "Table.get: i >= len(self.array)";
const FREE: &str = "Table.get: self.array[i] is None";

/// The built-ins that take the index of a thread.
pub(super) const TAKE_THREAD: [fn(u32) -> Call; 5] = [
    resume_later,
    suspend_then_resume,
    yield_then_resume,
    suspend_then_promote,
    yield_then_promote,
];

/// Switches to a thread that is ready, not suspended.
fn to_ready<L: ExtensionLimits>(world: &mut GuestMachine<L>, switch: fn(u32) -> Call) -> Trap {
    world.running();
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    world.trap(switch(made))
}

/// Switches from a thread to itself.
fn to_itself<L: ExtensionLimits>(world: &mut GuestMachine<L>, switch: fn(u32) -> Call) -> Trap {
    world.running();
    let index = world.get(thread_index());
    world.trap(switch(index))
}

pub(super) fn rows<L: ExtensionLimits>() -> Vec<Row<L>> {
    let not_suspended = Trap::ThreadNotSuspended;
    vec![
        Row::new(Trap::UnknownThreadIndex { index: 2 }, BEYOND, |world| {
            world.running();
            world.trap(resume_later(2))
        }),
        Row::new(Trap::UnknownThreadIndex { index: u32::MAX }, BEYOND, |world| {
            world.running();
            world.trap(yield_then_promote(u32::MAX))
        }),
        Row::new(Trap::UnknownThreadIndex { index: 0 }, FREE, |world| {
            world.running();
            world.trap(suspend_then_promote(0))
        }),
        Row::new(Trap::UnknownThreadIndex { index: 2 }, FREE, |world| {
            world.running();
            let made = world.get(thread_new(1, 2));
            let step = world.step(yield_then_resume(made));
            starts(&step, (1, 2));
            assert_eq!(world.exit(), HOST);
            let _ = world.tick();
            world.trap(suspend_then_resume(made))
        }),
        Row::new(
            not_suspended,
            "canon_thread_resume_later: not other_thread.suspended()",
            |world| to_ready(world, resume_later),
        ),
        Row::new(
            not_suspended,
            "canon_thread_suspend_then_resume: not other_thread.suspended()",
            |world| to_ready(world, suspend_then_resume),
        ),
        Row::new(
            not_suspended,
            "canon_thread_yield_then_resume: not other_thread.suspended()",
            |world| to_ready(world, yield_then_resume),
        ),
        Row::new(
            not_suspended,
            "canon_thread_resume_later: not other_thread.suspended()",
            |world| to_itself(world, resume_later),
        ),
        Row::new(
            not_suspended,
            "canon_thread_suspend_then_resume: not other_thread.suspended()",
            |world| to_itself(world, suspend_then_resume),
        ),
        Row::new(
            not_suspended,
            "canon_thread_yield_then_resume: not other_thread.suspended()",
            |world| to_itself(world, yield_then_resume),
        ),
        Row::new(not_suspended, "canon_thread_suspend_then_promote: i == thread.index", |world| {
            to_itself(world, suspend_then_promote)
        }),
        Row::new(not_suspended, "canon_thread_yield_then_promote: i == thread.index", |world| {
            to_itself(world, yield_then_promote)
        }),
        Row::new(
            not_suspended,
            "canon_thread_resume_later: not other_thread.suspended()",
            |world| {
                // A callback that has yielded is waiting.
                let instance = world.instance();
                let function = world.callback(instance);
                world.invoke(function);
                let index = world.get(thread_index());
                assert_eq!(world.exit_to_yield(), HOST);
                world.run_in(instance);
                world.trap(resume_later(index))
            },
        ),
        Row::new(
            not_suspended,
            "canon_thread_resume_later: not other_thread.suspended()",
            |world| {
                // A thread whose callee runs is also running.
                let (instance, _) = world.running();
                let index = world.get(thread_index());
                let function = world.sync(instance);
                let _ = world.import(function);
                world.trap(resume_later(index))
            },
        ),
        Row::new(Trap::StartFunctionUnknown, "", |world| {
            world.running();
            world.trap(spawn_ref(false, None, 0))
        }),
    ]
}

fn every_built_in_that_takes_a_thread_refuses_one_that_is_not_there<L: ExtensionLimits>() {
    for take in TAKE_THREAD {
        for index in [0, 3, 4, 0x1000_0000, u32::MAX] {
            let mut world = GuestMachine::<L>::new();
            world.running();
            let made = world.get(thread_new(1, 2));
            assert_eq!(made, 2);
            let gone = world.get(thread_new(1, 2));
            assert_eq!(gone, 3);
            let _ = world.step(yield_then_resume(gone));
            assert_eq!(world.exit(), HOST);
            let _ = world.tick();
            assert_eq!(world.trap(take(index)), Trap::UnknownThreadIndex { index });
            world.clean_up();
        }
    }
}

fn a_thread_of_another_instance_is_not_there<L: ExtensionLimits>() {
    for take in TAKE_THREAD {
        let mut world = GuestMachine::<L>::new();
        world.running();
        world.get(thread_new(1, 2));
        let theirs = world.get(thread_new(1, 2));
        assert_eq!(world.step(thread_yield()), HOST);
        world.running();
        assert_eq!(world.trap(take(theirs)), Trap::UnknownThreadIndex { index: theirs });
        world.clean_up();
    }
}

on_each_storage!(
    every_built_in_that_takes_a_thread_refuses_one_that_is_not_there,
    a_thread_of_another_instance_is_not_there,
);
