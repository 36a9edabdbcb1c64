//! The store, lent to a host function of an interface.

use core::fmt;
use core::marker::PhantomData;

use crate::component::{Access, CallError, Callee, Caller};
use crate::engine::CoreEngine;

use super::calls::Calls;
use super::host_caller::HostCaller;
use super::interface_access::InterfaceAccess;

/// A [`Caller`], without its lifetimes.
trait LentStore<E: CoreEngine, T: 'static> {
    /// Returns the data of the store.
    fn data_mut(&mut self) -> &mut T;

    /// Returns a handle of the store.
    fn access(&mut self) -> Access<E, T>;

    /// Lends the caller to a closure.
    fn lend(&mut self, run: &mut dyn FnMut(&mut Caller<'_, '_, E, T>));
}

impl<E: CoreEngine, T: 'static> LentStore<E, T> for Caller<'_, '_, E, T> {
    fn data_mut(&mut self) -> &mut T {
        self.data_mut()
    }

    fn access(&mut self) -> Access<E, T> {
        self.access()
    }

    fn lend(&mut self, run: &mut dyn FnMut(&mut Caller<'_, '_, E, T>)) {
        run(self);
    }
}

/// The [`HostCaller`] of the functions that are added to an [`Interface`](super::Interface). `F`
/// finds the host.
pub struct InterfaceCaller<'s, E: CoreEngine, T: 'static, H, F> {
    store: &'s mut (dyn LentStore<E, T> + 's),
    find: &'s F,
    host: PhantomData<fn() -> H>,
}

impl<'s, E: CoreEngine, T: 'static, H, F> InterfaceCaller<'s, E, T, H, F> {
    pub(super) fn new(caller: &'s mut Caller<'_, '_, E, T>, find: &'s F) -> Self {
        Self { store: caller, find, host: PhantomData }
    }
}

impl<E, T, H, F> HostCaller<H> for InterfaceCaller<'_, E, T, H, F>
where
    E: CoreEngine,
    T: 'static,
    H: 'static,
    F: Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
{
    type Engine = E;
    type Data = T;
    type Access = InterfaceAccess<E, T, H, F>;

    fn host(&mut self) -> &mut H {
        (self.find)(self.store.data_mut())
    }

    fn access(&mut self) -> Self::Access {
        InterfaceAccess::new(self.store.access(), self.find.clone())
    }

    fn with_store<R>(&mut self, run: impl FnOnce(&mut Caller<'_, '_, E, T>) -> R) -> R {
        lend(self.store, run)
    }
}

impl<E: CoreEngine, T: 'static, H, F> Calls for InterfaceCaller<'_, E, T, H, F> {
    fn call<C: Callee>(
        &mut self,
        function: &C,
        arguments: C::Arguments<'_>,
    ) -> Result<C::Result, CallError> {
        lend(self.store, |store| store.call(function, arguments))
    }
}

/// Lends the caller to a closure that is called once, and returns its result.
fn lend<E: CoreEngine, T: 'static, R>(
    store: &mut (dyn LentStore<E, T> + '_),
    run: impl FnOnce(&mut Caller<'_, '_, E, T>) -> R,
) -> R {
    let (mut run, mut result) = (Some(run), None);
    store.lend(&mut |caller| result = run.take().map(|run| run(caller)));
    // The implementation above calls the closure once.
    match result {
        Some(result) => result,
        None => unreachable!("the closure has run"),
    }
}

impl<E: CoreEngine, T: 'static, H, F> fmt::Debug for InterfaceCaller<'_, E, T, H, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterfaceCaller").finish_non_exhaustive()
    }
}
