//! The host's record of a call or a host task, beside the machine's.

use core::task::Waker;

use crate::context::stack::Stack;
use crate::host::attributes::{Attribute, Attributes};
use crate::host::limits::ExtensionLimits;
use crate::limits::Table;
use crate::machine::ErrorContextId;
use crate::machine::arena::Key;

use super::TaskReturn;
use super::token::Handler;

/// The host's record of a call or of a host task.
pub(crate) struct CallRecord<L: ExtensionLimits> {
    /// The context that a host task was started in.
    pub(crate) contexts: Stack<L>,
    /// The result of a host task.
    pub(crate) returned: TaskReturn<L>,
    pub(crate) failure: Option<Failed>,
    pub(crate) metadata: Attributes<L, L::TaskMetadata<Attribute<L>>>,
    /// The handler that cancels it. It belongs to a token, or the driver of the machine was asked
    /// to cancel.
    pub(crate) binding: Option<Key<Handler>>,
    /// The waker that is woken when a host task is over.
    pub(crate) waker: Option<Waker>,
}

/// The failure of a host task, with the error that the task holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) Option<ErrorContextId>);

impl<L: ExtensionLimits> CallRecord<L> {
    /// Returns `true` if the record is empty.
    pub(crate) fn is_blank(&self) -> bool {
        let Self { contexts, returned, failure, metadata, binding, waker } = self;
        contexts.is_empty()
            && returned.is_void()
            && failure.is_none()
            && metadata.len() == 0
            && binding.is_none()
            && waker.is_none()
    }
}

impl<L: ExtensionLimits> Default for CallRecord<L> {
    fn default() -> Self {
        Self {
            contexts: Stack::default(),
            returned: TaskReturn::Void,
            failure: None,
            metadata: Attributes::new(Table::TaskMetadata),
            binding: None,
            waker: None,
        }
    }
}
