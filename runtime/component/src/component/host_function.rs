//! Functions of the host that guests call.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::Pin;

use crate::abi::Val;
use crate::chooser::Chooser;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::host::HostStore;
use crate::limits::Heap;

use super::contexts::Context;
use super::definition::FunctionType;
use super::host_resource::HostResourceType;
use super::state::HostError;
use super::store::StoreHost;
use super::typed_host_function::TypedHostFunction;

/// What a call of a function of the host comes to, sooner or later.
pub type HostResult = Result<Option<Val>, HostError>;

/// What a function of the host that waits is waiting for.
pub type HostFuture = Pin<Box<dyn Future<Output = HostResult> + Send>>;

/// A function of the host.
pub(crate) struct HostFunction<E: CoreEngine, T: Send + 'static> {
    /// The type that it has, if it was said; any other function takes what it is given.
    pub(crate) declared: Option<DeclaredType<E, T>>,
    pub(crate) call: HostFunctionCall<E, T>,
}

/// The type of a function of the host, for any store.
pub(crate) struct DeclaredType<E: CoreEngine, T: Send + 'static> {
    /// The numbers of resource types in it are positions among `resources`.
    pub(crate) ty: FunctionType,
    pub(crate) resources: Box<[HostResourceType<E, T>]>,
}

/// What a function of the host does with its arguments.
type Closure<E, T, R> = dyn Fn(&mut HostContext<'_, '_, E, T>, Vec<Val>) -> R + Send + Sync;

/// How a function of the host is called.
pub(crate) enum HostFunctionCall<E: CoreEngine, T: Send + 'static> {
    /// It returns when it is called.
    Sync(Box<Closure<E, T, HostResult>>),
    /// It gives a future.
    Async(Box<Closure<E, T, HostFuture>>),
    /// Its types are Rust's own.
    Typed(Box<dyn TypedHostFunction<E, T>>),
}

/// The store, lent to a function of the host that a guest calls.
pub struct HostContext<'a, 'c, E: CoreEngine, T: Send + 'static> {
    pub(super) cx: &'a mut Context<'c, E, T>,
}

impl<'a, 'c, E: CoreEngine, T: Send + 'static> HostContext<'a, 'c, E, T> {
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

impl<E: CoreEngine, T: Send + 'static> HostStore for HostContext<'_, '_, E, T> {
    type Limits = Heap;
    type Chooser = Box<dyn Chooser + Send>;

    fn host(&mut self) -> StoreHost<'_> {
        Self::host(self)
    }
}

impl<E: CoreEngine, T: Send + 'static> core::fmt::Debug for HostContext<'_, '_, E, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HostContext").finish_non_exhaustive()
    }
}
