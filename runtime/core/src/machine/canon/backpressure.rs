//! `canon_backpressure_inc`, `canon_backpressure_dec`.

use crate::builtin::{BackpressureBuiltins, Outcome};
use crate::chooser::Chooser;
use crate::error::Failure;
use crate::limit::MAX_BACKPRESSURE;
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::hooks::Hooks;
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Changes the backpressure of the current instance.
    fn change_backpressure(
        &mut self,
        change: impl FnOnce(u32) -> Option<u32>,
    ) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let backpressure = &mut self.instances.get_mut(instance)?.backpressure;
        let changed = change(*backpressure).filter(|changed| *changed <= MAX_BACKPRESSURE);
        *backpressure = changed.ok_or(Trap::BackpressureOverflow)?;
        self.count(instance)?;
        Ok(Outcome::Return(()))
    }
}

impl<L: Limits, C: Chooser, H: Hooks> BackpressureBuiltins for Machine<L, C, H> {
    fn canon_backpressure_inc(&mut self) -> Result<Outcome<(), Step>, Failure> {
        self.change_backpressure(|backpressure| backpressure.checked_add(1))
    }

    fn canon_backpressure_dec(&mut self) -> Result<Outcome<(), Step>, Failure> {
        self.change_backpressure(|backpressure| backpressure.checked_sub(1))
    }
}
