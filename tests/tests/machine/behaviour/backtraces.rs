//! The chain from the running guest to the callers that wait for it.

use weft_core::code::SubtaskState;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{BacktraceEntry, GuestCode, InstanceId};

use crate::calls::{join, set_new, set_wait, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, calls_host, enters, subtask};

/// Returns the instances of tasks, in brackets if they wait, and the numbers of host functions.
fn entries<L: ExtensionLimits>(world: &mut GuestMachine<L>, names: &[InstanceId]) -> Vec<String> {
    let name = |instance: InstanceId| names.iter().position(|it| *it == instance).unwrap();
    let entries = world.machine.backtrace().take(8);
    let spelled = entries.map(|entry| match entry {
        BacktraceEntry::Task { instance, code, is_waiting, .. } => {
            let part =
                if code == GuestCode::Function { String::new() } else { format!("{code:?}") };
            let task = format!("{}{part}", name(instance));
            if is_waiting { format!("({task})") } else { task }
        }
        BacktraceEntry::HostFunction(number) => format!("host {number}"),
        BacktraceEntry::Instance(instance) => format!("of {}", name(instance)),
    });
    spelled.collect()
}

fn nested_calls_are_walked_through_from_the_inside<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let names: [InstanceId; 3] = world.instances();
    assert!(entries(&mut world, &names).is_empty());
    world.run_in(names[0]);
    assert_eq!(entries(&mut world, &names), ["0"]);
    let inner = world.sync(names[1]);
    let _ = world.import(inner);
    assert_eq!(entries(&mut world, &names), ["1", "0"]);
    world.machine.begin_realloc(names[1]).unwrap();
    assert_eq!(entries(&mut world, &names), ["1Realloc", "1", "0"]);
    world.machine.realloc_returned().unwrap();
    let host = world.host_function(7);
    let step = world.import(host);
    calls_host(&step, 7);
    assert_eq!(entries(&mut world, &names), ["host 7", "1", "0"]);
    // The host function calls a guest.
    let nested = world.stackful(names[2]);
    world.invoke(nested);
    assert_eq!(entries(&mut world, &names), ["2", "host 7", "1", "0"]);
    world.machine.trapped().unwrap();
    assert_eq!(entries(&mut world, &names), ["host 7", "1", "0"]);
    world.machine.trapped().unwrap();
    assert!(entries(&mut world, &names).is_empty());
}

fn those_who_wait_for_the_outermost_task_come_after_it<L: ExtensionLimits>() {
    // A caller that lowered without `async` waits in the call.
    let mut world = GuestMachine::<L>::new();
    let names: [InstanceId; 2] = world.instances();
    world.run_in(names[0]);
    let callee = world.stackful(names[1]);
    let step = world.import(callee);
    let thread = enters(&step, callee);
    assert_eq!(world.step(thread_yield()), HOST);
    let step = world.tick();
    back(&step, thread);
    assert_eq!(entries(&mut world, &names), ["1", "(0)"]);
    world.machine.trapped().unwrap();

    // A caller that lowered with `async` may wait on a set, or not at all.
    for waits in [true, false] {
        let mut world = GuestMachine::<L>::new();
        let names: [InstanceId; 2] = world.instances();
        let caller = world.run_in(names[0]);
        let callee = world.stackful(names[1]);
        let step = world.import_async(callee);
        let thread = enters(&step, callee);
        let step = world.step(thread_yield());
        let subtask = subtask(&step, caller, SubtaskState::Started);
        if waits {
            let set = world.get(set_new());
            world.run(join(subtask, set));
            assert_eq!(world.step(set_wait(set)), HOST);
        } else {
            assert_eq!(world.step(suspend()), HOST);
        }
        let step = world.tick();
        back(&step, thread);
        let expected: [&str; 2] = ["1", if waits { "(0)" } else { "of 0" }];
        assert_eq!(entries(&mut world, &names), expected);
        world.machine.trapped().unwrap();
    }
}

on_each_storage!(
    nested_calls_are_walked_through_from_the_inside,
    those_who_wait_for_the_outermost_task_come_after_it,
);
