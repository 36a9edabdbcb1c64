//! Instantiations as futures.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::component::run::instantiate::error::InstantiateError;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, MachineError};
use crate::limits::Table;

use super::instance::Instance;
use super::instance_pre::InstancePre;
use super::linker::Linker;
use super::loading::Component;
use super::stores::Store;

/// An instantiation as a future, which any executor can poll: [`Store::instantiate_async`] and
/// [`InstancePre::instantiate_async`] return it.
///
/// Calls that the engine has interrupted go on first, as nothing can begin before they stop or end.
/// After each interruption, the future is woken and other tasks have their turn. The instance is
/// then made in one poll, as the Component Model does not let the start functions of core modules
/// stop. If there are many, or if one runs long, that poll takes long. If the engine counts fuel, a
/// start function traps after a [slice](Store::set_fuel_slice).
#[must_use = "nothing is instantiated before the future is polled"]
pub struct InstantiateFuture<'s, E: CoreEngine, T: 'static> {
    store: &'s mut Store<E, T>,
    stage: Stage<E, T>,
}

enum Stage<E: CoreEngine, T: 'static> {
    /// The future was not polled.
    New(Result<InstancePre<E, T>, InstantiateError>),
    /// A call that the engine has interrupted goes on.
    Settling(InstancePre<E, T>),
    /// It has come to its end.
    Ended,
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Makes an instance of a component, as [`instantiate`](Self::instantiate) does, as a future.
    /// If the engine has interrupted calls, the future waits for them without blocking other tasks.
    ///
    /// # Errors
    ///
    /// From the future, [`InstantiateError`].
    pub fn instantiate_async(
        &mut self,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> InstantiateFuture<'_, E, T> {
        let is_of_engine = component.closure.code.engine.is_same(&self.context().data().engine);
        let prepared = if is_of_engine {
            linker.instantiate_pre(component)
        } else {
            Err(InstantiateError::OtherEngine)
        };
        InstantiateFuture { store: self, stage: Stage::New(prepared) }
    }
}

impl<E: CoreEngine, T: 'static> InstancePre<E, T> {
    /// Makes an instance of the component, as [`Store::instantiate_async`] does.
    ///
    /// # Errors
    ///
    /// From the future, [`InstantiateError`].
    pub fn instantiate_async<'s>(&self, store: &'s mut Store<E, T>) -> InstantiateFuture<'s, E, T> {
        InstantiateFuture { store, stage: Stage::New(Ok(self.clone())) }
    }
}

impl<E: CoreEngine, T: 'static> InstantiateFuture<'_, E, T> {
    /// Returns the store.
    pub(crate) const fn store(&self) -> &Store<E, T> {
        self.store
    }
}

impl<E: CoreEngine, T: 'static> Future for InstantiateFuture<'_, E, T> {
    type Output = Result<Instance<E>, InstantiateError>;

    fn poll(self: Pin<&mut Self>, cx: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let prepared = match core::mem::replace(&mut this.stage, Stage::Ended) {
            Stage::New(Ok(prepared)) => {
                this.store.count_interruptions_anew();
                prepared
            }
            Stage::New(Err(error)) => return Poll::Ready(Err(error)),
            Stage::Settling(prepared) => prepared,
            Stage::Ended => return Poll::Ready(Err(Error::Unknown(Table::Instances).into())),
        };
        this.store.set_driver(cx.waker());
        match this.store.settle(1) {
            Ok(()) => Poll::Ready(prepared.make(&mut this.store.context())),
            Err(Error::Machine(MachineError::GuestHasControl)) => {
                this.stage = Stage::Settling(prepared);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error.into())),
        }
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for InstantiateFuture<'_, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstantiateFuture").finish_non_exhaustive()
    }
}
