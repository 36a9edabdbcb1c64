//! The next thing that the machine has to be told: the end of the one step that it has returned.
//!
//! Only the driver of the machine can get this wrong, and gets an error. Examples are a token
//! that is used too late, a return from a step that was not asked for, and any call after a trap
//! that has not been [unwound](super::Machine::trapped).

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
use crate::limits::Limits;

use super::hooks::Hooks;
use super::record::frame::Outstanding;
use super::state::Machine;
use super::step::{Flow, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the number of a new token, which the machine waits for from now on.
    #[inline]
    pub(crate) fn new_token(&mut self) -> u64 {
        self.tokens += 1;
        self.outstanding = Outstanding::token(self.tokens);
        self.tokens
    }

    /// Fails if the machine does not wait for `what`.
    #[inline]
    pub(crate) fn check_outstanding(&self, what: Outstanding) -> Result<(), Error> {
        if self.must_unwind {
            return Err(MachineError::MustUnwind.into());
        }
        if self.outstanding == what { Ok(()) } else { Err(MachineError::OtherStep.into()) }
    }

    /// Fails if a guest has control, or if the machine waits for the end of a step.
    #[inline]
    pub(crate) fn check_host_has_control(&mut self) -> Result<(), Error> {
        self.check_outstanding(Outstanding::Nothing)?;
        self.look()?;
        if self.current.is_some() { Err(MachineError::GuestHasControl.into()) } else { Ok(()) }
    }

    /// Goes on with `act`, up to the next step. If it fails after something has changed, only
    /// [unwinding](Self::trapped) is left.
    #[inline]
    pub(crate) fn advance(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<Flow, Failure>,
    ) -> Result<Step, Failure> {
        self.going_on(|machine| act(machine).and_then(|flow| machine.step(flow)))
    }

    /// Goes on with `act`, whose result the running guest gets at once. Failures are as in
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
        // An action that has no room fails before anything changes.
        self.must_unwind |= !matches!(failure, Failure::Error(Error::Full(_)));
        failure
    }
}
