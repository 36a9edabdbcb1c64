//! That no guest keeps others from their turn.

use std::future::Future as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use tokio::time::timeout;
use wasmi::Config;
use weft::abi::Val;
use weft::component::CallError;
use weft::engine::wasmi::Wasmi;

use super::guests::World;

const SOON: Duration = Duration::from_millis(30);

/// Counts how often it is woken.
#[derive(Default)]
struct Counter(AtomicU32);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_time_out_fires_while_a_guest_yields_for_ever() {
    let mut world = World::new();
    let guest = world.guest();
    let (spin, add) = (world.function(&guest, "spin"), world.function(&guest, "add"));
    timeout(SOON, world.store.call_async(&spin, &[])).await.unwrap_err();
    let sum = world.store.call_async(&add, &[Val::U32(1), Val::U32(2)]).await.unwrap();
    assert_eq!(sum, Some(Val::U32(3)));
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads), (0, 0), "it has accepted its cancellation");
    assert!(progress.is_at_rest());
}

#[tokio::test]
async fn a_time_out_fires_while_a_guest_loops_on_an_engine_that_interrupts_it() {
    let mut world = World::on(Wasmi::new(&Config::default(), Some(10_000)));
    let (guest, other) = (world.guest(), world.guest());
    let looping = world.function(&guest, "loop");
    let call = world.store.start(&looping, &[]).unwrap();
    timeout(SOON, world.store.run_async(call)).await.unwrap_err();
    let add = [Val::U32(1), Val::U32(2)];
    let alive = world.function(&other, "add");
    timeout(SOON, world.store.call_async(&alive, &add)).await.unwrap_err();
    world.store.set_turns_per_poll(10);
    let error = world.store.start(&alive, &add).unwrap_err();
    assert!(matches!(error, CallError::Error(weft::error::Error::GuestHasControl)), "{error}");
    assert!(world.store.stop_interrupted().unwrap());
    assert!(!world.store.stop_interrupted().unwrap());
    assert_eq!(world.store.call_async(&alive, &add).await.unwrap(), Some(Val::U32(3)));
    let dead = world.function(&guest, "add");
    let error = world.store.call_async(&dead, &add).await.unwrap_err();
    assert_eq!(error.to_string(), "cannot enter component instance");
    assert!(matches!(world.store.take_background_trap(), Some(CallError::Interrupted)));
}

#[test]
fn what_is_interrupted_is_stopped_and_its_call_hears_of_it() {
    let mut world = World::on(Wasmi::new(&Config::default(), Some(10_000)));
    let looping = world.guest_function("loop");
    let call = world.store.start(&looping, &[]).unwrap();
    assert!(world.store.stop_interrupted().unwrap());
    assert!(matches!(world.store.run(call), Err(CallError::Interrupted)));
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn a_poll_takes_so_many_turns_and_wakes_its_waker() {
    let mut world = World::new();
    let spin = world.guest_function("spin");
    world.store.set_turns_per_poll(10);
    let counter = Arc::new(Counter::default());
    let waker = Waker::from(counter.clone());
    let mut call = Box::pin(world.store.call_async(&spin, &[]));
    for polls in 1..=3 {
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(counter.0.load(Ordering::Relaxed), polls);
    }
    drop(call);
    let progress = world.store.poll(&waker).unwrap();
    assert!(!progress.can_go_on);
    assert_eq!(counter.0.load(Ordering::Relaxed), 3);
}

#[test]
fn a_function_of_the_host_goes_on_while_a_guest_yields_for_ever() {
    let mut world = World::new();
    let guest = world.guest();
    let (spin, other) = (world.function(&guest, "spin"), world.guest());
    let ask = world.function(&other, "ask");
    let spinning = world.store.start(&spin, &[]).unwrap();
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    world.questions.answer(1, 11);
    assert_eq!(world.store.run(asking).unwrap(), Some(Val::U32(11)));
    world.store.cancel(spinning).unwrap();
    assert!(matches!(world.store.run(spinning), Err(CallError::Cancelled)));
}
