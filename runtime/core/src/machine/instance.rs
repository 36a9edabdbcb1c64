//! Component instances: the reference's `ComponentInstance`, and what becomes of them when a
//! guest traps or the host is done with them.

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage, Table};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::{Hooks, ThreadEnd};
use super::record::frame::{Frame, Outstanding};
use super::record::instance::Instance;
use super::record::tables::{Handle, Tables};
use super::record::task::{Continuation, Thread, ThreadActivity};
use super::record::waitable::Callee;
use super::state::Machine;
use crate::id::InstanceId;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Lets each instance that is made from now on have at most so many handles, and at most so
    /// many threads, where the Component Model allows [`Limits::MAX_TABLE_LENGTH`], which is also
    /// the most that can be set: a guest that wants more traps with `table-full`. Each call has a
    /// thread, those of `realloc` and of the host, too; an instance in which there is no room for
    /// it traps as well.
    ///
    /// Whatever a guest can have without end has a handle or a thread index, so this bounds what a
    /// machine with growing tables keeps for guests.
    pub const fn set_max_table_length(&mut self, length: u32) {
        self.max_table_length =
            if length < L::MAX_TABLE_LENGTH { length } else { L::MAX_TABLE_LENGTH };
    }

    /// Makes a component instance.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Table::Instances`].
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#component-instances)
    pub fn new_instance(&mut self) -> Result<InstanceId, Error> {
        self.instances.reserve(1)?;
        let instance = self.instances.insert(Instance::new())?;
        let tables = Tables::new(self.max_table_length);
        if let Some(unused) = self.tables.get_mut(instance.position()) {
            *unused = tables;
        } else if self.tables.push(tables).is_err() {
            self.instances.remove(instance)?;
            return Err(Error::Full(Table::Instances));
        }
        self.instance_id(instance)
    }

    /// The tables of `instance`.
    pub(crate) fn tables(&self, instance: Key<Instance>) -> Result<&Tables<L>, Error> {
        self.tables.get(instance.position()).ok_or(Error::Unknown(Table::Instances))
    }

    /// The tables of `instance`.
    pub(crate) fn tables_mut(&mut self, instance: Key<Instance>) -> Result<&mut Tables<L>, Error> {
        self.tables.get_mut(instance.position()).ok_or(Error::Unknown(Table::Instances))
    }

    /// The instance that runs. To know it, no records are made.
    #[inline]
    pub(crate) fn current_instance(&self) -> Result<Key<Instance>, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        if self.deferred > 0 {
            return self.deferred_instance();
        }
        let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
        self.instance_of_thread(thread)
    }

    /// Whether `instance` trapped, after which nothing of it runs again.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn is_locked_down(&self, instance: InstanceId) -> Result<bool, Error> {
        Ok(self.instances.get(self.instance_key(instance)?)?.lockdown)
    }

    /// Returns how many instances were locked down until now. Whoever has copied something of that
    /// notices by it that there is more.
    #[must_use]
    pub const fn lockdowns(&self) -> u64 {
        self.lockdowns
    }

    /// Gives up what the host began last, after a guest trapped or the engine failed.
    ///
    /// Whatever an adapter can't finish ends here: a trap of core code, any
    /// [`Failure`] of a built-in or of a step. All calls that are nested in the host's last
    /// entry are over, and every instance that was part of them is locked down: none of its
    /// threads runs again, and entering it traps with
    /// [`CannotEnterComponentInstance`](Trap::CannotEnterComponentInstance). Other instances
    /// live on; what waits for a locked-down one waits until the host gives up, too.
    ///
    /// After a trap the machine takes nothing else: whatever it is told is
    /// [`MachineError::MustUnwind`]. Where the trap was inside of a call by the host that is nested
    /// in a host function, only that inner call is given up; if the outer one belongs to an
    /// instance that is locked down now, returning to it traps, too.
    ///
    /// [Component invariants](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-invariants)
    ///
    /// # Errors
    ///
    /// [`MachineError::NotEntered`] if the host has nothing begun.
    pub fn trapped(&mut self) -> Result<(), Error> {
        // What could not be made is given up by its frame.
        let looked = self.look();
        if self.frames.is_empty() {
            return Err(MachineError::NotEntered.into());
        }
        self.outstanding = Outstanding::Nothing;
        self.must_unwind = false;
        if let Some(thread) = self.current.take() {
            self.abandon(thread)?;
        }
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Host { .. } => break,
                Frame::HostCopy { end } => {
                    self.abandon_host_copy(end)?;
                    break;
                }
                frame => self.abandon_frame(frame)?,
            }
        }
        looked
    }

    /// Gives up a frame of a guest's, which was part of a call that trapped.
    pub(crate) fn abandon_frame(&mut self, frame: Frame) -> Result<(), Error> {
        match frame {
            Frame::Lower { thread, is_async, .. } => {
                let instance = self.abandon(thread)?;
                if is_async {
                    self.tables_mut(instance)?.handles.unreserve();
                }
                Ok(())
            }
            Frame::CancelSubtask { thread, .. } | Frame::Realloc { previous: Some(thread), .. } => {
                self.abandon(thread).map(|_| ())
            }
            Frame::Lift { instance, .. } => self.lock_down(instance),
            // Its records could not be made.
            Frame::Deferred(deferred) => {
                deferred.instance().map_or(Ok(()), |instance| self.lock_down(instance))
            }
            Frame::Host { .. }
            | Frame::HostCopy { .. }
            | Frame::Realloc { previous: None, .. }
            | Frame::RequestCancellation { .. } => Ok(()),
        }
    }

    /// Gives `thread` up, which was part of a call that trapped, and locks its instance down.
    pub(crate) fn abandon(&mut self, thread: Key<Thread>) -> Result<Key<Instance>, Error> {
        let abandoned = self.threads.get_mut(thread)?;
        abandoned.state = ThreadActivity::Abandoned;
        let instance = self.tasks.get(abandoned.task)?.instance;
        self.lock_down(instance)?;
        Ok(instance)
    }

    /// Locks one instance down, outside of any call: for a trap while its memory was read or
    /// written for a host function, such as one that takes its arguments late.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn lock_down_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.look()?;
        self.lock_down(self.instance_key(instance)?)
    }

    fn lock_down(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        if core::mem::replace(&mut self.instances.get_mut(instance)?.lockdown, true) {
            return Ok(());
        }
        self.lockdowns = self.lockdowns.wrapping_add(1);
        if H::LISTENS {
            let id = self.instance_id(instance)?;
            self.hooks.instance_locked_down(id)?;
        }
        self.count(instance)
    }

    /// Fails if `instance` may not be entered any more.
    pub(crate) fn check_enter(&self, instance: Key<Instance>) -> Result<(), Failure> {
        if self.instances.get(instance)?.lockdown {
            return Err(Trap::CannotEnterComponentInstance.into());
        }
        Ok(())
    }

    /// Removes a component instance with all it has: a **host extension**.
    ///
    /// Its threads never run again, and its tasks never resolve. Its handles are dropped without
    /// calling destructors, and its ends of streams and futures as if it had dropped them, so
    /// that whoever holds the other ends learns of it; calls that it made go on, and their
    /// results are dropped. Stacks on which a guest of it is [held](Self::hold_callers) are given
    /// up, as by a trap: that locks down all instances on them. Its functions go with it: a guest
    /// that calls one of them traps with `cannot-enter-component-instance`, and so does the host. Resources of its types have no
    /// destructor any more; types stay until [`remove_types`](Self::remove_types). This takes time
    /// with the size of the machine, not only with that of the instance.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`MachineError::InstanceRuns`] while one of its threads is part of a
    /// call that the host has begun; [`MachineError::OtherStep`] while a step is to be ended, or a
    /// trap to be [unwound](Self::trapped).
    pub fn remove_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.clear_instance(instance)?;
        let key = self.instance_key(instance)?;
        let mut last = self.instances.get(key)?.last_function;
        while let Some(function) = last {
            last = self.functions.remove(function)?.before;
        }
        self.hooks.instance_removed(instance)?;
        self.instances.remove(key)?;
        Ok(())
    }

    /// Fails if a component instance can't be [removed](Self::remove_instance) or
    /// [cleared](Self::clear_instance) now.
    ///
    /// # Errors
    ///
    /// Those of [`remove_instance`](Self::remove_instance).
    pub fn check_removable(&self, instance: InstanceId) -> Result<(), Error> {
        let instance = self.instance_key(instance)?;
        if self.must_unwind || self.outstanding != Outstanding::Nothing {
            return Err(MachineError::OtherStep.into());
        }
        // What is held in it is given up, with all on its stack, of which a guest may run.
        let is_held = self.instances.get(instance)?.held > 0;
        let guest_runs = if self.deferred > 0 {
            self.deferred_instance().is_ok()
        } else {
            self.current.is_some()
        };
        let mut runs = is_held && guest_runs;
        if let Some(thread) = self.current {
            runs |= self.instance_of_thread(thread)? == instance;
        }
        for frame in (0..self.frames.len()).filter_map(|position| self.frames.get(position)) {
            let found = match *frame {
                Frame::Realloc { previous: Some(thread), .. } => {
                    Some(self.instance_of_thread(thread)?)
                }
                Frame::Deferred(deferred) => deferred.instance(),
                frame => self.instance_of_frame(frame)?,
            };
            runs |= found == Some(instance);
        }
        if runs { Err(MachineError::InstanceRuns.into()) } else { Ok(()) }
    }

    pub(crate) fn instance_of_thread(&self, thread: Key<Thread>) -> Result<Key<Instance>, Error> {
        Ok(self.tasks.get(self.threads.get(thread)?.task)?.instance)
    }

    /// Locks a component instance down, and drops all it has: a **host extension**. Only the
    /// instance is left, and its functions, which trap when they are called.
    ///
    /// [`remove_instance`](Self::remove_instance) says what becomes of what it has.
    ///
    /// # Errors
    ///
    /// Those of [`remove_instance`](Self::remove_instance).
    pub fn clear_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.check_removable(instance)?;
        // Giving a stack up may lock callers down, of whom calls without records know nothing.
        self.look()?;
        let instance = self.instance_key(instance)?;
        self.lock_down(instance)?;
        while self.unwind_held_of(instance)? || self.unwind_held_of_gone()? {}
        // Threads first, so that no set has waiters and no waitable is waited for.
        for position in 0..self.threads.positions() {
            if let Some(thread) = self.thread_of(instance, position)? {
                self.drop_thread(thread)?;
            }
        }
        for position in 0..self.tasks.positions() {
            self.remove_task_of(instance, position)?;
        }
        for position in 0..self.waitables.positions() {
            self.remove_waitable_of(instance, position)?;
        }
        for index in 1..=self.tables(instance)?.handles.highest() {
            if let Some(handle) = self.tables(instance)?.handles.get(index) {
                self.remove_behind(handle)?;
            }
        }
        *self.tables_mut(instance)? = Tables::new(self.max_table_length);
        Ok(())
    }

    /// The thread at `position`, if there is one and it is of `instance`.
    pub(crate) fn thread_of(
        &self,
        instance: Key<Instance>,
        position: usize,
    ) -> Result<Option<Key<Thread>>, Error> {
        let Some(thread) = self.threads.key_at(position) else { return Ok(None) };
        let task = self.threads.get(thread)?.task;
        Ok((self.tasks.get(task)?.instance == instance).then_some(thread))
    }

    /// Drops a thread that never runs again.
    fn drop_thread(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let Thread { state, continuation, .. } = *self.threads.get(thread)?;
        if state == ThreadActivity::Waiting {
            self.stop_waiting(thread)?;
        }
        if let Continuation::Lower(waitable)
        | Continuation::Copy(waitable)
        | Continuation::CancelSubtask(waitable) = continuation
        {
            self.waitables.get_mut(waitable)?.waiter = None;
        }
        if let Continuation::Held(stack) = continuation {
            self.drop_held(thread, stack.into())?;
        }
        self.remove_thread(thread, ThreadEnd::Failed)?;
        Ok(())
    }

    /// Removes the task at `position`, if there is one and it is of `instance`.
    fn remove_task_of(&mut self, instance: Key<Instance>, position: usize) -> Result<(), Error> {
        let Some(task) = self.tasks.key_at(position) else { return Ok(()) };
        if self.tasks.get(task)?.instance == instance {
            let caller = self.remove_task(task)?.caller;
            if let Some(caller) = caller {
                self.subtask_mut(caller)?.callee = Callee::Gone;
            }
        }
        Ok(())
    }

    /// Removes the waitable at `position`, if there is one and `instance` has it.
    fn remove_waitable_of(
        &mut self,
        instance: Key<Instance>,
        position: usize,
    ) -> Result<(), Error> {
        let Some(waitable) = self.waitables.key_at(position) else { return Ok(()) };
        if self.waitables.get(waitable)?.owner != Some(instance) {
            return Ok(());
        }
        if self.is_subtask(waitable)? {
            self.abandon_subtask(waitable)
        } else {
            self.drop_end(waitable)
        }
    }

    /// Removes what a handle stands for, without any of the rules that hold for guests;
    /// waitables are gone already.
    fn remove_behind(&mut self, handle: Handle) -> Result<(), Error> {
        match handle {
            Handle::Resource(resource) => self.resources.remove(resource).map(|_| ()),
            Handle::WaitableSet(set) => self.sets.remove(set).map(|_| ()),
            Handle::ErrorContext(error_context) => self.release(error_context),
            Handle::Waitable(_) => Ok(()),
        }
    }
}
