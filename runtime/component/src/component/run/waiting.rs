//! The futures and others that wait for events outside of the store.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::Pin;

use crate::abi::Val;
use crate::component::store::call_error::CallError;
use crate::component::store::waiting::GiveUp;
use crate::limits::Heap;
use crate::task::TaskReturn;

use super::host_function_future::HostFunctionFuture;

/// The future of a host task: its result, or the text of its error.
pub(crate) type TaskFuture = Pin<Box<dyn Future<Output = Result<TaskReturn<Heap>, String>> + Send>>;

/// Something that waits for an event outside of the store.
pub(crate) enum Waiting<S> {
    /// A host function that a guest has called.
    HostFunction(HostFunctionFuture),
    /// A host task that is a future.
    Task(TaskFuture),
    /// A source or a sink that serves the host's end.
    End(S),
}

impl<S: GiveUp> GiveUp for Waiting<S> {
    fn give_up(&mut self, error: &CallError) -> Vec<Val> {
        match self {
            Self::HostFunction(_) | Self::Task(_) => Vec::new(),
            Self::End(served) => served.give_up(error),
        }
    }
}

impl<S> fmt::Debug for Waiting<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::HostFunction(_) => "HostFunction",
            Self::Task(_) => "Task",
            Self::End(_) => "End",
        })
    }
}
