//! The store, lent: by the embedder, or by the engine to a host function.

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use crate::component::store::acting::Acting;
use crate::component::store::canonical::Lifted;
use crate::component::store::fault::Fault;
use crate::component::store::machine::StoreChooser;
use crate::component::store::outcome::Outcome;
use crate::component::store::unwinding::catch;
use crate::context::Contexts;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Failure;
use crate::error_context::ErrorContexts;
use crate::host::{ExtensionAccess, HostExtensions};
use crate::limits::Heap;
use crate::task::{CancellationTokens, Tasks};
use crate::thread::Threads;
use crate::waitable::WaitableSets;

use super::state::State;

/// The engine's store with its data, lent.
pub(crate) struct Context<'a, E: CoreEngine, T: 'static>(pub(crate) E::Context<'a, State<E, T>>);

impl<'a, E: CoreEngine, T: 'static> Deref for Context<'a, E, T> {
    type Target = E::Context<'a, State<E, T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<E: CoreEngine, T: 'static> DerefMut for Context<'_, E, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Runs code of the host. Its panic is a fault, as nothing may unwind through the engine.
    #[inline]
    pub(crate) fn guarded<R>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        catch(|| run(self)).unwrap_or_else(|panic| {
            // If the panic is of code that lifts values, nobody gets their handles.
            let state = self.data_mut();
            state.handles.discard_lifted(&mut state.machine);
            Err(Fault::Panicked(panic))
        })
    }
}

/// A closure that gets the store.
type Run<E, T> = Box<dyn for<'a, 'c> FnOnce(&mut Caller<'a, 'c, E, T>) + Send>;

/// A closure that gets the store, with the call for which it runs.
pub(crate) struct Request<E: CoreEngine, T: 'static> {
    pub(crate) acting: Acting,
    pub(crate) run: Run<E, T>,
}

/// Lifts the result that a guest returns, of at most this many flat values, in the form that the
/// host wants.
pub(crate) type LiftResult<E, T> = fn(
    &mut Context<'_, E, T>,
    &Lifted<<E as CoreEngine>::Function>,
    usize,
) -> Result<Outcome, Failure>;

/// The store, lent to a host function that a guest calls.
pub struct Caller<'a, 'c, E: CoreEngine, T: 'static> {
    cx: &'a mut Context<'c, E, T>,
}

impl<'a, 'c, E: CoreEngine, T: 'static> Caller<'a, 'c, E, T> {
    pub(crate) const fn new(cx: &'a mut Context<'c, E, T>) -> Self {
        Self { cx }
    }

    /// Returns the store. If the guest's call of the host function has no records, they are made
    /// first, as everything but a look at the [data](Self::data) may see them.
    #[inline]
    pub(crate) fn cx(&mut self) -> &mut Context<'c, E, T> {
        // After an error the machine has to be unwound, which the next operation reports.
        let _ = self.cx.data_mut().look();
        self.cx
    }

    /// Returns the data in the store that needs no records of calls.
    #[inline]
    pub(crate) fn state(&self) -> &State<E, T> {
        self.cx.data()
    }

    /// Returns the data of the store.
    #[inline]
    pub fn data(&self) -> &T {
        &self.cx.data().data
    }

    /// Returns the data of the store, mutably.
    #[inline]
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.cx.data_mut().data
    }

    /// Returns a view of the [contexts](crate::context): a **host extension**.
    ///
    /// The current task is that of the guest that calls this host function.
    pub fn contexts(&mut self) -> Contexts<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.contexts()
    }

    /// Returns a view of the [host tasks and calls](crate::task): a **host extension**.
    pub fn tasks(&mut self) -> Tasks<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.tasks()
    }

    /// Returns a view of the [cancellation tokens](crate::task#cancellation): a **host extension**.
    pub fn cancellation_tokens(&mut self) -> CancellationTokens<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.cancellation_tokens()
    }

    /// Returns a view of the [host's threads](crate::thread): a **host extension**.
    pub fn threads(&mut self) -> Threads<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.threads()
    }

    /// Returns a view of the [host's waitable sets](crate::waitable): a **host extension**.
    pub fn waitable_sets(&mut self) -> WaitableSets<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.waitable_sets()
    }

    /// Returns a view of the [error contexts](crate::error_context): a **host extension**.
    pub fn error_contexts(&mut self) -> ErrorContexts<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.error_contexts()
    }
}

impl<E: CoreEngine, T: 'static> HostExtensions for Caller<'_, '_, E, T> {
    type Limits = Heap;
    type Chooser = StoreChooser;

    fn extensions(&mut self) -> ExtensionAccess<'_, Heap, StoreChooser> {
        self.cx().data_mut().machine.extensions()
    }
}

impl<E: CoreEngine, T: 'static> core::fmt::Debug for Caller<'_, '_, E, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
