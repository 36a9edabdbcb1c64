//! Finding the exports that the bindings of a world need: among those of a component, before there
//! is an instance, and among those of an instance.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use crate::abi::{Lift, Lower};
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::function_mismatch::check;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::versions;
use crate::component::export_error::similar_name;
use crate::component::{
    AsContextMut, Component, ExportError, Function, FunctionMismatch, Instance, TypedFunction,
};
use crate::engine::CoreEngine;

use super::export_errors::ExportErrors;

/// The exports among which a [`World`](super::World) is found: those of an instance, or the types
/// of those of a component. It notes every mismatch.
///
/// [`World::find`](super::World::find), which bindings implement, gets it. An interface is found by
/// its name, or by the name of a compatible version: `a:b/c@1.3.1` for `a:b/c@1.2.0`.
///
/// ```
/// use weft::binding::{Exports, TypedFunction};
///
/// struct Names {
///     first: TypedFunction<(), String>,
/// }
///
/// struct Program {
///     run: TypedFunction<(&'static str,), u32>,
///     names: Names,
/// }
///
/// impl Names {
///     fn find(exports: &mut Exports<'_>) -> Option<Self> {
///         let first = exports.function("first");
///         Some(Self { first: first? })
///     }
/// }
///
/// impl Program {
///     // Everything is asked for before anything is returned, so that every mismatch is noted.
///     fn find(exports: &mut Exports<'_>) -> Option<Self> {
///         let run = exports.function("run");
///         let names = exports.interface("example:files/names@1.2.0", Names::find);
///         Some(Self { run: run?, names: names? })
///     }
/// }
/// ```
pub struct Exports<'a> {
    scope: Scope<'a>,
    /// The name of the interface that the exports are in.
    interface: Option<&'a str>,
    errors: Vec<ExportError>,
}

/// Exports by name.
enum Scope<'a> {
    /// Only the types of exports: those of a component.
    Types(BTreeMap<&'a str, &'a ExternType>),
    /// The exports of an instance.
    Instance(&'a dyn InstanceScope),
}

/// An export of a function.
enum Found<'a> {
    Type(&'a FunctionType),
    Function(Function),
}

/// The exports of an instance of any engine, in a store with any data.
trait InstanceScope {
    fn function(&self, name: &str) -> Result<Function, ExportError>;
    fn instance(&self, name: &str) -> Option<Box<dyn InstanceScope + '_>>;
    fn names(&self) -> Vec<&str>;
}

/// An instance and the store that it is in.
struct InStore<'a, E: CoreEngine, T: 'static, S> {
    store: &'a S,
    instance: Instance<E>,
    data: PhantomData<fn() -> T>,
}

impl<E: CoreEngine, T: 'static, S: AsContextMut<E, T>> InstanceScope for InStore<'_, E, T, S> {
    fn function(&self, name: &str) -> Result<Function, ExportError> {
        self.store.function(&self.instance, name)
    }

    fn instance(&self, name: &str) -> Option<Box<dyn InstanceScope + '_>> {
        let instance = self.instance.instance(name)?;
        Some(Box::new(InStore { store: self.store, instance, data: PhantomData }))
    }

    fn names(&self) -> Vec<&str> {
        self.instance.names().filter(|name| self.instance.instance(name).is_some()).collect()
    }
}

/// Looks for a world among the types of the exports of a component. `find` returns `None` and notes
/// nothing if all exports are there.
pub(super) fn of_component<E: CoreEngine, W>(
    world: &'static str,
    component: &Component<E>,
    find: impl FnOnce(&mut Exports<'_>) -> Option<W>,
) -> Result<(), ExportErrors> {
    let types = component.closure.definition.exports();
    let scope = Scope::Types(types.map(|(name, ty)| (&*name.name, ty)).collect());
    let mut exports = Exports { scope, interface: None, errors: Vec::new() };
    find(&mut exports);
    ExportErrors::check(world, exports.errors)
}

/// Looks for a world among the exports of an instance.
pub(super) fn of_instance<E: CoreEngine, T: 'static, W>(
    world: &'static str,
    store: &impl AsContextMut<E, T>,
    instance: &Instance<E>,
    find: impl FnOnce(&mut Exports<'_>) -> Option<W>,
) -> Result<W, ExportErrors> {
    let in_store = InStore { store, instance: instance.clone(), data: PhantomData };
    let scope = Scope::Instance(&in_store);
    let mut exports = Exports { scope, interface: None, errors: Vec::new() };
    let found = find(&mut exports);
    ExportErrors::check(world, exports.errors)?;
    found.ok_or_else(|| ExportErrors::not_told(world))
}

impl Exports<'_> {
    /// Returns the function that is exported as `name`, with Rust's own types. Returns `None` and
    /// notes the mismatch if there is none, or if it has another type. Also returns `None` if there
    /// are only types.
    pub fn function<P, R>(&mut self, name: &str) -> Option<TypedFunction<P, R>>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        let typed = match self.scope.function(name) {
            Ok(Found::Type(ty)) => check::<P, R>(ty).map(|_| None),
            Ok(Found::Function(function)) => function.typed().map(Some),
            Err(error) => {
                self.note(error);
                return None;
            }
        };
        match typed {
            Ok(typed) => typed,
            Err(mismatch) => {
                self.note_mismatch(name, mismatch);
                None
            }
        }
    }

    /// Looks for what `find` needs in the interface that is exported as `name`. Returns `None` and
    /// notes the mismatch if there is no such interface. Also returns `None` if there are only
    /// types.
    pub fn interface<I>(
        &mut self,
        name: &str,
        find: impl FnOnce(&mut Exports<'_>) -> Option<I>,
    ) -> Option<I> {
        let within;
        let scope = match &self.scope {
            Scope::Types(types) => match versions::find(types, name, name) {
                Some(ExternType::Instance(ty)) => Some(Scope::Types(ty.exports().collect())),
                _ => None,
            },
            Scope::Instance(exports) => match exports.instance(name) {
                Some(instance) => {
                    within = instance;
                    Some(Scope::Instance(&*within))
                }
                None => None,
            },
        };
        let Some(scope) = scope else {
            let similar = similar_name(name, self.scope.interfaces().into_iter()).map(String::from);
            self.note(ExportError::MissingInterface { name: name.into(), similar });
            return None;
        };
        let mut exports = Exports { scope, interface: Some(name), errors: Vec::new() };
        let found = find(&mut exports);
        let errors = exports.errors;
        for error in errors {
            self.note(error);
        }
        found
    }

    /// Notes that a function has another type.
    fn note_mismatch(&mut self, name: &str, mismatch: FunctionMismatch) {
        self.note(ExportError::Mismatch { name: name.into(), mismatch: mismatch.into() });
    }

    /// Notes a mismatch in these exports.
    fn note(&mut self, error: ExportError) {
        self.errors.push(match self.interface {
            Some(interface) => error.within(interface),
            None => error,
        });
    }
}

impl<'a> Scope<'a> {
    /// Returns the function with a name.
    fn function(&self, name: &str) -> Result<Found<'a>, ExportError> {
        match self {
            Self::Types(types) => match versions::find(types, name, name) {
                Some(ExternType::Function(ty)) => Ok(Found::Type(ty)),
                _ => {
                    let is_function = |it: &ExternType| matches!(it, ExternType::Function(_));
                    let functions = types.iter().filter(|(_, ty)| is_function(ty));
                    let similar = similar_name(name, functions.map(|(name, _)| *name));
                    let similar = similar.map(String::from);
                    Err(ExportError::Missing { name: name.into(), similar })
                }
            },
            Self::Instance(exports) => exports.function(name).map(Found::Function),
        }
    }

    /// Returns the names of the interfaces.
    fn interfaces(&self) -> Vec<&str> {
        match self {
            Self::Types(types) => {
                let is_instance = |it: &ExternType| matches!(it, ExternType::Instance(_));
                let instances = types.iter().filter(|(_, ty)| is_instance(ty));
                instances.map(|(name, _)| *name).collect()
            }
            Self::Instance(exports) => exports.names(),
        }
    }
}

impl fmt::Debug for Exports<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { interface, errors, .. } = self;
        f.debug_struct("Exports")
            .field("interface", interface)
            .field("errors", errors)
            .finish_non_exhaustive()
    }
}
