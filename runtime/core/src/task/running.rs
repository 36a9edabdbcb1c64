//! Something that is a host task while it runs.

use crate::error::Error;
use crate::host::HostStore;
use crate::machine::SubtaskId;

use super::{CancellationToken, TaskReturn, TaskStatus};

/// Runs a closure as a host task: a **host extension**. The task returns what the closure does; if
/// it gives nothing (`None`), the task fails, unless the closure has
/// [said why](crate::host::Host::task_fail), or it was cancelled meanwhile. Gives the task, which
/// the host drops.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::machine::Machine;
/// use weft::task::{TaskStatus, with_task};
///
/// let mut machine = Machine::<Heap>::default();
/// let task = with_task(&mut machine, |machine, task| {
///     machine.host().task_set_metadata(task, "step", 1).ok()?;
///     Some(5_u32.into())
/// })?;
/// let host = machine.host();
/// assert_eq!(host.task_status(task)?, TaskStatus::Completed);
/// assert_eq!(host.task_result(task)?.and_then(|it| it.value()?.get::<u32>()), Some(5));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`task_start`](crate::host::Host::task_start), with nothing run; those of
/// [`task_return`](crate::host::Host::task_return) for want of room, with no task left.
pub fn with_task<S: HostStore + ?Sized>(
    store: &mut S,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<SubtaskId, Error> {
    let task = store.host().task_start()?;
    finish(store, task, run)?;
    Ok(task)
}

/// The same, of a task that is [bound](crate::host::Host::cancellation_token_bind) to a token. If
/// the token is cancelled already, nothing runs, and the task is cancelled.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::machine::Machine;
/// use weft::task::{TaskStatus, with_cancellable_task};
///
/// let mut machine = Machine::<Heap>::default();
/// let token = machine.host().cancellation_token_new()?;
/// let task = with_cancellable_task(&mut machine, token, |machine, _| {
///     machine.host().cancellation_token_cancel(token).ok()?;
///     Some(5_u32.into())
/// })?;
/// assert_eq!(machine.host().task_status(task)?, TaskStatus::Cancelled);
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`with_task`]; those of
/// [`cancellation_token_bind`](crate::host::Host::cancellation_token_bind), with nothing run.
pub fn with_cancellable_task<S: HostStore + ?Sized>(
    store: &mut S,
    token: CancellationToken,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<SubtaskId, Error> {
    let mut host = store.host();
    let task = host.task_start()?;
    if let Err(error) = host.cancellation_token_bind(token, task) {
        host.task_cancel(task)?;
        host.task_drop(task)?;
        return Err(error);
    }
    finish(store, task, run)?;
    Ok(task)
}

/// Runs what a task is to do, if it is active, and ends the task.
fn finish<S: HostStore + ?Sized>(
    store: &mut S,
    task: SubtaskId,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<(), Error> {
    if store.host().task_status(task)? != TaskStatus::Running {
        return Ok(());
    }
    let returned = run(store, task);
    let mut host = store.host();
    if host.task_status(task)? != TaskStatus::Running {
        return Ok(());
    }
    let ended = match returned {
        Some(value) => host.task_return(task, value),
        None => host.task_fail(task, None),
    };
    if ended.is_err() {
        host.task_cancel(task)?;
        host.task_drop(task)?;
    }
    ended
}
