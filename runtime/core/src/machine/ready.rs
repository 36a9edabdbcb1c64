//! The threads that are ready to run: the reference's `Store.waiting` and `Thread.ready`, in
//! constant time.
//!
//! The reference tests the condition of every waiting thread. Here, threads that wait for the
//! same condition are in one queue. A change of the exclusive lock, of backpressure or of a set's
//! events makes a whole queue ready, or stops it from being ready:
//!
//! | queue of an instance | ready if |
//! |---|---|
//! | `now` | always |
//! | `exclusive` | the lock is free |
//! | `enter` | there is no backpressure |
//! | `enter_exclusive` | there is no backpressure and the lock is free |
//! | each set's `waiters` | the set has an event |
//! | each set's `callback_waiters` | the set has an event and the lock is free |
//! | `freed` | always |
//! | `resolved` | never |
//!
//! While a guest of the instance is [held](Machine::hold_callers), only the threads in `resolved`
//! are ready in [`tick`](Machine::tick). A thread of the instance may run all the same, for the
//! host function that holds the guest. It lets others run as usual.
//!
//! Sets that have both waiters and events are in a list of their instance. Instances with a ready
//! thread are in a ring of the machine, and take turns. So the time of all this doesn't depend on
//! the number of waiting threads, except if a chooser skips some.

use crate::chooser::{Choice, Chooser, check_choice};
use crate::error::Error;
use crate::limits::{Limits, Storage as _};

use super::arena::Key;
use super::hooks::Hooks;
use super::list::Linked as _;
use super::observation::Action;
use super::record::frame::Frame;
use super::record::instance::{Instance, Queues};
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::WaitableSet;
use super::state::Machine;

/// The threads that are candidates for a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Among {
    /// The threads in an instance's thread table.
    Registered,
    /// Those, and the threads that wait to enter.
    All,
}

/// A place in the merge of an instance's queues.
#[derive(Clone, Copy, Debug)]
enum Place {
    Queue(Queue, Key<Thread>),
    Set(Key<WaitableSet>, Key<Thread>),
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Lets the chooser choose one of `count` possibilities.
    pub(crate) fn choose(&mut self, choice: Choice, count: u32) -> Result<u32, Error> {
        if count <= 1 {
            return Ok(0);
        }
        let chosen = check_choice(choice, count, self.chooser.choose(choice, count))?;
        self.observe(|_| Ok(Action::Chose { choice, count, chosen }));
        Ok(chosen)
    }

    /// Lets the chooser choose whether the current thread goes on at once, or lets others run
    /// first, which is the possibility `covering`. If a tick has resumed it, the next tick can
    /// resume it again, so that `covering` leads to all schedules.
    pub(crate) fn choose_to_go_on(&mut self, choice: Choice, covering: u32) -> Result<u32, Error> {
        const COUNT: u32 = 2;
        let is_resumed_by_tick = self.frames.len() == 1
            && matches!(self.top_frame(), Some(Frame::Host { is_tick: true, .. }));
        if !is_resumed_by_tick {
            return self.choose(choice, COUNT);
        }
        let chosen = self.chooser.choose_covered(choice, COUNT, covering);
        let chosen = check_choice(choice, COUNT, chosen)?;
        self.observe(|_| Ok(Action::Chose { choice, count: COUNT, chosen }));
        Ok(chosen)
    }

    /// Chooses among the ready threads of all instances, for `Store.tick`.
    pub(crate) fn choose_ready(&mut self) -> Result<Option<Key<Thread>>, Error> {
        let mut position = self.choose(Choice::Tick, self.ready_threads)?;
        let mut next = self.ready_instances.front();
        while let Some(instance) = next {
            let count = self.instances.get(instance)?.queues.counted;
            if position < count {
                self.ready_instances.remove(&mut self.instances, instance)?;
                self.ready_instances.push_back(&mut self.instances, instance)?;
                return self.ready_at(instance, Among::All, position);
            }
            position -= count;
            next = self.ready_instances.after(&self.instances, instance)?;
        }
        Ok(None)
    }

    /// Chooses among the ready threads in the thread table of `instance`.
    pub(crate) fn choose_registered(
        &mut self,
        instance: Key<Instance>,
        choice: Choice,
    ) -> Result<Option<Key<Thread>>, Error> {
        let count = self.count_ready(instance, Among::Registered)?;
        if count == 0 {
            return Ok(None);
        }
        let position = self.choose(choice, count)?;
        self.ready_at(instance, Among::Registered, position)
    }

    /// Returns `true` if a thread can run in `Store.tick`: `Thread.ready`.
    pub(crate) fn is_ready(&self, thread: Key<Thread>) -> Result<bool, Error> {
        let waiting = self.threads.get(thread)?;
        if self.instances.get(self.tasks.get(waiting.task)?.instance)?.held > 0 {
            return Ok(waiting.queue == Queue::Resolved);
        }
        self.is_ready_beside(thread)
    }

    /// Returns `true` if a thread can run now, for a thread that runs in the same instance:
    /// `Thread.ready`.
    pub(crate) fn is_ready_beside(&self, thread: Key<Thread>) -> Result<bool, Error> {
        let waiting = self.threads.get(thread)?;
        if waiting.state != ThreadActivity::Waiting {
            return Ok(false);
        }
        let instance = self.instances.get(self.tasks.get(waiting.task)?.instance)?;
        let has_event = |continuation| -> Result<bool, Error> {
            match continuation {
                Continuation::SetWait(set) | Continuation::CallbackWait(set) => {
                    Ok(self.sets.get(set)?.has_pending_event())
                }
                _ => Ok(false),
            }
        };
        let unlocked = instance.is_unlocked();
        Ok(match waiting.queue {
            Queue::Unlisted | Queue::Resolved => false,
            Queue::Now | Queue::Freed => true,
            Queue::Exclusive => unlocked,
            Queue::Enter => instance.backpressure == 0,
            Queue::EnterExclusive => instance.backpressure == 0 && unlocked,
            Queue::Set => has_event(waiting.continuation)?,
            Queue::SetCallback => unlocked && has_event(waiting.continuation)?,
        })
    }

    /// Adds `thread`, whose continuation is set, to `queue`.
    pub(crate) fn enqueue(&mut self, thread: Key<Thread>, queue: Queue) -> Result<(), Error> {
        self.waits += 1;
        let waiting = self.threads.get_mut(thread)?;
        waiting.set_ticket(self.waits);
        waiting.queue = queue;
        let (task, continuation) = (waiting.task, waiting.continuation);
        let instance = self.tasks.get(task)?.instance;
        match (queue, continuation) {
            (Queue::Set, Continuation::SetWait(set)) => {
                self.hide_set(set)?;
                self.sets.get_mut(set)?.waiters.push_back(&mut self.threads, thread)?;
                self.show_set(set)
            }
            (Queue::SetCallback, Continuation::CallbackWait(set)) => {
                self.hide_set(set)?;
                self.sets.get_mut(set)?.callback_waiters.push_back(&mut self.threads, thread)?;
                self.show_set(set)
            }
            _ => {
                if let Some(queue) = self.instances.get_mut(instance)?.queues.list_mut(queue) {
                    queue.push_back(&mut self.threads, thread)?;
                }
                self.count(instance)
            }
        }
    }

    /// Takes `thread` out of its queue.
    pub(crate) fn dequeue(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let waiting = self.threads.get_mut(thread)?;
        let queue = core::mem::replace(&mut waiting.queue, Queue::Unlisted);
        let (task, continuation) = (waiting.task, waiting.continuation);
        let instance = self.tasks.get(task)?.instance;
        match (queue, continuation) {
            (Queue::Set, Continuation::SetWait(set)) => {
                self.hide_set(set)?;
                self.sets.get_mut(set)?.waiters.remove(&mut self.threads, thread)?;
                self.show_set(set)
            }
            (Queue::SetCallback, Continuation::CallbackWait(set)) => {
                self.hide_set(set)?;
                self.sets.get_mut(set)?.callback_waiters.remove(&mut self.threads, thread)?;
                self.show_set(set)
            }
            _ => {
                if let Some(queue) = self.instances.get_mut(instance)?.queues.list_mut(queue) {
                    queue.remove(&mut self.threads, thread)?;
                }
                self.count(instance)
            }
        }
    }

    /// Moves a waiting thread to another queue.
    pub(crate) fn requeue(&mut self, thread: Key<Thread>, queue: Queue) -> Result<(), Error> {
        self.dequeue(thread)?;
        self.enqueue(thread, queue)
    }

    /// Takes `set` out of its instance's list, before its waiters or events change.
    pub(crate) fn hide_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        let hidden = self.sets.get(set)?;
        // For a set of the host it matters only if there are events, not which members have them.
        let Some(instance) = hidden.instance.filter(|_| hidden.links().are_set()) else {
            return Ok(());
        };
        let (plain, callback) = (hidden.waiters.len(), hidden.callback_waiters.len());
        let queues = &mut self.instances.get_mut(instance)?.queues;
        queues.set_waiters -= plain;
        queues.callback_waiters -= callback;
        queues.sets_with(plain > 0).remove(&mut self.sets, set)
    }

    /// Puts `set` into its instance's list if it has both events and waiters, after they have
    /// changed.
    pub(crate) fn show_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        let shown = self.sets.get(set)?;
        let Some(instance) = shown.instance else { return self.tell_of_set(set) };
        let (plain, callback) = (shown.waiters.len(), shown.callback_waiters.len());
        if shown.has_pending_event() && plain + callback > 0 {
            let queues = &mut self.instances.get_mut(instance)?.queues;
            queues.set_waiters += plain;
            queues.callback_waiters += callback;
            queues.sets_with(plain > 0).push_back(&mut self.sets, set)?;
        }
        self.count(instance)
    }

    /// Updates the number of ready threads of `instance`, after a condition of theirs has changed.
    pub(crate) fn count(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        let count = self.count_ready(instance, Among::All)?;
        let counted = &mut self.instances.get_mut(instance)?.queues.counted;
        let before = core::mem::replace(counted, count);
        self.ready_threads = self.ready_threads - before + count;
        match (before, count) {
            (0, 0) => Ok(()),
            (0, _) => self.ready_instances.push_back(&mut self.instances, instance),
            (_, 0) => self.ready_instances.remove(&mut self.instances, instance),
            _ => Ok(()),
        }
    }

    /// Returns the number of ready threads of `instance`.
    fn count_ready(&self, instance: Key<Instance>, among: Among) -> Result<u32, Error> {
        let instance = self.instances.get(instance)?;
        if instance.lockdown {
            return Ok(0);
        }
        let queues = &instance.queues;
        if instance.held > 0 && among == Among::All {
            return Ok(queues.len(Queue::Resolved));
        }
        let mut count = queues.len(Queue::Now) + queues.set_waiters;
        if instance.is_unlocked() {
            count += queues.len(Queue::Exclusive) + queues.callback_waiters;
        }
        if among == Among::All {
            count += queues.len(Queue::Freed);
        }
        if among == Among::All && instance.backpressure == 0 {
            count += queues.len(Queue::Enter);
            if instance.is_unlocked() {
                count += queues.len(Queue::EnterExclusive);
            }
        }
        Ok(count)
    }

    /// Returns the ready thread at `position` in an instance's queues, merged by their tickets.
    fn ready_at(
        &self,
        instance: Key<Instance>,
        among: Among,
        position: u32,
    ) -> Result<Option<Key<Thread>>, Error> {
        let instance = self.instances.get(instance)?;
        let mut places = self.first_places(instance, among)?;
        for _ in 0..position {
            self.next_ready(instance, &mut places)?;
        }
        self.next_ready(instance, &mut places)
    }

    /// Calls `visit` for each ready thread of an instance, in the order of their tickets.
    pub(crate) fn visit_ready_of(
        &self,
        instance: Key<Instance>,
        mut visit: impl FnMut(Key<Thread>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let instance = self.instances.get(instance)?;
        let mut places = self.first_places(instance, Among::All)?;
        while let Some(thread) = self.next_ready(instance, &mut places)? {
            visit(thread)?;
        }
        Ok(())
    }

    /// Returns the first place of each of an instance's queues whose threads are ready.
    fn first_places(&self, instance: &Instance, among: Among) -> Result<[Option<Place>; 7], Error> {
        let queues = &instance.queues;
        let unlocked = instance.is_unlocked();
        let entering = among == Among::All && instance.backpressure == 0;
        let callback_sets = queues.callback_sets.front().filter(|_| unlocked);
        let first = |queue| Some(Place::Queue(queue, queues.first(queue)?));
        if instance.held > 0 && among == Among::All {
            return Ok([first(Queue::Resolved), None, None, None, None, None, None]);
        }
        Ok([
            first(Queue::Now),
            first(Queue::Freed).filter(|_| among == Among::All),
            first(Queue::Exclusive).filter(|_| unlocked),
            first(Queue::Enter).filter(|_| entering),
            first(Queue::EnterExclusive).filter(|_| entering && unlocked),
            self.first_in_sets(queues.sets.front(), unlocked)?,
            self.first_in_sets(callback_sets, true)?,
        ])
    }

    /// Returns the next thread in merged queues, and moves its place on.
    fn next_ready(
        &self,
        instance: &Instance,
        places: &mut [Option<Place>],
    ) -> Result<Option<Key<Thread>>, Error> {
        let (queues, unlocked) = (&instance.queues, instance.is_unlocked());
        let Some(oldest) = self.oldest(places)? else { return Ok(None) };
        let (thread, next) = match *oldest {
            None => return Ok(None),
            Some(Place::Queue(queue, thread)) => match queues.list(queue) {
                Some(list) => {
                    (thread, list.after(&self.threads, thread)?.map(|it| Place::Queue(queue, it)))
                }
                None => (thread, None),
            },
            Some(Place::Set(set, thread)) => {
                (thread, self.next_in_sets(queues, set, thread, unlocked)?)
            }
        };
        *oldest = next;
        Ok(Some(thread))
    }

    /// Returns the place whose thread began to wait first.
    fn oldest<'a>(
        &self,
        places: &'a mut [Option<Place>],
    ) -> Result<Option<&'a mut Option<Place>>, Error> {
        let mut oldest: Option<(u64, &'a mut Option<Place>)> = None;
        for place in places {
            if let Some(Place::Queue(_, thread) | Place::Set(_, thread)) = *place {
                let ticket = self.threads.get(thread)?.ticket();
                if oldest.as_ref().is_none_or(|(before, _)| ticket < *before) {
                    oldest = Some((ticket, place));
                }
            }
        }
        Ok(oldest.map(|(_, place)| place))
    }

    /// Returns the first ready thread in the sets of `list`, from `set` on. Each set has one.
    fn first_in_sets(
        &self,
        set: Option<Key<WaitableSet>>,
        unlocked: bool,
    ) -> Result<Option<Place>, Error> {
        let Some(set) = set else { return Ok(None) };
        let [first, _] = self.waiters_in_turn(set, unlocked)?;
        Ok(first.map(|thread| Place::Set(set, thread)))
    }

    /// Returns the place after `thread`, which waits for `set`: in the set, or in the sets after
    /// it.
    fn next_in_sets(
        &self,
        queues: &Queues,
        set: Key<WaitableSet>,
        thread: Key<Thread>,
        unlocked: bool,
    ) -> Result<Option<Place>, Error> {
        let waited = self.sets.get(set)?;
        let queue = self.threads.get(thread)?.queue;
        let own = if queue == Queue::Set { &waited.waiters } else { &waited.callback_waiters };
        let next = own.after(&self.threads, thread)?;
        let next = match (next, self.waiters_in_turn(set, unlocked)?) {
            (None, [first, second]) if first == own.front() => second,
            (next, _) => next,
        };
        if let Some(thread) = next {
            return Ok(Some(Place::Set(set, thread)));
        }
        let list = if waited.waiters.len() > 0 { &queues.sets } else { &queues.callback_sets };
        self.first_in_sets(list.after(&self.sets, set)?, unlocked)
    }

    /// Returns the first waiter of a set that is not in a callback, and, if the lock is free, the
    /// first that is. The one that began to wait earlier is first.
    fn waiters_in_turn(
        &self,
        set: Key<WaitableSet>,
        unlocked: bool,
    ) -> Result<[Option<Key<Thread>>; 2], Error> {
        let set = self.sets.get(set)?;
        let plain = set.waiters.front();
        let callback = set.callback_waiters.front().filter(|_| unlocked);
        Ok(match (plain, callback) {
            (Some(waiter), Some(from_callback))
                if self.threads.get(waiter)?.ticket()
                    < self.threads.get(from_callback)?.ticket() =>
            {
                [plain, callback]
            }
            (_, Some(_)) => [callback, plain],
            (_, None) => [plain, None],
        })
    }
}
