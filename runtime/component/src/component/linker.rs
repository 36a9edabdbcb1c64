//! What components are given for their imports.
//!
//! A [`Linker`] has, by name, what a component may import: host functions, its resource
//! types, core modules, components, instances in the same store, and instances that are put
//! together of all of these. It belongs to no store, and the same one serves any number of
//! components and stores. When a component is instantiated, each of its imports is found by its
//! name, or by that of another version of the same track (`a:b/c@1.3.1` for `a:b/c@1.2.0`), and
//! what was found is checked against the import's type.
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))] {
//! use weft::abi::{Resource, Val};
//! use weft::component::{Component, HostResourceType, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//!
//! let component = wat::parse_str(r#"
//!     (component
//!         (import "example:words/words@1.2.0" (instance $words
//!             (export "word" (type $word (sub resource)))
//!             (export "first" (func (result (own $word))))
//!             (export "[method]word.length" (func (param "self" (borrow $word)) (result u32)))))
//!         (alias export $words "word" (type $word))
//!         (core func $first (canon lower (func $words "first")))
//!         (core func $length (canon lower (func $words "[method]word.length")))
//!         (core func $drop (canon resource.drop $word))
//!         (core module $module
//!             (import "" "first" (func $first (result i32)))
//!             (import "" "length" (func $length (param i32) (result i32)))
//!             (import "" "drop" (func $drop (param i32)))
//!             (func (export "run") (result i32) (local $word i32)
//!                 (local.set $word (call $first))
//!                 (call $length (local.get $word))
//!                 (call $drop (local.get $word))))
//!         (core instance $instance (instantiate $module (with "" (instance
//!             (export "first" (func $first))
//!             (export "length" (func $length))
//!             (export "drop" (func $drop))))))
//!         (func (export "run") (result u32) (canon lift (core func $instance "run"))))
//! "#)?;
//!
//! // A resource type of the host's. A word is known by its place in the store's data.
//! let word = HostResourceType::<Wasmi, Vec<&str>>::with_destructor(|caller, place| {
//!     caller.data_mut()[place as usize] = "";
//!     Ok(())
//! });
//!
//! let mut linker = Linker::new();
//! let words = linker.instance("example:words/words@1.3.0");
//! words.resource("word", &word);
//! words.function("first", move |caller, _| {
//!     let ty = caller.resource_type(&word)?;
//!     Ok(Some(Val::Own(Resource { ty, representation: 0 })))
//! });
//! words.function("[method]word.length", |caller, arguments| {
//!     let [Val::Borrow(word)] = arguments[..] else { return Err("not a word".into()) };
//!     Ok(Some(Val::U32(caller.data()[word.representation as usize].len() as u32)))
//! });
//!
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &component)?;
//! let mut store = Store::new(&engine, vec!["seven", "words"]);
//! let instance = store.instantiate(&component, &linker)?;
//! let run = store.function(&instance, "run")?;
//! assert_eq!(store.call(&run, &[])?, Some(Val::U32(5)));
//! assert_eq!(store.data()[0], "");
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;

use crate::abi::{Lift, Lower, Val};
use crate::component::definition::function_type::FunctionType;
use crate::component::run::async_host_function::AsyncFunction;
use crate::component::run::context::Caller;
use crate::component::run::host_function::{DeclaredType, HostFunction, HostFunctionCall};
use crate::component::run::host_resource::HostResourceType;
use crate::component::run::typed_host_function::Immediate;
use crate::component::store::host_result::{HostError, HostResult};
use crate::component::store::module::Module;
use crate::engine::CoreEngine;

use super::instance::Instance;
use super::loading::Component;

/// The things that components are given for their imports, by name.
///
/// A name that is given something twice has what it was given last.
pub struct Linker<E: CoreEngine, T: 'static = ()> {
    pub(super) provided: BTreeMap<Box<str>, Provided<E, T>>,
}

/// What is given for an import.
pub(super) enum Provided<E: CoreEngine, T: 'static> {
    Function(Arc<HostFunction<E, T>>),
    Instance(Linker<E, T>),
    Exports(Instance<E>),
    Resource(HostResourceType<E, T>),
    Module(Module<E>),
    Component(Component<E>),
}

impl<E: CoreEngine, T: 'static> Default for Linker<E, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: CoreEngine, T: 'static> Linker<E, T> {
    /// Makes a linker that has nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { provided: BTreeMap::new() }
    }

    /// Adds a host function, which returns when it is called.
    ///
    /// It stands for an import of any type of function: it is called with what the guest passes,
    /// and what it returns is checked. [`typed_function`](Self::typed_function) and
    /// [`declared_function`](Self::declared_function) are checked when a component is instantiated.
    pub fn function(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> HostResult + Send + Sync + 'static,
    ) -> &mut Self {
        self.host_function(name, None, HostFunctionCall::Sync(Box::new(function)))
    }

    /// Adds a host function that may wait: what it returns is polled until it is ready. Where the
    /// type of the import is not `async`, the guests on the caller's stack are held until then.
    pub fn async_function<F: Future<Output = HostResult> + Send + 'static>(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> &mut Self {
        self.host_function(name, None, HostFunctionCall::asynchronous(function))
    }

    /// Adds a host function with Rust's own types: `P` is a tuple of the parameters, which
    /// are owned, and `R` the result. It stands for imports of that type only, whether they are
    /// `async` or not.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::component::Linker;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut linker = Linker::<Wasmi, u32>::new();
    /// linker.typed_function("greet", |caller, (name, times): (String, u32)| {
    ///     *caller.data_mut() += times;
    ///     Ok(format!("hello, {name}"))
    /// });
    /// # }
    /// ```
    pub fn typed_function<P, R>(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, P) -> Result<R, HostError> + Send + Sync + 'static,
    ) -> &mut Self
    where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
    {
        let function = Box::new(Immediate(function, PhantomData));
        self.host_function(name, None, HostFunctionCall::Typed(function))
    }

    /// Adds a [host function](Self::typed_function) with Rust's own types that may wait:
    /// what it returns is polled until it is ready.
    pub fn typed_async_function<P, R, F>(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, P) -> F + Send + Sync + 'static,
    ) -> &mut Self
    where
        P: for<'a> Lift<'a> + 'static,
        R: Lower + 'static,
        F: Future<Output = Result<R, HostError>> + Send + 'static,
    {
        let function = Box::new(AsyncFunction::new(function));
        self.host_function(name, None, HostFunctionCall::Typed(function))
    }

    /// Adds a [host function](Self::function) for imports of this type only. The numbers
    /// of resource types in `ty`, in `own` and `borrow`, are positions in `resources`.
    pub fn declared_function(
        &mut self,
        name: &str,
        ty: FunctionType,
        resources: &[HostResourceType<E, T>],
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> HostResult + Send + Sync + 'static,
    ) -> &mut Self {
        let declared = DeclaredType { ty, resources: resources.into() };
        self.host_function(name, Some(declared), HostFunctionCall::Sync(Box::new(function)))
    }

    /// Adds a [host function](Self::async_function) that may wait for imports of this type
    /// only, as [`declared_function`](Self::declared_function) does.
    pub fn declared_async_function<F: Future<Output = HostResult> + Send + 'static>(
        &mut self,
        name: &str,
        ty: FunctionType,
        resources: &[HostResourceType<E, T>],
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> &mut Self {
        let declared = DeclaredType { ty, resources: resources.into() };
        self.host_function(name, Some(declared), HostFunctionCall::asynchronous(function))
    }

    fn host_function(
        &mut self,
        name: &str,
        declared: Option<DeclaredType<E, T>>,
        call: HostFunctionCall<E, T>,
    ) -> &mut Self {
        let function = Arc::new(HostFunction { declared, call });
        self.provide(name, Provided::Function(function))
    }

    /// Adds a resource type that the host defines.
    pub fn resource(&mut self, name: &str, ty: &HostResourceType<E, T>) -> &mut Self {
        self.provide(name, Provided::Resource(ty.clone()))
    }

    /// Adds a core module.
    pub fn module(&mut self, name: &str, module: &Module<E>) -> &mut Self {
        self.provide(name, Provided::Module(module.clone()))
    }

    /// Adds a component, which the importing one instantiates.
    pub fn component(&mut self, name: &str, component: &Component<E>) -> &mut Self {
        self.provide(name, Provided::Component(component.clone()))
    }

    /// Returns what the instance called `name` is put together of, to add to it.
    pub fn instance(&mut self, name: &str) -> &mut Self {
        let place = self.provided.entry(name.into());
        let place = place.or_insert_with(|| Provided::Instance(Self::new()));
        if !matches!(place, Provided::Instance(_)) {
            *place = Provided::Instance(Self::new());
        }
        // The two lines before see to it, whatever anyone gave before.
        match place {
            Provided::Instance(linker) => linker,
            _ => unreachable!("it is an instance now"),
        }
    }

    /// Adds an instance of a component in the same store.
    pub fn exports_of(&mut self, name: &str, instance: &Instance<E>) -> &mut Self {
        self.provide(name, Provided::Exports(instance.clone()))
    }

    fn provide(&mut self, name: &str, provided: Provided<E, T>) -> &mut Self {
        self.provided.insert(name.into(), provided);
        self
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for Linker<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.provided.keys()).finish()
    }
}
