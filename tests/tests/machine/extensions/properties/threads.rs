//! Host threads, compared with a model of the expected results.

use std::collections::VecDeque;

use proptest::prelude::*;
use weft_core::error::{Error, ExtensionError, Failure};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{FunctionId, InstanceId, SubtaskId, ThreadId};
use weft_core::thread::{SpawnedThreadId, ThreadEnd, ThreadSpawnConfig, ThreadStatus};

use super::Room;
use super::doing::{Doing, KEYS};
use crate::calls::{set_new, task_cancel};
use crate::guests::GuestMachine;
use crate::steps::{HOST, called_back, enters};

/// The error of a thread without a record.
const GONE: Error = Error::Unknown(Table::ThreadRecords);

/// The largest number of threads at once, which is below the limit.
const MOST: usize = 10;

/// The waiter of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiter {
    Host,
    Thread(usize),
}

/// A value of a thread: its key, the value, and its destructor.
type Local = (u32, u64, Option<u32>);

/// A thread in the model.
#[derive(Debug)]
struct Known {
    id: SpawnedThreadId,
    call: SubtaskId,
    machine_thread: ThreadId,
    instance: usize,
    parent: Option<usize>,
    waiter: Option<Waiter>,
    is_told: bool,
    end: Option<ThreadEnd>,
    is_forgotten: bool,
    /// The newest is last.
    locals: Vec<Local>,
}

/// An instance, with the set on which its threads wait.
#[derive(Clone, Copy, Debug)]
struct Place {
    instance: InstanceId,
    function: FunctionId,
    set: Option<u32>,
}

struct Play<L: ExtensionLimits> {
    world: GuestMachine<L>,
    room: Room,
    places: [Place; 2],
    threads: Vec<Known>,
    /// The ended threads with values, in the order in which they ended.
    ending: VecDeque<usize>,
    /// The number of values that were set.
    num_set: u64,
    /// The number of instances that have failed.
    num_failed: usize,
}

impl<L: ExtensionLimits> Play<L> {
    fn new(room: Room) -> Self {
        let mut world = GuestMachine::new();
        let places = [(); 2].map(|()| place(&mut world));
        let (threads, ending) = (Vec::new(), VecDeque::new());
        Self { world, room, places, threads, ending, num_set: 0, num_failed: 0 }
    }

    /// Returns the thread with this number, if there is one; the last ones are more likely.
    fn pick(&self, number: usize) -> Option<usize> {
        self.threads.len().checked_sub(number % self.threads.len().max(1) + 1)
    }

    fn known(&self) -> impl Iterator<Item = usize> {
        (0..self.threads.len()).filter(|it| !self.threads[*it].is_forgotten)
    }

    fn is_active(&self, thread: usize) -> bool {
        self.threads[thread].end.is_none()
    }

    fn is_waited_for(&self, thread: usize) -> bool {
        match self.threads[thread].waiter {
            None => false,
            Some(Waiter::Host) => true,
            Some(Waiter::Thread(joiner)) => self.is_active(joiner),
        }
    }

    /// Returns true if `thread` is `other`, or waits for it, directly or not.
    fn waits_for(&self, thread: usize, other: usize) -> bool {
        let waits_for = |it: &usize| self.threads[*it].waiter == Some(Waiter::Thread(thread));
        thread == other
            || self.is_active(thread)
                && self.known().filter(waits_for).any(|it| self.waits_for(it, other))
    }

    fn play(&mut self, doing: Doing) -> Result<(), TestCaseError> {
        match doing {
            Doing::Spawn { instance, parent } => {
                self.spawn(instance, parent.and_then(|it| self.pick(it)))?;
            }
            Doing::JoinBegin { thread, joiner } => {
                if let Some(thread) = self.pick(thread) {
                    self.join_begin(thread, joiner.and_then(|it| self.pick(it)))?;
                }
            }
            Doing::JoinCancel { thread } => {
                if let Some(thread) = self.pick(thread) {
                    let expected = self.expect_waiter(thread);
                    let id = self.threads[thread].id;
                    prop_assert_eq!(self.world.machine.threads().cancel_join(id), expected);
                    if expected.is_ok() {
                        self.threads[thread].waiter = None;
                    }
                }
            }
            Doing::JoinEnd { thread } => {
                if let Some(thread) = self.pick(thread) {
                    self.join_end(thread)?;
                }
            }
            Doing::End { thread, accepts, is_dropped_early } => {
                if let Some(thread) = self.pick(thread).filter(|it| self.is_active(*it)) {
                    self.end(thread, accepts, is_dropped_early);
                }
            }
            Doing::Fail { instance, by_trap } => self.fail(instance, by_trap)?,
            Doing::CleanUp => self.clean_up()?,
            Doing::Set { thread, key, destructor } => {
                if let Some(thread) = self.pick(thread) {
                    self.set(thread, key, destructor)?;
                }
            }
            Doing::Remove { thread, key } => {
                if let Some(thread) = self.pick(thread) {
                    self.remove(thread, key)?;
                }
            }
            Doing::Destroy => {
                self.destroy()?;
            }
        }
        self.check()
    }

    fn spawn(&mut self, instance: usize, parent: Option<usize>) -> Result<(), TestCaseError> {
        if self.known().count() == MOST {
            return Ok(());
        }
        let Place { function, set, .. } = self.places[instance];
        let parent_id = parent.map(|it| self.threads[it].id);
        let begun = self.world.machine.threads().spawn_ref(
            function,
            ThreadSpawnConfig::default(),
            parent_id,
        );
        if parent.is_some_and(|it| self.threads[it].is_forgotten) {
            prop_assert_eq!(begun.map(|_| ()), Err(Failure::Error(GONE)));
            return Ok(());
        }
        let (id, call, step) = begun.unwrap();
        let machine_thread = enters(&step, function);
        prop_assert_eq!(self.world.machine.threads().current(), Some(id));
        let set = set.unwrap_or_else(|| self.world.get(set_new()));
        self.places[instance].set = Some(set);
        prop_assert_eq!(self.world.exit_to_wait(set), HOST);
        let (waiter, end, locals) = (None, None, Vec::new());
        let (is_told, is_forgotten) = (false, false);
        self.threads.push(Known {
            id,
            call,
            machine_thread,
            instance,
            parent,
            waiter,
            is_told,
            end,
            is_forgotten,
            locals,
        });
        Ok(())
    }

    fn join_begin(&mut self, thread: usize, joiner: Option<usize>) -> Result<(), TestCaseError> {
        let joined = &self.threads[thread];
        let expected = if joined.is_forgotten {
            Err(GONE)
        } else if joined.is_told || self.is_waited_for(thread) {
            Err(ExtensionError::AlreadyJoined.into())
        } else {
            match joiner {
                Some(joiner) if self.threads[joiner].is_forgotten => Err(GONE),
                Some(joiner) if !self.is_active(joiner) => Err(ExtensionError::ThreadEnded.into()),
                Some(joiner) if self.waits_for(thread, joiner) => {
                    Err(ExtensionError::JoinCycle.into())
                }
                None | Some(_) => Ok(()),
            }
        };
        let [id, joiner_id] = [Some(thread), joiner].map(|it| it.map(|it| self.threads[it].id));
        let begun = self.world.machine.threads().begin_join(id.unwrap(), joiner_id);
        prop_assert_eq!(begun, expected);
        if expected.is_ok() {
            self.threads[thread].waiter = Some(joiner.map_or(Waiter::Host, Waiter::Thread));
        }
        Ok(())
    }

    fn expect_waiter(&self, thread: usize) -> Result<(), Error> {
        match (self.threads[thread].is_forgotten, self.is_waited_for(thread)) {
            (true, _) => Err(GONE),
            (false, false) => Err(ExtensionError::NotJoined.into()),
            (false, true) => Ok(()),
        }
    }

    fn join_end(&mut self, thread: usize) -> Result<(), TestCaseError> {
        let expected = self.expect_waiter(thread).map(|()| self.threads[thread].end);
        let id = self.threads[thread].id;
        prop_assert_eq!(self.world.machine.threads().end_join(id), expected);
        if let Ok(Some(_)) = expected {
            self.threads[thread].waiter = None;
            self.threads[thread].is_told = true;
        }
        Ok(())
    }

    fn end(&mut self, thread: usize, accepts: bool, is_dropped_early: bool) {
        let Known { call, machine_thread, .. } = self.threads[thread];
        let step = self.world.machine.cancel_call(call).unwrap();
        called_back(&step, machine_thread);
        let end = if accepts {
            self.world.run(task_cancel());
            ThreadEnd::Cancelled
        } else {
            self.world.task_return(None);
            ThreadEnd::Completed
        };
        if is_dropped_early {
            self.world.machine.drop_call(call).unwrap();
        }
        assert_eq!(self.world.exit(), HOST);
        if !is_dropped_early {
            self.world.machine.drop_call(call).unwrap();
        }
        self.ended(thread, end);
    }

    fn ended(&mut self, thread: usize, end: ThreadEnd) {
        self.threads[thread].end = Some(end);
        if !self.threads[thread].locals.is_empty() {
            self.ending.push_back(thread);
        }
    }

    fn fail(&mut self, instance: usize, by_trap: bool) -> Result<(), TestCaseError> {
        if self.num_failed == 8 {
            return Ok(());
        }
        self.num_failed += 1;
        let failed = self.places[instance].instance;
        let of_it = |it: &usize| self.threads[*it].instance == instance && self.is_active(*it);
        let mut threads: Vec<usize> = self.known().filter(of_it).collect();
        threads.sort_by_key(|it| self.threads[*it].id);
        if by_trap {
            self.world.machine.lock_down_instance(failed).unwrap();
        }
        for thread in &threads {
            self.ended(*thread, ThreadEnd::Failed);
        }
        if by_trap {
            self.check()?;
        }
        self.world.instances.retain(|it| *it != failed);
        self.world.machine.remove_instance(failed).unwrap();
        for thread in threads {
            self.world.machine.drop_call(self.threads[thread].call).unwrap();
        }
        self.places[instance] = place(&mut self.world);
        Ok(())
    }

    fn clean_up(&mut self) -> Result<(), TestCaseError> {
        let mut forgotten = 0;
        for thread in &mut self.threads {
            if thread.is_told && thread.locals.is_empty() && !thread.is_forgotten {
                thread.is_forgotten = true;
                forgotten += 1;
            }
        }
        prop_assert_eq!(self.world.machine.threads().clean_up(), Ok(forgotten));
        Ok(())
    }

    /// Returns an error unless a thread can get values.
    fn expect_alive(&self, thread: usize) -> Result<(), Error> {
        match (self.threads[thread].is_forgotten, self.is_active(thread)) {
            (true, _) => Err(GONE),
            (false, false) => Err(ExtensionError::ThreadEnded.into()),
            (false, true) => Ok(()),
        }
    }

    fn take(&mut self, thread: usize, key: u32) -> Option<Local> {
        let locals = &mut self.threads[thread].locals;
        let position = locals.iter().position(|it| it.0 == key)?;
        Some(locals.remove(position))
    }

    fn set(
        &mut self,
        thread: usize,
        key: u32,
        destructor: Option<u32>,
    ) -> Result<(), TestCaseError> {
        let value = self.num_set;
        self.num_set += 1;
        let id = self.threads[thread].id;
        let set = self.world.machine.threads().set_local(id, key, value, destructor);
        let expected = self.expect_alive(thread);
        let locals = &self.threads[thread].locals;
        let is_full = self.room.locals == Some(locals.len());
        if expected.is_ok() && is_full && locals.iter().all(|it| it.0 != key) {
            prop_assert_eq!(set, Err(Error::Full(Table::ThreadLocals)));
            return Ok(());
        }
        let expected = expected.map(|()| self.take(thread, key).map(|it| it.1.into()));
        prop_assert_eq!(&set, &expected);
        if expected.is_ok() {
            self.threads[thread].locals.push((key, value, destructor));
        }
        Ok(())
    }

    fn remove(&mut self, thread: usize, key: u32) -> Result<(), TestCaseError> {
        let expected = self.expect_alive(thread);
        let expected = expected.map(|()| self.take(thread, key).map(|it| it.1.into()));
        let id = self.threads[thread].id;
        prop_assert_eq!(self.world.machine.threads().remove_local(id, key), expected);
        Ok(())
    }

    /// Takes the next value whose destructor must run, and returns true if there was one.
    fn destroy(&mut self) -> Result<bool, TestCaseError> {
        let mut expected = None;
        while let (None, Some(thread)) = (expected, self.ending.front().copied()) {
            let ended = &mut self.threads[thread];
            if let Some((key, value, Some(destructor))) = ended.locals.pop() {
                expected = Some((ended.id, key, value, destructor));
            }
            if ended.locals.is_empty() {
                self.ending.pop_front();
            }
        }
        let heard = self.world.machine.threads().next_destructor().unwrap();
        let heard =
            heard.map(|it| (it.thread, it.key, it.value.get::<u64>().unwrap(), it.destructor));
        prop_assert_eq!(heard, expected);
        Ok(heard.is_some())
    }

    /// Checks the visible state against the model.
    fn check(&mut self) -> Result<(), TestCaseError> {
        let known = self.known().count();
        let active = self.known().filter(|it| self.is_active(*it)).count();
        prop_assert_eq!(
            (self.world.machine.threads().count(), self.world.machine.threads().active_count()),
            (known, active)
        );
        for number in 0..self.threads.len() {
            self.check_thread(number)?;
        }
        Ok(())
    }

    fn check_thread(&mut self, number: usize) -> Result<(), TestCaseError> {
        let is_waited_for = self.is_waited_for(number);
        let thread = &self.threads[number];
        let id = thread.id;
        let is_child = |it: &usize| self.threads[*it].parent == Some(number);
        let mut children: Vec<_> =
            self.known().filter(is_child).map(|it| self.threads[it].id).collect();
        if thread.is_forgotten {
            prop_assert_eq!(self.world.machine.threads().status(id), Err(GONE));
            prop_assert_eq!(self.world.machine.threads().get_local(id, 0), Err(GONE));
            return Ok(());
        }
        let status = match (thread.end, is_waited_for) {
            (Some(end), _) => end.into(),
            (None, true) => ThreadStatus::Joining,
            (None, false) => ThreadStatus::Running,
        };
        prop_assert_eq!(self.world.machine.threads().status(id), Ok(status));
        let machine_thread = thread.end.is_none().then_some(thread.machine_thread);
        prop_assert_eq!(self.world.machine.threads().machine_thread(id), Ok(machine_thread));
        let parent = thread.parent.map(|it| &self.threads[it]).filter(|it| !it.is_forgotten);
        prop_assert_eq!(self.world.machine.threads().parent(id), Ok(parent.map(|it| it.id)));
        let mut found: Vec<_> = self.world.machine.threads().children(id).unwrap().collect();
        children.sort_unstable();
        found.sort_unstable();
        prop_assert_eq!(found, children);
        prop_assert_eq!(self.world.machine.threads().has_locals(id), Ok(!thread.locals.is_empty()));
        for key in 0..KEYS {
            let local = thread.locals.iter().find(|it| it.0 == key).map(|it| it.1.into());
            prop_assert_eq!(self.world.machine.threads().get_local(id, key), Ok(local.as_ref()));
        }
        Ok(())
    }

    /// Stops all threads, joins them, and asserts that nothing is left.
    fn leave(mut self) -> Result<(), TestCaseError> {
        for thread in 0..self.threads.len() {
            if self.is_active(thread) {
                self.end(thread, true, false);
            }
        }
        for thread in 0..self.threads.len() {
            if !self.threads[thread].is_told {
                if !self.is_waited_for(thread) {
                    self.join_begin(thread, None)?;
                }
                self.join_end(thread)?;
            }
        }
        while self.destroy()? {}
        self.clean_up()?;
        self.check()?;
        self.world.clean_up();
        Ok(())
    }
}

/// Creates an instance with a function for threads.
fn place<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> Place {
    let instance = world.instance();
    Place { instance, function: world.callback(instance), set: None }
}

/// Performs the operations, compared with the model.
pub(super) fn threads_agree_with_the_model<L: ExtensionLimits>(
    doings: &[Doing],
    room: Room,
) -> Result<(), TestCaseError> {
    let mut play = Play::<L>::new(room);
    for doing in doings {
        play.play(*doing)?;
    }
    play.leave()
}
