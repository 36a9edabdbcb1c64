//! Component instances, and the queues of their threads. The reference's `ComponentInstance`, as it
//! is kept.

use crate::machine::arena::Key;
use crate::machine::list::{Linked, Links, List};

use super::definition::DefinedFunction;
use super::task::{Queue, Thread};
use super::waitable::WaitableSet;

/// A component instance.
#[derive(Debug)]
pub(crate) struct Instance {
    pub(crate) queues: Queues,
    pub(crate) exclusive_thread: Option<Key<Thread>>,
    /// `true` if a thread has the exclusive lock that has no record yet.
    pub(crate) is_locked_by_deferred: bool,
    pub(crate) backpressure: u32,
    /// How many frames of the instance's threads are in held stacks.
    pub(crate) held: u32,
    pub(crate) may_leave: bool,
    /// Whether it trapped, and nothing of it may run again.
    pub(crate) lockdown: bool,
    /// The function of it that was defined last.
    pub(crate) last_function: Option<Key<DefinedFunction>>,
    /// Its neighbours among the instances with a ready thread.
    links: Links<Instance>,
}

impl Instance {
    pub(crate) fn new() -> Self {
        Self {
            queues: Queues::default(),
            exclusive_thread: None,
            is_locked_by_deferred: false,
            backpressure: 0,
            held: 0,
            may_leave: true,
            lockdown: false,
            last_function: None,
            links: Links::default(),
        }
    }

    /// Returns `true` if no thread has the exclusive lock.
    #[inline]
    pub(crate) const fn is_unlocked(&self) -> bool {
        self.exclusive_thread.is_none() && !self.is_locked_by_deferred
    }
}

impl Linked for Instance {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

/// The queues of an instance.
#[derive(Debug, Default)]
pub(crate) struct Queues {
    /// `now`, `exclusive`, `enter`, `enter_exclusive`, `freed` and `resolved`.
    lists: [List<Thread>; 6],
    /// Sets with events and waiters not all of which are from callbacks.
    pub(crate) sets: List<WaitableSet>,
    /// Sets with events and waiters all of which are from callbacks.
    pub(crate) callback_sets: List<WaitableSet>,
    /// How many waiters the sets of both lists have that are not from callbacks.
    pub(crate) set_waiters: u32,
    /// How many waiters the sets of both lists have that are from callbacks.
    pub(crate) callback_waiters: u32,
    /// How many of all these threads are ready, as the machine has counted them.
    pub(crate) counted: u32,
}

impl Queues {
    /// `num_waiting_to_enter`
    pub(crate) fn waiting_to_enter(&self) -> u32 {
        self.len(Queue::Enter) + self.len(Queue::EnterExclusive)
    }

    /// Which of the lists `queue` is; none for those of sets.
    pub(crate) const fn position(queue: Queue) -> Option<usize> {
        match queue {
            Queue::Now => Some(0),
            Queue::Exclusive => Some(1),
            Queue::Enter => Some(2),
            Queue::EnterExclusive => Some(3),
            Queue::Freed => Some(4),
            Queue::Resolved => Some(5),
            Queue::Unlisted | Queue::Set | Queue::SetCallback => None,
        }
    }

    pub(crate) fn list(&self, queue: Queue) -> Option<&List<Thread>> {
        self.lists.get(Self::position(queue)?)
    }

    pub(crate) fn list_mut(&mut self, queue: Queue) -> Option<&mut List<Thread>> {
        self.lists.get_mut(Self::position(queue)?)
    }

    /// Returns `true` if no thread waits in any of them.
    #[inline]
    pub(crate) fn are_empty(&self) -> bool {
        self.lists.iter().all(|list| list.len() == 0)
            && self.sets.len() == 0
            && self.callback_sets.len() == 0
    }

    pub(crate) fn len(&self, queue: Queue) -> u32 {
        self.list(queue).map_or(0, List::len)
    }

    /// The list of the sets that have both events and waiters, some of which are not from
    /// callbacks, or all.
    pub(crate) const fn sets_with(&mut self, plain_waiters: bool) -> &mut List<WaitableSet> {
        if plain_waiters { &mut self.sets } else { &mut self.callback_sets }
    }

    pub(crate) fn first(&self, queue: Queue) -> Option<Key<Thread>> {
        self.list(queue)?.front()
    }
}
