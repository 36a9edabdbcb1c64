//! The list of host functions, host tasks, streams and futures that wait for events outside of the
//! store.
//!
//! Each entry has its own waker, so that only those are polled that can go on. A waker puts the
//! number of its place into a list, and wakes the driver of the store. The list needs no lock: a
//! waker adds its place to the front by exchanging the head, and the driver takes the whole list at
//! once. A place and the memory of its waker are reused for later entries. A waker that was kept
//! for too long only wakes another entry for nothing.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::num::NonZeroU32;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::task::Waker;

use atomic_waker::AtomicWaker;

use crate::abi::Val;
use crate::id::Id as _;
use crate::machine::WaitableId;

use super::beside::Beside;
use super::call_error::CallError;

/// The number of polls after which something wakes itself, in one drive of the store.
///
/// Executors have a budget for each future. A future that is polled beyond it wakes itself, and
/// nothing changes before the executor has its turn.
const MAX_YIELDS: u8 = 2;

/// The waiting entries, each for a call, a host task or an end of the host. `W` is polled.
pub(crate) struct WaitList<W> {
    beside: Arc<Beside>,
    /// The places, by the number of the waitable.
    places: Vec<Place<W>>,
    count: usize,
    /// The places that were woken and not polled since.
    batch: VecDeque<NonZeroU32>,
    /// The number of entries that have woken themselves when they were polled, since the store is
    /// driven.
    yields: u8,
}

struct Place<W> {
    bell: Option<Bell>,
    waiting: Option<Entry<W>>,
}

struct Entry<W> {
    id: WaitableId,
    waiting: W,
    /// `true` if it waits for a guest, and for nothing outside of the store.
    is_resting: bool,
}

/// Something that waits and can be given up.
pub(crate) trait GiveUp {
    /// Drops it, because a guest that it serves has trapped. Returns values that nobody has
    /// taken.
    fn give_up(&mut self, error: &CallError) -> Vec<Val>;
}

impl<W> Default for Place<W> {
    fn default() -> Self {
        Self { bell: None, waiting: None }
    }
}

struct Bell {
    link: Arc<Link>,
    waker: Waker,
}

/// The places whose wakers were woken.
#[derive(Default)]
pub(crate) struct Woken {
    /// The first; 0 if there is none.
    head: AtomicU32,
    /// The waker of the task that drives the store.
    driver: AtomicWaker,
}

/// A place's link in the list.
struct Link {
    beside: Arc<Beside>,
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
            let mut head = self.beside.woken.head.load(Ordering::Relaxed);
            loop {
                self.next.store(head, Ordering::Relaxed);
                let place = self.place.get();
                let exchanged = self.beside.woken.head.compare_exchange_weak(
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
        self.beside.woken.driver.wake();
    }
}

impl Woken {
    /// Wakes the driver of the store.
    pub(crate) fn wake_driver(&self) {
        self.driver.wake();
    }
}

/// Removes the waker of the driver, as the wakers of this list outlive the store.
impl<W> Drop for WaitList<W> {
    fn drop(&mut self) {
        drop(self.beside.woken.driver.take());
    }
}

impl<W> WaitList<W> {
    pub(crate) fn new() -> Self {
        Self {
            beside: Arc::default(),
            places: Vec::new(),
            count: 0,
            batch: VecDeque::new(),
            yields: 0,
        }
    }

    /// Returns the number of waiting entries, except those that rest.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// Returns the parts of the store that code beside it shares.
    pub(crate) const fn beside(&self) -> &Arc<Beside> {
        &self.beside
    }

    /// Sets the waker to wake when something can go on.
    pub(crate) fn set_driver(&self, driver: &Waker) {
        self.beside.woken.driver.register(driver);
    }

    /// Records that the store is driven from now on.
    #[inline]
    pub(crate) const fn begin_drive(&mut self) {
        self.yields = 0;
    }

    /// Returns the waker of the entry for `id`.
    pub(crate) fn waker(&mut self, id: WaitableId) -> Option<Waker> {
        let (number, position) = number_and_position(id);
        self.make_place(position);
        let place = self.places.get_mut(position)?;
        Some(place.bell.get_or_insert_with(|| Bell::new(&self.beside, number)).waker.clone())
    }

    /// Adds an entry that waits for `id`. It is polled when its waker is woken. Returns the
    /// previous entry at its place, whose waitable is gone.
    #[must_use = "dropping it runs code of the host"]
    pub(crate) fn put(&mut self, id: WaitableId, waiting: W) -> Option<W> {
        self.put_entry(Entry { id, waiting, is_resting: false })
    }

    /// Keeps an entry for `id` that waits only for a guest, and is not counted. If its waker is
    /// woken, it is polled nevertheless. Returns the previous entry at its place.
    #[must_use = "dropping it runs code of the host"]
    pub(crate) fn put_resting(&mut self, id: WaitableId, waiting: W) -> Option<W> {
        self.put_entry(Entry { id, waiting, is_resting: true })
    }

    fn put_entry(&mut self, entry: Entry<W>) -> Option<W> {
        let (_, position) = number_and_position(entry.id);
        self.make_place(position);
        let is_resting = entry.is_resting;
        let before = self.places.get_mut(position)?.waiting.replace(entry);
        self.count += usize::from(!is_resting);
        let before = before?;
        self.count -= usize::from(!before.is_resting);
        Some(before.waiting)
    }

    fn make_place(&mut self, position: usize) {
        if self.places.len() <= position {
            self.places.resize_with(position.saturating_add(1), Place::default);
        }
    }

    /// Takes the entry for `id`.
    pub(crate) fn take(&mut self, id: WaitableId) -> Option<W> {
        let place = self.places.get_mut(number_and_position(id).1)?;
        let entry = place.waiting.take_if(|found| found.id == id)?;
        self.count -= usize::from(!entry.is_resting);
        Some(entry.waiting)
    }

    /// Takes all entries whose waitables are no longer wanted.
    pub(crate) fn take_unwanted(
        &mut self,
        is_wanted: impl Fn(WaitableId) -> bool,
    ) -> Vec<(WaitableId, W)> {
        let mut unwanted = Vec::new();
        for place in &mut self.places {
            if let Some(entry) = place.waiting.take_if(|found| !is_wanted(found.id)) {
                self.count -= usize::from(!entry.is_resting);
                unwanted.push((entry.id, entry.waiting));
            }
        }
        unwanted
    }

    /// Takes the list of woken places. Returns the number of entries to poll.
    pub(crate) fn take_woken(&mut self) -> usize {
        // Most often the list is empty, and reading is cheaper than exchanging.
        if self.beside.woken.head.load(Ordering::Relaxed) != 0 {
            let before = self.batch.len();
            let mut next = self.beside.woken.head.swap(0, Ordering::Acquire);
            while let Some(number) = NonZeroU32::new(next) {
                let place = self.places.get(position_of(number));
                let Some(bell) = place.and_then(|it| it.bell.as_ref()) else { break };
                // Wakers don't change it while it is listed.
                next = bell.link.next.load(Ordering::Relaxed);
                self.batch.push_back(number);
            }
            // The last one to be woken was at the front, and the first one should be polled first.
            if let Some(taken) = self.batch.make_contiguous().get_mut(before..) {
                taken.reverse();
            }
        }
        if self.may_poll() { self.batch.len() } else { 0 }
    }

    /// Returns `true` if a woken entry has to be polled before the store is driven again.
    pub(crate) const fn may_poll(&self) -> bool {
        self.yields < MAX_YIELDS
    }

    /// Returns `true` if an entry was woken, and will be polled when the store is driven again.
    pub(crate) fn has_woken(&self) -> bool {
        !self.batch.is_empty() || self.beside.woken.head.load(Ordering::Relaxed) != 0
    }

    /// Takes the next woken entry, to be polled with this waker. Returns `None` if it no longer
    /// waits. [`polled`](Self::polled) ends the poll.
    pub(crate) fn take_next(&mut self) -> Option<(WaitableId, W, Waker)> {
        let number = self.batch.pop_front()?;
        let place = self.places.get_mut(position_of(number))?;
        let bell = place.bell.as_ref()?;
        // From now on it can be woken again, even by itself. Everything that was done before it was
        // woken is visible, even to those who found it listed.
        bell.link.is_listed.swap(false, Ordering::AcqRel);
        let waker = bell.waker.clone();
        let entry = place.waiting.take()?;
        self.count -= usize::from(!entry.is_resting);
        Some((entry.id, entry.waiting, waker))
    }

    /// Puts back an entry that was polled for `id` and still waits.
    pub(crate) fn polled(&mut self, id: WaitableId, waiting: W) {
        self.count_yield(id);
        // The place is empty, as this entry was taken from it to be polled.
        let _ = self.put(id, waiting);
    }

    /// Adds up the poll for `id`, if the entry has woken itself in it.
    pub(crate) fn count_yield(&mut self, id: WaitableId) {
        let (_, position) = number_and_position(id);
        if let Some(place) = self.places.get(position)
            && let Some(bell) = &place.bell
            && bell.link.is_listed.load(Ordering::Relaxed)
        {
            self.yields = self.yields.saturating_add(1);
        }
    }
}

impl Bell {
    fn new(beside: &Arc<Beside>, place: NonZeroU32) -> Self {
        let link = Arc::new(Link {
            beside: beside.clone(),
            place,
            next: AtomicU32::new(0),
            is_listed: AtomicBool::new(false),
        });
        Self { waker: Waker::from(link.clone()), link }
    }
}

/// Returns the number of a waitable, and its position.
fn number_and_position(id: WaitableId) -> (NonZeroU32, usize) {
    match id {
        WaitableId::Subtask(call) => (call.number(), call.position()),
        WaitableId::End(end) => (end.number(), end.position()),
    }
}

const fn position_of(number: NonZeroU32) -> usize {
    (number.get() - 1) as usize
}

#[cfg(test)]
mod tests {
    use crate::component::store::example_ids::ids;

    use super::*;

    fn id(generation: u32) -> WaitableId {
        WaitableId::Subtask(ids(generation).call)
    }

    #[test]
    fn what_waits_is_polled_after_it_was_woken() {
        let mut list = WaitList::new();
        let waker = list.waker(id(0)).expect("there is room");
        assert_eq!(list.put(id(0), 'a'), None);
        assert_eq!((list.take_woken(), list.count()), (0, 1));
        waker.wake_by_ref();
        waker.wake();
        assert!(list.has_woken());
        assert_eq!(list.take_woken(), 1);
        let (found, waiting, _) = list.take_next().expect("it was woken");
        assert_eq!((found, waiting, list.count()), (id(0), 'a', 0));
        assert!(list.take_next().is_none() && !list.has_woken());
    }

    #[test]
    fn what_nobody_wants_is_taken() {
        let mut list = WaitList::new();
        assert_eq!(list.put(id(0), 'a'), None);
        assert!(list.take_unwanted(|it| it == id(0)).is_empty());
        assert_eq!(list.take_unwanted(|_| false), [(id(0), 'a')]);
        assert_eq!(list.put(id(0), 'b'), None);
        assert_eq!((list.put(id(1), 'c'), list.count()), (Some('b'), 1));
        assert_eq!(list.put(id(0), 'b'), Some('c'));
        assert_eq!((list.take(id(1)), list.take(id(0)), list.take(id(0))), (None, Some('b'), None));
        assert_eq!(list.count(), 0);
    }

    #[test]
    fn what_rests_is_kept_and_not_counted() {
        let mut list = WaitList::new();
        let waker = list.waker(id(0)).expect("there is room");
        assert_eq!(list.put_resting(id(0), 'a'), None);
        assert_eq!((list.count(), list.take_woken()), (0, 0));
        waker.wake();
        assert_eq!(list.take_woken(), 1);
        let (found, waiting, _) = list.take_next().expect("it was woken");
        assert_eq!(list.put(found, waiting), None);
        assert_eq!(list.count(), 1);
        assert_eq!(list.put_resting(found, waiting), Some(waiting));
        assert_eq!((list.count(), list.take(id(0)), list.count()), (0, Some('a'), 0));
    }

    #[test]
    fn what_wakes_itself_is_polled_when_the_store_is_driven_again() {
        let mut list = WaitList::new();
        list.begin_drive();
        list.waker(id(0)).expect("there is room").wake();
        assert_eq!(list.put(id(0), 'a'), None);
        for _ in 0..MAX_YIELDS {
            assert_eq!(list.take_woken(), 1);
            let (found, waiting, waker) = list.take_next().expect("it was woken");
            waker.wake();
            list.polled(found, waiting);
        }
        assert_eq!(list.take_woken(), 0);
        assert!(list.has_woken());
        list.begin_drive();
        assert_eq!(list.take_woken(), 1);
    }
}
