//! Stores in which nothing can go on: finding out if it is the host's turn.

use alloc::boxed::Box;

use crate::component::store::call_error::CallError;
use crate::component::store::deadlock::Deadlock;
use crate::component::store::waits_for_host::{Target, WaitsForHost, is_up_to_host};
use crate::engine::CoreEngine;
use crate::machine::SubtaskId;

use super::state::State;
use super::turns::Ran;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the reason why nothing can go on for `target`: it waits for the host, or there is a
    /// deadlock.
    pub(crate) fn stuck<R>(&mut self, target: Target) -> Result<Ran<R>, CallError> {
        // A handle may have sent something before it was dropped.
        if self.has_woken() {
            return Ok(Ran::ForTooLong);
        }
        if is_up_to_host(&mut self.machine, target) {
            return Ok(Ran::UntilHostActs);
        }
        let call = self.call_of(target);
        let deadlock = Deadlock::of(&mut self.machine, &self.names, call);
        Err(CallError::Deadlock(Box::new(deadlock)))
    }

    /// Returns a report of the waits for the host. It is empty if there are none.
    pub(crate) fn who_waits_for_host(&mut self, target: Target) -> WaitsForHost {
        let call = self.call_of(target);
        WaitsForHost::of(&mut self.machine, &self.names, target, call)
    }

    /// Returns the call of an export that is waited for.
    fn call_of(&mut self, target: Target) -> Option<SubtaskId> {
        match target {
            Target::Call(call) | Target::Thread(_, call) => {
                self.calls.embedder_call(call).is_ok().then_some(call)
            }
            Target::Set(_) => None,
        }
    }
}
