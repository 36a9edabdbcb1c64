//! Held calls that end in another way than by a result.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use weft::abi::Val;
use weft::component::{CallError, Linker, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft::trap::Trap;

use super::{chain, end, is_at_rest, lives, on, poll, returns, start, waits, world};

#[test]
fn a_dropped_future_abandons_only_its_own_call() {
    let (mut world, gates) = world();
    let [a, _, c] = chain(&mut world);
    let run = world.function(&a, "run");
    {
        let arguments = [Val::U32(1)];
        let mut call = pin!(world.store.call_async(&run, &arguments));
        let waker = Waker::noop();
        assert!(call.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    poll(&mut world);
    // The guests cannot stop in the middle of a call: they continue when it has ended.
    let add = start(&mut world, &c, "add", 1);
    waits(&mut world, add);
    gates.open(1, 1);
    returns(&mut world, add, 2);
    is_at_rest(&mut world);
    assert_eq!(world.number(&a, "add", &[Val::U32(1)]), 2);
}

#[test]
fn a_dropped_call_that_waits_to_enter_never_runs() {
    let (mut world, gates) = world();
    let [_, b, c] = chain(&mut world);
    let first = start(&mut world, &c, "run", 1);
    for (instance, name) in [(&c, "run"), (&c, "run-async"), (&b, "run")] {
        let run = world.function(instance, name);
        let arguments = [Val::U32(2)];
        let mut call = pin!(world.store.call_async(&run, &arguments));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    gates.open(1, 1);
    returns(&mut world, first, 2);
    poll(&mut world);
    // The one through `b` had started there, and continues; the others had not.
    assert_eq!(gates.waited(), [2]);
    gates.open(2, 1);
    is_at_rest(&mut world);
}

#[test]
fn a_held_call_ignores_cancellation_and_a_waiting_one_ends() {
    let (mut world, gates) = world();
    let [a, _, c] = chain(&mut world);
    let held = start(&mut world, &a, "run", 1);
    let entering = start(&mut world, &c, "add", 1);
    poll(&mut world);
    world.store.cancel(held).unwrap();
    world.store.cancel(entering).unwrap();
    let cancelled = end(&mut world, entering);
    assert!(matches!(cancelled, Some(Err(CallError::Cancelled))), "{cancelled:?}");
    waits(&mut world, held);
    gates.open(1, 1);
    returns(&mut world, held, 4);
    is_at_rest(&mut world);
}

#[test]
fn a_host_function_error_ends_exactly_the_held_calls() {
    let (mut world, gates) = world();
    let (held, others) = (chain(&mut world), chain(&mut world));
    let other = start(&mut world, &others[0], "run", 2);
    let call = start(&mut world, &held[0], "run", 1);
    let entering = start(&mut world, &held[1], "add", 1);
    poll(&mut world);
    gates.fail(1, "it went wrong");
    match end(&mut world, call) {
        Some(Err(CallError::Host(error))) => assert_eq!(error.to_string(), "it went wrong"),
        end => panic!("{end:?}"),
    }
    let trapped = end(&mut world, entering);
    assert!(matches!(trapped, Some(Err(CallError::InstanceTrapped(_)))), "{trapped:?}");
    for instance in &held {
        lives(&mut world, instance, false);
    }
    gates.open(2, 1);
    returns(&mut world, other, 4);
    for instance in &others {
        lives(&mut world, instance, true);
    }
    assert_eq!(world.store.count_of(Table::HeldFrames), 2, "of the one that would enter");
}

#[test]
fn a_panic_of_the_host_function_continues_at_the_embedder() {
    let (mut world, gates) = world();
    let (held, others) = (chain(&mut world), chain(&mut world));
    let other = start(&mut world, &others[0], "run", 2);
    let call = start(&mut world, &held[0], "run", 1);
    poll(&mut world);
    gates.panic(1, "it panicked");
    let payload = catch_unwind(AssertUnwindSafe(|| world.store.run(call))).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().map(String::as_str), Some("it panicked"));
    for instance in &held {
        lives(&mut world, instance, false);
    }
    gates.open(2, 1);
    returns(&mut world, other, 4);
    for instance in &others {
        lives(&mut world, instance, true);
    }
}

/// Checks a host function that calls a guest which traps, while its callers are held.
fn traps_meanwhile(position: usize) {
    let (mut world, gates) = world();
    let function = std::sync::Arc::new(std::sync::Mutex::new(None));
    let (waited, called) = (gates.clone(), function.clone());
    world.linker = Linker::new();
    world.linker.async_function("f", move |caller, _| {
        let (access, called, gates) = (caller.access(), called.clone(), waited.clone());
        async move {
            gates.wait(0).await?;
            let trap: weft::component::Function = called.lock().unwrap().clone().unwrap();
            let error = access.call(&trap, &[Val::U32(0)]).await.unwrap_err();
            assert!(matches!(error, CallError::Core(_)), "{error}");
            gates.wait(1).await
        }
    });
    let (held, others) = (chain(&mut world), chain(&mut world));
    *function.lock().unwrap() = Some(world.function(&held[position], "trap"));
    let call = start(&mut world, &held[0], "run", 0);
    poll(&mut world);
    gates.open(0, 0);
    let mut result = end(&mut world, call);
    if position > 0 && position < 2 {
        assert!(result.is_none(), "{result:?}");
        assert_eq!(gates.waited(), [1]);
        gates.open(1, 1);
        result = end(&mut world, call);
        let cannot_enter = Trap::CannotEnterComponentInstance;
        assert!(
            matches!(&result, Some(Err(CallError::Trap(trap))) if *trap == cannot_enter),
            "{result:?}"
        );
    } else {
        assert!(matches!(result, Some(Err(CallError::InstanceTrapped(_)))), "{result:?}");
        gates.open(1, 1);
        poll(&mut world);
    }
    assert_eq!(gates.waited(), [0; 0]);
    lives(&mut world, &held[0], false);
    lives(&mut world, &held[position], false);
    for instance in &others {
        lives(&mut world, instance, true);
    }
    assert_eq!(world.store.count_of(Table::HeldFrames), 0);
    assert_eq!(world.store.poll(Waker::noop()).unwrap().functions, 0);
}

#[test]
fn the_instance_at_the_top_traps_meanwhile() {
    traps_meanwhile(2);
}

#[test]
fn the_instance_in_the_middle_traps_meanwhile() {
    traps_meanwhile(1);
}

#[test]
fn the_instance_at_the_bottom_traps_meanwhile() {
    traps_meanwhile(0);
}

#[test]
fn guests_that_run_too_long_are_stopped_beside_held_ones() {
    let (mut world, gates) = on(Wasmi::new(&wasmi::Config::default(), Some(500)));
    let (held, others) = (chain(&mut world), chain(&mut world));
    let call = start(&mut world, &held[0], "run", 1);
    poll(&mut world);
    world.store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(3)));
    let spin = world.try_call(&others[0], "spin", &[Val::U32(0)]);
    assert!(matches!(spin, Err(CallError::Interrupted)), "{spin:?}");
    lives(&mut world, &others[0], false);
    // A guest that spins after it was held is stopped together with its callers.
    let late = start(&mut world, &others[2], "late", 2);
    poll(&mut world);
    gates.open(2, 1);
    let function = world.function(&others[1], "add");
    let _ = world.store.call(&function, &[Val::U32(1)]);
    let stopped = world.store.run(late);
    assert!(matches!(stopped, Err(CallError::Interrupted)), "{stopped:?}");
    lives(&mut world, &others[2], false);
    gates.open(1, 1);
    returns(&mut world, call, 4);
    for instance in &held {
        lives(&mut world, instance, true);
    }
}

#[test]
fn a_store_is_dropped_while_guests_are_held() {
    let (mut world, gates) = world();
    let [a, b, _] = chain(&mut world);
    start(&mut world, &a, "run", 1);
    start(&mut world, &b, "run", 2);
    poll(&mut world);
    assert_eq!(gates.waited(), [1]);
    drop(world);
    // The future was dropped.
    assert_eq!(gates.waited(), [0; 0]);
}

#[test]
fn a_forgotten_call_continues() {
    let (mut world, gates) = world();
    let [a, ..] = chain(&mut world);
    let call = start(&mut world, &a, "run", 1);
    poll(&mut world);
    world.store.forget(call).unwrap();
    gates.open(1, 1);
    is_at_rest(&mut world);
    lives(&mut world, &a, true);
}
