//! The handle of a store that an async host function of an interface gets.

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;

use crate::component::{Access, CallError, Callee};
use crate::engine::CoreEngine;

use super::calls::{AsyncCalls, BoxFuture};
use super::host_access::HostAccess;
use super::host_with::HostWith;
use super::interface_caller::InterfaceCaller;

/// The [`HostAccess`] of the async functions that are added to an [`Interface`](super::Interface).
/// `F` finds the host.
pub struct InterfaceAccess<E: CoreEngine, T: 'static, H, F> {
    access: Access<E, T>,
    find: F,
    host: PhantomData<fn() -> H>,
}

impl<E: CoreEngine, T: 'static, H, F> InterfaceAccess<E, T, H, F> {
    pub(super) const fn new(access: Access<E, T>, find: F) -> Self {
        Self { access, find, host: PhantomData }
    }
}

impl<E, T, H, F> HostAccess<H> for InterfaceAccess<E, T, H, F>
where
    E: CoreEngine,
    T: 'static,
    H: 'static,
    F: Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
{
    type Engine = E;
    type Data = T;
    type Caller<'s> = InterfaceCaller<'s, E, T, H, F>;

    fn access(&self) -> &Access<E, T> {
        &self.access
    }

    fn with<R: Send + 'static>(
        &self,
        run: impl FnOnce(&mut InterfaceCaller<'_, E, T, H, F>) -> R + Send + 'static,
    ) -> HostWith<R> {
        let find = self.find.clone();
        self.access.with(move |caller| run(&mut InterfaceCaller::new(caller, &find))).into()
    }
}

impl<E: CoreEngine, T: 'static, H, F: Send> AsyncCalls for InterfaceAccess<E, T, H, F> {
    fn call_async<'s, C>(
        &'s mut self,
        function: &C,
        arguments: C::Arguments<'_>,
    ) -> BoxFuture<'s, Result<C::Result, CallError>>
    where
        C: Callee + Clone + Send + 's,
        C::Kept: Send + 's,
    {
        Box::pin(self.access.call_borrowed(function, arguments))
    }
}

impl<E: CoreEngine, T: 'static, H, F: Clone> Clone for InterfaceAccess<E, T, H, F> {
    fn clone(&self) -> Self {
        Self::new(self.access.clone(), self.find.clone())
    }
}

impl<E: CoreEngine, T: 'static, H, F> fmt::Debug for InterfaceAccess<E, T, H, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InterfaceAccess").field("access", &self.access).finish_non_exhaustive()
    }
}
