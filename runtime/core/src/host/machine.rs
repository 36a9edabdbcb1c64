//! The machine with the host extensions.

use crate::chooser::{Chooser, FirstInFirstOut};
use crate::host::limits::ExtensionLimits;
use crate::machine::Machine;

use super::extensions::Extensions;

/// A machine with the host extensions.
///
/// Everything that a [`Machine`] does without them, it does as well. Its methods
/// [`tasks`](Machine::tasks), [`threads`](Machine::threads) and so on return views of them. One
/// without them is a plain `Machine`.
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
    /// Creates an empty machine with this chooser and the host extensions.
    pub const fn with_extensions(chooser: C) -> Self {
        Self::with_hooks(chooser, Extensions::new())
    }
}
