//! Handlers of cancellation tokens that are closures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use weft_core::error::Error;
use weft_core::host::ExtendedMachine;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;

use weft_core::task::{CancellationHandlerId, CancellationHandlers, CancellationToken, Cancelled};

use crate::guests::{Bounded, GuestMachine};

/// The numbers that closures have recorded.
type Heard = Arc<Mutex<Vec<u32>>>;

/// Registers a closure that records a number.
fn register<L: ExtensionLimits>(
    handlers: &mut CancellationHandlers,
    machine: &mut ExtendedMachine<L>,
    token: CancellationToken,
    (heard, number): (&Heard, u32),
) -> Result<CancellationHandlerId, Error> {
    let heard = heard.clone();
    handlers.register(machine, token, move || heard.lock().unwrap().push(number))
}

fn closures_run_once_in_the_order_of_cancellation<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let heard = Heard::default();
    let mut handlers = CancellationHandlers::new();
    let [first, second] = [(); 2].map(|()| machine.cancellation_tokens().create().unwrap());
    let mut ids = Vec::new();
    for (token, number) in [(first, 1), (second, 2), (first, 3), (first, 4)] {
        ids.push(register(&mut handlers, machine, token, (&heard, number)).unwrap());
    }
    assert_eq!(format!("{handlers:?}").matches("CancellationHandlerId").count(), 4);
    assert_eq!(handlers.unregister(machine, ids[2]), Ok(()));
    machine.cancellation_tokens().cancel(second).unwrap();
    machine.cancellation_tokens().cancel(first).unwrap();
    let others = |other: Cancelled| panic!("{other:?}");
    assert_eq!(handlers.run(machine, others), Ok(3));
    assert_eq!(handlers.run(machine, others), Ok(0));
    assert_eq!(*heard.lock().unwrap(), [2, 1, 4]);
    for id in ids {
        let gone = Err(Error::Unknown(Table::CancellationHandlers));
        assert_eq!(handlers.unregister(machine, id), gone);
    }
    for token in [first, second] {
        machine.cancellation_tokens().drop(token).unwrap();
    }
    world.clean_up();
}

fn a_closure_of_a_dropped_token_never_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let heard = Heard::default();
    let mut handlers = CancellationHandlers::new();
    let [dropped, token] = [(); 2].map(|()| machine.cancellation_tokens().create().unwrap());
    let stale = register(&mut handlers, machine, dropped, (&heard, 1)).unwrap();
    machine.cancellation_tokens().drop(dropped).unwrap();
    // At the same place, a handler that is not one of these closures.
    let plain = machine.cancellation_tokens().register(token, 7).unwrap();
    let gone = Err(Error::Unknown(Table::CancellationHandlers));
    assert_eq!(handlers.unregister(machine, stale), gone);
    machine.cancellation_tokens().cancel(token).unwrap();
    let mut others = Vec::new();
    assert_eq!(handlers.run(machine, |it| others.push((it.handler, it.number))), Ok(0));
    assert_eq!(others, [(plain, 7)]);
    // A handler of an already cancelled token runs at once.
    register(&mut handlers, machine, token, (&heard, 2)).unwrap();
    assert_eq!(handlers.run(machine, |it| panic!("{it:?}")), Ok(1));
    assert_eq!(*heard.lock().unwrap(), [2]);
    machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

fn a_closure_that_cannot_be_registered_is_dropped<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let heard = Heard::default();
    let mut handlers = CancellationHandlers::new();
    let token = machine.cancellation_tokens().create().unwrap();
    machine.cancellation_tokens().drop(token).unwrap();
    let refused = register(&mut handlers, machine, token, (&heard, 1));
    assert_eq!(refused, Err(Error::Unknown(Table::CancellationTokens)));
    assert_eq!(Arc::strong_count(&heard), 1);
    world.clean_up();
}

fn a_closure_that_panics_has_run_and_the_others_run_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let heard = Heard::default();
    let mut handlers = CancellationHandlers::new();
    let token = machine.cancellation_tokens().create().unwrap();
    register(&mut handlers, machine, token, (&heard, 1)).unwrap();
    handlers.register(machine, token, || panic!("a bug")).unwrap();
    register(&mut handlers, machine, token, (&heard, 2)).unwrap();
    machine.cancellation_tokens().cancel(token).unwrap();
    let others = |other: Cancelled| panic!("{other:?}");
    let panicked = catch_unwind(AssertUnwindSafe(|| handlers.run(machine, others)));
    assert!(panicked.is_err());
    assert_eq!(handlers.run(machine, others), Ok(1));
    assert_eq!(*heard.lock().unwrap(), [1, 2]);
    machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

/// A value that panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

fn a_closure_whose_destructor_panics_is_unregistered<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let machine = &mut world.machine;
    let mut handlers = CancellationHandlers::new();
    let token = machine.cancellation_tokens().create().unwrap();
    let bomb = Bomb;
    let handler = handlers.register(machine, token, move || drop(bomb)).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| handlers.unregister(machine, handler)));
    assert!(panicked.is_err());
    machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(handlers.run(machine, |other| panic!("{other:?}")), Ok(0));
    machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}

on_each_storage! {
    a_closure_that_panics_has_run_and_the_others_run_later,
    a_closure_whose_destructor_panics_is_unregistered,
    closures_run_once_in_the_order_of_cancellation,
    a_closure_of_a_dropped_token_never_runs,
    a_closure_that_cannot_be_registered_is_dropped,
}

#[test]
fn a_closure_without_room_is_dropped_and_the_others_stay() {
    let mut world = GuestMachine::<Bounded>::new();
    let machine = &mut world.machine;
    let heard = Heard::default();
    let mut handlers = CancellationHandlers::new();
    let token = machine.cancellation_tokens().create().unwrap();
    let full = (0..).find_map(|it| register(&mut handlers, machine, token, (&heard, it)).err());
    assert_eq!(full, Some(Error::Full(Table::CancellationHandlers)));
    machine.cancellation_tokens().cancel(token).unwrap();
    assert_eq!(handlers.run(machine, |it| panic!("{it:?}")), Ok(12));
    assert_eq!(*heard.lock().unwrap(), (0..12).collect::<Vec<_>>());
    machine.cancellation_tokens().drop(token).unwrap();
    world.clean_up();
}
