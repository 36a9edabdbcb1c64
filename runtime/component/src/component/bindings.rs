//! What bindings from WIT are made of besides types: giving what a host implements to a
//! [`Linker`], and finding what an instance exports.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use crate::abi::{Lift, Lower};
use crate::binding::{BoundFunction, OwnHandle};
use crate::component::run::host_resource::HostResourceType;
use crate::engine::CoreEngine;

use super::export_error::ExportError;
use super::instance::Instance;
use super::linker::Linker;
use super::stores::Store;
use super::typed_function::TypedFunction;

/// A function that finds the host in the data of a store: what implements the traits of some
/// bindings.
pub type FindHost<T, H> = fn(&mut T) -> &mut H;

/// The future of a host function whose result comes later. It is in a box, as its type would else
/// depend on the host's lifetime, though it keeps nothing of it.
pub type BoundFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

impl<E: CoreEngine, T: 'static> Linker<E, T> {
    /// Adds a resource type that the host defines, as `name` in an interface or in the world. `R`
    /// stands for it. `drop` is called when the owner of a resource drops it. Other interfaces that use
    /// the type get it from there.
    pub fn bind_resource<R: 'static, H: 'static>(
        &mut self,
        interface: Option<&str>,
        name: &str,
        host: FindHost<T, H>,
        drop: fn(&mut H, OwnHandle<R>),
    ) {
        let ty = HostResourceType::with_destructor(move |caller, representation| {
            drop(host(caller.data_mut()), OwnHandle::new(representation));
            Ok(())
        });
        self.at(interface).resource(name, &ty);
    }

    /// Adds what a host does for the function for which `F` stands.
    pub fn bind_function<F: BoundFunction + 'static, H: 'static>(
        &mut self,
        host: FindHost<T, H>,
        call: fn(&mut H, F::Params<'static>) -> F::Result,
    ) where
        F::Params<'static>: for<'a> Lift<'a>,
        F::Result: Lower + 'static,
    {
        self.at(F::INTERFACE).typed_function(F::NAME, move |caller, params| {
            Ok(call(host(caller.data_mut()), params))
        });
    }

    /// Adds what a host does for a function whose result comes later, as
    /// [`bind_function`](Self::bind_function) does for others.
    pub fn bind_async_function<F: BoundFunction + 'static, H: 'static>(
        &mut self,
        host: FindHost<T, H>,
        call: fn(&mut H, F::Params<'static>) -> BoundFuture<F::Result>,
    ) where
        F::Params<'static>: for<'a> Lift<'a>,
        F::Result: Lower + 'static,
    {
        self.at(F::INTERFACE).typed_async_function(F::NAME, move |caller, params| {
            let result = call(host(caller.data_mut()), params);
            async move { Ok(result.await) }
        });
    }

    /// What is in an interface, or directly in the world.
    fn at(&mut self, interface: Option<&str>) -> &mut Self {
        match interface {
            Some(interface) => self.instance(interface),
            None => self,
        }
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns the exported function for which `F` stands, in the bindings of the component's
    /// world.
    ///
    /// # Errors
    ///
    /// [`ExportError`] if the instance does not export it, exports one of another type, or is in
    /// another store.
    pub fn export<F: BoundFunction>(
        &self,
        instance: &Instance<E>,
    ) -> Result<TypedFunction<F::Params<'static>, F::Result>, ExportError>
    where
        F::Params<'static>: Lower,
        F::Result: for<'a> Lift<'a> + Send + 'static,
    {
        let Some(interface) = F::INTERFACE else {
            return self.typed_function(instance, F::NAME);
        };
        let missing = || ExportError::Missing { name: F::NAME.into(), similar: None };
        let exporting = instance.instance(interface).ok_or_else(missing);
        exporting
            .and_then(|instance| self.typed_function(&instance, F::NAME))
            .map_err(|error| error.within(interface))
    }
}
