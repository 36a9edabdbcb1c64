//! Tasks of the host, and calls, seen in one way: their status, results, metadata and cancellation.
//! **Host extensions**, on the machine's own subtasks.
//!
//! A *host task* is something that the host does and others may wait for: a request that is under
//! way, a timer. It is a subtask of the host whose callee is the host: so it is in the machine's
//! table of waitables, has an event when it ends, can be a member of a
//! [waitable set](crate::waitable), and is cancelled as calls are. A call of a guest's export that
//! the host made is seen through the same methods, by the same kind of id.
//!
//! | the guide's | here |
//! |---|---|
//! | `TaskId` | [`SubtaskId`](crate::machine::SubtaskId): a call or host task as its caller sees it, which lives until it is dropped. (A [`TaskId`](crate::machine::TaskId) of the machine is a guest's side of a call, and gone when the guest is done; [`Tasks::call_of`] leads from one to the other) |
//! | `TaskStatus`, `TaskReturn` | [`TaskStatus`], [`TaskReturn`] |
//! | `task_start`, `task_return`, `task_cancel`, `set_task_metadata` and their like | the methods of [`Tasks`]: [`start`](Tasks::start), [`complete`](Tasks::complete), [`cancel`](Tasks::cancel), [`set_metadata`](Tasks::set_metadata) |
//! | `task_wait` | [`Tasks::result`], which doesn't wait; `Store::wait_for_task`, which lets the store run; `Store::wait_for_task_async`, a future; `…_within` and `…_within_async`, for at most a time |
//! | `CancellationToken` | [`CancellationToken`]; its methods are those of [`CancellationTokens`] |
//! | `with_task`, `with_cancellable_task`, `wait_for_tasks` | [`with_task`], [`with_cancellable_task`], `Store::wait_for_tasks` |
//!
//! # The guide's second example
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::context::ContextValue;
//! use weft::limits::Heap;
//! use weft::host::ExtendedMachine;
//! use weft::task::{TaskReturn, TaskStatus};
//!
//! // There is nothing to initialize. A store of components has a host side, too.
//! let mut machine = ExtendedMachine::<Heap>::default();
//!
//! // Start a task.
//! let task = machine.tasks().start()?;
//!
//! // Set metadata of it.
//! machine.tasks().set_metadata(task, "priority", 5)?;
//! assert_eq!(machine.tasks().get_metadata(task, "priority")?, Some(&ContextValue::S32(5)));
//!
//! // Return from it.
//! machine.tasks().complete(task, TaskReturn::from_component_value(true)?)?;
//!
//! // How it ended. A store waits for it: `store.wait_for_task(task)`.
//! assert_eq!(machine.tasks().status(task)?, TaskStatus::Completed);
//! assert_eq!(machine.tasks().result(task)?.and_then(|it| it.value()?.get::<bool>()), Some(true));
//!
//! // Cancel a task: another one, as this one is over.
//! assert_eq!(machine.tasks().cancel(task), Err(weft::error::MachineError::AlreadyResolved.into()));
//! let other = machine.tasks().start()?;
//! machine.tasks().cancel(other)?;
//! assert_eq!(machine.tasks().status(other)?, TaskStatus::Cancelled);
//!
//! // What is over is forgotten when the host says so.
//! assert_eq!(machine.tasks().clean_up()?, 2);
//! assert!(machine.tasks().status(task).is_err());
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! # The guide's integration examples
//!
//! A context with tasks. (Values of a context are those of whatever runs: inside of a function that
//! a guest calls, `contexts().get_value` finds those of the guest's task.)
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
//! // The task has the values of its context, when the scope is left, too.
//! let context = machine.tasks().context(task)?;
//! let found = context.and_then(|it| it.get_value(operation)?.as_text());
//! assert_eq!(found, Some("op_123"));
//! # }
//! # Ok::<(), weft::context::ContextError>(())
//! ```
//!
//! Errors with tasks:
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
//! // If the task fails, say why in detail: it has failed, where the guide cancels it.
//! let error = machine.error_contexts().create("Task execution failed", ErrorSeverity::Error)?;
//! machine.error_contexts().set_metadata(error, "task_id", task.as_u64())?;
//! machine.tasks().fail(task, error)?;
//! // The task has the error; the host need not hold it any more.
//! machine.error_contexts().drop(error)?;
//!
//! assert_eq!(machine.tasks().status(task)?, TaskStatus::Failed);
//! let Some(TaskResult::Failed(Some(error))) = machine.tasks().result(task)? else { panic!() };
//! assert_eq!(machine.error_contexts().message(error)?, "Task execution failed");
//! # }
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! The third, waiting for several operations, is in [`waitable`](crate::waitable).
//!
//! # Cancellation
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
//! // A handler is a number of the host's, which comes out once, when the token is cancelled.
//! machine.cancellation_tokens().register(child, 7)?;
//! // What a task is bound to cancels it: a host task at once, a guest's call as soon as it can.
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
//! A host task that is over is kept, so that the host can ask for its [result](Tasks::result). It
//! is forgotten in three cases:
//!
//! - The host says so, by [`drop`](Tasks::drop) or [`clean_up`](Tasks::clean_up).
//! - Another task starts, and there are many tasks: those are forgotten whose result the host has
//!   asked for, and those after which 65,536 others have ended.
//! - A bounded table is full. Those are forgotten whose result the host has asked for. If there are
//!   none, the task is forgotten that ended first.
//!
//! In none of these cases but [`drop`](Tasks::drop) is a task forgotten whose event is in a
//! [set](crate::waitable): somebody may wait for it.
//!
//! # What is in here
//!
//! | file | |
//! |---|---|
//! | `status` | [`TaskStatus`], [`TaskReturn`], [`TaskResult`] |
//! | `record`, `kept` | what is kept of a call or host task, and calls that are to be cancelled |
//! | `tasks` | what the host does with them |
//! | `token` | tokens and handlers, as data |
//! | `cancellation_tokens` | what the host does with them |
//! | `closures` | handlers that are closures (feature `alloc`) |
//! | `running` | [`with_task`], [`with_cancellable_task`] |

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
