//! Handles of resources, and their lends for the time of a call: the fields of the reference's
//! `ResourceHandle`.

use crate::builtin::TypeIndex;

use crate::machine::arena::Key;

use super::task::Task;
use super::words::{number, words};

/// A handle of a resource.
#[derive(Debug)]
pub(crate) struct ResourceHandle {
    pub(crate) ty: TypeIndex,
    representation: [u32; 2],
    /// The task that borrowed it; `None` if the handle owns the resource.
    pub(crate) borrow_scope: Option<Key<Task>>,
    pub(crate) num_lends: u32,
}

/// A handle that is lent for the time of a call.
#[derive(Debug)]
pub(crate) struct Lend {
    pub(crate) handle: Key<ResourceHandle>,
    /// The handle that was lent to the same call before.
    pub(crate) before: Option<Key<Lend>>,
}

impl ResourceHandle {
    pub(crate) const fn new(
        ty: TypeIndex,
        representation: u64,
        borrow_scope: Option<Key<Task>>,
    ) -> Self {
        Self { ty, representation: words(representation), borrow_scope, num_lends: 0 }
    }

    pub(crate) const fn representation(&self) -> u64 {
        number(self.representation)
    }

    pub(crate) const fn is_own(&self) -> bool {
        self.borrow_scope.is_none()
    }
}
