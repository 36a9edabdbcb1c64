//! What bindings from WIT are made of besides types: giving what a host implements to a
//! [`Linker`], and finding what an instance exports.

use alloc::boxed::Box;
use alloc::string::String;
use core::future::Future;
use core::pin::Pin;

use thiserror::Error;

use crate::abi::{Lift, Lower};
use crate::binding::{Function, Own};
use crate::component::definition::function_mismatch::FunctionMismatch;
use crate::component::run::host_resource::HostResourceType;
use crate::engine::CoreEngine;

use super::instance::Instance;
use super::linker::Linker;
use super::stores::Store;
use super::typed_function::TypedFunction;

/// Where the host that implements the traits of some bindings is in the data of a store.
pub type FindHost<T, H> = fn(&mut T) -> &mut H;

/// What a host's function whose result comes later gives. In a box, as its type would else have to
/// do with the host's lifetime, though it keeps nothing of it.
pub type BoundFuture<R> = Pin<Box<dyn Future<Output = R> + Send>>;

impl<E: CoreEngine, T: Send + 'static> Linker<E, T> {
    /// Gives a resource type of the host's, as `name` in an interface or in the world, for which
    /// `R` stands; `drop` is what happens to a resource that its owner drops. Other interfaces that
    /// use it have it from there.
    pub fn bind_resource<R: 'static, H: 'static>(
        &mut self,
        interface: Option<&str>,
        name: &str,
        host: FindHost<T, H>,
        drop: fn(&mut H, Own<R>),
    ) {
        let ty = HostResourceType::with_destructor(move |cx, representation| {
            drop(host(cx.data_mut()), Own::new(representation));
            Ok(())
        });
        self.at(interface).resource(name, &ty);
    }

    /// Gives what a host does for the function for which `F` stands.
    pub fn bind_function<F: Function + 'static, H: 'static>(
        &mut self,
        host: FindHost<T, H>,
        call: fn(&mut H, F::Params<'static>) -> F::Result,
    ) where
        F::Params<'static>: for<'a> Lift<'a>,
        F::Result: Lower + 'static,
    {
        self.at(F::INTERFACE)
            .typed_function(F::NAME, move |cx, params| Ok(call(host(cx.data_mut()), params)));
    }

    /// The same for a function whose result comes later.
    pub fn bind_async_function<F: Function + 'static, H: 'static>(
        &mut self,
        host: FindHost<T, H>,
        call: fn(&mut H, F::Params<'static>) -> BoundFuture<F::Result>,
    ) where
        F::Params<'static>: for<'a> Lift<'a>,
        F::Result: Lower + 'static,
    {
        self.at(F::INTERFACE).typed_async_function(F::NAME, move |cx, params| {
            let result = call(host(cx.data_mut()), params);
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

/// An instance does not export what bindings say.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// It exports no such function, or is an instance in another store.
    #[error("the function `{name}` is not exported")]
    Missing {
        /// The name of the function, with that of its interface before it.
        name: String,
    },
    /// It is of another type.
    #[error("the function `{name}` is another one: {mismatch}")]
    Mismatch {
        /// The name of the function, with that of its interface before it.
        name: String,
        /// What is different.
        mismatch: Box<FunctionMismatch>,
    },
}

impl<E: CoreEngine, T: Send + 'static> Store<E, T> {
    /// The exported function for which `F` stands, in the bindings of a world that a component is
    /// of.
    ///
    /// # Errors
    ///
    /// [`ExportError`] if the instance doesn't export it, or one of another type.
    pub fn export<F: Function>(
        &self,
        instance: &Instance<E>,
    ) -> Result<TypedFunction<F::Params<'static>, F::Result>, ExportError>
    where
        F::Params<'static>: Lower,
        F::Result: for<'a> Lift<'a> + Send + 'static,
    {
        let found = match F::INTERFACE {
            Some(interface) => {
                instance.instance(interface).and_then(|instance| self.function(&instance, F::NAME))
            }
            None => self.function(instance, F::NAME),
        };
        let name = || {
            let interface = F::INTERFACE.unwrap_or_default();
            let separator = if interface.is_empty() { "" } else { "#" };
            alloc::format!("{interface}{separator}{}", F::NAME)
        };
        let function = found.ok_or_else(|| ExportError::Missing { name: name() })?;
        function
            .typed()
            .map_err(|mismatch| ExportError::Mismatch { name: name(), mismatch: mismatch.into() })
    }
}
