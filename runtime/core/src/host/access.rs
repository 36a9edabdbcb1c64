//! The views of the host extensions, by subject, and the trait that returns them.

use core::fmt;

use crate::chooser::Chooser;
use crate::context::Contexts;
use crate::error_context::ErrorContexts;
use crate::host::limits::ExtensionLimits;
use crate::task::{CancellationTokens, Tasks};
use crate::thread::Threads;
use crate::waitable::WaitableSets;

use super::machine::ExtendedMachine;

/// Access to the host extensions of a machine, from which [`HostExtensions`] makes its views.
pub struct ExtensionAccess<'a, L: ExtensionLimits, C: Chooser> {
    machine: &'a mut ExtendedMachine<L, C>,
}

impl<L: ExtensionLimits, C: Chooser> fmt::Debug for ExtensionAccess<'_, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtensionAccess").field("machine", &self.machine).finish()
    }
}

/// A store or machine that has the host extensions. This is a **host extension**.
///
/// It returns a view of each subject, such as [`tasks`](Self::tasks). The values that a view lends
/// stay borrowed from the store, not from the view: methods that lend take the view by value.
///
/// These types have the same methods of their own. So code imports the trait only if it works with
/// all of them:
///
/// | type | use |
/// |---|---|
/// | [`ExtendedMachine`] | a machine without components |
/// | `component::Store` | a store of components |
/// | `component::Caller` | the store, lent to a host function that a guest calls |
/// | [`AsyncContextScope`](crate::context::AsyncContextScope) | a scope that was entered on one of these |
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::error::Error;
/// use weft::host::{ExtendedMachine, HostExtensions};
/// use weft::limits::Heap;
///
/// fn begin_and_end(store: &mut impl HostExtensions) -> Result<(), Error> {
///     let task = store.tasks().start()?;
///     store.tasks().complete(task, ())
/// }
///
/// begin_and_end(&mut ExtendedMachine::<Heap>::default())?;
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
pub trait HostExtensions {
    /// The storage of the tables.
    type Limits: ExtensionLimits;
    /// The chooser, which decides what the spec leaves open.
    type Chooser: Chooser;

    /// Returns access to the extensions.
    fn extensions(&mut self) -> ExtensionAccess<'_, Self::Limits, Self::Chooser>;

    /// Returns a view of the [contexts](crate::context).
    fn contexts(&mut self) -> Contexts<'_, Self::Limits, Self::Chooser> {
        Contexts { machine: self.extensions().machine }
    }

    /// Returns a view of the [host tasks and calls](crate::task).
    fn tasks(&mut self) -> Tasks<'_, Self::Limits, Self::Chooser> {
        Tasks { machine: self.extensions().machine }
    }

    /// Returns a view of the [cancellation tokens](crate::task#cancellation).
    fn cancellation_tokens(&mut self) -> CancellationTokens<'_, Self::Limits, Self::Chooser> {
        CancellationTokens { machine: self.extensions().machine }
    }

    /// Returns a view of the [host's threads](crate::thread).
    fn threads(&mut self) -> Threads<'_, Self::Limits, Self::Chooser> {
        Threads { machine: self.extensions().machine }
    }

    /// Returns a view of the [host's waitable sets](crate::waitable).
    fn waitable_sets(&mut self) -> WaitableSets<'_, Self::Limits, Self::Chooser> {
        WaitableSets { machine: self.extensions().machine }
    }

    /// Returns a view of the [error contexts](crate::error_context).
    fn error_contexts(&mut self) -> ErrorContexts<'_, Self::Limits, Self::Chooser> {
        ErrorContexts { machine: self.extensions().machine }
    }
}

/// The views of the host extensions: **host extensions**.
impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Returns the machine for a view, after making the records that were put off. If that fails,
    /// the machine has to be unwound, and every method that needs it fails with that error.
    fn looked_at(&mut self) -> &mut Self {
        let _ = self.look();
        self
    }

    /// Returns a view of the [contexts](crate::context).
    pub fn contexts(&mut self) -> Contexts<'_, L, C> {
        Contexts { machine: self.looked_at() }
    }

    /// Returns a view of the [host tasks and calls](crate::task).
    pub fn tasks(&mut self) -> Tasks<'_, L, C> {
        Tasks { machine: self.looked_at() }
    }

    /// Returns a view of the [cancellation tokens](crate::task#cancellation).
    pub fn cancellation_tokens(&mut self) -> CancellationTokens<'_, L, C> {
        CancellationTokens { machine: self.looked_at() }
    }

    /// Returns a view of the [host's threads](crate::thread).
    pub fn threads(&mut self) -> Threads<'_, L, C> {
        Threads { machine: self.looked_at() }
    }

    /// Returns a view of the [host's waitable sets](crate::waitable).
    pub fn waitable_sets(&mut self) -> WaitableSets<'_, L, C> {
        WaitableSets { machine: self.looked_at() }
    }

    /// Returns a view of the [error contexts](crate::error_context).
    pub fn error_contexts(&mut self) -> ErrorContexts<'_, L, C> {
        ErrorContexts { machine: self.looked_at() }
    }
}

impl<L: ExtensionLimits, C: Chooser> HostExtensions for ExtendedMachine<L, C> {
    type Limits = L;
    type Chooser = C;

    fn extensions(&mut self) -> ExtensionAccess<'_, L, C> {
        ExtensionAccess { machine: self.looked_at() }
    }
}

impl<S: HostExtensions + ?Sized> HostExtensions for &mut S {
    type Limits = S::Limits;
    type Chooser = S::Chooser;

    fn extensions(&mut self) -> ExtensionAccess<'_, S::Limits, S::Chooser> {
        (**self).extensions()
    }
}
