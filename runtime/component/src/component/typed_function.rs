//! Functions that components export, with Rust's own types.

use alloc::sync::Arc;
use core::fmt;
use core::marker::PhantomData;

use crate::abi::{HandleTypes, Lift, Lower};
use crate::component::definition::function_mismatch::{FunctionMismatch, check};
use crate::engine::CoreEngine;

use super::export_error::ExportError;
use super::instance::{Function, Instance};
use super::stores::Store;

/// A function of a store that takes a `P` and returns an `R`: [`Store::typed_function`] and
/// [`Function::typed`] return it.
///
/// `P` is a tuple of the parameters and `R` is the result; either is `()` if there is none. Values
/// without handles are lifted and lowered directly, without a [`Val`](crate::abi::Val) in between.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (core module $module
///             (memory (export "memory") 1)
///             (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
///             (func (export "length") (param i32 i32) (result i32) (local.get 1)))
///         (core instance $instance (instantiate $module))
///         (func (export "length") (param "text" string) (result u32)
///             (canon lift (core func $instance "length")
///                 (memory (core memory $instance "memory")) (realloc (core func $instance "realloc")))))
/// "#)?;
///
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&component, &Linker::new())?;
/// // Its types are compared once. The error would say where they differ.
/// let length = store.typed_function::<(&str,), u32>(&instance, "length")?;
/// assert_eq!(store.call(&length, ("seven",))?, 5);
/// assert_eq!(store.call(&length, ("",))?, 0);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TypedFunction<P, R> {
    pub(crate) function: Function,
    /// The types of the handles in its parameters.
    pub(crate) handles: Arc<HandleTypes>,
    /// The type holds no `P`, only the Component Model's type of one. So a function that takes a
    /// `&'static str` takes any other `&str`, too.
    types: PhantomData<fn() -> (P, R)>,
}

impl Function {
    /// Returns the same function with Rust's own types: `P` is a tuple of the parameters, and `R`
    /// the result.
    ///
    /// Types are compared as types of the Component Model, with the names of fields and cases. A
    /// Rust type in an [`OwnHandle`](crate::handle::OwnHandle) or
    /// [`BorrowHandle`](crate::handle::BorrowHandle) has to stand for one resource type.
    ///
    /// # Errors
    ///
    /// [`FunctionMismatch`] says where the types differ.
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
    /// It combines [`function`](Self::function) and [`Function::typed`].
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`], [`ExportError::OtherStore`], [`ExportError::InstanceRemoved`],
    /// [`ExportError::Mismatch`].
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
