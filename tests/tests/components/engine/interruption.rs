//! Guests that run too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use weft::abi::Val;
use weft::component::{
    CallError, Component, Function, InstantiateError, Linker, Store, StoreLimits,
};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;

use crate::engine::components::{function, load};

/// Returns an engine that interrupts after this amount of fuel.
fn engine(fuel: u64) -> Wasmi {
    Wasmi::new(&wasmi::Config::default(), Some(fuel))
}

/// `sum(n)` counts down from `n` and returns the sum; `spin` never ends, and `nothing` does
/// nothing.
const COUNTS: &str = r#"
    (core module $m
        (func (export "sum") (param $n i32) (result i32) (local $sum i32)
            (loop $again
                (local.set $sum (i32.add (local.get $sum) (local.get $n)))
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n)))
            (local.get $sum))
        (func (export "spin") (loop $again (br $again)))
        (func (export "nothing")))
    (core instance $m (instantiate $m))
    (func (export "sum") (param "n" u32) (result u32) (canon lift (core func $m "sum")))
    (func (export "spin") (canon lift (core func $m "spin")))
    (func (export "nothing") (canon lift (core func $m "nothing")))"#;

/// `sum` and `spin` of a component that calls the other one, and adds `100` to each sum.
const CALLS: &str = r#"
    (import "sum" (func $sum (param "n" u32) (result u32)))
    (import "spin" (func $spin))
    (core func $sum (canon lower (func $sum)))
    (core func $spin (canon lower (func $spin)))
    (core module $m
        (import "" "sum" (func $sum (param i32) (result i32)))
        (import "" "spin" (func $spin))
        (func (export "sum") (param $n i32) (result i32)
            (i32.add (call $sum (local.get $n)) (i32.const 100)))
        (func (export "spin") (call $spin)))
    (core instance $m (instantiate $m (with ""
        (instance (export "sum" (func $sum)) (export "spin" (func $spin))))))
    (func (export "sum") (param "n" u32) (result u32) (canon lift (core func $m "sum")))
    (func (export "spin") (canon lift (core func $m "spin")))"#;

/// Returns three components, each of which calls the next.
fn nested() -> String {
    format!(
        r#"(component
            (component $counts {COUNTS})
            (component $calls {CALLS})
            (instance $a (instantiate $counts))
            (instance $b (instantiate $calls
                (with "sum" (func $a "sum")) (with "spin" (func $a "spin"))))
            (instance $c (instantiate $calls
                (with "sum" (func $b "sum")) (with "spin" (func $b "spin"))))
            (export "a" (instance $a))
            (export "sum" (func $c "sum"))
            (export "spin" (func $c "spin"))
            (export "nothing" (func $a "nothing")))"#
    )
}

fn sum(n: u32) -> u32 {
    n * (n + 1) / 2
}

#[test]
fn a_guest_continues_after_each_interruption() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &format!("(component {COUNTS})"));
    let sum_function = function(&store, &instance, "sum");
    for n in [1, 100, 10_000] {
        assert_eq!(store.call(&sum_function, &[Val::U32(n)]).unwrap(), Some(Val::U32(sum(n))));
    }
}

#[test]
fn a_nested_guest_continues_after_each_interruption() {
    // The numbers are odd, so that interruptions hit every part of the calls.
    for fuel in (1..100).chain([997]) {
        let engine = engine(fuel);
        let (mut store, instance) = load(&engine, &nested());
        let sum_function = function(&store, &instance, "sum");
        for n in [1, 2, 50] {
            let result = store.call(&sum_function, &[Val::U32(n)]).unwrap();
            assert_eq!(result, Some(Val::U32(sum(n) + 200)), "{fuel} {n}");
        }
    }
}

/// Checks the failure of a call that exceeds the limit of interruptions.
fn interrupted(store: &mut Store<Wasmi>, spin: &Function, limit: u32) {
    store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(limit)));
    let result = store.call(spin, &[]);
    assert!(matches!(result, Err(CallError::Interrupted)), "{result:?}");
}

#[test]
fn a_guest_that_never_ends_is_stopped_at_the_limit() {
    for limit in [0, 1, 10] {
        let engine = engine(1_000);
        let (mut store, instance) = load(&engine, &format!("(component {COUNTS})"));
        let spin = function(&store, &instance, "spin");
        interrupted(&mut store, &spin, limit);
    }
}

#[test]
fn a_stopped_instance_cannot_be_entered_and_others_can() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &nested());
    let other = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let (spin, nothing) =
        (function(&store, &instance, "spin"), function(&store, &instance, "nothing"));
    interrupted(&mut store, &spin, 3);
    for gone in [&spin, &nothing] {
        let result = store.call(gone, &[]);
        assert!(
            matches!(&result, Err(CallError::InstanceTrapped(trap))
                if matches!(trap.error(), CallError::Interrupted)),
            "{result:?}"
        );
    }
    let sum_function = function(&store, &other, "sum");
    assert_eq!(store.call(&sum_function, &[Val::U32(10)]).unwrap(), Some(Val::U32(255)));
}

fn component(engine: &Wasmi) -> Component<Wasmi> {
    crate::engine::components::component(engine, &nested())
}

#[test]
fn the_limit_applies_to_each_call_separately() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &format!("(component {COUNTS})"));
    let sum_function = function(&store, &instance, "sum");
    let needed = (0..1_000).find(|limit| {
        let (mut store, instance) = load(&engine, &format!("(component {COUNTS})"));
        let sum_function = function(&store, &instance, "sum");
        store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(*limit)));
        store.call(&sum_function, &[Val::U32(1_000)]).is_ok()
    });
    store.set_limits(StoreLimits::DEFAULT.with_interruptions(needed));
    for _ in 0..10 {
        assert_eq!(store.call(&sum_function, &[Val::U32(1_000)]).unwrap(), Some(Val::U32(500_500)));
    }
    assert!(needed.is_some_and(|needed| (2..100).contains(&needed)), "{needed:?}");
}

#[test]
fn guests_that_call_one_another_in_a_loop_are_interrupted() {
    let loops = format!(
        r#"(component
            (component $counts {COUNTS})
            (instance $a (instantiate $counts))
            (core func $nothing (canon lower (func $a "nothing")))
            (core module $m
                (import "" "nothing" (func $nothing))
                (func (export "loop") (loop $again (call $nothing) (br $again))))
            (core instance $m (instantiate $m
                (with "" (instance (export "nothing" (func $nothing))))))
            (func (export "loop") (canon lift (core func $m "loop"))))"#
    );
    let engine = engine(10_000);
    let (mut store, instance) = load(&engine, &loops);
    let endless = function(&store, &instance, "loop");
    interrupted(&mut store, &endless, 5);
}

#[test]
fn a_started_call_is_interrupted_and_continues_first() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &nested());
    let sum_function = function(&store, &instance, "sum");
    let first = store.start(&sum_function, &[Val::U32(10_000)]).unwrap();
    let second = store.start(&sum_function, &[Val::U32(20_000)]).unwrap();
    assert_eq!(store.run(second).unwrap(), Some(Val::U32(sum(20_000) + 200)));
    assert_eq!(store.run(first).unwrap(), Some(Val::U32(sum(10_000) + 200)));
}

/// `wait` waits until the host's future is ready, and then returns `n + 1`.
const WAITS: &str = r#"(component
    (import "pause" (func $pause async))
    (core func $pause (canon lower (func $pause)))
    (core module $m
        (import "" "pause" (func $pause))
        (func (export "wait") (param $n i32) (result i32)
            (call $pause)
            (i32.add (local.get $n) (i32.const 1))))
    (core instance $m (instantiate $m (with "" (instance (export "pause" (func $pause))))))
    (core module $stackful
        (import "" "wait" (func $wait (param i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "wait") (param $n i32) (call $return (call $wait (local.get $n)))))
    (core func $return (canon task.return (result u32)))
    (core instance $stackful (instantiate $stackful (with "" (instance
        (export "wait" (func $m "wait")) (export "return" (func $return))))))
    (func (export "wait") async (param "n" u32) (result u32)
        (canon lift (core func $stackful "wait") async)))"#;

#[test]
fn a_guest_is_interrupted_while_another_one_waits() {
    let engine = engine(500);
    let is_done = Arc::new(AtomicBool::new(false));
    let mut linker = Linker::new();
    let seen = is_done.clone();
    linker.async_function("pause", move |_, _| {
        let seen = seen.clone();
        std::future::poll_fn(move |cx| {
            if seen.load(Ordering::Relaxed) {
                return Poll::Ready(Ok(None));
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    });
    let mut store = Store::new(&engine, ());
    let waits = crate::engine::components::component(&engine, WAITS);
    let waits = store.instantiate(&waits, &linker).unwrap();
    let counts = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let wait = store.function(&waits, "wait").unwrap();
    let sum_function = store.function(&counts, "sum").unwrap();
    let waiting = store.start(&wait, &[Val::U32(41)]).unwrap();
    let result = store.call(&sum_function, &[Val::U32(10_000)]).unwrap();
    assert_eq!(result, Some(Val::U32(sum(10_000) + 200)));
    // The guest that runs is stopped, not the one that waits.
    let spin = store.function(&counts, "spin").unwrap();
    interrupted(&mut store, &spin, 2);
    is_done.store(true, Ordering::Relaxed);
    assert_eq!(store.run(waiting).unwrap(), Some(Val::U32(42)));
}

/// Returns a component whose `get` returns a string; its `realloc` and `post-return` functions
/// first count down.
fn slow(realloc: u32, post_return: u32) -> String {
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 1)
                (global $ended (mut i32) (i32.const 0))
                (data (i32.const 0) "\08\00\00\00\04\00\00\00weft")
                (func $count (param $n i32)
                    (loop $again
                        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                        (br_if $again (local.get $n))))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (call $count (i32.const {realloc}))
                    (i32.const 64))
                (func (export "get") (param i32 i32) (result i32) (i32.const 0))
                (func (export "post") (param i32)
                    (call $count (i32.const {post_return}))
                    (global.set $ended (i32.const 1)))
                (func (export "ended") (result i32) (global.get $ended)))
            (core instance $m (instantiate $m))
            (func (export "get") (param "s" string) (result string)
                (canon lift (core func $m "get") (memory (core memory $m "memory"))
                    (realloc (core func $m "realloc"))
                    (post-return (core func $m "post"))))
            (func (export "ended") (result u32) (canon lift (core func $m "ended"))))"#
    )
}

fn text(text: &str) -> Val {
    Val::String(text.into())
}

#[test]
fn realloc_and_post_return_continue_after_interruptions() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &slow(10_000, 10_000));
    let (get, ended) = (function(&store, &instance, "get"), function(&store, &instance, "ended"));
    assert_eq!(store.call(&get, &[text("hello")]).unwrap(), Some(text("weft")));
    assert_eq!(store.call(&ended, &[]).unwrap(), Some(Val::U32(1)));
}

#[test]
fn a_realloc_that_never_ends_is_stopped_even_without_a_limit() {
    for limit in [None, Some(5)] {
        let engine = engine(1_000);
        // To count down from 0 takes as long as from 2³².
        let (mut store, instance) = load(&engine, &slow(0, 1));
        store.set_limits(StoreLimits::DEFAULT.with_interruptions(limit));
        let get = function(&store, &instance, "get");
        let result = store.call(&get, &[text("hello")]);
        assert!(matches!(result, Err(CallError::Interrupted)), "{result:?}");
        let again = store.call(&get, &[text("hello")]);
        assert!(matches!(again, Err(CallError::InstanceTrapped(_))), "{again:?}");
    }
}

#[test]
fn a_post_return_that_never_ends_is_stopped() {
    let engine = engine(1_000);
    let (mut store, instance) = load(&engine, &slow(1, 0));
    let get = function(&store, &instance, "get");
    // The result is available before `post-return` runs, so the call has it.
    store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(5)));
    let first = store.call(&get, &[text("hello")]);
    assert!(matches!(first, Ok(Some(Val::String(_)))), "{first:?}");
    let second = store.call(&get, &[text("hello")]);
    assert!(matches!(second, Err(CallError::InstanceTrapped(_))), "{second:?}");
    assert!(matches!(store.take_background_trap(), Some(CallError::Interrupted)));
}

#[test]
fn an_interruption_in_a_start_function_is_a_trap() {
    let spins = "(component
        (core module $m (func $spin (loop $again (br $again))) (start $spin))
        (core instance (instantiate $m)))";
    let engine = engine(1_000);
    let mut store = Store::new(&engine, ());
    let spins = crate::engine::components::component(&engine, spins);
    let result = store.instantiate(&spins, &Linker::new());
    let Err(InstantiateError::Call(CallError::Core(trap))) = result else { panic!("{result:?}") };
    assert_eq!(trap, CoreTrap::OutOfFuel);
    // The store remains usable.
    let counts = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let sum_function = store.function(&counts, "sum").unwrap();
    assert_eq!(store.call(&sum_function, &[Val::U32(1)]).unwrap(), Some(Val::U32(201)));
}

#[test]
fn an_interruption_of_a_guest_that_a_start_function_calls_is_a_trap() {
    let spins = format!(
        r#"(component
            (component $counts {COUNTS})
            (instance $a (instantiate $counts))
            (core func $spin (canon lower (func $a "spin")))
            (core module $m (import "" "spin" (func $spin)) (start $spin))
            (core instance (instantiate $m (with "" (instance (export "spin" (func $spin)))))))"#
    );
    let engine = engine(1_000);
    let mut store = Store::new(&engine, ());
    let spins = crate::engine::components::component(&engine, &spins);
    let result = store.instantiate(&spins, &Linker::new());
    let Err(InstantiateError::Call(CallError::Core(_))) = result else { panic!("{result:?}") };
    let counts = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let sum_function = store.function(&counts, "sum").unwrap();
    assert_eq!(store.call(&sum_function, &[Val::U32(1)]).unwrap(), Some(Val::U32(201)));
}

#[test]
fn an_operation_larger_than_a_slice_of_fuel_completes() {
    let fills = r#"(component
        (core module $m
            (memory 16)
            (func (export "fill") (result i32)
                (memory.fill (i32.const 0) (i32.const 7) (i32.const 1048576))
                (i32.load8_u (i32.const 1048575))))
        (core instance $m (instantiate $m))
        (func (export "fill") (result u32) (canon lift (core func $m "fill"))))"#;
    let engine = engine(10);
    let (mut store, instance) = load(&engine, fills);
    let fill = function(&store, &instance, "fill");
    assert_eq!(store.call(&fill, &[]).unwrap(), Some(Val::U32(7)));
}

/// `text` returns the length of the string that the host's `text` returns late, and its `realloc`
/// never ends.
const LATE: &str = r#"(component
    (import "text" (func $text async (result string)))
    (core module $memory
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (loop $again (br $again))
            (i32.const 64)))
    (core instance $memory (instantiate $memory))
    (core func $text (canon lower (func $text)
        (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
    (core func $return (canon task.return (result u32)))
    (core module $m
        (import "" "memory" (memory 1))
        (import "" "text" (func $text (param i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "text")
            (call $text (i32.const 0))
            (call $return (i32.load (i32.const 4)))))
    (core instance $m (instantiate $m (with "" (instance
        (export "memory" (memory $memory "memory"))
        (export "text" (func $text))
        (export "return" (func $return))))))
    (func (export "text") async (result u32) (canon lift (core func $m "text") async)))"#;

#[test]
fn an_endless_realloc_for_a_late_host_result_is_stopped() {
    let engine = engine(1_000);
    let mut linker = Linker::new();
    linker.async_function("text", |_, _| {
        let mut is_polled = false;
        std::future::poll_fn(move |cx| {
            if std::mem::replace(&mut is_polled, true) {
                Poll::Ready(Ok(Some(text("late"))))
            } else {
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        })
    });
    let mut store = Store::new(&engine, ());
    let late = crate::engine::components::component(&engine, LATE);
    let late = store.instantiate(&late, &linker).unwrap();
    let counts = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let text = store.function(&late, "text").unwrap();
    interrupted(&mut store, &text, 5);
    let again = store.call(&text, &[]);
    assert!(matches!(again, Err(CallError::InstanceTrapped(_))), "{again:?}");
    let sum_function = store.function(&counts, "sum").unwrap();
    assert_eq!(store.call(&sum_function, &[Val::U32(1)]).unwrap(), Some(Val::U32(201)));
}

/// `spin` calls a host function in an endless loop, which calls a guest.
const CALLS_BACK: &str = r#"(component
    (import "nothing" (func $nothing))
    (core func $nothing (canon lower (func $nothing)))
    (core module $m
        (import "" "nothing" (func $nothing))
        (func (export "spin") (loop $again (call $nothing) (br $again))))
    (core instance $m (instantiate $m (with "" (instance (export "nothing" (func $nothing))))))
    (func (export "spin") (canon lift (core func $m "spin"))))"#;

#[test]
fn an_endless_loop_through_the_host_is_interrupted() {
    let engine = engine(1_000);
    let mut store = Store::new(&engine, ());
    let other = store.instantiate(&component(&engine), &Linker::new()).unwrap();
    let nothing = store.function(&other, "nothing").unwrap();
    let mut linker = Linker::new();
    linker.function("nothing", move |caller, _| Ok(caller.call(&nothing, &[])?));
    let calls_back = crate::engine::components::component(&engine, CALLS_BACK);
    let instance = store.instantiate(&calls_back, &linker).unwrap();
    let spin = function(&store, &instance, "spin");
    store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(5)));
    let result = store.call(&spin, &[]);
    assert!(result.is_err(), "{result:?}");
    let sum_function = function(&store, &other, "sum");
    let result = store.call(&sum_function, &[Val::U32(1)]);
    assert!(matches!(result, Ok(Some(Val::U32(201))) | Err(CallError::Trap(_))), "{result:?}");
}
