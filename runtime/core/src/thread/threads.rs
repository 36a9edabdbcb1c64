//! The host's view of threads.

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

/// The threads that the host has begun in a store or machine. This is a view, and a **host
/// extension**.
///
/// It is returned by `store.threads()` each time it is needed. See [`thread`](crate::thread).
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
    /// Calls a guest's function as a new task, whose implicit thread is the new thread.
    ///
    /// Returns the thread, its call, and the first step, as
    /// [`Machine::invoke`](crate::machine::Machine::invoke) does. The driver of the machine takes
    /// the step. A store of components has a `spawn_thread_ref` of its own, which takes the steps
    /// itself.
    ///
    /// If there is no room for the thread, or there are many threads, those that were joined are
    /// removed.
    ///
    /// # Errors
    ///
    /// After an error, nothing is begun.
    ///
    /// - [`Error::Unknown`] if there is no such parent, or if it isn't a lifted function.
    /// - [`Error::Full`] if there is no room in [`Table::ThreadRecords`], or for the records of a
    ///   call.
    /// - [`MachineError::GuestHasControl`](crate::error::MachineError::GuestHasControl) if a guest
    ///   runs.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
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

    /// Records a thread whose call the caller begins next, by
    /// [`Machine::invoke`](crate::machine::Machine::invoke). It is for drivers that call that
    /// themselves, as a store does.
    ///
    /// If the call can't begin, call [`give_up`](Self::give_up).
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`] if a guest runs.
    /// - [`Error::Unknown`] if there is no such parent.
    /// - [`Error::Full`] if there is no room in [`Table::ThreadRecords`].
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

    /// Removes a thread that will not be joined, because its call could not begin or failed at
    /// once. If it has values, their destructors run as usual.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn give_up(&mut self, thread: SpawnedThreadId) -> Result<(), Error> {
        self.machine.hooks.threads.give_up(thread)
    }

    /// Begins a thread as [`spawn_ref`](Self::spawn_ref) does, by the number of its function in
    /// `table`.
    ///
    /// The driver lowers the arguments and checks their types, as a store of components does in
    /// its own `spawn_thread_indirect`.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] with [`Table::Functions`] if there is no such number.
    /// - [`Error::Unknown`] if there is no such parent.
    /// - [`Error::Full`] if there is no room in [`Table::ThreadRecords`], or for the records of a
    ///   call.
    /// - [`MachineError::GuestHasControl`](crate::error::MachineError::GuestHasControl) if a guest
    ///   runs.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
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

    /// Returns the thread that runs, or that calls the host function which has control. Returns
    /// `None` if the host did not begin it.
    pub fn current(&mut self) -> Option<SpawnedThreadId> {
        self.machine.hooks.threads.of_thread(self.machine.running_thread_id()?)
    }

    /// Returns the status of a thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
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

    /// Returns the settings that a thread was begun with.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn config(&self, thread: SpawnedThreadId) -> Result<ThreadSpawnConfig, Error> {
        Ok(self.machine.hooks.threads.get(thread)?.config)
    }

    /// Returns the machine's thread, or `None` after it has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn machine_thread(&self, thread: SpawnedThreadId) -> Result<Option<ThreadId>, Error> {
        let record = self.machine.hooks.threads.get(thread)?;
        Ok(record.begun.filter(|_| record.end.is_none()).map(|begun| begun.thread))
    }

    /// Returns the call whose task the thread runs for.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn call(&self, thread: SpawnedThreadId) -> Result<SubtaskId, Error> {
        let begun = self.machine.hooks.threads.get(thread)?.begun;
        begun.map(|begun| begun.call).ok_or(Error::Unknown(Table::ThreadRecords))
    }

    /// Returns the parent of a thread, which is the thread that it was begun for. Returns `None` if
    /// it has no parent, or after the parent's record was removed.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn parent(&self, thread: SpawnedThreadId) -> Result<Option<SpawnedThreadId>, Error> {
        let threads = &self.machine.hooks.threads;
        Ok(threads.get(thread)?.parent.filter(|parent| threads.key(*parent).is_ok()))
    }

    /// Returns the children of a thread, which are the threads that were begun for it.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn children(
        self,
        thread: SpawnedThreadId,
    ) -> Result<impl Iterator<Item = SpawnedThreadId> + use<'a, L, C>, Error> {
        let threads = &self.machine.hooks.threads;
        threads.key(thread)?;
        let children = threads.iter().filter(move |(_, record)| record.parent == Some(thread));
        Ok(children.filter_map(|(key, _)| threads.id(key).ok()))
    }

    /// Returns the number of recorded threads: those that run, those that were not joined, and
    /// those that were joined and are not [removed](Self::clean_up) yet.
    pub fn count(&self) -> usize {
        self.machine.hooks.threads.len()
    }

    /// Returns the number of recorded threads that have not ended.
    pub fn active_count(&self) -> usize {
        self.machine.hooks.threads.iter().filter(|(_, record)| record.end.is_none()).count()
    }

    /// Returns the number of threads that run at the same time, which is 1, because they take
    /// turns.
    #[must_use]
    pub const fn available_parallelism(&self) -> u32 {
        1
    }

    /// Begins to wait for the end of a thread. The joiner, which waits, is another thread, or the
    /// host if it is `None`. A joiner may wait for several threads. After a joiner has ended, it
    /// waits for none of them.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ExtensionError::AlreadyJoined`] if the thread is waited for, or its end was returned.
    /// - [`ExtensionError::JoinCycle`] if the thread is the joiner itself, or waits for it,
    ///   directly or through others.
    /// - [`ExtensionError::ThreadEnded`] if the joiner has ended.
    /// - [`Error::Unknown`] if one of the threads doesn't exist.
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// # use weft::host::ExtendedMachine;
    /// # use weft::limits::Heap;
    /// use weft::error::ExtensionError;
    /// use weft::thread::ThreadSpawnConfig;
    ///
    /// # let mut machine = ExtendedMachine::<Heap>::default();
    /// let thread = machine.threads().prepare(ThreadSpawnConfig::default(), None)?;
    /// machine.threads().begin_join(thread, None)?;
    /// assert_eq!(
    ///     machine.threads().begin_join(thread, None),
    ///     Err(ExtensionError::AlreadyJoined.into()),
    /// );
    /// assert_eq!(machine.threads().end_join(thread)?, None); // It has not ended.
    /// machine.threads().cancel_join(thread)?;
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
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

    /// Stops waiting for the end of a thread, so that another joiner may begin.
    ///
    /// # Errors
    ///
    /// - [`ExtensionError::NotJoined`] if the thread isn't waited for.
    /// - [`Error::Unknown`] if it doesn't exist.
    pub fn cancel_join(&mut self, thread: SpawnedThreadId) -> Result<(), Error> {
        self.waited_for(thread)?.join = Join::Open;
        Ok(())
    }

    /// Returns the end of a thread that is [waited for](Self::begin_join), once, or `None` if it
    /// has not ended.
    ///
    /// # Errors
    ///
    /// - [`ExtensionError::NotJoined`] if the thread isn't waited for.
    /// - [`Error::Unknown`] if it doesn't exist.
    pub fn end_join(&mut self, thread: SpawnedThreadId) -> Result<Option<ThreadEnd>, Error> {
        let record = self.waited_for(thread)?;
        if record.end.is_some() {
            record.join = Join::Done;
        }
        Ok(record.end)
    }

    /// Returns the record of a thread that is waited for.
    fn waited_for(&mut self, thread: SpawnedThreadId) -> Result<&mut ThreadRecord<L>, Error> {
        let threads = &mut self.machine.hooks.threads;
        if !threads.is_waited_for(threads.get(thread)?) {
            return Err(ExtensionError::NotJoined.into());
        }
        threads.get_mut(thread)
    }

    /// Removes the threads that have ended and were joined, and whose destructors have run.
    /// Returns their number.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn clean_up(&mut self) -> Result<usize, Error> {
        self.machine.hooks.threads.clean_up()
    }

    /// Returns a value of a thread.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn get_local(
        self,
        thread: SpawnedThreadId,
        key: u32,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.hooks.threads.get(thread)?;
        Ok(record.position(key).and_then(|it| record.locals.get(it)).map(|local| &local.value))
    }

    /// Returns `true` if a thread has values. It has none after it has ended and their
    /// destructors have run.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the thread doesn't exist.
    pub fn has_locals(&self, thread: SpawnedThreadId) -> Result<bool, Error> {
        Ok(self.machine.hooks.threads.get(thread)?.locals.len() > 0)
    }

    /// Sets a value of a thread, and returns the one before, whose destructor doesn't run. The new
    /// value counts as the thread's newest.
    ///
    /// `destructor` is a number that the host chooses. The host gets it with the value after the
    /// thread has ended: see [`next_destructor`](Self::next_destructor). On a store of
    /// components, it is a number that `Store::add_thread_destructor` returned.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ExtensionError::ThreadEnded`] if the thread has ended.
    /// - [`ExtensionError::UnknownDestructor`] if the number of destructors
    ///   [is set](crate::host::ExtendedMachine::count_destructors), and none has this number.
    /// - [`Error::Full`] if there is no room in [`Table::ThreadLocals`].
    /// - [`ExtensionError::ValueTooLong`] if a bounded machine has no room for the value.
    /// - [`Error::Unknown`] if the thread doesn't exist.
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// # use weft::host::ExtendedMachine;
    /// # use weft::limits::Heap;
    /// use weft::thread::ThreadSpawnConfig;
    ///
    /// # let mut machine = ExtendedMachine::<Heap>::default();
    /// let thread = machine.threads().prepare(ThreadSpawnConfig::default(), None)?;
    /// machine.threads().set_local(thread, 1, 7_i32, None)?;
    /// assert_eq!(machine.threads().get_local(thread, 1)?, Some(&7_i32.into()));
    /// machine.threads().remove_local(thread, 1)?;
    /// assert!(!machine.threads().has_locals(thread)?);
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
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
            return Err(ExtensionError::UnknownDestructor { number }.into());
        }
        let value = value.into_context_value()?;
        let record = self.alive(thread)?;
        // If the key had a value, there is room for one.
        let before = record.take_local(key);
        let local = ThreadLocal { key, value, destructor };
        record.locals.push(local).map_err(|_| Error::Full(Table::ThreadLocals))?;
        Ok(before.map(|local| local.value))
    }

    /// Removes a value of a thread, and returns it. Its destructor doesn't run.
    ///
    /// # Errors
    ///
    /// - [`ExtensionError::ThreadEnded`] if the thread has ended.
    /// - [`Error::Unknown`] if it doesn't exist.
    pub fn remove_local(
        &mut self,
        thread: SpawnedThreadId,
        key: u32,
    ) -> Result<Option<ContextValue<L>>, Error> {
        Ok(self.alive(thread)?.take_local(key).map(|local| local.value))
    }

    /// Returns the record of a thread that has not ended.
    fn alive(&mut self, thread: SpawnedThreadId) -> Result<&mut ThreadRecord<L>, Error> {
        let record = self.machine.hooks.threads.get_mut(thread)?;
        if record.end.is_some() { Err(ExtensionError::ThreadEnded.into()) } else { Ok(record) }
    }

    /// Returns the next value whose destructor has to run. Each value is returned once. Threads
    /// come in the order in which they ended, and the newest value of a thread comes first. Values
    /// without a destructor are dropped.
    ///
    /// A store of components runs its destructors itself.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn next_destructor(&mut self) -> Result<Option<ThreadDestructor<L>>, Error> {
        self.machine.hooks.threads.next_destructor()
    }
}
