//! Host functions that wait, with their wakers.
//!
//! Each has a waker of its own, so that only those are polled that can go on: a waker puts the
//! number of its place into a list, and wakes whoever drives the store. The list needs no lock:
//! a waker puts its place in front of it by exchanging the head, and who drives the store takes
//! the whole list at once. A place is used again for later calls, and so are its waker's bytes;
//! a waker that was kept for too long wakes, at worst, a function for nothing.

use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::task::{Context as WakerContext, Poll, Waker};

use atomic_waker::AtomicWaker;

use crate::id::Id as _;
use crate::machine::SubtaskId;

use super::host_result::{HostFuture, HostResult};

/// Functions of the host that wait, each for a call.
pub(crate) struct WaitingHostFunctions {
    woken: Arc<Woken>,
    /// By the number of the call's subtask.
    places: Vec<Place>,
    count: usize,
}

#[derive(Default)]
struct Place {
    bell: Option<Bell>,
    function: Option<(SubtaskId, HostFuture)>,
}

struct Bell {
    link: Arc<Link>,
    waker: Waker,
}

/// The places whose wakers were used.
#[derive(Default)]
pub(crate) struct Woken {
    /// The first; 0 if there is none.
    head: AtomicU32,
    /// The waker of the task that drives the store.
    driver: AtomicWaker,
}

/// A place's link in the list.
struct Link {
    woken: Arc<Woken>,
    place: NonZeroU32,
    /// The place after it in the list; 0 if there is none.
    next: AtomicU32,
    is_listed: AtomicBool,
}

impl Wake for Link {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_listed.swap(true, Ordering::AcqRel) {
            let mut head = self.woken.head.load(Ordering::Relaxed);
            loop {
                self.next.store(head, Ordering::Relaxed);
                let place = self.place.get();
                let exchanged = self.woken.head.compare_exchange_weak(
                    head,
                    place,
                    Ordering::Release,
                    Ordering::Relaxed,
                );
                match exchanged {
                    Ok(_) => break,
                    Err(found) => head = found,
                }
            }
        }
        self.woken.driver.wake();
    }
}

impl Woken {
    /// Wakes who drives the store.
    pub(crate) fn wake_driver(&self) {
        self.driver.wake();
    }
}

/// The functions that were woken before they were taken; they are gone through once.
pub(crate) struct Batch {
    next: u32,
}

impl WaitingHostFunctions {
    pub(crate) fn new() -> Self {
        Self { woken: Arc::default(), places: Vec::new(), count: 0 }
    }

    /// Returns how many wait.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Returns the list of those that were woken, for others that wake who drives the store.
    pub(crate) fn woken(&self) -> Arc<Woken> {
        self.woken.clone()
    }

    /// Says who is to be woken when one of them can go on.
    pub(crate) fn set_driver(&self, driver: &Waker) {
        self.woken.driver.register(driver);
    }

    /// Polls a function for the first time. If it is not ready, it waits from now on.
    pub(crate) fn begin(&mut self, call: SubtaskId, mut future: HostFuture) -> Option<HostResult> {
        let position = call.position();
        if self.places.len() <= position {
            self.places.resize_with(position.saturating_add(1), Place::default);
        }
        let place = self.places.get_mut(position)?;
        let bell = place.bell.get_or_insert_with(|| Bell::new(&self.woken, call.number()));
        match future.as_mut().poll(&mut WakerContext::from_waker(&bell.waker)) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => {
                if place.function.replace((call, future)).is_none() {
                    self.count += 1;
                }
                None
            }
        }
    }

    /// Drops the function that waits for a call, and says whether there was one.
    pub(crate) fn cancel(&mut self, call: SubtaskId) -> bool {
        let Some(place) = self.places.get_mut(call.position()) else { return false };
        match &place.function {
            Some((waiting, _)) if *waiting == call => {
                place.function = None;
                self.count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Drops the functions that wait for calls which are nobody's any more.
    pub(crate) fn retain(&mut self, is_wanted: impl Fn(SubtaskId) -> bool) {
        for place in &mut self.places {
            if let Some((call, _)) = &place.function
                && !is_wanted(*call)
            {
                place.function = None;
                self.count -= 1;
            }
        }
    }

    /// Takes the list of those that were woken.
    pub(crate) fn take_woken(&self) -> Batch {
        // Most often it is empty, and reading is cheaper than exchanging.
        if self.woken.head.load(Ordering::Relaxed) == 0 {
            return Batch { next: 0 };
        }
        // Who was woken last is in front, and who was woken first is to go on first.
        let mut next = self.woken.head.swap(0, Ordering::Acquire);
        let mut batch = Batch { next: 0 };
        while let Some(number) = NonZeroU32::new(next) {
            let Some(bell) = self.places.get(position(number)).and_then(|it| it.bell.as_ref())
            else {
                break;
            };
            // Wakers leave it alone while it is listed.
            next = bell.link.next.swap(batch.next, Ordering::Relaxed);
            batch.next = number.get();
        }
        batch
    }

    /// Polls the next of a list until one of them returns.
    pub(crate) fn poll(&mut self, batch: &mut Batch) -> Option<(SubtaskId, HostResult)> {
        while let Some(number) = NonZeroU32::new(batch.next) {
            let place = self.places.get_mut(position(number))?;
            let bell = place.bell.as_ref()?;
            batch.next = bell.link.next.load(Ordering::Relaxed);
            // From now on it can be woken again, also by itself. What was done before it was woken
            // is seen, also by those who found it listed.
            bell.link.is_listed.swap(false, Ordering::AcqRel);
            let Some((call, future)) = &mut place.function else { continue };
            let call = *call;
            let mut context = WakerContext::from_waker(&bell.waker);
            if let Poll::Ready(result) = Pin::as_mut(future).poll(&mut context) {
                place.function = None;
                self.count -= 1;
                return Some((call, result));
            }
        }
        None
    }
}

impl Bell {
    fn new(woken: &Arc<Woken>, place: NonZeroU32) -> Self {
        let link = Arc::new(Link {
            woken: woken.clone(),
            place,
            next: AtomicU32::new(0),
            is_listed: AtomicBool::new(false),
        });
        Self { waker: Waker::from(link.clone()), link }
    }
}

const fn position(number: NonZeroU32) -> usize {
    (number.get() - 1) as usize
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;
    use core::future::poll_fn;
    use std::sync::Mutex;

    use crate::component::store::example_ids::ids;

    use super::*;

    /// Waits until a flag is set, and leaves its waker.
    fn future(is_ready: &Arc<AtomicBool>, waker: &Arc<Mutex<Option<Waker>>>) -> HostFuture {
        let (is_ready, waker) = (is_ready.clone(), waker.clone());
        Box::pin(poll_fn(move |context| {
            *waker.lock().expect("nobody panicked") = Some(context.waker().clone());
            if is_ready.load(Ordering::Relaxed) { Poll::Ready(Ok(None)) } else { Poll::Pending }
        }))
    }

    #[test]
    fn a_function_is_polled_once_it_was_woken() {
        let (call, mut waiting) = (ids(0).call, WaitingHostFunctions::new());
        let (is_ready, waker) = (Arc::default(), Arc::default());
        assert!(waiting.begin(call, future(&is_ready, &waker)).is_none());
        is_ready.store(true, Ordering::Relaxed);
        assert!(waiting.poll(&mut waiting.take_woken()).is_none());
        let waker = waker.lock().expect("nobody panicked").take();
        waker.expect("it was polled").wake();
        let mut batch = waiting.take_woken();
        assert!(waiting.poll(&mut batch).is_some_and(|(woken, _)| woken == call));
        assert_eq!(waiting.count(), 0);
    }

    #[test]
    fn a_function_whose_call_nobody_wants_is_dropped() {
        let (ids, mut waiting) = (ids(0), WaitingHostFunctions::new());
        let (is_ready, waker) = (Arc::default(), Arc::default());
        assert!(waiting.begin(ids.call, future(&is_ready, &waker)).is_none());
        waiting.retain(|call| call == ids.call);
        assert_eq!(waiting.count(), 1);
        assert!(waiting.cancel(ids.call) && !waiting.cancel(ids.call));
        assert!(waiting.begin(ids.call, future(&is_ready, &waker)).is_none());
        waiting.retain(|_| false);
        assert_eq!(waiting.count(), 0);
    }
}
