//! `canon_task_return`, `canon_task_cancel`.

use crate::builtin::{OptionsIndex, Outcome, TaskBuiltins, TypeIndex};
use crate::chooser::Chooser;
use crate::core_value::CoreValue;
use crate::error::Failure;
use crate::limits::Limits;
use crate::trap::Trap;

use crate::machine::hooks::Hooks;
use crate::machine::record::definition::Function;
use crate::machine::record::frame::Frame;
use crate::machine::state::Machine;
use crate::machine::step::{ReturnFrom, Step};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the [`lift_options`](crate::machine::LiftedFunction::lift_options) of the function
    /// that the current task runs, if there is one.
    pub fn lift_options(&mut self) -> Option<OptionsIndex> {
        if let Some(Frame::Deferred(deferred)) = self.top_frame() {
            return match &self.functions.get(deferred.function()?).ok()?.function {
                Function::Lifted(lifted) => Some(lifted.lift_options),
                Function::Host { .. } => None,
            };
        }
        let task = self.current_task().ok()?;
        self.lifted(task).ok()?.map(|lifted| lifted.lift_options)
    }
}

impl<L: Limits, C: Chooser, H: Hooks> TaskBuiltins for Machine<L, C, H> {
    fn canon_task_return(
        &mut self,
        result_type: Option<TypeIndex>,
        options: OptionsIndex,
        // Lifted by the driver, which takes `Step::Return`.
        _: &[CoreValue],
    ) -> Result<Outcome<(), Step>, Failure> {
        let thread = self.current_thread()?;
        let task = self.current_task()?;
        let lifted = self.lifted(task)?;
        if lifted.is_none_or(|it| it.result_type != result_type || it.lift_options != options) {
            return Err(Trap::TaskReturnMismatch.into());
        }
        self.suspended(|machine| machine.task_return(thread, ReturnFrom::Builtin))
    }

    fn canon_task_cancel(&mut self) -> Result<Outcome<(), Step>, Failure> {
        let task = self.current_task()?;
        self.cancel(task)?;
        Ok(Outcome::Return(()))
    }
}
