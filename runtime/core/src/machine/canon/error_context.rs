//! `canon_error_context_new`, `…_debug_message`, `…_drop`.

use crate::builtin::{ErrorContextBuiltins, OptionsIndex, Outcome};
use crate::chooser::{Choice, Chooser};
use crate::error::Failure;
use crate::limits::Limits;

use crate::machine::hooks::Hooks;
use crate::machine::record::frame::Outstanding;
use crate::machine::state::Machine;
use crate::machine::step::Step;

impl<L: Limits, C: Chooser, H: Hooks> ErrorContextBuiltins for Machine<L, C, H> {
    fn canon_error_context_new(
        &mut self,
        options: OptionsIndex,
        ptr: u64,
        len: u64,
    ) -> Result<Outcome<u32, Step>, Failure> {
        let thread = self.current_thread()?;
        let thread = self.thread_id(thread)?;
        if self.choose(Choice::DebugMessage, 2)? == 1 {
            return self.add_new_error_context("").map(Outcome::Return);
        }
        self.outstanding = Outstanding::LoadDebugMessage;
        Ok(Outcome::Suspend(Step::LoadDebugMessage { thread, options, address: ptr, length: len }))
    }

    fn canon_error_context_debug_message(
        &mut self,
        options: OptionsIndex,
        errctxi: u32,
        ptr: u64,
    ) -> Result<Outcome<(), Step>, Failure> {
        let thread = self.current_thread()?;
        let thread = self.thread_id(thread)?;
        let error_context = self.error_context_at(self.current_instance()?, errctxi)?;
        let error_context = self.error_context_id(error_context)?;
        let address = ptr;
        self.outstanding = Outstanding::StoreDebugMessage;
        Ok(Outcome::Suspend(Step::StoreDebugMessage { thread, options, error_context, address }))
    }

    fn canon_error_context_drop(&mut self, errctxi: u32) -> Result<Outcome<(), Step>, Failure> {
        let instance = self.current_instance()?;
        let error_context = self.error_context_at(instance, errctxi)?;
        self.remove_handle(instance, errctxi)?;
        self.release(error_context)?;
        Ok(Outcome::Return(()))
    }
}
