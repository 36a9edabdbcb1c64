//! Linkers: the items that components import, by name.

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

/// A collection of the items that components import, by name.
///
/// It has host functions, resource types of the host, core modules, components, instances in the
/// same store, and instances that are composed of all of these. It belongs to no store: one linker
/// serves any number of components and stores. If a name is defined twice, the later definition
/// replaces the earlier one.
///
/// When a component is instantiated, each of its imports is found by its name, or by the name of a
/// compatible version (`a:b/c@1.3.1` for `a:b/c@1.2.0`). The item is then checked against the
/// import's type. An instance may have more exports than that type: the component does not see
/// them, nor does anybody to whom it exports the instance. An import of a type that is no resource
/// type needs no item; if there is one with its name, it has to be a type. Resource types are
/// compared as they are at run time, although `(sub resource)` in the type of an export may hide
/// that two of them are the same.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::abi::{Resource, Val};
/// use weft::component::{Component, HostResourceType, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (import "example:words/words@1.2.0" (instance $words
///             (export "word" (type $word (sub resource)))
///             (export "first" (func (result (own $word))))
///             (export "[method]word.length" (func (param "self" (borrow $word)) (result u32)))))
///         (alias export $words "word" (type $word))
///         (core func $first (canon lower (func $words "first")))
///         (core func $length (canon lower (func $words "[method]word.length")))
///         (core func $drop (canon resource.drop $word))
///         (core module $module
///             (import "" "first" (func $first (result i32)))
///             (import "" "length" (func $length (param i32) (result i32)))
///             (import "" "drop" (func $drop (param i32)))
///             (func (export "run") (result i32) (local $word i32)
///                 (local.set $word (call $first))
///                 (call $length (local.get $word))
///                 (call $drop (local.get $word))))
///         (core instance $instance (instantiate $module (with "" (instance
///             (export "first" (func $first))
///             (export "length" (func $length))
///             (export "drop" (func $drop))))))
///         (func (export "run") (result u32) (canon lift (core func $instance "run"))))
/// "#)?;
///
/// // A resource type of the host. A word is known by its place in the store's data.
/// let word = HostResourceType::<Wasmi, Vec<&str>>::with_destructor(|caller, place| {
///     caller.data_mut()[place as usize] = "";
///     Ok(())
/// });
///
/// let mut linker = Linker::new();
/// let words = linker.instance("example:words/words@1.3.0");
/// words.resource("word", &word);
/// words.function("first", move |caller, _| {
///     let ty = caller.resource_type(&word)?;
///     Ok(Some(Val::Own(Resource { ty, representation: 0 })))
/// });
/// words.function("[method]word.length", |caller, arguments| {
///     let [Val::Borrow(word)] = arguments[..] else { return Err("not a word".into()) };
///     Ok(Some(Val::U32(caller.data()[word.representation as usize].len() as u32)))
/// });
///
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, vec!["seven", "words"]);
/// let instance = store.instantiate(&component, &linker)?;
/// let run = store.function(&instance, "run")?;
/// assert_eq!(store.call(&run, &[])?, Some(Val::U32(5)));
/// assert_eq!(store.data()[0], "");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Linker<E: CoreEngine, T: 'static = ()> {
    pub(super) provided: BTreeMap<Box<str>, Provided<E, T>>,
}

/// An item that is defined for an import.
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
    /// Makes an empty linker.
    #[must_use]
    pub const fn new() -> Self {
        Self { provided: BTreeMap::new() }
    }

    /// Defines a host function that does not wait.
    ///
    /// It serves imports of functions of any type: it gets the arguments of the guest, and its
    /// result is checked in each call. The types of a [`typed_function`](Self::typed_function) and
    /// of a [`declared_function`](Self::declared_function) are checked earlier, when a component is
    /// instantiated.
    pub fn function(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> HostResult + Send + Sync + 'static,
    ) -> &mut Self {
        self.host_function(name, None, HostFunctionCall::Sync(Box::new(function)))
    }

    /// Defines a host function that may wait: it returns a future, which is polled until it is
    /// ready. If the type of the import is not `async`, the guests on the caller's stack are held
    /// until then.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::abi::Val;
    /// use weft::component::Linker;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut linker = Linker::<Wasmi, u32>::new();
    /// linker.async_function("next", |caller, _| {
    ///     // The store is at hand only before the first `await`; the handle is for later.
    ///     let access = caller.access();
    ///     async move {
    ///         tokio::task::yield_now().await;
    ///         let next = access.with(|store| {
    ///             *store.data_mut() += 1;
    ///             *store.data()
    ///         });
    ///         Ok(Some(Val::U32(next.await?)))
    ///     }
    /// });
    /// # }
    /// ```
    pub fn async_function<F: Future<Output = HostResult> + Send + 'static>(
        &mut self,
        name: &str,
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> &mut Self {
        self.host_function(name, None, HostFunctionCall::asynchronous(function))
    }

    /// Defines a host function with Rust's own types: `P` is a tuple of the parameters, which are
    /// owned, and `R` is the result. It serves only imports of that type, whether or not they are
    /// `async`. An [`Own<V>`](crate::binding::Own) or [`Borrow<V>`](crate::binding::Borrow) in
    /// these stands for a resource type that [`HostResourceType::of::<V>`](HostResourceType::of)
    /// made.
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

    /// Defines a [host function](Self::typed_function) with Rust's own types that may wait: it
    /// returns a future, which is polled until it is ready.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::component::Linker;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut linker = Linker::<Wasmi>::new();
    /// linker.typed_async_function("double", |_, (number,): (u32,)| async move {
    ///     tokio::task::yield_now().await;
    ///     Ok(2 * number)
    /// });
    /// # }
    /// ```
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

    /// Defines a [host function](Self::function) for imports of the type `ty` only. The numbers of
    /// resource types in `ty`, those of `own` and `borrow`, are positions in `resources`.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::abi::{Type, Val};
    /// use weft::component::{FunctionType, Linker};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let ty = FunctionType::new([("name", Type::String)], Some(Type::U32))?;
    /// let mut linker = Linker::<Wasmi>::new();
    /// linker.declared_function("length", ty, &[], |_, arguments| {
    ///     let [Val::String(name)] = &arguments[..] else { return Err("not a string".into()) };
    ///     Ok(Some(Val::U32(name.len() as u32)))
    /// });
    /// # }
    /// # Ok::<(), weft::abi::InvalidType>(())
    /// ```
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

    /// Defines a [host function](Self::async_function) that may wait, for imports of the type `ty`
    /// only: see [`declared_function`](Self::declared_function).
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

    /// Defines a resource type of the host.
    pub fn resource(&mut self, name: &str, ty: &HostResourceType<E, T>) -> &mut Self {
        self.provide(name, Provided::Resource(ty.clone()))
    }

    /// Defines a core module.
    pub fn module(&mut self, name: &str, module: &Module<E>) -> &mut Self {
        self.provide(name, Provided::Module(module.clone()))
    }

    /// Defines a component. The component that imports it makes the instances.
    pub fn component(&mut self, name: &str, component: &Component<E>) -> &mut Self {
        self.provide(name, Provided::Component(component.clone()))
    }

    /// Returns the linker for the items of the instance `name`. Creates that instance if there is
    /// none.
    pub fn instance(&mut self, name: &str) -> &mut Self {
        let place = self.provided.entry(name.into());
        let place = place.or_insert_with(|| Provided::Instance(Self::new()));
        if !matches!(place, Provided::Instance(_)) {
            *place = Provided::Instance(Self::new());
        }
        // The lines before made it an instance, whatever had the name.
        match place {
            Provided::Instance(linker) => linker,
            _ => unreachable!("it is an instance now"),
        }
    }

    /// Defines an instance of a component that is in the same store. It has the exports that its
    /// type says, as [`Instance::names`] lists them.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let engine = Wasmi::default();
    /// let numbers = Component::new(&engine, &wat::parse_str(r#"
    ///     (component
    ///         (core module $Module (func (export "seven") (result i32) (i32.const 7)))
    ///         (core instance $module (instantiate $Module))
    ///         (func (export "seven") (result u32) (canon lift (core func $module "seven"))))
    /// "#)?)?;
    /// let user = Component::new(&engine, &wat::parse_str(r#"
    ///     (component
    ///         (import "numbers" (instance $numbers (export "seven" (func (result u32)))))
    ///         (export "seven" (func $numbers "seven")))
    /// "#)?)?;
    ///
    /// let mut store = Store::new(&engine, ());
    /// let numbers = store.instantiate(&numbers, &Linker::new())?;
    /// let mut linker = Linker::new();
    /// linker.exports_of("numbers", &numbers);
    /// let user = store.instantiate(&user, &linker)?;
    /// let seven = store.typed_function::<(), u32>(&user, "seven")?;
    /// assert_eq!(store.call(&seven, ())?, 7);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
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
