//! Host tasks that are made of Rust futures.

use std::future::{Future, pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use weft::abi::Val;
use weft::component::{CallError, HostError, Linker, Store};
use weft::context::{ContextKey, ContextValue};
use weft::engine::wasmi::Wasmi;
use weft::error::Error;
use weft::limits::Table;
use weft::machine::SubtaskId;
use weft::task::{TaskResult, TaskStatus};
use weft::waitable::{FailedTask, WaitResult};

use super::guests::GuestWorld;

fn store() -> Store<Wasmi> {
    Store::new(&Wasmi::default(), ())
}

/// Returns the number that a task has returned.
fn number(store: &mut Store<Wasmi>, task: SubtaskId) -> Option<u32> {
    store.tasks().result(task).unwrap()?.value()?.get::<u32>()
}

/// A number that comes from another thread.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<(Option<u32>, Option<Waker>)>>);

impl Later {
    fn give(&self, number: u32) {
        let mut later = self.0.lock().unwrap();
        later.0 = Some(number);
        let waker = later.1.take();
        drop(later);
        waker.into_iter().for_each(Waker::wake);
    }

    async fn take(self) -> Result<u32, HostError> {
        let number = poll_fn(|context| {
            let mut later = self.0.lock().unwrap();
            later.1 = Some(context.waker().clone());
            later.0.take().map_or(Poll::Pending, Poll::Ready)
        });
        Ok(number.await)
    }
}

/// A future that is never ready. It counts its polls, and records its drop.
struct Never {
    polls: Arc<AtomicUsize>,
    drops: Arc<AtomicUsize>,
}

impl Never {
    fn new() -> (Self, Arc<AtomicUsize>, Arc<AtomicUsize>) {
        let (polls, drops) = (Arc::default(), Arc::default());
        (Self { polls: Arc::clone(&polls), drops: Arc::clone(&drops) }, polls, drops)
    }
}

impl Future for Never {
    type Output = Result<(), HostError>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.polls.fetch_add(1, Ordering::Relaxed);
        Poll::Pending
    }
}

impl Drop for Never {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn a_task_is_over_when_its_future_is_ready() {
    let mut store = store();
    let task = store
        .spawn(async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Ok(7_u32)
        })
        .unwrap();
    let nothing = store.spawn(async { Ok(()) }).unwrap();
    assert_eq!(store.tasks().status(task), Ok(TaskStatus::Running));
    let set = store.waitable_sets().create_with(&[task]).unwrap();
    assert!(matches!(store.wait_for_set_async(set).await.unwrap(), WaitResult::Ready(_)));
    assert_eq!(number(&mut store, task), Some(7));
    assert_eq!(store.wait_for_task_async(nothing).await.unwrap(), TaskStatus::Completed);
    assert_eq!(number(&mut store, nothing), None);
    assert!(store.poll(Waker::noop()).unwrap().is_at_rest());
}

#[test]
fn two_tasks_are_waited_for_by_blocking() {
    let mut store = store();
    let tasks = [3_u32, 4].map(|it| {
        let later = Later::default();
        let task = store.spawn(later.clone().take()).unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(5 * u64::from(it)));
            later.give(it);
        });
        task
    });
    store.wait_for_tasks(&tasks).unwrap();
    assert_eq!(tasks.map(|task| number(&mut store, task)), [Some(3), Some(4)]);
}

#[test]
fn a_task_whose_future_fails_has_the_error() {
    let mut store = store();
    let task = store.spawn::<()>(async { Err("it broke".into()) }).unwrap();
    let set = store.waitable_sets().create_with(&[task]).unwrap();
    let result = store.wait_for_set(set).unwrap();
    let WaitResult::Error(FailedTask { task: failed, error: Some(error) }) = result else {
        panic!("{result:?}")
    };
    assert_eq!(failed, task);
    assert_eq!(store.error_contexts().message(error), Ok("it broke"));
    // The task holds the only reference.
    store.tasks().drop(task).unwrap();
    let gone = Err(Error::Unknown(Table::ErrorContexts));
    assert_eq!(store.error_contexts().message(error), gone);
}

#[test]
fn a_panic_fails_the_task_and_nothing_else() {
    struct Bomb;
    impl std::fmt::Debug for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in Debug")
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("in Display")
        }
    }
    impl std::error::Error for Bomb {}

    let mut store = store();
    let panics = store.spawn::<()>(async { panic!("a bug") }).unwrap();
    let late = store
        .spawn::<()>(async {
            let mut is_first = true;
            poll_fn(move |cx| {
                assert!(std::mem::take(&mut is_first), "a later bug");
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await
        })
        .unwrap();
    let text = store.spawn::<()>(async { Err(Bomb.into()) }).unwrap();
    let fine = store.spawn(async { Ok(1_u32) }).unwrap();
    // Each panic continues once, in the driver of the store.
    let mut raised = Vec::new();
    loop {
        match catch_unwind(AssertUnwindSafe(|| store.poll(Waker::noop()).unwrap())) {
            Ok(progress) if progress.is_at_rest() => break,
            Ok(_) => {}
            Err(panic) => raised.push(*panic.downcast_ref::<&str>().unwrap()),
        }
    }
    raised.sort_unstable();
    assert_eq!(raised, ["a bug", "a later bug", "in Display"]);
    for (task, message) in [(panics, "a bug"), (late, "a later bug"), (text, "in Display")] {
        let result = store.tasks().result(task).unwrap();
        let Some(TaskResult::Failed(Some(error))) = result else { panic!("{result:?}") };
        assert_eq!(store.error_contexts().message(error), Ok(message));
    }
    let mut messages = Vec::new();
    while let Some(CallError::Panicked(panic)) = store.take_background_trap() {
        messages.push(panic.message().map(String::from).unwrap());
    }
    messages.sort_unstable();
    assert_eq!(messages, ["a bug", "a later bug", "in Display"]);
    assert_eq!(number(&mut store, fine), Some(1));
    assert_eq!(store.poll(Waker::noop()).unwrap().functions, 0);
}

/// A way to end a task.
type End = fn(&mut Store<Wasmi>, SubtaskId);

#[test]
fn a_task_that_ends_early_drops_its_future() {
    let ways: [End; 4] = [
        |store, task| store.tasks().cancel(task).unwrap(),
        |store, task| store.tasks().complete(task, 1_u32).unwrap(),
        |store, task| store.tasks().fail(task, None).unwrap(),
        |store, task| {
            let token = store.cancellation_tokens().create().unwrap();
            store.cancellation_tokens().bind(token, task).unwrap();
            store.cancellation_tokens().cancel(token).unwrap();
        },
    ];
    for end in ways {
        for was_polled in [false, true] {
            for is_forgotten in [false, true] {
                let mut store = store();
                let (future, polls, drops) = Never::new();
                let task = store.spawn(future).unwrap();
                if was_polled {
                    store.poll(Waker::noop()).unwrap();
                }
                end(&mut store, task);
                if is_forgotten {
                    store.tasks().drop(task).unwrap();
                }
                let progress = store.poll(Waker::noop()).unwrap();
                assert_eq!(polls.load(Ordering::Relaxed), usize::from(was_polled));
                assert_eq!((drops.load(Ordering::Relaxed), progress.functions), (1, 0));
            }
        }
    }
}

#[test]
fn the_place_of_a_dropped_task_is_reused_at_once() {
    let mut store = store();
    let (future, polls, drops) = Never::new();
    let first = store.spawn(future).unwrap();
    store.poll(Waker::noop()).unwrap();
    store.tasks().cancel(first).unwrap();
    store.tasks().drop(first).unwrap();
    let second = store.spawn(async { Ok(2_u32) }).unwrap();
    assert_eq!(first.as_u64() << 32, second.as_u64() << 32, "the place is the same");
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert_eq!(store.wait_for_task(second).unwrap(), TaskStatus::Completed);
    assert_eq!(polls.load(Ordering::Relaxed), 1);
}

#[test]
fn a_panic_in_a_futures_drop_continues_in_the_driver_of_the_store() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in a destructor");
        }
    }
    let mut store = store();
    let bomb = Bomb;
    let task = store
        .spawn::<()>(async move {
            let _bomb = bomb;
            pending().await
        })
        .unwrap();
    store.poll(Waker::noop()).unwrap();
    store.tasks().cancel(task).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| store.poll(Waker::noop()))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"in a destructor"));
    assert!(store.poll(Waker::noop()).unwrap().is_at_rest());
    assert_eq!(store.tasks().status(task), Ok(TaskStatus::Cancelled));
}

#[test]
fn a_store_that_is_dropped_drops_the_futures_of_its_tasks() {
    let mut store = store();
    let (future, _, drops) = Never::new();
    store.spawn(future).unwrap();
    drop(store);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}

#[test]
fn a_host_function_spawns_a_task_in_the_context_of_its_caller() {
    let user = ContextKey::new("user").unwrap();
    let mut world = GuestWorld::new();
    let mut linker: Linker<Wasmi> = Linker::new();
    linker.async_function("wait", |caller, arguments| {
        let Some(Val::U32(number)) = arguments.first().cloned() else { panic!() };
        let task = caller.spawn(async move { Ok(number + 1) }).unwrap();
        caller.tasks().set_metadata(task, "number", number).unwrap();
        async move { Ok(Some(Val::U32(u32::try_from(task.as_u64() & 0xffff).unwrap()))) }
    });
    let guest = world.guest_with(&linker);
    let ask = world.function(&guest, "ask");
    world.store.contexts().set_value(user, "somebody").unwrap();
    let call = world.store.start(&ask, &[Val::U32(41)]).unwrap();
    world.store.contexts().set_value(user, "somebody else").unwrap();
    assert!(matches!(world.store.run(call), Ok(Some(Val::U32(_)))));
    // It is the only task.
    assert_eq!(world.store.tasks().count(), 1);
    assert!(world.store.poll(Waker::noop()).unwrap().is_at_rest());
    assert_eq!(world.store.tasks().count(), 0);
    assert_eq!(world.store.tasks().clean_up(), Ok(1));
    let _: Option<ContextValue<_>> = world.store.contexts().remove_value(user).unwrap();
}

#[test]
fn a_call_waits_while_a_task_could_do_something() {
    let mut world = GuestWorld::new();
    let stuck = world.guest_function("stuck");
    let later = Later::default();
    let task = world.store.spawn(later.clone().take()).unwrap();
    let call = world.store.start(&stuck, &[]).unwrap();
    let cx = &mut Context::from_waker(Waker::noop());
    let mut run = world.store.run_async(call);
    assert!(pin!(&mut run).poll(cx).is_pending());
    run.keep().unwrap();
    later.give(1);
    assert!(matches!(world.store.run(call), Err(CallError::Deadlock(_))));
    assert_eq!(world.store.tasks().status(task), Ok(TaskStatus::Completed));
}
