//! Something that is a host task while it runs.

use crate::error::Error;
use crate::host::HostExtensions;
use crate::machine::SubtaskId;

use super::{CancellationToken, TaskReturn, TaskStatus};

/// Runs a closure as a host task: a **host extension**. The task returns what the closure does; if
/// it gives nothing (`None`), the task fails, unless the closure has
/// [said why](crate::task::Tasks::fail), or it was cancelled meanwhile. Gives the task, which
/// the host drops.
///
/// If the closure panics, the task is cancelled, and is forgotten unless it is in a
/// [set](crate::waitable), where somebody may wait for it.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
/// use weft::task::{TaskStatus, with_task};
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let task = with_task(&mut machine, |machine, task| {
///     machine.tasks().set_metadata(task, "step", 1).ok()?;
///     Some(5_u32.into())
/// })?;
/// assert_eq!(machine.tasks().status(task)?, TaskStatus::Completed);
/// assert_eq!(machine.tasks().result(task)?.and_then(|it| it.value()?.get::<u32>()), Some(5));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`Tasks::start`](crate::task::Tasks::start), with nothing run; those of
/// [`Tasks::complete`](crate::task::Tasks::complete) for want of room, with no task left.
pub fn with_task<S: HostExtensions + ?Sized>(
    store: &mut S,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<SubtaskId, Error> {
    let task = store.tasks().start()?;
    finish(store, task, run)?;
    Ok(task)
}

/// The same, of a task that is [bound](crate::task::CancellationTokens::bind) to a token. If
/// the token is cancelled already, nothing runs, and the task is cancelled.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::host::ExtendedMachine;
/// use weft::task::{TaskStatus, with_cancellable_task};
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let token = machine.cancellation_tokens().create()?;
/// let task = with_cancellable_task(&mut machine, token, |machine, _| {
///     machine.cancellation_tokens().cancel(token).ok()?;
///     Some(5_u32.into())
/// })?;
/// assert_eq!(machine.tasks().status(task)?, TaskStatus::Cancelled);
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
///
/// # Errors
///
/// Those of [`with_task`]; those of
/// [`CancellationTokens::bind`](crate::task::CancellationTokens::bind), with nothing run.
pub fn with_cancellable_task<S: HostExtensions + ?Sized>(
    store: &mut S,
    token: CancellationToken,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<SubtaskId, Error> {
    let task = store.tasks().start()?;
    if let Err(error) = store.cancellation_tokens().bind(token, task) {
        store.tasks().cancel(task)?;
        store.tasks().drop(task)?;
        return Err(error);
    }
    finish(store, task, run)?;
    Ok(task)
}

/// Runs what a task is to do, if it is active, and ends the task.
fn finish<S: HostExtensions + ?Sized>(
    store: &mut S,
    task: SubtaskId,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<(), Error> {
    if store.tasks().status(task)? != TaskStatus::Running {
        return Ok(());
    }
    let mut running = Running { store, task, has_returned: false };
    let returned = run(running.store, task);
    running.has_returned = true;
    let store = &mut *running.store;
    if store.tasks().status(task)? != TaskStatus::Running {
        return Ok(());
    }
    let ended = match returned {
        Some(value) => store.tasks().complete(task, value),
        None => store.tasks().fail(task, None),
    };
    if ended.is_err() {
        store.tasks().cancel(task)?;
        store.tasks().drop(task)?;
    }
    ended
}

/// A task whose closure runs, which is cancelled if the closure panics.
struct Running<'a, S: HostExtensions + ?Sized> {
    store: &'a mut S,
    task: SubtaskId,
    has_returned: bool,
}

impl<S: HostExtensions + ?Sized> Drop for Running<'_, S> {
    fn drop(&mut self) {
        if !self.has_returned {
            // The closure may have ended or dropped the task.
            let _ = self.store.tasks().give_up(self.task);
        }
    }
}
