//! Waits with a time limit.

use std::thread;
use std::time::{Duration, Instant};

use weft::abi::Val;
use weft::component::{CallError, Clock};
use weft::task::TaskStatus;
use weft::thread::ThreadSpawnConfig;
use weft::waitable::WaitResult;

use super::guests::GuestWorld;

const SOON: Duration = Duration::from_millis(20);

/// Asserts that a function takes the expected time.
#[track_caller]
fn takes<R>(time: Duration, act: impl FnOnce() -> R) -> R {
    let begun = Instant::now();
    let result = act();
    assert!(begun.elapsed() >= time, "it took {:?}", begun.elapsed());
    result
}

#[test]
fn a_blocking_wait_lasts_its_time_and_keeps_the_call() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.function(&guest, "ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let store = &mut world.store;
    assert_eq!(takes(SOON, || store.run_within(call, SOON).unwrap()), None);
    assert_eq!(takes(SOON, || store.wait_for_task_within(call.task(), SOON).unwrap()), None);
    let reference = store.function_reference(&guest, "ask").unwrap();
    let config = ThreadSpawnConfig::default();
    let thread = store.spawn_thread_ref(&reference, &[Val::U32(2)], config, None).unwrap();
    assert_eq!(takes(SOON, || store.join_thread_within(thread, SOON).unwrap()), None);

    let questions = asked.clone();
    let answering = thread::spawn(move || {
        thread::sleep(SOON);
        questions.answer(1, 10);
        questions.answer(2, 20);
    });
    let long = Duration::from_mins(10);
    assert_eq!(store.run_within(call, long).unwrap(), Some(Some(Val::U32(10))));
    assert_eq!(store.join_thread_within(thread, Duration::MAX).unwrap(), Some(Some(Val::U32(20))));
    answering.join().unwrap();
}

#[test]
fn a_wait_for_the_host_lasts_its_time() {
    let mut world = GuestWorld::new();
    let store = &mut world.store;
    let task = store.tasks().start().unwrap();
    let set = store.waitable_sets().create_with(&[task]).unwrap();
    let timeout = takes(SOON, || store.wait_for_set_within(set, SOON).unwrap());
    assert_eq!(timeout, WaitResult::Timeout);
    assert_eq!(takes(SOON, || store.wait_for_task_within(task, SOON).unwrap()), None);
    store.tasks().complete(task, ()).unwrap();
    let status = store.wait_for_task_within(task, Duration::ZERO).unwrap();
    assert_eq!(status, Some(TaskStatus::Completed));
    assert!(matches!(store.wait_for_set_within(set, SOON), Ok(WaitResult::Ready(_))));
    // A poll does not wait.
    assert_eq!(store.waitable_sets().poll(set).unwrap(), WaitResult::Pending);
}

#[test]
fn a_deadlock_is_reported_before_the_time_has_passed() {
    let mut world = GuestWorld::new();
    let stuck = world.guest_function("stuck");
    let call = world.store.start(&stuck, &[]).unwrap();
    let error = world.store.run_within(call, Duration::from_mins(10)).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    assert_eq!(error.kept_call(), Some(call));
}

#[tokio::test]
async fn futures_wait_by_the_clock_of_their_executor() {
    struct Tokio;
    impl Clock for Tokio {
        type Sleep = tokio::time::Sleep;
        fn sleep(&self, time: Duration) -> Self::Sleep {
            tokio::time::sleep(time)
        }
    }

    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.function(&guest, "ask");
    let store = &mut world.store;
    let begun = Instant::now();
    let call = store.start(&ask, &[Val::U32(1)]).unwrap();
    let task = store.tasks().start().unwrap();
    let set = store.waitable_sets().create_with(&[task]).unwrap();
    let reference = store.function_reference(&guest, "ask").unwrap();
    let config = ThreadSpawnConfig::default();
    let thread = store.spawn_thread_ref(&reference, &[Val::U32(2)], config, None).unwrap();

    let function = tokio::time::sleep;
    assert_eq!(store.run_within_async(call, SOON, &Tokio).await.unwrap(), None);
    assert_eq!(store.wait_for_task_within_async(task, SOON, &function).await.unwrap(), None);
    let timeout = store.wait_for_set_within_async(set, SOON, &Tokio).await.unwrap();
    assert_eq!(timeout, WaitResult::Timeout);
    let join = store.join_thread_within_async(thread, SOON, &Tokio).unwrap();
    assert_eq!(join.await.unwrap(), None);
    assert!(begun.elapsed() >= 4 * SOON);

    asked.answer(1, 10);
    asked.answer(2, 20);
    store.tasks().complete(task, ()).unwrap();
    let long = Duration::from_mins(10);
    let result = store.run_within_async(call, long, &Tokio).await.unwrap();
    assert_eq!(result, Some(Some(Val::U32(10))));
    let join = store.join_thread_within_async(thread, long, &Tokio).unwrap();
    assert_eq!(join.await.unwrap(), Some(Some(Val::U32(20))));
    let status = store.wait_for_task_within_async(task, long, &Tokio).await.unwrap();
    assert_eq!(status, Some(TaskStatus::Completed));
    let ready = store.wait_for_set_within_async(set, long, &Tokio).await.unwrap();
    assert!(matches!(ready, WaitResult::Ready(_)));
}

#[tokio::test]
async fn a_guest_that_spins_does_not_stop_the_clock() {
    let mut world = GuestWorld::new();
    let spin = world.guest_function("spin");
    let call = world.store.start(&spin, &[]).unwrap();
    let clock = tokio::time::sleep;
    assert_eq!(world.store.run_within_async(call, SOON, &clock).await.unwrap(), None);
    assert_eq!(takes(SOON, || world.store.run_within(call, SOON).unwrap()), None);
    world.store.cancel(call).unwrap();
    assert!(matches!(world.store.run(call), Err(CallError::Cancelled)));
    // A future that is dropped before its time has passed cancels the call.
    let call = world.store.start(&spin, &[]).unwrap();
    let run = world.store.run_within_async(call, Duration::from_mins(10), &clock);
    tokio::time::timeout(SOON, run).await.unwrap_err();
    assert!(world.store.poll(std::task::Waker::noop()).unwrap().is_at_rest());
}
