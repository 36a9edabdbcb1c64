//! The mailbox of a store: requests `R` of code that runs beside the store.

use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::Waker;

use atomic_waker::AtomicWaker;
use concurrent_queue::ConcurrentQueue;

/// The requests to a store, from wherever its handles are.
pub(crate) struct Mailbox<R> {
    requests: ConcurrentQueue<R>,
    /// The waker of the task that drives the store.
    driver: AtomicWaker,
    /// The number of handles that may send requests.
    senders: AtomicUsize,
}

impl<R> Mailbox<R> {
    fn new() -> Self {
        Self {
            requests: ConcurrentQueue::unbounded(),
            driver: AtomicWaker::new(),
            senders: AtomicUsize::new(0),
        }
    }

    /// Adds a request, and wakes the task that drives the store. If the store is gone, the request is
    /// dropped.
    pub(crate) fn send(&self, request: R) {
        if self.requests.push(request).is_ok() {
            self.driver.wake();
        }
    }
}

/// A handle that may send requests to a store. When the last one is dropped, the task that drives
/// the store is woken: it need not wait for a request any longer.
pub(crate) struct Sender<R>(Arc<Mailbox<R>>);

impl<R> Sender<R> {
    fn new(mailbox: &Arc<Mailbox<R>>) -> Self {
        mailbox.senders.fetch_add(1, Ordering::AcqRel);
        Self(mailbox.clone())
    }
}

impl<R> Clone for Sender<R> {
    fn clone(&self) -> Self {
        Self::new(&self.0)
    }
}

impl<R> Deref for Sender<R> {
    type Target = Mailbox<R>;

    fn deref(&self) -> &Mailbox<R> {
        &self.0
    }
}

impl<R> Drop for Sender<R> {
    fn drop(&mut self) {
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.driver.wake();
        }
    }
}

/// The store's own end of its mailbox: requests that come after it is dropped are dropped, too.
pub(crate) struct Inbox<R>(Arc<Mailbox<R>>);

impl<R> Inbox<R> {
    /// Returns a handle that requests are sent by.
    pub(crate) fn sender(&self) -> Sender<R> {
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

    /// Returns how many requests there are.
    pub(crate) fn len(&self) -> usize {
        self.0.requests.len()
    }

    /// Takes the first request.
    pub(crate) fn take(&self) -> Option<R> {
        self.0.requests.pop().ok()
    }

    /// Returns `true` if somebody has a handle, so that there may be requests later.
    pub(crate) fn has_senders(&self) -> bool {
        self.0.senders.load(Ordering::Acquire) > 0
    }
}

impl<R> Default for Inbox<R> {
    fn default() -> Self {
        Self(Arc::new(Mailbox::new()))
    }
}

impl<R> Drop for Inbox<R> {
    fn drop(&mut self) {
        self.0.requests.close();
        while self.0.requests.pop().is_ok() {}
    }
}

impl<R> fmt::Debug for Inbox<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").field("requests", &self.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_in_their_order_until_the_store_is_gone() {
        let inbox = Inbox::default();
        assert!(!inbox.has_senders());
        let sender = inbox.sender();
        sender.send('a');
        sender.clone().send('b');
        assert!(inbox.has_requests() && inbox.has_senders());
        assert_eq!((inbox.len(), inbox.take(), inbox.take()), (2, Some('a'), Some('b')));
        assert_eq!(inbox.take(), None);
        let request = Arc::new(());
        let senders = [Inbox::default(), Inbox::default()].map(|inbox| inbox.sender());
        for sender in &senders {
            sender.send(request.clone());
        }
        assert_eq!(Arc::strong_count(&request), 1);
        drop(sender);
        assert!(!inbox.has_senders());
    }
}
