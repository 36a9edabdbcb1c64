//! The table of the threads that the host has begun.

use crate::error::Error;
use crate::host::limits::ExtensionLimits;
use crate::id::{Id as _, InstanceId, SubtaskId, ThreadId};
use crate::limits::{Storage, Table};
use crate::machine::arena::{Arena, Key, Slot};
use crate::machine::list::List;
use crate::secondary_map::{SecondaryMap, SecondaryPlace};

use super::record::{Begun, Join, SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadRecord};

/// The key of the record of a machine's thread.
pub(crate) type Link<L> = Key<ThreadRecord<L>>;

/// The number of records that all stay, as long as there is room.
const FEW: usize = 64;

/// Records by the machine's threads.
type Links<L> = SecondaryMap<
    ThreadId,
    Link<L>,
    <L as ExtensionLimits>::ThreadRecords<SecondaryPlace<ThreadId, Link<L>>>,
>;

/// The threads that the host has begun.
pub(crate) struct ThreadTable<L: ExtensionLimits> {
    records: Arena<ThreadRecord<L>, L::ThreadRecords<Slot<ThreadRecord<L>>>>,
    /// The record of each of the machine's threads that has one and is not over.
    links: Links<L>,
    /// The threads that have ended and still have values.
    ending: List<ThreadRecord<L>>,
    /// The number of records at which those that aren't needed any longer are removed.
    clean_up_at: usize,
    /// The number of destructors, if it is set. They have the numbers below it.
    pub(crate) num_destructors: Option<u32>,
    /// The thread whose call the host begins next.
    spawning: Option<Link<L>>,
}

impl<L: ExtensionLimits> ThreadTable<L> {
    pub(crate) const fn new() -> Self {
        Self {
            records: Arena::new(Table::ThreadRecords),
            links: SecondaryMap::new(Table::ThreadRecords),
            ending: List::new(),
            clean_up_at: FEW,
            num_destructors: None,
            spawning: None,
        }
    }

    /// Sets the tag of the ids that are made from now on.
    pub(crate) const fn set_tag(&mut self, tag: u8) {
        self.records.set_tag(tag);
    }

    /// Returns `true` if the next call is that of a thread.
    #[inline]
    pub(crate) const fn is_spawning(&self) -> bool {
        self.spawning.is_some()
    }

    /// Returns the number of threads.
    pub(crate) const fn len(&self) -> usize {
        self.records.len()
    }

    /// Returns the key and the record of each thread.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Link<L>, &ThreadRecord<L>)> {
        let keys = (0..self.records.positions()).filter_map(|it| self.records.key_at(it));
        keys.filter_map(|key| Some((key, self.records.get(key).ok()?)))
    }

    pub(crate) fn id(&self, key: Link<L>) -> Result<SpawnedThreadId, Error> {
        let generation = self.records.generation(key)?;
        Ok(SpawnedThreadId { number: key.number(), generation })
    }

    pub(crate) fn key(&self, id: SpawnedThreadId) -> Result<Link<L>, Error> {
        self.records.key(id.number, id.generation)
    }

    pub(crate) fn get(&self, id: SpawnedThreadId) -> Result<&ThreadRecord<L>, Error> {
        self.records.get(self.key(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: SpawnedThreadId) -> Result<&mut ThreadRecord<L>, Error> {
        self.records.get_mut(self.key(id)?)
    }

    /// Returns `true` if the end of a thread is waited for. A joiner that has ended waits no
    /// longer.
    pub(crate) fn is_waited_for(&self, record: &ThreadRecord<L>) -> bool {
        match record.join {
            Join::Open | Join::Done => false,
            Join::Waited(None) => true,
            Join::Waited(Some(joiner)) => self.is_active(joiner),
        }
    }

    /// Returns `true` if, with `joiner` waiting for `thread`, a thread would wait for itself,
    /// directly or through others.
    pub(crate) fn would_wait_for_itself(
        &self,
        joiner: SpawnedThreadId,
        thread: SpawnedThreadId,
    ) -> bool {
        if joiner == thread {
            return true;
        }
        // A thread that has never waited does not wait for the joiner, however long the chain is.
        if !self.get(thread).is_ok_and(|record| record.has_joined) {
            return false;
        }
        // A thread may wait for several, but at most one waits for it.
        let mut next = Some(joiner);
        while let Some(waits) = next {
            if waits == thread {
                return true;
            }
            next = match self.get(waits).map(|record| record.join) {
                Ok(Join::Waited(Some(after))) if self.is_active(after) => Some(after),
                _ => None,
            };
        }
        false
    }

    fn is_active(&self, thread: SpawnedThreadId) -> bool {
        self.get(thread).is_ok_and(|record| record.end.is_none())
    }

    /// Records a thread whose call the host begins next. `next` will be the machine's thread.
    pub(crate) fn prepare(
        &mut self,
        record: ThreadRecord<L>,
        next: ThreadId,
    ) -> Result<SpawnedThreadId, Error> {
        if self.len() >= self.clean_up_at || self.records.reserve(1).is_err() {
            self.clean_up()?;
            // The next removal looks at all records again when there are twice as many.
            self.clean_up_at = (2 * self.len()).max(FEW);
        }
        self.records.reserve(1)?;
        self.links.reserve(next.position())?;
        let key = self.records.insert(record)?;
        self.spawning = Some(key);
        self.id(key)
    }

    /// Links the prepared thread, if there is one, to the implicit thread of a task that was
    /// made.
    #[inline]
    pub(crate) fn task_made(
        &mut self,
        thread: ThreadId,
        call: SubtaskId,
        instance: InstanceId,
    ) -> Result<(), Error> {
        let Some(key) = self.spawning.take() else { return Ok(()) };
        self.links.insert(thread, key)?;
        self.records.get_mut(key)?.begun = Some(Begun { thread, call, instance });
        Ok(())
    }

    /// Notes that the task of a thread of the machine was cancelled.
    pub(crate) fn cancelled(&mut self, thread: ThreadId) -> Result<(), Error> {
        if let Some(key) = self.links.get(thread) {
            self.records.get_mut(*key)?.is_cancelled = true;
        }
        Ok(())
    }

    /// Returns the record of a thread of the machine.
    pub(crate) fn of_thread(&self, thread: ThreadId) -> Option<SpawnedThreadId> {
        self.id(*self.links.get(thread)?).ok()
    }

    /// Records the end of a thread of the machine. If the host began it, its values have to be
    /// destroyed.
    #[inline]
    pub(crate) fn thread_ended(&mut self, thread: ThreadId, end: ThreadEnd) -> Result<(), Error> {
        match self.links.remove(thread) {
            Some(key) => self.ended(key, end),
            None => Ok(()),
        }
    }

    /// Fails all threads of an instance that is locked down, in the order in which they are
    /// recorded here.
    pub(crate) fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        for position in 0..self.records.positions() {
            let Some(key) = self.records.key_at(position) else { continue };
            let record = self.records.get(key)?;
            if let Some(begun) = record.begun
                && begun.instance == instance
                && record.end.is_none()
            {
                self.thread_ended(begun.thread, ThreadEnd::Failed)?;
            }
        }
        Ok(())
    }

    /// Removes a thread that will not be joined, because its call could not begin or failed at
    /// once. If it has values, their destructors run as usual.
    pub(crate) fn give_up(&mut self, id: SpawnedThreadId) -> Result<(), Error> {
        let key = self.key(id)?;
        self.spawning = self.spawning.filter(|spawning| *spawning != key);
        let record = self.records.get_mut(key)?;
        record.join = Join::Done;
        if record.begun.is_none() || record.is_over() {
            self.records.remove(key)?;
        }
        Ok(())
    }

    /// Records the end of a thread.
    fn ended(&mut self, key: Link<L>, end: ThreadEnd) -> Result<(), Error> {
        let record = self.records.get_mut(key)?;
        let is_cancelled = end == ThreadEnd::Completed && record.is_cancelled;
        record.end = Some(if is_cancelled { ThreadEnd::Cancelled } else { end });
        if record.locals.len() > 0 {
            self.ending.push_back(&mut self.records, key)?;
        }
        Ok(())
    }

    /// Returns the next value whose destructor has to run.
    pub(crate) fn next_destructor(&mut self) -> Result<Option<ThreadDestructor<L>>, Error> {
        while let Some(key) = self.ending.front() {
            let thread = self.id(key)?;
            let record = self.records.get_mut(key)?;
            let local = record.locals.pop();
            if record.locals.len() == 0 {
                self.ending.remove(&mut self.records, key)?;
            }
            if let Some(local) = local
                && let Some(destructor) = local.destructor
            {
                let (key, value) = (local.key, local.value);
                return Ok(Some(ThreadDestructor { thread, key, value, destructor }));
            }
        }
        Ok(None)
    }

    /// Removes the threads that were joined and have no values left. Returns their number.
    pub(crate) fn clean_up(&mut self) -> Result<usize, Error> {
        let mut forgotten = 0;
        for position in 0..self.records.positions() {
            if let Some(key) = self.records.key_at(position)
                && self.records.get(key)?.is_over()
            {
                self.records.remove(key)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }
}
