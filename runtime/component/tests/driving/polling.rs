//! Without an executor: a loop such as firmware has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use weft::abi::Val;

use super::guests::World;

/// What an interrupt sets.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_loop_that_polls_when_its_flag_is_set_takes_calls_to_their_end() {
    let mut world = World::new();
    let ask = world.guest_function("ask-twice");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(flag.clone());
    let mut polls = 0;
    flag.0.store(true, Ordering::Release);
    let result = loop {
        if flag.0.swap(false, Ordering::Acquire) {
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
            world.questions.answer(polls, polls * 10);
        }
    };
    assert_eq!(result, Some(Val::U32(30)));
    assert_eq!(polls, 3);
}

#[test]
fn a_call_that_is_forgotten_goes_on_without_anybody() {
    let mut world = World::new();
    let ask = world.guest_function("ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    world.store.forget(call).unwrap();
    world.store.forget(call).unwrap_err();
    world.questions.answer(1, 1);
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads, progress.functions), (0, 0, 0));
}
