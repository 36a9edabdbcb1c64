//! The exports of a world, as a struct with typed functions.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, ready};

use crate::component::{
    AsContextMut, Component, Instance, InstancePre, InstantiateFuture, Linker, Store,
};
use crate::engine::CoreEngine;

use super::export_errors::{ExportErrors, WorldError};
use super::exports::{Exports, of_component, of_instance};

/// A world: the functions and interfaces that its components export.
///
/// Bindings implement it. For a world with `export run: func(name: string) -> u32`, they have:
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::binding::{Calls, Exports, World};
/// use weft::component::{CallError, Component, Linker, Store, TypedFunction};
/// use weft::engine::wasmi::Wasmi;
///
/// struct Program {
///     run: TypedFunction<(&'static str,), u32>,
/// }
///
/// impl World for Program {
///     const NAME: &'static str = "example:files/program";
///     const IMPORTS: &'static [&'static str] = &[];
///     const EXPORTS: &'static [&'static str] = &["run"];
///
///     fn find(exports: &mut Exports<'_>) -> Option<Self> {
///         let run = exports.function("run");
///         Some(Self { run: run? })
///     }
/// }
///
/// impl Program {
///     fn run(&self, store: &mut impl Calls, name: &str) -> Result<u32, CallError> {
///         store.call(&self.run, (name,))
///     }
/// }
///
/// # let component = wat::parse_str(r#"
/// #     (component
/// #         (core module $module
/// #             (memory (export "memory") 1)
/// #             (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16))
/// #             (func (export "run") (param i32 i32) (result i32) (local.get 1)))
/// #         (core instance $instance (instantiate $module))
/// #         (func (export "run") (param "name" string) (result u32)
/// #             (canon lift (core func $instance "run")
/// #                 (memory (core memory $instance "memory"))
/// #                 (realloc (core func $instance "realloc")))))
/// # "#)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// // Everything is compared before there is an instance.
/// let program = Program::prepare(&component, &Linker::new())?;
///
/// let mut store = Store::new(&engine, ());
/// let program = program.instantiate(&mut store)?;
/// assert_eq!(program.run(&mut store, "seven")?, 5);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait World: Sized {
    /// The full name, such as `wasi:cli/command@0.3.2`.
    const NAME: &'static str;

    /// The names of the interfaces and functions that the world imports, in the order of the WIT.
    const IMPORTS: &'static [&'static str];

    /// The names of the interfaces and functions that the world exports, in the order of the WIT.
    const EXPORTS: &'static [&'static str];

    /// Finds the functions of the world among `exports`. It asks for all of them before it returns,
    /// so that every mismatch is noted. Returns `None` if something was not found.
    fn find(exports: &mut Exports<'_>) -> Option<Self>;

    /// Returns the exports of an instance, in its store or in the [`Caller`] of a host function.
    ///
    /// # Errors
    ///
    /// [`ExportErrors`] lists all exports that are missing, or of another type.
    ///
    /// [`Caller`]: crate::component::Caller
    fn new<E: CoreEngine, T: 'static>(
        store: &impl AsContextMut<E, T>,
        instance: &Instance<E>,
    ) -> Result<Self, ExportErrors> {
        of_instance(Self::NAME, store, instance, Self::find)
    }

    /// Compares the exports of the world with the types of those of a component.
    ///
    /// # Errors
    ///
    /// [`ExportErrors`] lists all exports that are missing, or of another type.
    fn check<E: CoreEngine>(component: &Component<E>) -> Result<(), ExportErrors> {
        of_component(Self::NAME, component, Self::find)
    }

    /// Makes an instance of a component, whose imports are found in `linker`, and returns its
    /// exports. The exports are checked first.
    ///
    /// # Errors
    ///
    /// [`WorldError`]
    fn instantiate<E: CoreEngine, T: 'static>(
        store: &mut Store<E, T>,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Self, WorldError> {
        Self::check(component)?;
        let instance = store.instantiate(component, linker)?;
        Ok(Self::new(store, &instance)?)
    }

    /// Makes an instance of a component, as [`instantiate`](Self::instantiate) does, and returns a
    /// future: see [`Store::instantiate_async`].
    ///
    /// # Errors
    ///
    /// From the future, [`WorldError`].
    fn instantiate_async<'s, E: CoreEngine, T: 'static>(
        store: &'s mut Store<E, T>,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> InstantiateWorld<'s, Self, E, T> {
        match Self::check(component) {
            Ok(()) => InstantiateWorld::new(store.instantiate_async(component, linker)),
            Err(errors) => InstantiateWorld(State::Mismatch(Some(errors))),
        }
    }

    /// Finds the imports of a component in `linker`, and checks them and the exports: once for any
    /// number of instances, in any stores.
    ///
    /// # Errors
    ///
    /// [`WorldError`]
    fn prepare<E: CoreEngine, T: 'static>(
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Prepared<Self, E, T>, WorldError> {
        Self::check(component)?;
        let instance = linker.instantiate_pre(component)?;
        Ok(Prepared { instance, world: PhantomData })
    }
}

/// A component of the world `W`, together with its imports: [`World::prepare`] returns it.
///
/// It belongs to no store, and cloning it is cheap.
pub struct Prepared<W, E: CoreEngine, T: 'static = ()> {
    instance: InstancePre<E, T>,
    world: PhantomData<fn() -> W>,
}

impl<W: World, E: CoreEngine, T: 'static> Prepared<W, E, T> {
    /// Makes an instance, and returns its exports.
    ///
    /// # Errors
    ///
    /// [`WorldError::Instantiate`]
    pub fn instantiate(&self, store: &mut Store<E, T>) -> Result<W, WorldError> {
        let instance = self.instance.instantiate(store)?;
        Ok(W::new(store, &instance)?)
    }

    /// Makes an instance, as [`instantiate`](Self::instantiate) does, and returns a future: see
    /// [`Store::instantiate_async`].
    ///
    /// # Errors
    ///
    /// From the future, [`WorldError::Instantiate`].
    pub fn instantiate_async<'s>(
        &self,
        store: &'s mut Store<E, T>,
    ) -> InstantiateWorld<'s, W, E, T> {
        InstantiateWorld::new(self.instance.instantiate_async(store))
    }

    /// Returns the component with its imports, without the world.
    #[must_use]
    pub const fn instance_pre(&self) -> &InstancePre<E, T> {
        &self.instance
    }
}

impl<W, E: CoreEngine, T: 'static> Clone for Prepared<W, E, T> {
    fn clone(&self) -> Self {
        Self { instance: self.instance.clone(), world: PhantomData }
    }
}

impl<W, E: CoreEngine, T: 'static> fmt::Debug for Prepared<W, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Prepared").field(&self.instance).finish()
    }
}

/// An instantiation of a component of the world `W`, which any executor can poll:
/// [`World::instantiate_async`] and [`Prepared::instantiate_async`] return it.
#[must_use = "nothing is instantiated before the future is polled"]
pub struct InstantiateWorld<'s, W, E: CoreEngine, T: 'static>(State<'s, W, E, T>);

enum State<'s, W, E: CoreEngine, T: 'static> {
    /// The component is not of the world.
    Mismatch(Option<ExportErrors>),
    /// The component is being instantiated.
    Instantiating(InstantiateFuture<'s, E, T>, PhantomData<fn() -> W>),
}

impl<'s, W, E: CoreEngine, T: 'static> InstantiateWorld<'s, W, E, T> {
    const fn new(instantiating: InstantiateFuture<'s, E, T>) -> Self {
        Self(State::Instantiating(instantiating, PhantomData))
    }
}

impl<W: World, E: CoreEngine, T: 'static> Future for InstantiateWorld<'_, W, E, T> {
    type Output = Result<W, WorldError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let instantiating = match &mut self.0 {
            State::Instantiating(instantiating, _) => instantiating,
            State::Mismatch(errors) => {
                let errors = errors.take().unwrap_or_else(|| ExportErrors::not_told(W::NAME));
                return Poll::Ready(Err(errors.into()));
            }
        };
        let instance = ready!(Pin::new(&mut *instantiating).poll(cx))?;
        Poll::Ready(W::new(instantiating.store(), &instance).map_err(WorldError::from))
    }
}

impl<W, E: CoreEngine, T: 'static> fmt::Debug for InstantiateWorld<'_, W, E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstantiateWorld").finish_non_exhaustive()
    }
}
