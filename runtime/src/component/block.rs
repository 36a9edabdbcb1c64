//! Blocking: letting a store run on this thread until a call has come to its end.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::future::Future as _;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use std::thread::Thread;

use crate::engine::CoreEngine;

use super::call::Ran;
use super::callee::Callee;
use super::error::CallError;
use super::outcome::CallResult;
use super::store::{CallId, Store};
use super::threads::{SpawnedThread, ThreadError};

/// Wakes a thread that is parked.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

impl<E: CoreEngine, T: Send + 'static> Store<E, T> {
    /// Lets everything run until a call has come to its end, and gives its result: **blocks**.
    /// While all that is left waits for functions of the host, the thread is parked.
    ///
    /// # Errors
    ///
    /// [`CallError`]: why the call has no result.
    pub fn run<R: CallResult>(&mut self, call: CallId<R>) -> Result<R, CallError> {
        self.count_interruptions_anew();
        // Most calls need none.
        let mut waker: Option<Waker> = None;
        loop {
            if let Some(waker) = &waker {
                self.set_driver(waker);
            }
            match (self.run_until(call.0)?, &waker) {
                (Ran::ToItsEnd(value), _) => return Ok(value),
                (Ran::ForTooLong, _) => {}
                (Ran::UntilItWaits, None) => {
                    waker = Some(Waker::from(Arc::new(Unpark(std::thread::current()))));
                }
                (Ran::UntilItWaits, Some(_)) => std::thread::park(),
            }
        }
    }

    /// Calls a function, and lets everything run until it has come to its end: **blocks**.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start) and [`run`](Self::run).
    pub fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        let call = self.start(function, arguments)?;
        self.run(call)
    }

    /// Lets everything run until a thread is over and its values are destroyed, and gives what it
    /// has returned: **blocks**. A **host extension**; see [`thread`](crate::thread).
    ///
    /// # Errors
    ///
    /// Those of [`thread_join_async`](Self::thread_join_async).
    pub fn thread_join<R: CallResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        self.count_interruptions_anew();
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        let mut join = pin!(self.thread_join_async(thread)?);
        loop {
            match join.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(result) => return result,
                // Whoever can go on has woken this thread already.
                Poll::Pending => std::thread::park(),
            }
        }
    }
}
