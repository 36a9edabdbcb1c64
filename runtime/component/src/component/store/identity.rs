//! The identities of stores, which their objects remember.

use alloc::sync::Arc;
use core::fmt;

use super::beside::Beside;

/// The identity of a store, which its objects remember.
#[derive(Clone)]
pub(crate) struct Identity(Arc<Beside>);

impl Identity {
    /// Returns the identity of the store that shares these parts.
    pub(crate) fn of(beside: &Arc<Beside>) -> Self {
        Self(beside.clone())
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Identity {}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").finish_non_exhaustive()
    }
}
