//! Guests that wait while they are held, and guests that continue.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use weft::abi::Val;
use weft::component::{Component, Linker, Store};
use weft::engine::CoreEngine;
use weft::engine::wasmi::Wasmi;
use weft_counting_engine::CountingEngine;

use super::{chain, is_at_rest, lives, poll, returns, start, waits, world};

/// Functions whose types are `async` or not, and which call one that is not.
const WAITS: &str = r#"(component
    (import "wait" (func $wait (result u32)))
    (core func $wait (canon lower (func $wait)))
    (core module $M
        (import "" "wait" (func $wait (result i32)))
        (func (export "run") (result i32) (call $wait)))
    (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "run-async") async (result u32) (canon lift (core func $m "run"))))"#;

/// Waits until it is polled the second time.
async fn second_poll() {
    let mut is_ready = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut is_ready, true) {
            return std::task::Poll::Ready(());
        }
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn calls_wait_on<E: CoreEngine>(engine: &E) {
    let component = Component::new(engine, &wat::parse_str(WAITS).unwrap()).unwrap();
    let mut linker = Linker::<E>::new();
    linker.typed_async_function("wait", |_, (): ()| async {
        second_poll().await;
        Ok(42_u32)
    });
    let mut store = Store::new(engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    for name in ["run", "run-async"] {
        let run = store.function(&instance, name).unwrap();
        for _ in 0..3 {
            assert_eq!(store.call(&run, &[]).unwrap(), Some(Val::U32(42)), "{name}");
        }
    }
}

#[test]
fn a_call_waits_with_any_types_on_any_engine() {
    calls_wait_on(&Wasmi::default());
    let engine = CountingEngine::default();
    calls_wait_on(&engine);
    let counts = engine.counts();
    assert_eq!((counts.stops, counts.resumptions), (6, 6));
}

#[test]
fn guests_of_two_instances_wait_at_the_same_time() {
    for [first, second] in [[0, 1], [1, 0]] {
        let (mut world, gates) = world();
        let instances = [chain(&mut world), chain(&mut world)];
        let calls = [(0, 10), (1, 20)]
            .map(|(position, gate)| start(&mut world, &instances[position][2], "run", gate));
        poll(&mut world);
        assert_eq!(gates.waited(), [10, 20]);
        for position in [first, second] {
            waits(&mut world, calls[position]);
            gates.open([10, 20][position], 5);
            returns(&mut world, calls[position], 6);
        }
        is_at_rest(&mut world);
    }
}

#[tokio::test]
async fn two_calls_awaited_together_take_the_time_of_one() {
    // Each lets the other continue ten times: the host functions take turns.
    let turns = Arc::new(AtomicUsize::new(0));
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (mut world, _) = world();
    let shared = (turns.clone(), running.clone(), most.clone());
    world.linker = Linker::new();
    world.linker.async_function("f", move |_, _| {
        let (turns, running, most) = shared.clone();
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            for _ in 0..10 {
                turns.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(Some(Val::U32(1)))
        }
    });
    let instances = [chain(&mut world), chain(&mut world)];
    let calls = [0, 1].map(|it| start(&mut world, &instances[it][0], "run", 0));
    for call in calls {
        let result = world.store.run_async(call).await.unwrap();
        assert_eq!(result, Some(Val::U32(4)));
    }
    assert_eq!((turns.load(Ordering::SeqCst), most.load(Ordering::SeqCst)), (20, 2));
    is_at_rest(&mut world);
}

#[test]
fn guests_of_one_instance_wait_for_one_another() {
    let (mut world, gates) = world();
    let [_, _, instance] = chain(&mut world);
    let calls = [1, 2, 3].map(|gate| start(&mut world, &instance, "run", gate));
    for (position, call) in calls.into_iter().enumerate() {
        poll(&mut world);
        let gate = u32::try_from(position).unwrap() + 1;
        assert_eq!(gates.waited(), [gate]);
        gates.open(gate, gate);
        returns(&mut world, call, gate + 1);
    }
    is_at_rest(&mut world);
}

#[test]
fn all_callers_are_held_and_others_continue() {
    let (mut world, gates) = world();
    let held = chain(&mut world);
    let others = chain(&mut world);
    let call = start(&mut world, &held[0], "run", 1);
    poll(&mut world);
    for other in &others {
        lives(&mut world, other, true);
    }
    let adds = [0, 1, 2].map(|it| start(&mut world, &held[it], "add", 7));
    for add in adds {
        waits(&mut world, add);
    }
    let other = start(&mut world, &others[0], "run", 2);
    waits(&mut world, other);
    gates.open(2, 10);
    returns(&mut world, other, 13);
    gates.open(1, 20);
    returns(&mut world, call, 23);
    for add in adds {
        returns(&mut world, add, 8);
    }
    is_at_rest(&mut world);
}

/// Checks that the inner instance is held for one call, while the outer ones wait to enter it.
#[test]
fn callers_that_wait_to_enter_are_held_in_turn() {
    let (mut world, gates) = world();
    let [a, b, c] = chain(&mut world);
    let calls = [
        start(&mut world, &c, "run", 1),
        start(&mut world, &b, "run", 2),
        start(&mut world, &a, "run", 3),
        start(&mut world, &c, "run-async", 4),
    ];
    poll(&mut world);
    assert_eq!(gates.waited(), [1]);
    let adds = [&a, &b].map(|instance| start(&mut world, instance, "add", 1));
    for add in adds {
        waits(&mut world, add);
    }
    for gate in 1..=4 {
        gates.open(gate, 10);
    }
    for (call, expected) in calls.into_iter().zip([11, 12, 13, 11]) {
        returns(&mut world, call, expected);
    }
    for add in adds {
        returns(&mut world, add, 2);
    }
    is_at_rest(&mut world);
}

#[test]
fn a_blocking_call_waits_for_another_thread() {
    let (mut world, gates) = world();
    let [a, ..] = chain(&mut world);
    let opened = gates.clone();
    let thread = std::thread::spawn(move || {
        while opened.waited().is_empty() {
            std::thread::yield_now();
        }
        opened.open(1, 1);
    });
    assert_eq!(world.number(&a, "run", &[Val::U32(1)]), 4);
    thread.join().unwrap();
    is_at_rest(&mut world);
}

#[test]
fn many_stacks_are_held_at_once() {
    let (mut world, gates) = world();
    let chains: Vec<_> = (0..40).map(|_| chain(&mut world)).collect();
    let calls: Vec<_> = (0..40_u32)
        .map(|gate| start(&mut world, &chains[gate as usize][gate as usize % 3], "run", gate))
        .collect();
    poll(&mut world);
    assert_eq!(gates.waited().len(), 40);
    for gate in (0..40_u32).map(|it| it * 7 % 40) {
        gates.open(gate, 0);
        returns(&mut world, calls[gate as usize], 3 - gate % 3);
    }
    is_at_rest(&mut world);
}

/// Checks that the host function for which guests are held can call them, and they can call it in
/// turn.
#[test]
fn a_host_function_that_holds_calls_those_that_it_holds() {
    let (mut world, gates) = world();
    let functions = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (waited, called) = (gates.clone(), functions.clone());
    world.linker = Linker::new();
    world.linker.async_function("f", move |caller, arguments| {
        let [Val::U32(number)] = arguments[..] else { panic!("{arguments:?}") };
        let (access, called, gates) = (caller.access(), called.clone(), waited.clone());
        async move {
            gates.wait(number).await?;
            let functions: Vec<weft::component::Function> = called.lock().unwrap().clone();
            let mut sum = 0;
            if let Some(next) = number.checked_sub(1) {
                for function in functions {
                    match access.call(&function, &[Val::U32(next)]).await? {
                        Some(Val::U32(value)) => sum += value,
                        other => panic!("{other:?}"),
                    }
                }
            }
            Ok(Some(Val::U32(sum)))
        }
    });
    let [a, b, c] = chain(&mut world);
    let adds = [&a, &b, &c].map(|instance| world.function(instance, "add"));
    let run = world.function(&c, "run");
    *functions.lock().unwrap() = adds.into_iter().chain([run]).collect();
    let call = start(&mut world, &a, "run", 2);
    for gate in [2, 1, 0] {
        poll(&mut world);
        assert_eq!(gates.waited(), [gate]);
        waits(&mut world, call);
        gates.open(gate, 0);
    }
    // 2: three times 2, and the `run` of 1: three times 1, and the `run` of 0, each of which adds 1.
    returns(&mut world, call, 3 + 6 + (1 + 3 + 1));
    is_at_rest(&mut world);
}
