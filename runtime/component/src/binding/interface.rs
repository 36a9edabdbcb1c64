//! Adding a host's functions for an interface to a linker.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;

use crate::abi::{Lift, Lower};
use crate::component::{HostError, HostResourceType, Linker};
use crate::engine::CoreEngine;
use crate::handle::OwnHandle;

use super::interface_access::InterfaceAccess;
use super::interface_caller::InterfaceCaller;

/// A part of a linker to which a host is added: an interface, or the functions that are directly in
/// a world. `F` finds the host `H` in the data `T` of a store.
///
/// The generated `add_to_linker` uses it, with one line for each function of the WIT. Its methods
/// infer the types of parameters and results from the closures that they are given.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::binding::{HostAccess, HostCaller, Interface};
/// use weft::component::{HostError, Linker};
/// use weft::engine::wasmi::Wasmi;
/// use weft::handle::StreamHandle;
///
/// struct Files {
///     names: Vec<String>,
/// }
///
/// impl Files {
///     fn count(&mut self) -> u32 {
///         self.names.len() as u32
///     }
///
///     fn names(caller: &mut impl HostCaller<Self>) -> Result<StreamHandle<String>, HostError> {
///         let names = caller.host().names.clone();
///         caller.stream_from(names)
///     }
///
///     async fn rename(
///         access: impl HostAccess<Self>,
///         names: StreamHandle<String>,
///     ) -> Result<(), HostError> {
///         let names = access.collect(names).await?;
///         Ok(access.with_host(|files| files.names = names).await?)
///     }
/// }
///
/// let mut linker = Linker::<Wasmi, (u32, Files)>::new();
/// let mut files = Interface::new(&mut linker, Some("example:files/types"), |data| &mut data.1);
/// files.function("count", |host, ()| Ok(Files::count(host)));
/// files.caller_function("names", |caller, ()| Files::names(caller));
/// files.async_function("rename", |access, (names,)| Files::rename(access, names));
/// # }
/// ```
pub struct Interface<'l, E: CoreEngine, T: 'static, H, F> {
    linker: &'l mut Linker<E, T>,
    pub(super) name: Option<&'l str>,
    find: F,
    host: PhantomData<fn() -> H>,
}

impl<'l, E, T, H, F> Interface<'l, E, T, H, F>
where
    E: CoreEngine,
    T: 'static,
    H: 'static,
    F: Fn(&mut T) -> &mut H + Clone + Send + Sync + 'static,
{
    /// Takes the part of a linker that is called `interface`, or the functions that are directly in
    /// the world if that is `None`.
    pub fn new(linker: &'l mut Linker<E, T>, interface: Option<&'l str>, find: F) -> Self {
        Self { linker: part(linker, interface), name: interface, find, host: PhantomData }
    }

    /// Adds a function that gets the host.
    pub fn function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut H, P) -> Result<R, HostError> + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
    {
        let find = self.find.clone();
        self.linker
            .typed_function(name, move |caller, params: P| call(find(caller.data_mut()), params));
    }

    /// Adds a function that gets the store, and the host in it.
    pub fn caller_function<P, R>(
        &mut self,
        name: &str,
        call: impl Fn(&mut InterfaceCaller<'_, E, T, H, F>, P) -> Result<R, HostError>
        + Send
        + Sync
        + 'static,
    ) where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
    {
        let find = self.find.clone();
        self.linker.typed_function(name, move |caller, params: P| {
            call(&mut InterfaceCaller::new(caller, &find), params)
        });
    }

    /// Adds a function that may wait. It gets a handle of the store, and the host in it.
    pub fn async_function<P, R, U>(
        &mut self,
        name: &str,
        call: impl Fn(InterfaceAccess<E, T, H, F>, P) -> U + Send + Sync + 'static,
    ) where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
        U: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let find = self.find.clone();
        self.linker.typed_async_function(name, move |caller, params: P| {
            call(InterfaceAccess::new(caller.access(), find.clone()), params)
        });
    }

    /// Adds a resource type. Its resources are values of `R`, which the store keeps.
    pub fn resource<R: Send + Sync + 'static>(&mut self, name: &str) {
        self.linker.resource(name, &HostResourceType::of::<R>());
    }

    /// Adds a resource type. The host knows its resources by number. `drop` is called when the
    /// owner of a resource drops it, and an error that it returns traps.
    pub fn resource_with_drop<R: 'static>(
        &mut self,
        name: &str,
        drop: impl Fn(&mut H, OwnHandle<R>) -> Result<(), HostError> + Send + Sync + 'static,
    ) {
        let find = self.find.clone();
        let ty = HostResourceType::with_destructor(move |caller, representation| {
            drop(find(caller.data_mut()), OwnHandle::new(representation))
        });
        self.linker.resource(name, &ty);
    }
}

/// Returns the part of a linker that is called `interface`, or the whole linker if that is `None`.
pub(super) fn part<'l, E: CoreEngine, T: 'static>(
    linker: &'l mut Linker<E, T>,
    interface: Option<&str>,
) -> &'l mut Linker<E, T> {
    match interface {
        Some(interface) => linker.instance(interface),
        None => linker,
    }
}

impl<E: CoreEngine, T: 'static, H, F> fmt::Debug for Interface<'_, E, T, H, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interface").field("name", &self.name).finish_non_exhaustive()
    }
}
