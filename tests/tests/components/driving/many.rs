//! Many calls at once, some of which trap.

use std::task::Waker;

use weft::abi::Val;
use weft::component::CallError;

use super::guests::GuestWorld;

#[test]
fn a_hundred_calls_answered_in_any_order_get_their_own_results() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guests = [world.guest(), world.guest(), world.guest()];
    let asks = guests.map(|guest| world.function(&guest, "ask-twice"));
    let calls: Vec<_> = (0..100_u32)
        .zip(asks.iter().cycle())
        .map(|(number, ask)| world.store.start(ask, &[Val::U32(number * 2)]).unwrap())
        .collect();
    for number in 0..200 {
        let scrambled = number * 77 % 200;
        asked.answer(scrambled, scrambled * 10);
    }
    for (number, call) in (0..100_u32).zip(calls).rev() {
        let expected = number * 20 + number * 20 + 10;
        assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(expected)));
    }
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads, progress.functions), (0, 0, 0));
}

#[test]
fn only_host_functions_that_were_woken_are_polled() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let calls: Vec<_> =
        (0..1_000).map(|number| world.store.start(&ask, &[Val::U32(number)]).unwrap()).collect();
    assert_eq!(asked.polls(), 1_000);
    assert_eq!(world.store.poll(Waker::noop()).unwrap().functions, 1_000);
    assert_eq!(asked.polls(), 1_000, "no wake-up");
    asked.answer(500, 7);
    assert_eq!(world.store.poll(Waker::noop()).unwrap().functions, 999);
    assert_eq!(asked.polls(), 1_001);
    assert_eq!(world.store.run(calls[500]).unwrap(), Some(Val::U32(7)));
    let woken = asked.waker(3);
    woken.wake_by_ref();
    woken.wake_by_ref();
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(asked.polls(), 1_002, "twice woken before it is polled is once");
}

#[test]
fn calls_continue_in_the_order_of_their_wake_ups() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let calls = [3, 1, 2].map(|it| (it, world.store.start(&ask, &[Val::U32(it)]).unwrap()));
    world.store.set_turns_per_poll(1);
    for number in [2, 3, 1] {
        asked.answer(number, number);
    }
    let mut order = Vec::new();
    while order.len() < 3 {
        world.store.poll(Waker::noop()).unwrap();
        for (number, call) in calls {
            if let Ok(Some(result)) = world.store.take_result(call) {
                assert_eq!(result.unwrap(), Some(Val::U32(number)));
                order.push(number);
            }
        }
    }
    assert_eq!(order, [2, 3, 1]);
}

#[test]
fn wakers_are_used_from_many_threads_at_once() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    for _ in 0..20 {
        let calls: Vec<_> =
            (0..64).map(|number| world.store.start(&ask, &[Val::U32(number)]).unwrap()).collect();
        std::thread::scope(|scope| {
            for thread in 0..4_u32 {
                let questions = asked.clone();
                scope.spawn(move || {
                    for number in (0..64).filter(|number| number % 4 == thread) {
                        questions.answer(number, number);
                    }
                });
            }
            for (number, call) in (0..64).zip(&calls) {
                assert_eq!(world.store.run(*call).unwrap(), Some(Val::U32(number)));
            }
        });
    }
}

#[test]
fn a_trap_reaches_its_own_caller_and_no_other_instance() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let (bad, good) = (world.guest(), world.guest());
    let trap = world.function(&bad, "ask-and-trap");
    let ask = world.function(&good, "ask");
    let trapping = world.store.start(&trap, &[Val::U32(1)]).unwrap();
    let asking = world.store.start(&ask, &[Val::U32(2)]).unwrap();
    asked.answer(1, 0);
    asked.answer(2, 22);
    assert_eq!(world.store.run(asking).unwrap(), Some(Val::U32(22)));
    let error = world.store.run(trapping).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn calls_that_wait_in_a_trapped_instance_end_with_the_reason() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (trap, ask) = (world.function(&guest, "ask-and-trap"), world.function(&guest, "ask"));
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let trapping = world.store.start(&trap, &[Val::U32(2)]).unwrap();
    asked.answer(2, 0);
    let error = world.store.run(asking).unwrap_err();
    let CallError::InstanceTrapped(cause) = &error else { panic!("{error}") };
    assert!(matches!(cause.error(), CallError::Core(_)), "{cause}");
    assert!(asked.is_dropped(1), "there is no receiver for the answer");
    let error = world.store.run(trapping).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
}

#[test]
fn a_call_that_traps_at_once_ends_the_others_of_its_instance() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (trap, ask) = (world.function(&guest, "ask-and-trap"), world.function(&guest, "ask"));
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    asked.answer(2, 0);
    let error = world.store.start(&trap, &[Val::U32(2)]).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    let error = world.store.run(asking).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
}

#[test]
fn a_trap_after_the_call_returned_can_be_read_later() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let trap = world.guest_function("return-and-trap");
    let ask = world.guest_function("ask");
    assert_eq!(world.store.call(&trap, &[]).unwrap(), Some(Val::U32(7)));
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    asked.answer(1, 11);
    assert_eq!(world.store.run(asking).unwrap(), Some(Val::U32(11)));
    world.store.poll(Waker::noop()).unwrap();
    let error = world.store.take_background_trap().unwrap();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn a_call_that_has_returned_keeps_its_result_when_it_traps_later() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let trap = world.guest_function("return-and-ask");
    let call = world.store.start(&trap, &[Val::U32(1)]).unwrap();
    asked.answer(1, 0);
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(7)));
    assert!(matches!(world.store.take_background_trap(), Some(CallError::Core(_))));
}

/// `$outer` calls `$inner` and waits for it; `$inner` calls `wait`, and traps.
const NESTED: &str = r#"
(component
  (import "wait" (func $wait async (param "question" u32) (result u32)))
  (component $Inner
    (import "wait" (func $wait async (param "question" u32) (result u32)))
    (canon lower (func $wait) (core func $wait))
    (core module $Module
      (import "" "wait" (func $wait (param i32) (result i32)))
      (func (export "f") (param i32)
        (drop (call $wait (local.get 0)))
        unreachable))
    (core instance $module (instantiate $Module (with "" (instance (export "wait" (func $wait))))))
    (func (export "f") async (param "question" u32) (canon lift (core func $module "f") async)))
  (component $Outer
    (import "f" (func $f async (param "question" u32)))
    (canon lower (func $f) (core func $f))
    (core module $Module
      (import "" "f" (func $f (param i32)))
      (func (export "run") (param i32) (call $f (local.get 0)))
      (func (export "ok")))
    (core instance $module (instantiate $Module (with "" (instance (export "f" (func $f))))))
    (func (export "run") async (param "question" u32) (canon lift (core func $module "run")))
    (func (export "ok") (canon lift (core func $module "ok"))))
  (instance $inner (instantiate $Inner (with "wait" (func $wait))))
  (instance $outer (instantiate $Outer (with "f" (func $inner "f"))))
  (func (export "run") (alias export $outer "run"))
  (func (export "ok") (alias export $outer "ok")))"#;

#[test]
fn a_late_trap_of_a_callee_ends_the_waiting_call() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let nested = world.instance(NESTED);
    let (run, ok) = (world.function(&nested, "run"), world.function(&nested, "ok"));
    let call = world.store.start(&run, &[Val::U32(1)]).unwrap();
    asked.answer(1, 0);
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    world.store.call(&ok, &[]).unwrap();
}

/// `hold` waits for an answer, and no other call can enter meanwhile; `take` cannot receive a
/// string. `ask` also waits, and `make` returns a stream and writes a value that is invalid for its
/// type.
const FAILS_TO_MOVE: &str = r#"
(component
  (import "wait" (func $wait async (param "question" u32) (result u32)))
  (core module $Memory
    (memory (export "memory") 1)
    (data (i32.const 0) "\07")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $memory (instantiate $Memory))
  (type $stream (stream (option u8)))
  (canon lower (func $wait) (core func $wait))
  (canon stream.new $stream (core func $new))
  (canon stream.write $stream async (memory (core memory $memory "memory")) (core func $write))
  (core module $Module
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (func (export "hold") (param i32) (drop (call $wait (local.get 0))))
    (func (export "take") (param i32 i32))
    (func (export "make") (result i32) (local $ends i64)
      (local.set $ends (call $new))
      (drop (call $write
        (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
        (i32.const 0)
        (i32.const 1)))
      (i32.wrap_i64 (local.get $ends))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "wait" (func $wait))
    (export "new" (func $new))
    (export "write" (func $write))))))
  (func (export "hold") async (param "question" u32) (canon lift (core func $module "hold")))
  (func (export "take") async (param "it" string)
    (canon lift (core func $module "take")
      (memory (core memory $memory "memory"))
      (realloc (core func $memory "realloc"))))
  (func (export "make") (result $stream) (canon lift (core func $module "make"))))"#;

#[test]
fn a_call_that_waited_to_enter_gets_its_own_trap() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.instance(FAILS_TO_MOVE);
    let (hold, take) = (world.function(&guest, "hold"), world.function(&guest, "take"));
    let holding = world.store.start(&hold, &[Val::U32(1)]).unwrap();
    let taking = world.store.start(&take, &[Val::from("a")]).unwrap();
    asked.answer(1, 0);
    let error = world.store.run(taking).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    assert!(world.store.take_background_trap().is_none());
    assert_eq!(world.store.run(holding).unwrap(), None);
}

#[test]
fn a_failed_host_read_ends_the_calls_of_the_writing_instance() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.instance(FAILS_TO_MOVE);
    let (hold, make) = (world.function(&guest, "hold"), world.function(&guest, "make"));
    let Some(Val::Stream(end)) = world.store.call(&make, &[]).unwrap() else { panic!() };
    let holding = world.store.start(&hold, &[Val::U32(1)]).unwrap();
    let error = world.store.read(end, 1).unwrap_err();
    assert!(matches!(error, CallError::Trap(_)), "{error}");
    assert!(asked.is_dropped(1), "there is no receiver for the answer");
    let error = world.store.run(holding).unwrap_err();
    let CallError::InstanceTrapped(cause) = &error else { panic!("{error}") };
    assert!(matches!(cause.error(), CallError::Trap(_)), "{cause}");
}
