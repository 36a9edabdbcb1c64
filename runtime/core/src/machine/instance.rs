//! Component instances: the reference's `ComponentInstance`, and their end when a guest traps or
//! the host removes them.

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Storage, Table};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::{Hooks, ThreadEnd};
use super::observation::Action;
use super::record::frame::{Frame, Outstanding};
use super::record::instance::Instance;
use super::record::tables::{Handle, Tables};
use super::record::task::{Continuation, Thread, ThreadActivity};
use super::record::waitable::Callee;
use super::state::Machine;
use crate::id::InstanceId;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Sets the greatest number of handles, and of threads, of each instance that is made from now
    /// on.
    ///
    /// The limit of the Component Model, [`Limits::MAX_TABLE_LENGTH`], is the greatest value. A
    /// guest that wants more traps with `table-full`. Each call has a thread, even a call of
    /// `realloc` and a call by the host. A call also traps if its instance has no room for the
    /// thread.
    ///
    /// Everything that a guest can have in any number has a handle or a thread index. So this
    /// bounds the memory of a machine with growing tables.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::machine::Machine;
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// machine.set_max_table_length(100);
    /// let instance = machine.new_instance()?;
    /// # let _ = instance;
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub const fn set_max_table_length(&mut self, length: u32) {
        self.max_table_length =
            if length < L::MAX_TABLE_LENGTH { length } else { L::MAX_TABLE_LENGTH };
    }

    /// Creates a component instance.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in [`Table::Instances`].
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
        self.observe(|it| Ok(Action::InstanceMade { instance: it.instance_id(instance)? }));
        self.instance_id(instance)
    }

    /// Returns the tables of `instance`.
    pub(crate) fn tables(&self, instance: Key<Instance>) -> Result<&Tables<L>, Error> {
        self.tables.get(instance.position()).ok_or(Error::Unknown(Table::Instances))
    }

    /// Returns the tables of `instance`, to change them.
    pub(crate) fn tables_mut(&mut self, instance: Key<Instance>) -> Result<&mut Tables<L>, Error> {
        self.tables.get_mut(instance.position()).ok_or(Error::Unknown(Table::Instances))
    }

    /// Returns the instance that runs. It makes no records.
    #[inline]
    pub(crate) fn current_instance(&self) -> Result<Key<Instance>, Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        if self.deferred > 0 {
            return self.deferred_instance();
        }
        let thread = self.current.ok_or(MachineError::NoCurrentThread)?;
        self.instance_of_thread(thread)
    }

    /// Returns `true` if `instance` has trapped, after which nothing of it runs again.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the instance doesn't exist.
    pub fn is_locked_down(&self, instance: InstanceId) -> Result<bool, Error> {
        Ok(self.instances.get(self.instance_key(instance)?)?.lockdown)
    }

    /// Returns the number of instances that were locked down until now. As long as this number
    /// stays the same, so do the results of [`is_locked_down`](Self::is_locked_down).
    #[must_use]
    pub const fn lockdowns(&self) -> u64 {
        self.lockdowns
    }

    /// Gives up the host's last entry, after a guest trapped or the engine failed.
    ///
    /// This ends all that an adapter can't finish: a trap of core code, or any [`Failure`] of a
    /// built-in or of a step. All calls that are nested in the host's last entry are over, and
    /// every instance that was part of them is locked down. None of its threads runs again, and
    /// entering it traps with [`CannotEnterComponentInstance`](Trap::CannotEnterComponentInstance).
    /// Other instances live on. A call that waits for a locked-down instance waits until the host
    /// gives up that call, too.
    ///
    /// After a trap, the machine takes nothing else: every other method that acts fails with
    /// [`MachineError::MustUnwind`]. If the trap was inside of a call by the host that is nested
    /// in a host function, only that inner call is given up. If the outer call belongs to an
    /// instance that is now locked down, returning to it traps, too.
    ///
    /// [Component invariants](https://github.com/WebAssembly/component-model/blob/main/design/mvp/Explainer.md#component-invariants)
    ///
    /// # Errors
    ///
    /// [`MachineError::NotEntered`] if the host has begun nothing.
    pub fn trapped(&mut self) -> Result<(), Error> {
        // A record that could not be made is given up by its frame.
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
        self.observe_end_of_turn();
        looked
    }

    /// Gives up a guest's frame, which was part of a call that trapped.
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
            // The records of this call could not be made.
            Frame::Deferred(deferred) => {
                deferred.instance().map_or(Ok(()), |instance| self.lock_down(instance))
            }
            Frame::Host { .. }
            | Frame::HostCopy { .. }
            | Frame::Realloc { previous: None, .. }
            | Frame::RequestCancellation { .. } => Ok(()),
        }
    }

    /// Removes `thread`, which was part of a call that trapped, and locks its instance down.
    pub(crate) fn abandon(&mut self, thread: Key<Thread>) -> Result<Key<Instance>, Error> {
        let abandoned = self.threads.get_mut(thread)?;
        abandoned.state = ThreadActivity::Abandoned;
        let instance = self.tasks.get(abandoned.task)?.instance;
        self.lock_down(instance)?;
        Ok(instance)
    }

    /// Locks one instance down, outside of any call. It is for a trap that happens when its
    /// memory is read or written for a host function, for example one that takes its arguments
    /// late.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the instance doesn't exist.
    pub fn lock_down_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.look()?;
        self.lock_down(self.instance_key(instance)?)
    }

    /// Marks an instance as locked down, and tells the hooks once.
    fn lock_down(&mut self, instance: Key<Instance>) -> Result<(), Error> {
        if core::mem::replace(&mut self.instances.get_mut(instance)?.lockdown, true) {
            return Ok(());
        }
        self.lockdowns = self.lockdowns.wrapping_add(1);
        if H::LISTENS {
            let id = self.instance_id(instance)?;
            self.hooks.instance_locked_down(id)?;
        }
        self.observe(|it| Ok(Action::InstanceLockedDown { instance: it.instance_id(instance)? }));
        self.count(instance)
    }

    /// Fails if `instance` is locked down and may not be entered.
    pub(crate) fn check_enter(&self, instance: Key<Instance>) -> Result<(), Failure> {
        if self.instances.get(instance)?.lockdown {
            return Err(Trap::CannotEnterComponentInstance.into());
        }
        Ok(())
    }

    /// Removes a component instance with all that it has. This is a **host extension**.
    ///
    /// - Its threads never run again, and its tasks never resolve.
    /// - Its handles are dropped without calls of destructors. Its ends of streams and futures
    ///   are dropped as if it had dropped them, so that the holders of the other ends learn of
    ///   it.
    /// - The calls that it made go on, and their results are dropped.
    /// - Stacks on which a guest of it is [held](Self::hold_callers) are given up, as by a trap.
    ///   That locks down all instances on them.
    /// - Its functions go with it: calling one traps with `cannot-enter-component-instance`.
    /// - Resources of its types have no destructor any longer. Types stay until
    ///   [`remove_types`](Self::remove_types).
    ///
    /// The time that this takes grows with the size of the machine, not only with that of the
    /// instance.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the instance doesn't exist.
    /// - [`MachineError::InstanceRuns`] if one of its threads is part of a call that the host has
    ///   begun.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, or a trap is not
    ///   [unwound](Self::trapped) yet.
    pub fn remove_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.clear_instance(instance)?;
        let key = self.instance_key(instance)?;
        let mut last = self.instances.get(key)?.last_function;
        while let Some(function) = last {
            last = self.functions.remove(function)?.before;
        }
        self.hooks.instance_removed(instance)?;
        self.observe(|_| Ok(Action::InstanceRemoved { instance }));
        self.instances.remove(key)?;
        Ok(())
    }

    /// Fails if a component instance can't be [removed](Self::remove_instance) or
    /// [cleared](Self::clear_instance) now.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the instance doesn't exist.
    /// - [`MachineError::InstanceRuns`] if one of its threads is part of a call that the host has
    ///   begun.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, or a trap is not
    ///   [unwound](Self::trapped) yet.
    pub fn check_removable(&self, instance: InstanceId) -> Result<(), Error> {
        let instance = self.instance_key(instance)?;
        if self.must_unwind || self.outstanding != Outstanding::Nothing {
            return Err(MachineError::OtherStep.into());
        }
        // A held stack is given up as a whole, and guests on it may run.
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

    /// Returns the instance that a thread runs in.
    pub(crate) fn instance_of_thread(&self, thread: Key<Thread>) -> Result<Key<Instance>, Error> {
        Ok(self.tasks.get(self.threads.get(thread)?.task)?.instance)
    }

    /// Locks a component instance down, and drops all that it has. This is a **host extension**.
    ///
    /// Only the instance is left, and its functions, which trap when they are called.
    /// [`remove_instance`](Self::remove_instance) lists what happens to its contents.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the instance doesn't exist.
    /// - [`MachineError::InstanceRuns`] if one of its threads is part of a call that the host has
    ///   begun.
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, or a trap is not
    ///   [unwound](Self::trapped) yet.
    pub fn clear_instance(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.check_removable(instance)?;
        // Giving a stack up may lock callers down, and calls whose records were put off don't
        // know of that.
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
                self.remove_object(handle)?;
            }
        }
        *self.tables_mut(instance)? = Tables::new(self.max_table_length);
        Ok(())
    }

    /// Returns the thread at `position`, if there is one and it belongs to `instance`.
    pub(crate) fn thread_of(
        &self,
        instance: Key<Instance>,
        position: usize,
    ) -> Result<Option<Key<Thread>>, Error> {
        let Some(thread) = self.threads.key_at(position) else { return Ok(None) };
        let task = self.threads.get(thread)?.task;
        Ok((self.tasks.get(task)?.instance == instance).then_some(thread))
    }

    /// Drops a thread, which never runs again.
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

    /// Removes the task at `position`, if there is one and it belongs to `instance`.
    fn remove_task_of(&mut self, instance: Key<Instance>, position: usize) -> Result<(), Error> {
        let Some(task) = self.tasks.key_at(position) else { return Ok(()) };
        if self.tasks.get(task)?.instance == instance {
            let caller = self.remove_task(task)?.caller;
            if let Some(caller) = caller {
                self.subtask_mut(caller)?.callee = Callee::Gone;
                self.observe(|it| {
                    let (call, caller) = (it.subtask_id(caller)?, it.observed_holder(caller)?);
                    Ok(Action::CalleeGone { call, caller })
                });
            }
        }
        Ok(())
    }

    /// Removes the waitable at `position`, if there is one and `instance` holds it.
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

    /// Removes the object of a handle, without the rules that hold for guests. Waitables are
    /// removed already.
    fn remove_object(&mut self, handle: Handle) -> Result<(), Error> {
        match handle {
            Handle::Resource(resource) => self.resources.remove(resource).map(|_| ()),
            Handle::WaitableSet(set) => self.sets.remove(set).map(|_| ()),
            Handle::ErrorContext(error_context) => self.release(error_context),
            Handle::Waitable(_) => Ok(()),
        }
    }
}
