//! The mailbox of a store: closures that run where the store is driven.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Waker;

use atomic_waker::AtomicWaker;
use concurrent_queue::ConcurrentQueue;

use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::{SubtaskId, TaskId};

use super::context::{Caller, Context};
use super::state::State;

/// A closure that gets the store.
type Run<E, T> = Box<dyn for<'a, 'c> FnOnce(&mut Caller<'a, 'c, E, T>) + Send>;

/// A closure that gets the store, and what it runs for.
pub(crate) struct Request<E: CoreEngine, T: 'static> {
    pub(crate) acting: Acting,
    pub(crate) run: Run<E, T>,
}

/// What code of the host's runs for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acting {
    /// The call of a host function.
    pub(crate) call: Option<SubtaskId>,
    /// The task of the guest that made the call, where that doesn't run.
    pub(crate) task: Option<TaskId>,
}

/// The requests to a store, from wherever its handles are.
pub(crate) struct Mailbox<E: CoreEngine, T: 'static> {
    requests: ConcurrentQueue<Request<E, T>>,
    /// The waker of the task that drives the store.
    driver: AtomicWaker,
    /// The number of handles that may send requests.
    senders: AtomicUsize,
}

impl<E: CoreEngine, T: 'static> Mailbox<E, T> {
    fn new() -> Self {
        Self {
            requests: ConcurrentQueue::unbounded(),
            driver: AtomicWaker::new(),
            senders: AtomicUsize::new(0),
        }
    }

    /// Adds a request, and wakes the task that drives the store. If the store is gone, the request is
    /// dropped.
    pub(crate) fn send(&self, request: Request<E, T>) {
        if self.requests.push(request).is_ok() {
            self.driver.wake();
        }
    }
}

/// A handle that may send requests to a store. When the last one is dropped, the task that drives
/// the store is woken: it need not wait for a request any longer.
pub(crate) struct Sender<E: CoreEngine, T: 'static>(Arc<Mailbox<E, T>>);

impl<E: CoreEngine, T: 'static> Sender<E, T> {
    fn new(mailbox: &Arc<Mailbox<E, T>>) -> Self {
        mailbox.senders.fetch_add(1, Ordering::AcqRel);
        Self(mailbox.clone())
    }
}

impl<E: CoreEngine, T: 'static> Clone for Sender<E, T> {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl<E: CoreEngine, T: 'static> Deref for Sender<E, T> {
    type Target = Mailbox<E, T>;

    fn deref(&self) -> &Mailbox<E, T> {
        &self.0
    }
}

impl<E: CoreEngine, T: 'static> Drop for Sender<E, T> {
    fn drop(&mut self) {
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.driver.wake();
        }
    }
}

/// The store's own end of its mailbox: requests that come after it is dropped are dropped, too.
pub(crate) struct Inbox<E: CoreEngine, T: 'static>(Arc<Mailbox<E, T>>);

impl<E: CoreEngine, T: 'static> Inbox<E, T> {
    /// Returns a handle that requests are sent by.
    pub(crate) fn sender(&self) -> Sender<E, T> {
        Sender::new(&self.0)
    }

    /// Says who is to be woken when there is a request.
    pub(crate) fn set_driver(&self, driver: &Waker) {
        self.0.driver.register(driver);
    }

    /// Returns `true` if there is a request.
    #[inline]
    pub(crate) fn has_requests(&self) -> bool {
        !self.0.requests.is_empty()
    }

    /// Returns `true` if somebody has a handle, so that there may be requests later.
    pub(crate) fn has_senders(&self) -> bool {
        self.0.senders.load(Ordering::Acquire) > 0
    }
}

impl<E: CoreEngine, T: 'static> Default for Inbox<E, T> {
    fn default() -> Self {
        Self(Arc::new(Mailbox::new()))
    }
}

impl<E: CoreEngine, T: 'static> Drop for Inbox<E, T> {
    fn drop(&mut self) {
        self.0.requests.close();
        while self.0.requests.pop().is_ok() {}
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for Inbox<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("requests", &self.0.requests.len()).finish()
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Runs the requests that there are. Returns `true` if there was one.
    pub(crate) fn run_requests(&mut self) -> bool {
        // Those that they lead to are for the next turn.
        let count = self.data().inbox.0.requests.len();
        for _ in 0..count {
            let Ok(request) = self.data().inbox.0.requests.pop() else { break };
            self.run_request(request);
        }
        count > 0
    }

    fn run_request(&mut self, Request { acting, run }: Request<E, T>) {
        let state = self.data_mut();
        let origin = acting.call.and_then(|call| state.calls.origin_of(call));
        let running = state.origins.set_running(origin);
        let before = state.act_for(acting);
        // It catches the panics of what it runs itself.
        run(&mut Caller::new(self));
        let state = self.data_mut();
        state.act_for(before);
        state.origins.set_running(running);
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Says what code of the host's runs for from now on. Returns what it was before.
    pub(crate) fn act_for(&mut self, acting: Acting) -> Acting {
        let task = acting.task.filter(|task| self.machine.function_of(*task).is_ok());
        self.machine.act_for(task);
        core::mem::replace(&mut self.acting, acting)
    }

    /// Returns what the host function runs for that has control.
    pub(crate) fn acting(&mut self) -> Acting {
        let task = self.machine.tasks().current();
        Acting { call: self.acting.call, task }
    }
}
