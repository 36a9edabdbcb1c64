//! What the host does with threads.

use crate::chooser::Chooser;
use crate::context::{ContextValue, IntoContextValue};
use crate::error::{Error, ExtensionError, Failure};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::limits::{Storage, Table};
use crate::machine::{FunctionId, Step, SubtaskId, ThreadId};

use super::record::{
    Join, SpawnedThreadId, ThreadDestructor, ThreadEnd, ThreadLocal, ThreadRecord,
    ThreadSpawnConfig, ThreadStatus,
};

/// A view of the threads that the host has begun in a machine: a **host extension**.
///
/// It is made from whatever has a machine with the host extensions, for as long as it is used. See
/// [`thread`](crate::thread).
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// assert_eq!(machine.threads().count(), 0);
/// assert_eq!(machine.threads().current(), None);
/// assert_eq!(machine.threads().available_parallelism(), 1);
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Threads<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<'a, L: ExtensionLimits, C: Chooser> Threads<'a, L, C> {
    /// Calls a guest's function as a new task, whose implicit thread is the thread: gives the
    /// thread, its call, and the first step, as [`Machine::invoke`](crate::machine::Machine::invoke)
    /// does. A store of components has a `spawn_thread_ref` of its own, which takes the steps.
    ///
    /// Threads that were joined are forgotten if there is no room for another, or there are many.
    ///
    /// The step is to be taken by whoever drives the machine, so this is for a bare one.
    ///
    /// # Errors
    ///
    /// After any, nothing is begun. [`Error::Unknown`] if there is no such parent;
    /// [`Error::Full`]: [`Table::ThreadRecords`]; those of
    /// [`Machine::invoke`](crate::machine::Machine::invoke).
    pub fn spawn_ref(
        &mut self,
        function: FunctionId,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<(SpawnedThreadId, SubtaskId, Step), Failure> {
        let thread = self.prepare(config, parent)?;
        match self.machine.invoke(function) {
            Ok((call, step)) => Ok((thread, call, step)),
            Err(failure) => {
                self.machine.hooks.threads.give_up(thread)?;
                Err(failure)
            }
        }
    }

    /// Notes down a thread whose call is begun next, by
    /// [`Machine::invoke`](crate::machine::Machine::invoke): for who calls that by itself, as a
    /// store does. If the call can't be begun, [`give_up`](Self::give_up) follows.
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`]; [`Error::Unknown`] if there is no such parent;
    /// [`Error::Full`]: [`Table::ThreadRecords`].
    ///
    /// [`MachineError::GuestHasControl`]: crate::error::MachineError::GuestHasControl
    pub fn prepare(
        &mut self,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThreadId, Error> {
        self.machine.check_host_has_control()?;
        let next = self.machine.next_thread_id()?;
        let threads = &mut self.machine.hooks.threads;
        parent.map(|parent| threads.key(parent)).transpose()?;
        threads.prepare(ThreadRecord::new(config, parent), next)
    }

    /// Gives up a thread that nobody will join: its call could not be begun, or failed at once. If
    /// it has values, they are destroyed as those of any other.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn give_up(&mut self, thread: SpawnedThreadId) -> Result<(), Error> {
        self.machine.hooks.threads.give_up(thread)
    }

    /// Begins a thread, as [`spawn_ref`](Self::spawn_ref), by the number that its
    /// function has in `table`. A machine has no arguments: their types are checked by whoever
    /// lowers them, as a store of components does in its own `spawn_thread_indirect`.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]: [`Table::Functions`], if there is no such number; those of
    /// [`spawn_ref`](Self::spawn_ref).
    pub fn spawn_indirect(
        &mut self,
        table: &[FunctionId],
        index: u32,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<(SpawnedThreadId, SubtaskId, Step), Failure> {
        let function = usize::try_from(index).ok().and_then(|it| table.get(it));
        let function = function.ok_or(Error::Unknown(Table::Functions))?;
        self.spawn_ref(*function, config, parent)
    }

    /// Returns the thread that runs, or that calls the host function which has control. Nothing if
    /// the host did not begin it.
    pub fn current(&mut self) -> Option<SpawnedThreadId> {
        self.machine.hooks.threads.of_thread(self.machine.running_thread_id()?)
    }

    /// How far a thread has come.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn status(&self, thread: SpawnedThreadId) -> Result<ThreadStatus, Error> {
        let threads = &self.machine.hooks.threads;
        let record = threads.get(thread)?;
        Ok(match (record.end, record.begun) {
            (Some(end), _) => end.into(),
            (None, _) if threads.is_waited_for(record) => ThreadStatus::Joining,
            (None, Some(begun)) if !self.machine.waits_to_enter(begun.thread) => {
                ThreadStatus::Running
            }
            (None, _) => ThreadStatus::Starting,
        })
    }

    /// What a thread was begun with.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn config(&self, thread: SpawnedThreadId) -> Result<ThreadSpawnConfig, Error> {
        Ok(self.machine.hooks.threads.get(thread)?.config)
    }

    /// The machine's thread, while it is not over.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn machine_thread(&self, thread: SpawnedThreadId) -> Result<Option<ThreadId>, Error> {
        let record = self.machine.hooks.threads.get(thread)?;
        Ok(record.begun.filter(|_| record.end.is_none()).map(|begun| begun.thread))
    }

    /// The call that a thread is.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn call(&self, thread: SpawnedThreadId) -> Result<SubtaskId, Error> {
        let begun = self.machine.hooks.threads.get(thread)?.begun;
        begun.map(|begun| begun.call).ok_or(Error::Unknown(Table::ThreadRecords))
    }

    /// The thread for which a thread was begun, while that is known.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn parent(&self, thread: SpawnedThreadId) -> Result<Option<SpawnedThreadId>, Error> {
        let threads = &self.machine.hooks.threads;
        Ok(threads.get(thread)?.parent.filter(|parent| threads.key(*parent).is_ok()))
    }

    /// The threads that were begun for a thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn children(
        self,
        thread: SpawnedThreadId,
    ) -> Result<impl Iterator<Item = SpawnedThreadId> + use<'a, L, C>, Error> {
        let threads = &self.machine.hooks.threads;
        threads.key(thread)?;
        let children = threads.iter().filter(move |(_, record)| record.parent == Some(thread));
        Ok(children.filter_map(|(key, _)| threads.id(key).ok()))
    }

    /// How many threads are known: those that run, those that nobody has joined, and those that
    /// were joined and are not [forgotten](Self::clean_up) yet.
    pub fn count(&self) -> usize {
        self.machine.hooks.threads.len()
    }

    /// How many of them are not over.
    pub fn active_count(&self) -> usize {
        self.machine.hooks.threads.iter().filter(|(_, record)| record.end.is_none()).count()
    }

    /// How many threads run at the same time: 1, as they take turns.
    #[must_use]
    pub const fn available_parallelism(&self) -> u32 {
        1
    }

    /// Somebody begins to wait for the end of a thread: another thread, or the host. A thread may
    /// wait for several; when it is over itself it waits for none of them, and others may.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ExtensionError::AlreadyJoined`] if somebody waits, or was told;
    /// [`ExtensionError::JoinCycle`] if the thread is the joiner itself, or waits for it, directly
    /// or not; [`ExtensionError::ThreadEnded`] if the joiner is over; [`Error::Unknown`].
    pub fn begin_join(
        &mut self,
        thread: SpawnedThreadId,
        joiner: Option<SpawnedThreadId>,
    ) -> Result<(), Error> {
        let threads = &mut self.machine.hooks.threads;
        let record = threads.get(thread)?;
        if record.join == Join::Done || threads.is_waited_for(record) {
            return Err(ExtensionError::AlreadyJoined.into());
        }
        if let Some(joiner) = joiner {
            if threads.get(joiner)?.end.is_some() {
                return Err(ExtensionError::ThreadEnded.into());
            }
            if threads.would_wait_for_itself(joiner, thread) {
                return Err(ExtensionError::JoinCycle.into());
            }
            threads.get_mut(joiner)?.has_joined = true;
        }
        threads.get_mut(thread)?.join = Join::Waited(joiner);
        Ok(())
    }

    /// Whoever began to wait for a thread does so no longer, and another may.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::NotJoined`] if nobody waits; [`Error::Unknown`].
    pub fn cancel_join(&mut self, thread: SpawnedThreadId) -> Result<(), Error> {
        self.waited_for(thread)?.join = Join::Open;
        Ok(())
    }

    /// How a thread has ended, for whoever [waits](Self::begin_join) for it, who is told
    /// once; nothing while it has not.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::NotJoined`] if nobody waits; [`Error::Unknown`].
    pub fn end_join(&mut self, thread: SpawnedThreadId) -> Result<Option<ThreadEnd>, Error> {
        let record = self.waited_for(thread)?;
        if record.end.is_some() {
            record.join = Join::Done;
        }
        Ok(record.end)
    }

    /// A thread that somebody waits for.
    fn waited_for(&mut self, thread: SpawnedThreadId) -> Result<&mut ThreadRecord<L>, Error> {
        let threads = &mut self.machine.hooks.threads;
        if !threads.is_waited_for(threads.get(thread)?) {
            return Err(ExtensionError::NotJoined.into());
        }
        threads.get_mut(thread)
    }

    /// Forgets the threads that are over and were joined, and whose destructors have run; says
    /// how many.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`], which is a mistake of Weft's.
    pub fn clean_up(&mut self) -> Result<usize, Error> {
        self.machine.hooks.threads.clean_up()
    }

    /// A value of a thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn get_local(
        self,
        thread: SpawnedThreadId,
        key: u32,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.hooks.threads.get(thread)?;
        Ok(record.position(key).and_then(|it| record.locals.get(it)).map(|local| &local.value))
    }

    /// Whether a thread has values: none any more, when it is over and their destructors have run.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn has_locals(&self, thread: SpawnedThreadId) -> Result<bool, Error> {
        Ok(self.machine.hooks.threads.get(thread)?.locals.len() > 0)
    }

    /// Sets a value of a thread, which is its newest then, and gives the one that the key had,
    /// whose destructor does not run. `destructor` is a number of the host's choice, which it is
    /// told with the value when the thread is over; see
    /// [`next_destructor`](Self::next_destructor). On a store of components it is one that
    /// `Store::add_thread_destructor` returned.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ExtensionError::ThreadEnded`] if the thread is over;
    /// [`ExtensionError::NoDestructor`] if destructors
    /// [are counted](crate::host::ExtendedMachine::count_destructors), and there is none with the
    /// number;
    /// [`Error::Full`]: [`Table::ThreadLocals`]; [`ExtensionError::ValueTooLong`];
    /// [`Error::Unknown`].
    pub fn set_local(
        &mut self,
        thread: SpawnedThreadId,
        key: u32,
        value: impl IntoContextValue<L>,
        destructor: Option<u32>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        if let (Some(number), Some(count)) =
            (destructor, self.machine.hooks.threads.num_destructors)
            && number >= count
        {
            return Err(ExtensionError::NoDestructor { number }.into());
        }
        let value = value.into_context_value()?;
        let record = self.alive(thread)?;
        // Where there was one, there is room for one.
        let before = record.take_local(key);
        let local = ThreadLocal { key, value, destructor };
        record.locals.push(local).map_err(|_| Error::Full(Table::ThreadLocals))?;
        Ok(before.map(|local| local.value))
    }

    /// Takes a value of a thread away, whose destructor does not run.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ThreadEnded`] if the thread is over; [`Error::Unknown`].
    pub fn remove_local(
        &mut self,
        thread: SpawnedThreadId,
        key: u32,
    ) -> Result<Option<ContextValue<L>>, Error> {
        Ok(self.alive(thread)?.take_local(key).map(|local| local.value))
    }

    fn alive(&mut self, thread: SpawnedThreadId) -> Result<&mut ThreadRecord<L>, Error> {
        let record = self.machine.hooks.threads.get_mut(thread)?;
        if record.end.is_some() { Err(ExtensionError::ThreadEnded.into()) } else { Ok(record) }
    }

    /// The next value whose destructor is to run: of the threads that are over, in the order in
    /// which they ended, the newest value first. Each is given once. Values that were set without
    /// a destructor are dropped.
    ///
    /// A store of components runs its destructors itself.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`], which is a mistake of Weft's.
    pub fn next_destructor(&mut self) -> Result<Option<ThreadDestructor<L>>, Error> {
        self.machine.hooks.threads.next_destructor()
    }
}
