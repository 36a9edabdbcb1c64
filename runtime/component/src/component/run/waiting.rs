//! The things that wait for something outside of the store.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use crate::component::store::host_result::HostFuture;
use crate::limits::Heap;
use crate::task::TaskReturn;

/// The future of a host task: its result, or the text of its error.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = Result<TaskReturn<Heap>, String>> + Send>>;

/// Something that waits for what is outside of the store.
pub(crate) enum Waiting {
    /// A host function that a guest has called.
    HostFunction(HostFuture),
    /// A host task that is made of a future.
    Task(TaskFuture),
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostFunction(_) => "HostFunction",
            Self::Task(_) => "Task",
        })
    }
}
