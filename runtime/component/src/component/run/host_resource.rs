//! Resource types of the host.

use alloc::sync::Arc;
use core::fmt;

use crate::builtin::TypeIndex;
use crate::component::store::host_result::HostError;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::machine::TypeDefinition;

use super::context::Caller;
use super::state::State;

/// A resource type of the host.
///
/// It is a token: each that is made is another resource type, and cloning one gives the same. A
/// store numbers it when it first meets it ([`resource_type`](crate::component::Store::resource_type)).
/// What is behind the representation of a resource is the host's matter: as a rule, it is the
/// place where the host keeps it.
pub struct HostResourceType<E: CoreEngine, T: 'static = ()> {
    token: Arc<Token<E, T>>,
}

struct Token<E: CoreEngine, T: 'static> {
    destructor: Option<Destructor<E, T>>,
}

impl<E: CoreEngine, T: 'static> HostResourceType<E, T> {
    /// Makes a resource type without a destructor.
    #[must_use]
    pub fn new() -> Self {
        Self { token: Arc::new(Token { destructor: None }) }
    }

    /// Makes a resource type whose resources are given to `destructor`, by their representation,
    /// when their owner drops them. If it fails, the guest that dropped one traps.
    pub fn with_destructor(
        destructor: impl Fn(&mut Caller<'_, '_, E, T>, u64) -> Result<(), HostError>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { token: Arc::new(Token { destructor: Some(Arc::new(destructor)) }) }
    }

    /// Returns what tells it from all others, as long as it lives.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.token).addr()
    }
}

/// The function that is called when a resource of the host's own is dropped.
pub(crate) type Destructor<E, T> =
    Arc<dyn Fn(&mut Caller<'_, '_, E, T>, u64) -> Result<(), HostError> + Send + Sync>;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the number of a resource type of the host.
    pub(crate) fn resource_type(
        &mut self,
        token: &HostResourceType<E, T>,
    ) -> Result<TypeIndex, Error> {
        if let Some(number) = self.resource_types.number(token.address()) {
            return Ok(number);
        }
        let definition = TypeDefinition::Resource { instance: None, destructor: None };
        let number = self.machine.define_type(definition)?;
        let destructor = token.token.destructor.clone();
        // With the token, so that no other gets its address.
        self.resource_types.insert(token.address(), token.clone(), number, destructor);
        Ok(number)
    }
}

impl<E: CoreEngine, T: 'static> Default for HostResourceType<E, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: CoreEngine, T: 'static> Clone for HostResourceType<E, T> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone() }
    }
}

impl<E: CoreEngine, T: 'static> PartialEq for HostResourceType<E, T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.token, &other.token)
    }
}

impl<E: CoreEngine, T: 'static> Eq for HostResourceType<E, T> {}

impl<E: CoreEngine, T: 'static> fmt::Debug for HostResourceType<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HostResourceType").field(&format_args!("{:#x}", self.address())).finish()
    }
}
