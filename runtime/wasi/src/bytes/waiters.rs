//! Tasks that wait for the same event.

use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::task::{Context, Poll, Waker};

use spin::Mutex;

/// The tasks that wait for the same event, whose source keeps only one waker.
#[derive(Debug, Default)]
pub(crate) struct Waiters(Mutex<Vec<Waker>>);

impl Waiters {
    /// Polls the source for a task. If it is pending, its waker wakes this task and all others that
    /// wait.
    pub(crate) fn poll<R>(
        self: &Arc<Self>,
        context: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        // Add the task before the poll: the waker may be woken at any time after that.
        self.add(context.waker());
        let polled = self.poll_for_nobody(poll);
        if polled.is_ready() {
            self.remove(context.waker());
        }
        polled
    }

    /// Polls the source for the tasks that already wait.
    pub(crate) fn poll_for_nobody<R>(
        self: &Arc<Self>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        let waker = Waker::from(Arc::clone(self));
        poll(&mut Context::from_waker(&waker))
    }

    fn add(&self, waker: &Waker) {
        let mut wakers = self.0.lock();
        if !wakers.iter().any(|other| other.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn remove(&self, waker: &Waker) {
        self.0.lock().retain(|other| !other.will_wake(waker));
    }
}

impl Wake for Waiters {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // A waker may run any code, even code that adds one.
        let wakers = core::mem::take(&mut *self.0.lock());
        wakers.into_iter().for_each(Waker::wake);
    }
}
