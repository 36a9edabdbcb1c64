//! `canon_waitable_set_new`, `…_wait`, `…_poll`, `…_drop`, `canon_waitable_join`.

use crate::builtin::{MemoryIndex, Outcome, WaitableBuiltins};
use crate::chooser::Chooser;
use crate::code::EventCode;
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::arena::Key;
use crate::machine::hooks::Hooks;
use crate::machine::record::tables::Handle;
use crate::machine::record::waitable::WaitableSet;
use crate::machine::state::Machine;
use crate::machine::step::{Event, Resumed, Step};

impl<L: Limits, C: Chooser, H: Hooks> WaitableBuiltins for Machine<L, C, H> {
    fn canon_waitable_set_new(&mut self) -> Result<Outcome<u32, Step>, Failure> {
        let instance = self.current_instance()?;
        self.check_handle_room(instance, 1)?;
        self.sets.reserve(1)?;
        let set = self.sets.insert(WaitableSet::new(Some(instance)))?;
        Ok(Outcome::Return(self.add_handle(instance, Handle::WaitableSet(set))?))
    }

    fn canon_waitable_set_wait(
        &mut self,
        _: MemoryIndex,
        s: u32,
        _: u64,
    ) -> Result<Outcome<EventCode, Step>, Failure> {
        let thread = self.current_thread()?;
        let set = self.set_at(self.current_instance()?, s)?;
        self.suspended(|machine| machine.wait(thread, set))
    }

    fn canon_waitable_set_poll(
        &mut self,
        _: MemoryIndex,
        s: u32,
        _: u64,
    ) -> Result<Outcome<EventCode, Step>, Failure> {
        let thread = self.current_thread()?;
        let set = self.set_at(self.current_instance()?, s)?;
        self.suspended(|machine| {
            let event = machine.poll(set)?;
            machine.return_to(thread, Resumed::Event(event))
        })
    }

    fn canon_waitable_set_drop(&mut self, s: u32) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let set = self.set_at(instance, s)?;
        self.check_drop_set(set)?;
        self.remove_handle(instance, s)?;
        self.sets.remove(set)?;
        Ok(Outcome::Return(()))
    }

    fn canon_waitable_join(
        &mut self,
        w: u32,
        maybe_set: u32,
    ) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let waitable = self.waitable_at(instance, w)?;
        if self.waitables.get(waitable)?.has_sync_waiter {
            return Err(Trap::WaitableSyncAndAsync.into());
        }
        let set = match maybe_set {
            0 => None,
            index => Some(self.set_at(instance, index)?),
        };
        self.join(waitable, set)?;
        Ok(Outcome::Return(()))
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Takes an event of the waitable set at `index`, as `canon_waitable_set_poll` does.
    ///
    /// It has no steps in between, because the guest that runs never stops in it, and it makes no
    /// records. The driver stores the event at the address that the guest has passed.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NoCurrentThread`](crate::error::MachineError::NoCurrentThread) if no guest
    ///   runs.
    /// - The traps `cannot-leave-component-instance`, `unknown-handle-index` and
    ///   `handle-wrong-type`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-waitable-setpoll)
    pub fn poll_waitable_set(&mut self, index: u32) -> Result<Event, Failure> {
        match self.polled_set(index) {
            Ok(set) => self.going_on(|machine| machine.poll(set)),
            Err(failure) => Err(self.not_begun(failure)),
        }
    }

    /// Returns the set at `index` of the current instance, after the checks of the built-in.
    #[inline]
    fn polled_set(&self, index: u32) -> Result<Key<WaitableSet>, Failure> {
        let instance = self.current_instance()?;
        if !self.instances.get(instance)?.may_leave {
            return Err(Trap::CannotLeaveComponentInstance.into());
        }
        self.set_at(instance, index)
    }
}
