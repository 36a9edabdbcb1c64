//! The identity of a store: what belongs to a store remembers it.

use alloc::sync::Arc;

/// A store, as what belongs to it remembers it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity(Arc<()>);

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Identity {}
