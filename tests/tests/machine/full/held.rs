//! The table of held calls.

use weft_core::code::SubtaskState;
use weft_core::error::{Error, Failure};
use weft_core::limits::Table;
use weft_core::machine::SubtaskId;

use super::{FewHeldFrames, Setup, Way, import, is_full};
use crate::guests::GuestMachine;
use crate::steps::{HOST, calls_host};

type World = GuestMachine<FewHeldFrames>;

/// Returns the calls by the host that have not started.
fn entering(world: &mut World) -> Vec<SubtaskId> {
    let threads = world.machine.thread_views();
    let calls: Vec<_> = threads.filter_map(|thread| thread.caller).collect();
    let is_hosts = |call: &SubtaskId| {
        world.machine.calling_instance(*call) == Ok(None)
            && world.machine.call_state(*call) == Ok(SubtaskState::Starting)
    };
    calls.into_iter().filter(is_hosts).collect()
}

/// Calls the host from the running function; the host holds its caller.
fn hold(world: &mut World, setup: &Setup) -> Result<(), Failure> {
    let step = world.import(setup.host);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    let before = (world.counts(), world.state());
    let held = world.machine.hold_callers(call);
    if held.is_err() {
        assert_eq!((world.counts(), world.state()), before);
        // It returns in the end.
        world.machine.return_host_function_call(call, None).unwrap();
        let _ = world.host_returned();
    }
    assert!(held.as_ref().is_ok_and(|step| *step == HOST) || held.is_err());
    held.map(|_| ())
}

#[test]
fn held_calls_are_full_until_one_ends() {
    let ways: [Way<FewHeldFrames>; 4] = [
        hold,
        |world, setup| import(world, setup.guest, false),
        |world, setup| import(world, setup.guest, true),
        |world, setup| world.as_host(|world| world.try_begin(setup.guest).map(|_| ())),
    ];
    let fill: fn(&mut World, &Setup) = |world, setup| {
        world.as_host(|world| {
            world.invoke(setup.guest);
            hold(world, setup).unwrap();
            for _ in 0..2 {
                assert_eq!(world.begin(setup.guest).1, HOST);
            }
        });
    };
    // The calls that wait to enter are cancelled.
    let free: fn(&mut World, &Setup) = |world, _| {
        world.as_host(|world| {
            for call in entering(world) {
                let step = world.machine.cancel_call(call);
                assert_eq!(world.answer(step), Ok(HOST));
            }
        });
    };
    is_full((Table::HeldFrames, 6), fill, free, &ways);
}

weft_core::limits! {
    struct NoHeldFrames { held_frames: 0, ..super::LARGE }
}

#[test]
fn nothing_is_held_without_room() {
    let mut world = GuestMachine::<NoHeldFrames>::new();
    let instance = world.instance();
    let function = world.sync(instance);
    let host = world.host_function(7);
    world.invoke(function);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.refuses(Error::Full(Table::HeldFrames), |machine| machine.hold_callers(call));
    world.clean_up();
}
