//! Blocking on the calling thread.

use std::thread;

use weft::abi::Val;
use weft::component::CallError;

use super::guests::GuestWorld;

#[test]
fn a_call_blocks_without_polls_until_another_thread_answers() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask_twice = world.guest_function("ask-twice");
    let questions = asked.clone();
    let answering = thread::spawn(move || {
        questions.wait_for_polls(1);
        questions.answer(1, 40);
        questions.wait_for_polls(3);
        questions.answer(2, 2);
    });
    let result = world.store.call(&ask_twice, &[Val::U32(1)]).unwrap();
    answering.join().unwrap();
    assert_eq!(result, Some(Val::U32(42)));
    assert_eq!(asked.polls(), 4, "each is polled when it is asked, and when it is woken");
}

#[test]
fn an_answer_that_is_there_before_the_question_is_taken_at_once() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    asked.answer(1, 5);
    assert_eq!(world.store.call(&ask, &[Val::U32(1)]).unwrap(), Some(Val::U32(5)));
    assert_eq!(asked.polls(), 1);
}

#[test]
fn a_host_function_that_fails_late_traps_only_its_caller() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let (guest, other) = (world.guest(), world.guest());
    let ask = world.function(&guest, "ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    asked.fail(1, "no answer to that");
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Host(_)), "{error}");
    assert!(weft_tests::causes::chain(&error).contains("no answer to that"), "{error}");
    let add = [Val::U32(1), Val::U32(2)];
    let dead = world.function(&guest, "add");
    let error = world.store.call(&dead, &add).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    let alive = world.function(&other, "add");
    assert_eq!(world.store.call(&alive, &add).unwrap(), Some(Val::U32(3)));
}

#[test]
fn a_result_is_taken_once() {
    let mut world = GuestWorld::new();
    let add = world.guest_function("add");
    let call = world.store.start(&add, &[Val::U32(1), Val::U32(2)]).unwrap();
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(3)));
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Error(weft::error::Error::Unknown(_))), "{error}");
}
