//! A host function that waits until the test answers, and records of its calls.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use weft::abi::Val;
use weft::component::{HostResult, Linker};
use weft::engine::wasmi::Wasmi;

/// The questions that guests have asked, by their number.
#[derive(Clone, Default)]
pub(crate) struct Questions(Arc<Mutex<BTreeMap<u32, Question>>>);

#[derive(Default)]
struct Question {
    answer: Option<Result<u32, &'static str>>,
    waker: Option<Waker>,
    polls: u32,
    is_dropped: bool,
}

/// Records the drop of the future that holds it.
struct DropBell(Questions, u32);

impl Drop for DropBell {
    fn drop(&mut self) {
        self.0.with(self.1, |question| question.is_dropped = true);
    }
}

impl Questions {
    fn with<R>(&self, number: u32, act: impl FnOnce(&mut Question) -> R) -> R {
        act(self.0.lock().unwrap().entry(number).or_default())
    }

    /// Answers a question, and wakes its caller.
    pub(crate) fn answer(&self, number: u32, answer: u32) {
        self.resolve(number, Ok(answer));
    }

    /// Fails a question.
    pub(crate) fn fail(&self, number: u32, reason: &'static str) {
        self.resolve(number, Err(reason));
    }

    fn resolve(&self, number: u32, answer: Result<u32, &'static str>) {
        let waker = self.with(number, |question| {
            question.answer = Some(answer);
            question.waker.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns the waker of the caller that waits for an answer; the waker also stays there.
    pub(crate) fn waker(&self, number: u32) -> Waker {
        self.with(number, |question| question.waker.clone()).unwrap()
    }

    /// Returns the number of polls of all questions together.
    pub(crate) fn polls(&self) -> u32 {
        self.0.lock().unwrap().values().map(|question| question.polls).sum()
    }

    /// Blocks until there have been that many polls of all questions together.
    pub(crate) fn wait_for_polls(&self, polls: u32) {
        while self.polls() < polls {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Returns true if the future of a question was dropped, with or without an answer.
    pub(crate) fn is_dropped(&self, number: u32) -> bool {
        self.with(number, |question| question.is_dropped)
    }

    /// Implements the guests' import `wait`: returns the answer when there is one.
    async fn wait(self, number: u32) -> HostResult {
        let _bell = DropBell(self.clone(), number);
        let answer = poll_fn(|context| {
            self.with(number, |question| {
                question.polls += 1;
                match question.answer.take() {
                    Some(answer) => Poll::Ready(answer),
                    None => {
                        question.waker = Some(context.waker().clone());
                        Poll::Pending
                    }
                }
            })
        });
        Ok(Some(Val::U32(answer.await?)))
    }

    /// Returns a linker with `wait`.
    pub(crate) fn linker(&self) -> Linker<Wasmi> {
        let questions = self.clone();
        let mut linker = Linker::new();
        linker.async_function("wait", move |_, arguments| {
            questions.clone().wait(number(arguments.first()))
        });
        linker
    }
}

/// Returns a value as a `u32`.
pub(crate) fn number(value: Option<&Val>) -> u32 {
    match value {
        Some(Val::U32(number)) => *number,
        other => panic!("{other:?}"),
    }
}
