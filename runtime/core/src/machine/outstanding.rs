//! What the machine waits to be told: the one step that was handed out and not ended.
//!
//! Only whoever drives the machine can get this wrong, and hears of it by an error: a token that
//! is used late, a return from a step that was not asked for, anything at all after a trap that has
//! not been [unwound](super::Machine::trapped).

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::Limits;

use super::hooks::Hooks;
use super::record::frame::Outstanding;
use super::state::Machine;
use super::step::{Flow, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// The number of a new token, which is what the machine waits for from now on.
    #[inline]
    pub(crate) fn new_token(&mut self) -> u64 {
        self.tokens += 1;
        self.outstanding = Outstanding::token(self.tokens);
        self.tokens
    }

    /// Fails if the machine waits to be told something else than `what`.
    #[inline]
    pub(crate) fn check_outstanding(&self, what: Outstanding) -> Result<(), Error> {
        if self.must_unwind {
            return Err(MachineError::MustUnwind.into());
        }
        if self.outstanding == what { Ok(()) } else { Err(MachineError::OtherStep.into()) }
    }

    /// Fails if a guest has control, or a step is to be ended.
    #[inline]
    pub(crate) fn check_host_has_control(&mut self) -> Result<(), Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        self.look()?;
        if self.current.is_some() { Err(MachineError::GuestHasControl.into()) } else { Ok(()) }
    }

    /// Goes on with `act`, up to the next step. If that fails when something has changed, all that
    /// is left to do is to [unwind](Self::trapped).
    #[inline]
    pub(crate) fn advance(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<Flow, Failure>,
    ) -> Result<Step, Failure> {
        self.going_on(|machine| act(machine).and_then(|flow| machine.step(flow)))
    }

    /// Goes on with `act`, of which the guest that runs hears at once. Failures are as in
    /// [`advance`](Self::advance).
    #[inline]
    pub(crate) fn going_on<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        match act(self) {
            Ok(result) => Ok(result),
            Err(failure) => Err(self.failed(failure)),
        }
    }

    #[cold]
    const fn failed(&mut self, failure: Failure) -> Failure {
        // Whatever has no room says so before anything changes.
        self.must_unwind |= !matches!(failure, Failure::Error(Error::Full(_)));
        failure
    }
}
