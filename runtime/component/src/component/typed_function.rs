//! Functions that components export, with Rust's own types.
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))] {
//! use weft::component::{Component, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//!
//! let component = wat::parse_str(r#"
//!     (component
//!         (core module $module
//!             (memory (export "memory") 1)
//!             (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
//!             (func (export "length") (param i32 i32) (result i32) (local.get 1)))
//!         (core instance $instance (instantiate $module))
//!         (func (export "length") (param "text" string) (result u32)
//!             (canon lift (core func $instance "length")
//!                 (memory (core memory $instance "memory")) (realloc (core func $instance "realloc")))))
//! "#)?;
//!
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &component)?;
//! let mut store = Store::new(&engine, ());
//! let instance = store.instantiate(&component, &Linker::new())?;
//! // Its types are compared once, and a mistake is told with its place.
//! let length = store.typed_function::<(&str,), u32>(&instance, "length")?;
//! assert_eq!(store.call(&length, ("seven",))?, 5);
//! assert_eq!(store.call(&length, ("",))?, 0);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;

use crate::abi::{HandleTypes, Lift, Lower};
use crate::component::definition::function_mismatch::{FunctionMismatch, check};
use crate::engine::CoreEngine;

use super::export_error::ExportError;
use super::instance::{Function, Instance};
use super::stores::Store;

/// A function, in the store in which it was made, that takes a `P` and returns an `R`:
/// [`Store::typed_function`] and [`Function::typed`] return it.
///
/// `P` is a tuple of the parameters, `R` the result; either is `()` if there is none. What has no
/// handles in it goes between Rust and the guest directly, without a [`Val`](crate::abi::Val) in
/// between.
pub struct TypedFunction<P, R> {
    pub(crate) function: Function,
    /// Of its parameters.
    pub(crate) handles: Arc<HandleTypes>,
    /// There is no `P` in it, only what a `P` is in the Component Model: so a function that takes
    /// a `&'static str` takes any other, too.
    types: PhantomData<fn() -> (P, R)>,
}

impl Function {
    /// Returns the same function with Rust's own types: `P` is a tuple of the parameters, and `R`
    /// the result.
    ///
    /// Types are compared by what they are in the Component Model, with the names of fields and
    /// cases. One Rust type in [`OwnHandle`](crate::handle::OwnHandle) or [`BorrowHandle`](crate::handle::BorrowHandle)
    /// stands for one resource type.
    ///
    /// # Errors
    ///
    /// [`FunctionMismatch`] says where they differ.
    pub fn typed<P, R>(&self) -> Result<TypedFunction<P, R>, FunctionMismatch>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        let handles = Arc::new(check::<P, R>(&self.ty)?);
        Ok(TypedFunction { function: self.clone(), handles, types: PhantomData })
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns the function that `instance` exports as `name`, with Rust's own types: `P` is a
    /// tuple of the parameters, and `R` the result.
    ///
    /// It is the same as [`function`](Self::function) and [`Function::typed`].
    ///
    /// # Errors
    ///
    /// [`ExportError`] says that the instance exports no such function, that it is in another
    /// store, or where the types differ.
    pub fn typed_function<P, R>(
        &self,
        instance: &Instance<E>,
        name: &str,
    ) -> Result<TypedFunction<P, R>, ExportError>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        let mismatch = |mismatch: FunctionMismatch| ExportError::Mismatch {
            name: name.into(),
            mismatch: mismatch.into(),
        };
        self.function(instance, name)?.typed().map_err(mismatch)
    }
}

impl<P, R> TypedFunction<P, R> {
    /// Returns the function without the types.
    #[must_use]
    pub const fn function(&self) -> &Function {
        &self.function
    }
}

impl<P, R> Clone for TypedFunction<P, R> {
    fn clone(&self) -> Self {
        Self { function: self.function.clone(), handles: self.handles.clone(), types: PhantomData }
    }
}

impl<P, R> fmt::Debug for TypedFunction<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunction").field(&self.function).finish()
    }
}
