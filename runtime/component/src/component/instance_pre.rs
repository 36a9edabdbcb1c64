//! Components that are prepared for many instances.

use alloc::sync::Arc;
use core::fmt;

use crate::component::run::context::{Caller, Context};
use crate::component::run::instantiate::error::InstantiateError;
use crate::component::run::instantiate::given::{Given, GivenByName, entities};
use crate::component::run::instantiate::imports::import_errors;
use crate::component::store::entity::Closure;
use crate::engine::{CoreContext as _, CoreEngine};

use super::instance::Instance;
use super::loading::Component;
use super::stores::Store;

/// A component with its imports, which were found and checked once:
/// [`Linker::instantiate_pre`](super::Linker::instantiate_pre) returns it.
///
/// It belongs to no store. Making an instance looks up no names and compares no types, except for
/// items of [`Linker::exports_of`](super::Linker::exports_of), whose types are known only in the
/// store. Cloning it is cheap.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::abi::Val;
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// let component = wat::parse_str(r#"
///     (component
///         (import "visitor" (func $visitor (result u32)))
///         (core func $visitor (canon lower (func $visitor)))
///         (core module $module
///             (import "" "visitor" (func $visitor (result i32)))
///             (func (export "run") (result i32) (call $visitor)))
///         (core instance $instance (instantiate $module (with "" (instance
///             (export "visitor" (func $visitor))))))
///         (func (export "run") (result u32) (canon lift (core func $instance "run"))))
/// "#)?;
/// let engine = Wasmi::default();
/// let mut linker = Linker::<Wasmi, u32>::new();
/// linker.typed_function("visitor", |caller, ()| Ok(*caller.data()));
/// let prepared = linker.instantiate_pre(&Component::new(&engine, &component)?)?;
///
/// // A store for each visitor.
/// for visitor in 0..3 {
///     let mut store = Store::new(&engine, visitor);
///     let instance = prepared.instantiate(&mut store)?;
///     let run = store.function(&instance, "run")?;
///     assert_eq!(store.call(&run, &[])?, Some(Val::U32(visitor)));
/// }
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InstancePre<E: CoreEngine, T: 'static = ()> {
    component: Component<E>,
    imports: Arc<GivenByName<E, T>>,
    /// `true` if some imports can only be checked in a store.
    is_in_store: bool,
}

impl<E: CoreEngine, T: 'static> InstancePre<E, T> {
    /// Keeps the imports of a component, which were found and checked without a store.
    pub(crate) fn new(component: Component<E>, imports: GivenByName<E, T>) -> Self {
        let is_in_store = imports.values().any(Given::is_in_store);
        Self { component, imports: Arc::new(imports), is_in_store }
    }

    /// Returns the component.
    #[must_use]
    pub const fn component(&self) -> &Component<E> {
        &self.component
    }

    /// Makes an instance of the component, as [`Store::instantiate`] does.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate(&self, store: &mut Store<E, T>) -> Result<Instance<E>, InstantiateError> {
        store.instantiate_prepared(self)
    }

    /// Makes an instance of the component inside of a host function, as [`Caller::instantiate`]
    /// does.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate_in(
        &self,
        caller: &mut Caller<'_, '_, E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        caller.check_depth()?;
        self.make(caller.cx())
    }

    /// Makes an instance of the component.
    pub(crate) fn make(&self, cx: &mut Context<'_, E, T>) -> Result<Instance<E>, InstantiateError> {
        make(&self.component.closure, &self.imports, self.is_in_store, cx)
    }
}

/// Makes an instance of a component with the imports that were found. If some of them are
/// `is_in_store`, they are checked now.
pub(crate) fn make<E: CoreEngine, T: 'static>(
    component: &Closure<E>,
    given: &GivenByName<E, T>,
    is_in_store: bool,
    cx: &mut Context<'_, E, T>,
) -> Result<Instance<E>, InstantiateError> {
    if !component.code.engine.is_same(&cx.data().engine) {
        return Err(InstantiateError::OtherEngine);
    }
    if is_in_store {
        let errors = import_errors(&component.definition, given, Some(cx.data()));
        if !errors.is_empty() {
            let errors = errors.into_iter().map(|(_, error)| error);
            return Err(InstantiateError::Imports(errors.collect()));
        }
    }
    let imports = entities(given, cx.data_mut()).map_err(InstantiateError::from);
    let made = imports.and_then(|imports| cx.instantiate_component(component, &imports));
    // Some host functions were found, but are not imported after all.
    cx.data_mut().remove_unused_host_functions()?;
    let (exports, root) = made?;
    let store = cx.data().identity.clone();
    Ok(Instance { exports, root, is_whole: true, store })
}

impl<E: CoreEngine, T: 'static> Clone for InstancePre<E, T> {
    fn clone(&self) -> Self {
        Self {
            component: self.component.clone(),
            imports: self.imports.clone(),
            is_in_store: self.is_in_store,
        }
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for InstancePre<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.imports.keys()).finish()
    }
}
