//! Calls as futures, on executors without any knowledge of Weft.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use weft::abi::Val;
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use super::guests::GuestWorld;
use super::questions::number;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_call_is_driven_by_a_block_on_of_ten_lines() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    let questions = asked.clone();
    let answering = thread::spawn(move || {
        questions.wait_for_polls(1);
        questions.answer(3, 33);
    });
    let result = block_on(world.store.call_async(&ask, &[Val::U32(3)])).unwrap();
    answering.join().unwrap();
    assert_eq!(result, Some(Val::U32(33)));
    assert_eq!(asked.polls(), 2);
}

const SLEEPER: &str = r#"
(component
  (import "sleep" (func $sleep async (param "milliseconds" u32) (result u32)))
  (canon lower (func $sleep) (core func $sleep))
  (canon task.return (result u32) (core func $task-return))
  (core module $Module
    (import "" "sleep" (func $sleep (param i32) (result i32)))
    (import "" "task-return" (func $task-return (param i32)))
    (func (export "run") (param i32)
      (call $task-return (call $sleep (local.get 0)))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "sleep" (func $sleep))
    (export "task-return" (func $task-return))))))
  (func (export "run") async (param "milliseconds" u32) (result u32)
    (canon lift (core func $module "run") async)))"#;

#[tokio::test]
async fn a_store_in_a_tokio_task_has_host_functions_with_timers() {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(SLEEPER).unwrap()).unwrap();
    let mut linker = Linker::new();
    linker.async_function("sleep", |_, arguments| {
        let milliseconds = number(arguments.first());
        async move {
            tokio::time::sleep(Duration::from_millis(milliseconds.into())).await;
            Ok(Some(Val::U32(milliseconds)))
        }
    });
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let task = tokio::spawn(async move {
        let long = store.start(&run, &[Val::U32(60)])?;
        let short = store.start(&run, &[Val::U32(5)])?;
        let short = store.run_async(short).await?;
        let is_open = store.take_result(long)?.is_none();
        let long = store.run_async(long).await?;
        Ok::<_, weft::component::CallError>((short, is_open, long))
    });
    let (short, is_open, long) = task.await.unwrap().unwrap();
    assert_eq!((short, long), (Some(Val::U32(5)), Some(Val::U32(60))));
    assert!(is_open, "the short one returned first");
}

#[test]
fn a_call_that_was_not_polled_has_not_started() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    drop(world.store.call_async(&ask, &[Val::U32(1)]));
    assert_eq!(asked.polls(), 0);
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads), (0, 0));
}

#[test]
fn a_call_whose_arguments_are_wrong_fails_when_it_is_polled() {
    let mut world = GuestWorld::new();
    let ask = world.guest_function("ask");
    let error = block_on(world.store.call_async(&ask, &[Val::Bool(true)])).unwrap_err();
    assert!(error.to_string().starts_with("an argument"), "{error}");
}
