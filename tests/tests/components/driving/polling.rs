//! Calls without an executor, in a loop as in firmware.

use std::task::Waker;

use weft::abi::Val;
use weft_tests::wakers::WakeCounter;

use super::guests::GuestWorld;

#[test]
fn a_loop_that_polls_when_its_flag_is_set_takes_calls_to_their_end() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask-twice");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    // An interrupt also increments the counter.
    let (wakes, waker) = WakeCounter::new();
    let mut polls = 0;
    waker.wake_by_ref();
    let result = loop {
        if wakes.take() > 0 {
            polls += 1;
            let progress = world.store.poll(&waker).unwrap();
            assert!(!progress.can_go_on);
            if let Some(result) = world.store.take_result(call).unwrap() {
                assert!(progress.is_at_rest());
                break result.unwrap();
            }
            assert_eq!((progress.calls, progress.threads, progress.functions), (1, 1, 1));
            assert!(!progress.is_at_rest());
        } else {
            asked.answer(polls, polls * 10);
        }
    };
    assert_eq!(result, Some(Val::U32(30)));
    assert_eq!(polls, 3);
}

#[test]
fn a_forgotten_call_continues() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    world.store.forget(call).unwrap();
    world.store.forget(call).unwrap_err();
    asked.answer(1, 1);
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads, progress.functions), (0, 0, 0));
}
