//! Polls are proportional to the number of calls and tasks, in every way of driving them.
//!
//! Host functions and tasks wake themselves when an executor's budget is used up, as those of tokio
//! do. The numbers of their polls, and of polls of the store's driver, are proportional to their
//! number.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use weft::abi::Val;
use weft::component::{CallId, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::machine::SubtaskId;
use weft::waitable::WaitResult;

use super::guests::GuestWorld;

/// The number of futures that are ready in each poll of the executor, as in tokio.
const BUDGET: usize = 128;

#[derive(Clone, Default)]
struct Executor {
    polls: Arc<AtomicUsize>,
    budget: Arc<AtomicUsize>,
}

impl Executor {
    /// Is ready as soon as the budget allows it. The budget is empty before the executor runs.
    async fn something(self) {
        poll_fn(move |context: &mut Context<'_>| {
            self.polls.fetch_add(1, Ordering::Relaxed);
            let left = self.budget.load(Ordering::Relaxed);
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            self.budget.store(left - 1, Ordering::Relaxed);
            Poll::Ready(())
        })
        .await;
    }

    /// Runs a future to its end. Returns the number of its polls.
    fn run(&self, future: impl Future<Output = ()>) -> usize {
        let mut future = pin!(future);
        let mut drives = 0;
        loop {
            drives += 1;
            self.budget.store(BUDGET, Ordering::Relaxed);
            if future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                return drives;
            }
        }
    }
}

/// A way of driving a store until calls or tasks have ended.
enum Way {
    /// One call after the other.
    RunAsync,
    /// One call after the other, as a task.
    WaitForTask,
    /// A set with all of them.
    WaitForSet,
    /// A `poll` of the store until nothing can continue.
    Poll,
}

async fn drive(store: &mut Store<Wasmi>, way: &Way, calls: &[CallId], tasks: &[SubtaskId]) {
    let all: Vec<_> = calls.iter().map(|call| call.task()).chain(tasks.iter().copied()).collect();
    match way {
        Way::RunAsync => {
            for call in calls {
                store.run_async(*call).await.unwrap();
            }
            for task in tasks {
                store.wait_for_task_async(*task).await.unwrap();
            }
        }
        Way::WaitForTask => {
            for task in all {
                store.wait_for_task_async(task).await.unwrap();
            }
        }
        Way::WaitForSet => {
            let set = store.waitable_sets().create_with(&all).unwrap();
            // The set also reports that calls have started.
            while let WaitResult::Ready(_) = store.waitable_sets().poll(set).unwrap() {}
            for _ in all {
                let result = store.wait_for_set_async(set).await.unwrap();
                assert!(matches!(result, WaitResult::Ready(_)));
            }
        }
        Way::Poll => {
            poll_fn(|context| match store.poll(context.waker()).unwrap().functions {
                0 => Poll::Ready(()),
                _ => Poll::Pending,
            })
            .await;
        }
    }
}

/// Returns the number of polls of all host functions and tasks, and of the store's driver.
fn polls(way: &Way, num_calls: usize, num_tasks: usize) -> [usize; 2] {
    let executor = Executor::default();
    let mut world = GuestWorld::new();
    let mut linker: Linker<Wasmi> = Linker::new();
    let shared = executor.clone();
    linker.async_function("wait", move |_, _| {
        let something = shared.clone().something();
        async move {
            something.await;
            Ok(Some(Val::U32(0)))
        }
    });
    let guest = world.guest_with(&linker);
    let ask = world.function(&guest, "ask");
    let store = &mut world.store;
    let calls: Vec<_> =
        (0..num_calls).map(|_| store.start(&ask, &[Val::U32(0)]).unwrap()).collect();
    let tasks = (0..num_tasks).map(|_| {
        let something = executor.clone().something();
        store.spawn(async move {
            something.await;
            Ok(())
        })
    });
    let tasks: Vec<_> = tasks.map(Result::unwrap).collect();
    let drives = executor.run(drive(store, way, &calls, &tasks));
    assert_eq!(store.poll(Waker::noop()).unwrap().functions, 0);
    [executor.polls.load(Ordering::Relaxed), drives]
}

#[test]
fn polls_are_proportional_to_calls_and_tasks() {
    for way in [Way::RunAsync, Way::WaitForTask, Way::WaitForSet, Way::Poll] {
        for (calls, tasks) in [(1, 0), (0, 1), (1, 1)] {
            let few = polls(&way, 500 * calls, 500 * tasks);
            let many = polls(&way, 4_000 * calls, 4_000 * tasks);
            for (few, many) in few.into_iter().zip(many) {
                assert!(many <= 16 * few, "{few} for 500, and {many} for 4,000");
            }
        }
    }
}
