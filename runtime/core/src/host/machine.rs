//! The machine with the host extensions.

use crate::chooser::{Chooser, FirstInFirstOut};
use crate::host::limits::ExtensionLimits;
use crate::machine::{Machine, TaskId};

use super::extensions::Extensions;

/// A machine with the host extensions.
///
/// It does all that a plain [`Machine`] does. In addition, methods such as
/// [`tasks`](Machine::tasks) and [`threads`](Machine::threads) return views of the extensions.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let task = machine.tasks().start()?;
/// machine.tasks().complete(task, 5_u32)?;
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
pub type ExtendedMachine<L, C = FirstInFirstOut> = Machine<L, C, Extensions<L>>;

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Sets the task that the host acts for while no task runs. Returns the earlier setting.
    ///
    /// It is for a host function that goes on after it has waited. Such a function sees and changes
    /// the [contexts](crate::context) of the task that called it, as it does while that task runs.
    pub const fn act_for(&mut self, task: Option<TaskId>) -> Option<TaskId> {
        core::mem::replace(&mut self.hooks.acting_for, task)
    }

    /// Sets the number of destructors for values of threads. From now on,
    /// [`Threads::set_local`](crate::thread::Threads::set_local) refuses destructors that are not
    /// numbered from 0 to `count - 1`. Before this is called, it accepts all numbers.
    pub const fn count_destructors(&mut self, count: u32) {
        self.hooks.threads.num_destructors = Some(count);
    }

    /// Returns the task that runs, or the one that the host acts for.
    pub(crate) fn acting_task(&self) -> Option<TaskId> {
        self.running_task().or(self.hooks.acting_for)
    }

    /// Creates an empty machine with this chooser and the host extensions.
    pub const fn with_extensions(chooser: C) -> Self {
        Self::with_hooks(chooser, Extensions::new())
    }
}
