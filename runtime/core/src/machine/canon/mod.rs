//! The canonical definitions: the reference's `canon_…` functions.

mod backpressure;
mod context;
mod copy;
mod error_context;
mod future;
mod lift;
mod lower;
mod resource;
mod stream;
mod subtask;
mod task;
mod thread;
mod waitable;

pub use copy::{AsyncCopy, AsyncCopyToken, CheckedCopy};

use crate::builtin::{Guards, Outcome, Suspends};
use crate::chooser::Chooser;
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::Trap;

use super::hooks::Hooks;
use super::record::frame::{Frame, Outstanding};
use crate::machine::state::Machine;
use crate::machine::step::{Flow, Step};

impl<L: Limits, C: Chooser, H: Hooks> Suspends for Machine<L, C, H> {
    type Suspension = Step;
}

impl<L: Limits, C: Chooser, H: Hooks> Guards for Machine<L, C, H> {
    fn may_leave(&self) -> bool {
        // If no guest has control, the built-in itself fails with an error.
        self.current_instance()
            .and_then(|instance| self.instances.get(instance))
            .map_or(true, |instance| instance.may_leave)
    }

    fn async_lifted(&self) -> bool {
        if self.check_outstanding(Outstanding::Nothing).is_err() {
            return true;
        }
        if let Some(Frame::Deferred(deferred)) = self.top_frame() {
            return self.is_deferred_async_lifted(deferred);
        }
        self.current
            .and_then(|thread| self.lifted(self.threads.get(thread).ok()?.task).ok())
            .is_none_or(|lifted| lifted.is_some_and(|lifted| lifted.lift.is_async()))
    }

    fn raised(&mut self, _: Trap) {
        self.must_unwind = true;
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Marks that only unwinding is left, if a built-in that returns at once has trapped. It has
    /// changed nothing.
    #[cold]
    pub(super) const fn not_begun(&mut self, failure: Failure) -> Failure {
        self.must_unwind |= matches!(failure, Failure::Trap(_));
        failure
    }

    /// Acts for a built-in that does not return to its caller by itself, and returns the next
    /// step.
    fn suspended<T>(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<Flow, Failure>,
    ) -> Result<Outcome<T, Step>, Failure> {
        self.advance(act).map(Outcome::Suspend)
    }
}
