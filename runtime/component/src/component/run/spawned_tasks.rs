//! Host tasks that are Rust futures.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use core::future::Future;
use core::task::{Context as WakerContext, Poll};

use crate::component::store::call_error::CallError;
use crate::component::store::host_result::HostError;
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::error_context::ErrorSeverity;
use crate::limits::{Heap, Table};
use crate::machine::{SubtaskId, WaitableId};
use crate::task::{TaskReturn, TaskStatus};

use super::context::Context;
use super::state::State;
use super::waiting::{TaskFuture, Waiting};

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Starts a host task that ends when a future is ready. It is polled when the store runs next.
    pub(crate) fn spawn<V>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, Error>
    where
        V: Into<TaskReturn<Heap>>,
    {
        let task = self.machine.tasks().start()?;
        let future: TaskFuture = Box::pin(async move {
            let result = future.await.map(Into::into);
            result.map_err(|error| error.to_string())
        });
        let begun = self.begin_task(task, future);
        if begun.is_err() {
            self.machine.tasks().cancel(task)?;
            self.machine.tasks().drop(task)?;
        }
        begun.map(|()| task)
    }

    fn begin_task(&mut self, task: SubtaskId, future: TaskFuture) -> Result<(), Error> {
        let id = WaitableId::Subtask(task);
        let waker = self.waiting.waker(id).ok_or(Error::Inconsistent(Table::Waitables))?;
        // The waker lets the store drop the future after the task was ended or cancelled.
        self.machine.tasks().set_waker(task, waker.clone())?;
        self.wait(id, Waiting::Task(future));
        waker.wake();
        Ok(())
    }

    /// Finishes a host task with the outcome of its future. If there is no room for the result, the
    /// task fails.
    fn end_task(&mut self, task: SubtaskId, result: Result<TaskReturn<Heap>, String>) {
        // Nothing has to be woken to drop the future.
        let _ = self.machine.tasks().set_waker(task, None);
        let ended = match result {
            Ok(value) => self.machine.tasks().complete(task, value),
            Err(message) => self.fail_task(task, &message),
        };
        if ended.is_err() {
            let _ = self.machine.tasks().fail(task, None);
        }
    }

    fn fail_task(&mut self, task: SubtaskId, message: &str) -> Result<(), Error> {
        let error = self.machine.error_contexts().create(message, ErrorSeverity::Error)?;
        let failed = self.machine.tasks().fail(task, error);
        // The task holds it.
        self.machine.error_contexts().drop(error)?;
        failed
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Polls the future of a host task, or drops it if the task is over. Returns `true` if it need
    /// not be polled again.
    pub(crate) fn poll_task(
        &mut self,
        task: SubtaskId,
        mut future: TaskFuture,
        context: &mut WakerContext<'_>,
    ) -> bool {
        let state = self.data_mut();
        if state.machine.tasks().status(task) != Ok(TaskStatus::Running) {
            state.drop_waiting(Waiting::Task(future));
            return true;
        }
        // A future that panicked is dropped, and never polled again.
        let polled = catch(move || match future.as_mut().poll(context) {
            Poll::Ready(result) => Ok(result),
            Poll::Pending => Err(future),
        });
        let state = self.data_mut();
        match polled {
            Ok(Ok(result)) => state.end_task(task, result),
            Ok(Err(future)) => {
                state.waiting.polled(WaitableId::Subtask(task), Waiting::Task(future));
                return false;
            }
            Err(panic) => {
                state.end_task(task, Err(panic.to_string()));
                state.add_background_trap(CallError::Panicked(panic));
            }
        }
        true
    }
}
