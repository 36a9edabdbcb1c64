//! Places from which a component is called.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use crate::component::{Access, CallError, Callee, Caller, Store};
use crate::engine::CoreEngine;

/// A place from which a component is called: a [`Store`], which blocks, and the [`Caller`] or
/// [`HostCaller`](super::HostCaller) of a host function.
///
/// The methods of a [`World`](super::World) take one. Functions of yours that take one work both
/// outside of guests and in host functions:
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::binding::Calls;
/// use weft::component::{CallError, Component, Linker, Store, TypedFunction};
/// use weft::engine::wasmi::Wasmi;
///
/// fn twice(store: &mut impl Calls, seven: &TypedFunction<(), u32>) -> Result<u32, CallError> {
///     Ok(store.call(seven, ())? + store.call(seven, ())?)
/// }
///
/// # let component = wat::parse_str(r#"
/// #     (component
/// #         (core module $module (func (export "f") (result i32) (i32.const 7)))
/// #         (core instance $instance (instantiate $module))
/// #         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
/// # "#)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&component, &Linker::new())?;
/// let seven = store.typed_function(&instance, "seven")?;
/// assert_eq!(twice(&mut store, &seven)?, 14);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Calls {
    /// Calls a function that a component exports, and returns its result.
    ///
    /// # Errors
    ///
    /// [`CallError::Waits`] in a host function, if the guest waits; the other variants of
    /// [`CallError`].
    fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError>;
}

impl<E: CoreEngine, T: 'static> Calls for Caller<'_, '_, E, T> {
    fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        self.call(function, arguments)
    }
}

/// A future in a box.
///
/// The code that awaits it does not name the types and lifetimes inside of it, so that the compiler
/// can prove that it is `Send`.
pub type BoxFuture<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

/// A place from which a component is called and the result awaited: a [`Store`], and the [`Access`]
/// or [`HostAccess`](super::HostAccess) of an async host function.
///
/// The async methods of a [`World`](super::World) take one.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::binding::AsyncCalls;
/// use weft::component::{CallError, Component, Linker, Store, TypedFunction};
/// use weft::engine::wasmi::Wasmi;
///
/// async fn twice(
///     store: &mut impl AsyncCalls,
///     seven: &TypedFunction<(), u32>,
/// ) -> Result<u32, CallError> {
///     Ok(store.call_async(seven, ()).await? + store.call_async(seven, ()).await?)
/// }
///
/// # let component = wat::parse_str(r#"
/// #     (component
/// #         (core module $module (func (export "f") (result i32) (i32.const 7)))
/// #         (core instance $instance (instantiate $module))
/// #         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
/// # "#)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&component, &Linker::new())?;
/// let seven = store.typed_function(&instance, "seven")?;
/// let runtime = tokio::runtime::Builder::new_current_thread().build()?;
/// assert_eq!(runtime.block_on(twice(&mut store, &seven))?, 14);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait AsyncCalls {
    /// Calls a function that a component exports, and returns its result. Dropping the future
    /// before its end cancels the call.
    ///
    /// # Errors
    ///
    /// [`CallError`], from the future.
    fn call_async<'s, F>(
        &'s mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> BoxFuture<'s, Result<F::Result, CallError>>
    where
        F: Callee + Clone + Send + 's,
        F::Kept: Send + 's;
}

impl<E: CoreEngine, T: 'static> AsyncCalls for Store<E, T>
where
    Self: Send,
{
    fn call_async<'s, F>(
        &'s mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> BoxFuture<'s, Result<F::Result, CallError>>
    where
        F: Callee + Clone + Send + 's,
        F::Kept: Send + 's,
    {
        Box::pin(self.call_async(function, arguments))
    }
}

impl<E: CoreEngine, T: 'static> AsyncCalls for Access<E, T> {
    fn call_async<'s, F>(
        &'s mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> BoxFuture<'s, Result<F::Result, CallError>>
    where
        F: Callee + Clone + Send + 's,
        F::Kept: Send + 's,
    {
        Box::pin(self.call_borrowed(function, arguments))
    }
}
