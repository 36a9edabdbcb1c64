//! `canon_context_get`, `canon_context_set`.

use crate::builtin::{ContextBuiltins, Outcome};
use crate::chooser::Chooser;
use crate::core_value::IntegerType;
use crate::error::{BuiltinCallError, Failure};
use crate::limits::Limits;

use crate::machine::hooks::Hooks;
use crate::machine::record::words::{number, words};
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> ContextBuiltins for Machine<L, C, H> {
    fn canon_context_get(
        &mut self,
        _: IntegerType,
        slot: u32,
    ) -> Result<Outcome<u64, Step>, Failure> {
        let thread = self.current_thread()?;
        let thread = self.threads.get(thread)?;
        let value =
            thread.storage.get(slot as usize).ok_or(BuiltinCallError::NoContextSlot { slot })?;
        Ok(Outcome::Return(number(*value)))
    }

    fn canon_context_set(
        &mut self,
        _: IntegerType,
        slot: u32,
        v: u64,
    ) -> Result<Outcome<(), Step>, Failure> {
        let thread = self.current_thread()?;
        let storage = &mut self.threads.get_mut(thread)?.storage;
        *storage.get_mut(slot as usize).ok_or(BuiltinCallError::NoContextSlot { slot })? = words(v);
        Ok(Outcome::Return(()))
    }
}
