//! The mailbox of a store, for requests `R` of code that runs beside the store.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Deref;
use core::sync::atomic::{AtomicUsize, Ordering};

use concurrent_queue::ConcurrentQueue;

use super::beside::Beside;

/// The requests to a store, from its handles.
pub(crate) struct Mailbox<R> {
    requests: ConcurrentQueue<R>,
    /// The parts of the store with the waker of its driver.
    beside: Arc<Beside>,
    /// The number of handles that may send requests.
    senders: AtomicUsize,
}

impl<R> Mailbox<R> {
    fn new(beside: Arc<Beside>) -> Self {
        Self { requests: ConcurrentQueue::unbounded(), beside, senders: AtomicUsize::new(0) }
    }

    /// Adds a request, and wakes the task that drives the store. If the store was dropped, the
    /// request is dropped.
    pub(crate) fn send(&self, request: R) {
        if self.requests.push(request).is_ok() {
            self.beside.woken.wake_driver();
        }
    }
}

/// A handle that can send requests to a store. When the last one is dropped, the task that drives
/// the store is woken, as it need not wait for requests any longer.
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
            self.0.beside.woken.wake_driver();
        }
    }
}

/// The store's end of its mailbox, which is made when the first handle is needed. Requests that are
/// sent after it was dropped are dropped, too.
pub(crate) struct Inbox<R> {
    mailbox: Option<Arc<Mailbox<R>>>,
    /// Requests that were taken out of the mailbox before their turn. They come first.
    earlier: VecDeque<R>,
    beside: Arc<Beside>,
}

impl<R> Inbox<R> {
    /// Returns an empty one, for the store that shares these parts.
    pub(crate) const fn new(beside: Arc<Beside>) -> Self {
        Self { mailbox: None, earlier: VecDeque::new(), beside }
    }

    /// Returns a handle for sending requests.
    pub(crate) fn sender(&mut self) -> Sender<R> {
        let beside = &self.beside;
        let mailbox = self.mailbox.get_or_insert_with(|| Arc::new(Mailbox::new(beside.clone())));
        Sender::new(mailbox)
    }

    /// Returns `true` if there is a request.
    #[inline]
    pub(crate) fn has_requests(&self) -> bool {
        !self.earlier.is_empty() || self.has_new()
    }

    fn has_new(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|it| !it.requests.is_empty())
    }

    /// Returns the number of requests.
    pub(crate) fn len(&self) -> usize {
        self.earlier.len() + self.mailbox.as_ref().map_or(0, |it| it.requests.len())
    }

    /// Takes the first request.
    pub(crate) fn take(&mut self) -> Option<R> {
        self.earlier.pop_front().or_else(|| self.mailbox.as_ref()?.requests.pop().ok())
    }

    /// Takes the new requests that `is_wanted` accepts, in their order. The others keep their
    /// order, and are taken by [`take`](Self::take). Returns no request if an earlier one is
    /// accepted, too, as that has to come first.
    pub(crate) fn take_new(&mut self, is_wanted: impl Fn(&R) -> bool) -> Vec<R> {
        let mut wanted = Vec::new();
        // Usually there are no requests.
        if !self.has_new() || self.earlier.iter().any(&is_wanted) {
            return wanted;
        }
        let Some(mailbox) = &self.mailbox else { return wanted };
        // Another thread may send requests as fast as this takes them.
        for _ in 0..mailbox.requests.len() {
            match mailbox.requests.pop() {
                Ok(request) if is_wanted(&request) => wanted.push(request),
                Ok(request) => self.earlier.push_back(request),
                Err(_) => break,
            }
        }
        wanted
    }

    /// Returns `true` if there is a handle, so that there may be requests later.
    pub(crate) fn has_senders(&self) -> bool {
        self.mailbox.as_ref().is_some_and(|it| it.senders.load(Ordering::Acquire) > 0)
    }
}

impl<R> Drop for Inbox<R> {
    fn drop(&mut self) {
        if let Some(mailbox) = &self.mailbox {
            mailbox.requests.close();
            while mailbox.requests.pop().is_ok() {}
        }
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
        let mut inbox = Inbox::new(Arc::default());
        assert!(!inbox.has_senders());
        let sender = inbox.sender();
        sender.send('a');
        sender.clone().send('b');
        assert!(inbox.has_requests() && inbox.has_senders());
        assert_eq!((inbox.len(), inbox.take(), inbox.take()), (2, Some('a'), Some('b')));
        assert_eq!(inbox.take(), None);

        for it in ['a', 'b', 'c', 'd'] {
            sender.send(it);
        }
        assert_eq!(inbox.take_new(|it| "bd".contains(*it)), ['b', 'd']);
        for it in ['e', 'c'] {
            sender.send(it);
        }
        assert_eq!(inbox.take_new(|it| *it == 'c'), []);
        assert_eq!(inbox.len(), 4);
        let rest = core::iter::from_fn(|| inbox.take()).collect::<alloc::string::String>();
        assert_eq!((rest.as_str(), inbox.has_requests()), ("acec", false));

        let request = Arc::new(());
        let senders = [(); 2].map(|()| Inbox::new(Arc::default()).sender());
        for sender in &senders {
            sender.send(request.clone());
        }
        assert_eq!(Arc::strong_count(&request), 1);
        drop(sender);
        assert!(!inbox.has_senders());
    }
}
