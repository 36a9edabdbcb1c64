//! What components are given for their imports.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;

use crate::abi::Val;
use crate::engine::CoreEngine;

use super::entity::{Entity, Exports};
use super::entity_type::EntityType;
use super::error::InstantiateError;
use super::host_function::{HostContext, HostFunction, HostResult};
use super::instance::Instance;
use super::state::{Callable, State};

/// What components are given for their imports, by name.
pub struct Linker<E: CoreEngine, T: Send + 'static = ()> {
    provided: BTreeMap<Box<str>, Provided<E, T>>,
}

/// What is given for an import.
enum Provided<E: CoreEngine, T: Send + 'static> {
    Function(Arc<HostFunction<E, T>>),
    Instance(Linker<E, T>),
    Exports(Arc<Exports<E>>),
}

impl<E: CoreEngine, T: Send + 'static> Default for Linker<E, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: CoreEngine, T: Send + 'static> Linker<E, T> {
    /// Gives nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { provided: BTreeMap::new() }
    }

    /// Gives a function of the host, which returns when it is called.
    pub fn function(
        &mut self,
        name: &str,
        function: impl Fn(&mut HostContext<'_, '_, E, T>, Vec<Val>) -> HostResult
        + Send
        + Sync
        + 'static,
    ) -> &mut Self {
        let function = Provided::Function(Arc::new(HostFunction::Sync(Box::new(function))));
        self.provided.insert(name.into(), function);
        self
    }

    /// Gives a function of the host that may wait: what it returns is polled until it is ready.
    pub fn async_function<F: Future<Output = HostResult> + Send + 'static>(
        &mut self,
        name: &str,
        function: impl Fn(&mut HostContext<'_, '_, E, T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> &mut Self {
        let function =
            HostFunction::Async(Box::new(move |cx, arguments| Box::pin(function(cx, arguments))));
        self.provided.insert(name.into(), Provided::Function(Arc::new(function)));
        self
    }

    /// What the instance called `name` gives, to add to it.
    pub fn instance(&mut self, name: &str) -> &mut Self {
        let place = self.provided.entry(name.into());
        let place = place.or_insert_with(|| Provided::Instance(Self::new()));
        if !matches!(place, Provided::Instance(_)) {
            *place = Provided::Instance(Self::new());
        }
        match place {
            Provided::Instance(linker) => linker,
            Provided::Function(_) | Provided::Exports(_) => unreachable!("it is an instance now"),
        }
    }

    /// Gives an instance of a component in the same store.
    pub fn exports_of(&mut self, name: &str, instance: &Instance<E>) -> &mut Self {
        self.provided.insert(name.into(), Provided::Exports(instance.exports.clone()));
        self
    }

    /// What is given for an import.
    pub(super) fn resolve(
        &self,
        state: &mut State<E, T>,
        name: &str,
        path: &str,
        ty: &EntityType,
    ) -> Result<Entity<E>, InstantiateError> {
        let missing = || InstantiateError::MissingImport { name: String::from(path) };
        match (self.provided.get(name).ok_or_else(missing)?, ty) {
            (Provided::Function(function), EntityType::Function(_)) => {
                let number = u32::try_from(state.functions.len()).unwrap_or(u32::MAX);
                let id = state.machine.define_host_function(number)?;
                state.names.name_function(id, path);
                state.functions.push(Callable::Host(function.clone()));
                Ok(Entity::Function(id))
            }
            (Provided::Instance(linker), EntityType::Instance(ty)) => {
                let mut exports = BTreeMap::new();
                for (name, ty) in &ty.exports {
                    let path = super::instantiate::within(path, name);
                    exports.insert(name.clone(), linker.resolve(state, name, &path, ty)?);
                }
                Ok(Entity::Instance(Arc::new(Exports(exports))))
            }
            (Provided::Exports(exports), EntityType::Instance(_)) => {
                Ok(Entity::Instance(exports.clone()))
            }
            (given, expected) => Err(InstantiateError::ImportMismatch {
                name: path.into(),
                expected: expected.kind().into(),
                given: given.kind().into(),
            }),
        }
    }
}

impl<E: CoreEngine, T: Send + 'static> Provided<E, T> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Function(_) => "a function",
            Self::Instance(_) | Self::Exports(_) => "an instance",
        }
    }
}

impl<E: CoreEngine, T: Send + 'static> fmt::Debug for Linker<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.provided.keys()).finish()
    }
}
