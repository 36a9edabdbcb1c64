//! Closures that run as host tasks.

use crate::error::Error;
use crate::host::HostExtensions;
use crate::machine::SubtaskId;

use super::{CancellationToken, TaskReturn, TaskStatus};

/// Runs a closure as a host task, and returns the task, which the host has to drop. This is a
/// **host extension**.
///
/// The task returns the value of the closure. If that is `None`, the task fails, unless the
/// closure has already [failed](crate::task::Tasks::fail) or cancelled it.
///
/// If the closure panics, the task is cancelled. It is also dropped, unless it is in a
/// [set](crate::waitable), which may be waited for.
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
/// - [`Error::Full`] if there is no room for the task in
///   [`Waitables`](crate::limits::Table::Waitables), or for its context in
///   [`CallRecords`](crate::limits::Table::CallRecords). Nothing is run.
/// - [`Error::Full`] if there is no room for its result in
///   [`CallRecords`](crate::limits::Table::CallRecords). No task is left.
pub fn with_task<S: HostExtensions + ?Sized>(
    store: &mut S,
    run: impl FnOnce(&mut S, SubtaskId) -> Option<TaskReturn<S::Limits>>,
) -> Result<SubtaskId, Error> {
    let task = store.tasks().start()?;
    finish(store, task, run)?;
    Ok(task)
}

/// Runs a closure as a host task that is [bound](crate::task::CancellationTokens::bind) to a
/// token, as [`with_task`] does. If the token is cancelled already, the closure doesn't run, and
/// the task is cancelled.
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
/// - [`Error::Unknown`] if the token doesn't exist. Nothing is run.
/// - [`Error::Full`] if there is no room for the task in
///   [`Waitables`](crate::limits::Table::Waitables) or
///   [`CallRecords`](crate::limits::Table::CallRecords), or for its binding in
///   [`CancellationHandlers`](crate::limits::Table::CancellationHandlers). Nothing is run.
/// - [`Error::Full`] if there is no room for its result in
///   [`CallRecords`](crate::limits::Table::CallRecords). No task is left.
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

/// Runs the closure of a task, if the task is active, and ends the task.
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

/// A task whose closure runs. It is cancelled if the closure panics.
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
