//! Component instances, and the queues of their threads: the fields of the reference's
//! `ComponentInstance`.

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
    /// `true` if a thread whose record was put off has the exclusive lock.
    pub(crate) is_locked_by_deferred: bool,
    pub(crate) backpressure: u32,
    /// The number of frames of the instance's threads that are in held stacks.
    pub(crate) held: u32,
    pub(crate) may_leave: bool,
    /// `true` if it has trapped, and nothing of it may run again.
    pub(crate) lockdown: bool,
    /// Its function that was defined last.
    pub(crate) last_function: Option<Key<DefinedFunction>>,
    /// Its neighbors among the instances with a ready thread.
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
    /// Sets that have events, and at least one waiter that is not in a callback.
    pub(crate) sets: List<WaitableSet>,
    /// Sets that have events, and waiters that are all in callbacks.
    pub(crate) callback_sets: List<WaitableSet>,
    /// The number of waiters that are not in callbacks, of the sets of both lists.
    pub(crate) set_waiters: u32,
    /// The number of waiters that are in callbacks, of the sets of both lists.
    pub(crate) callback_waiters: u32,
    /// The number of all these threads that are ready, as the machine has counted them.
    pub(crate) counted: u32,
}

impl Queues {
    /// Returns the number of threads that wait to enter: `num_waiting_to_enter`.
    pub(crate) fn waiting_to_enter(&self) -> u32 {
        self.len(Queue::Enter) + self.len(Queue::EnterExclusive)
    }

    /// Returns the position of the list of `queue`, or `None` if it belongs to a set.
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

    /// Returns a list of sets that have both events and waiters. With `plain_waiters`, it is the
    /// one whose sets have a waiter that is not in a callback; otherwise, the other one.
    pub(crate) const fn sets_with(&mut self, plain_waiters: bool) -> &mut List<WaitableSet> {
        if plain_waiters { &mut self.sets } else { &mut self.callback_sets }
    }

    pub(crate) fn first(&self, queue: Queue) -> Option<Key<Thread>> {
        self.list(queue)?.front()
    }
}
