//! The store, lent: by the embedder, or by the engine to a host function.

use alloc::boxed::Box;
use core::ops::{Deref, DerefMut};

use crate::chooser::Chooser;
use crate::component::store::canonical::Lifted;
use crate::component::store::machine::StoreHost;
use crate::component::store::outcome::Outcome;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Failure;
use crate::host::HostStore;
use crate::limits::Heap;

use super::state::State;

/// The engine's store with what is in it, lent.
pub(crate) struct Context<'a, E: CoreEngine, T: Send + 'static>(
    pub(crate) E::Context<'a, State<E, T>>,
);

impl<'a, E: CoreEngine, T: Send + 'static> Deref for Context<'a, E, T> {
    type Target = E::Context<'a, State<E, T>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<E: CoreEngine, T: Send + 'static> DerefMut for Context<'_, E, T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

/// Lifts the result that a guest returns, of at most so many flat values, as the host wants it.
pub(crate) type LiftResult<E, T> = fn(
    &mut Context<'_, E, T>,
    &Lifted<<E as CoreEngine>::Function>,
    usize,
) -> Result<Outcome, Failure>;

/// The store, lent to a function of the host that a guest calls.
pub struct Caller<'a, 'c, E: CoreEngine, T: Send + 'static> {
    pub(crate) cx: &'a mut Context<'c, E, T>,
}

impl<'a, 'c, E: CoreEngine, T: Send + 'static> Caller<'a, 'c, E, T> {
    pub(crate) const fn new(cx: &'a mut Context<'c, E, T>) -> Self {
        Self { cx }
    }

    /// What the user put into the store.
    pub fn data(&self) -> &T {
        &self.cx.data().data
    }

    /// What the user put into the store.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.cx.data_mut().data
    }

    /// The host's side of the store: what it remembers of tasks and errors. The task that runs is
    /// the one whose guest calls this function. A **host extension**.
    pub fn host(&mut self) -> StoreHost<'_> {
        self.cx.data_mut().machine.host()
    }
}

impl<E: CoreEngine, T: Send + 'static> HostStore for Caller<'_, '_, E, T> {
    type Limits = Heap;
    type Chooser = Box<dyn Chooser + Send>;

    fn host(&mut self) -> StoreHost<'_> {
        Self::host(self)
    }
}

impl<E: CoreEngine, T: Send + 'static> core::fmt::Debug for Caller<'_, '_, E, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Caller").finish_non_exhaustive()
    }
}
