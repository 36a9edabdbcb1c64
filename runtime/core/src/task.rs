//! Host tasks and calls: their status, results, metadata and cancellation. **Host extensions**.
//!
//! A *host task* is work that the host does itself and that others may wait for, such as a request
//! or a timer. A call of a guest's export that the host has made has the same methods. Both are
//! named by a [`SubtaskId`](crate::machine::SubtaskId), which is valid until the task or call is
//! dropped.
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::context::ContextValue;
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::task::{TaskReturn, TaskStatus};
//!
//! // A store of components has the same views.
//! let mut machine = ExtendedMachine::<Heap>::default();
//!
//! // Start a task.
//! let task = machine.tasks().start()?;
//!
//! // Set and get its metadata.
//! machine.tasks().set_metadata(task, "priority", 5)?;
//! assert_eq!(machine.tasks().get_metadata(task, "priority")?, Some(&ContextValue::S32(5)));
//!
//! // Return from it.
//! machine.tasks().complete(task, TaskReturn::from_component_value(true)?)?;
//!
//! // Ask for the outcome. A store can also wait for it: `store.wait_for_task(task)`.
//! assert_eq!(machine.tasks().status(task)?, TaskStatus::Completed);
//! assert_eq!(machine.tasks().result(task)?.and_then(|it| it.value()?.get::<bool>()), Some(true));
//!
//! // Cancel a task. This one is over, so the example cancels another.
//! assert_eq!(machine.tasks().cancel(task), Err(weft::error::MachineError::AlreadyResolved.into()));
//! let other = machine.tasks().start()?;
//! machine.tasks().cancel(other)?;
//! assert_eq!(machine.tasks().status(other)?, TaskStatus::Cancelled);
//!
//! // Remove the tasks that are over.
//! assert_eq!(machine.tasks().clean_up()?, 2);
//! assert!(machine.tasks().status(task).is_err());
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! In the machine, a host task is a subtask of the host whose callee is the host. So it has an
//! event when it ends, can be a member of a [waitable set](crate::waitable), and is cancelled as
//! calls are. A [`TaskId`](crate::machine::TaskId) of the machine is something else: a guest's side
//! of a call, which is gone when the guest is done. [`Tasks::call_of`] leads from it to the call.
//!
//! [`Tasks::result`] doesn't wait. A store of components waits with `wait_for_task`, or in a future
//! with `wait_for_task_async`; the methods with `within` in their names wait until a time limit.
//!
//! # Tasks and contexts
//!
//! A host task has the values of the [context](crate::context) that it was started in:
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::context::{AsyncContext, AsyncContextScope, ContextKey};
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//! let operation = ContextKey::new("operation_id")?;
//! let task = {
//!     let mut scope = AsyncContextScope::enter_empty(&mut machine)?;
//!     scope.contexts().set_value(operation, "op_123")?;
//!     scope.tasks().start()?
//! };
//! // The task has the values of its context also after the scope is left.
//! let context = machine.tasks().context(task)?;
//! let found = context.and_then(|it| it.get_value(operation)?.as_text());
//! assert_eq!(found, Some("op_123"));
//! # }
//! # Ok::<(), weft::context::ContextError>(())
//! ```
//!
//! # Tasks that fail
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::error_context::ErrorSeverity;
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::task::{TaskResult, TaskStatus};
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//! let task = machine.tasks().start()?;
//!
//! // Say in detail why the task fails.
//! let error = machine.error_contexts().create("Task execution failed", ErrorSeverity::Error)?;
//! machine.error_contexts().set_metadata(error, "task_id", task.as_u64())?;
//! machine.tasks().fail(task, error)?;
//! // The task holds the error, so the host can drop it.
//! machine.error_contexts().drop(error)?;
//!
//! assert_eq!(machine.tasks().status(task)?, TaskStatus::Failed);
//! let Some(TaskResult::Failed(Some(error))) = machine.tasks().result(task)? else { panic!() };
//! assert_eq!(machine.error_contexts().message(error)?, "Task execution failed");
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! To wait for several tasks, see [`waitable`](crate::waitable).
//!
//! # Cancellation
//!
//! Cancelling a token cancels all tasks and calls that are bound to it, or to its children:
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::task::TaskStatus;
//!
//! let mut machine = ExtendedMachine::<Heap>::default();
//! let token = machine.cancellation_tokens().create()?;
//! let child = machine.cancellation_tokens().create_child(token)?;
//!
//! // A handler is a number of the host, which is returned once when the token is cancelled.
//! machine.cancellation_tokens().register(child, 7)?;
//! // A host task that is bound to a token is cancelled at once, a guest's call when it can be.
//! let task = machine.tasks().start()?;
//! machine.cancellation_tokens().bind(child, task)?;
//!
//! machine.cancellation_tokens().cancel(token)?;
//! assert!(machine.cancellation_tokens().is_cancelled(child)?);
//! assert_eq!(machine.tasks().status(task)?, TaskStatus::Cancelled);
//! assert_eq!(machine.cancellation_tokens().next_cancelled()?.map(|it| it.number), Some(7));
//! assert_eq!(machine.cancellation_tokens().next_cancelled()?, None);
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! # Tasks that are over
//!
//! A host task that is over stays, so that the host can ask for its [result](Tasks::result). It is
//! removed in three cases:
//!
//! - The host calls [`drop`](Tasks::drop) or [`clean_up`](Tasks::clean_up).
//! - Another task starts while there are many. This removes the tasks whose result the host has
//!   asked for, and those after which 65,536 others have ended.
//! - A bounded table is full. This removes the tasks whose result the host has asked for. If there
//!   are none, it removes the task that ended first.
//!
//! A task whose event is in a [set](crate::waitable) is only removed by [`drop`](Tasks::drop),
//! because a guest or the host may wait for it.

mod cancellation_tokens;
#[cfg(feature = "alloc")]
mod closures;
mod kept;
pub(crate) mod record;
mod running;
mod status;
mod tasks;
pub(crate) mod token;

pub use cancellation_tokens::CancellationTokens;
#[cfg(feature = "alloc")]
pub use closures::CancellationHandlers;
pub use running::{with_cancellable_task, with_task};
pub use status::{TaskResult, TaskReturn, TaskStatus};
pub use tasks::Tasks;
pub use token::{CancellationHandlerId, CancellationToken, Cancelled};
