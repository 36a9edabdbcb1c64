//! The host's view of its tasks and calls.

use core::task::Waker;

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::context::{AsyncContext, ContextValue, IntoContextValue};
use crate::error::{Error, ExtensionError, MachineError};
use crate::error_context::record::Holder;
use crate::host::attributes::Name;
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::{ErrorContextId, SubtaskId, TaskId};

use super::record::Failed;
use super::{TaskResult, TaskReturn, TaskStatus};

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    fn task_status(&self, task: SubtaskId) -> Result<TaskStatus, Error> {
        let record = self.call_record(task)?;
        if record.is_some_and(|record| record.failure.is_some()) {
            return Ok(TaskStatus::Failed);
        }
        Ok(match self.call_state(task)? {
            SubtaskState::Returned => TaskStatus::Completed,
            SubtaskState::CancelledBeforeStarted | SubtaskState::CancelledBeforeReturned => {
                TaskStatus::Cancelled
            }
            SubtaskState::Starting | SubtaskState::Started if self.is_callee_gone(task)? => {
                TaskStatus::Failed
            }
            SubtaskState::Starting => TaskStatus::Pending,
            SubtaskState::Started => TaskStatus::Running,
        })
    }

    /// Returns the outcome of a task, if it has ended.
    pub(crate) fn task_result(&self, task: SubtaskId) -> Result<Option<TaskResult<'_, L>>, Error> {
        let record = self.call_record(task)?;
        Ok(match self.task_status(task)? {
            TaskStatus::Pending | TaskStatus::Running => None,
            TaskStatus::Completed => {
                let returned = record.map(|record| &record.returned);
                Some(TaskResult::Returned(returned.unwrap_or(TaskReturn::VOID)))
            }
            TaskStatus::Cancelled => Some(TaskResult::Cancelled),
            TaskStatus::Failed => {
                let failure = record.and_then(|record| record.failure);
                Some(TaskResult::Failed(failure.and_then(|Failed(error)| error)))
            }
        })
    }
}

/// The host tasks and calls of a store or machine. This is a view, and a **host extension**.
///
/// It is returned by `store.tasks()` each time it is needed. See [`task`](crate::task).
///
/// Every method that takes an id fails with [`Error::Unknown`] if the call or task doesn't exist
/// any longer. A host task exists until it is [removed](crate::task#tasks-that-are-over). A call
/// exists until it is [dropped](crate::machine::Machine::drop_call), which a store does when it
/// takes the result.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::task::TaskStatus;
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let task = machine.tasks().start()?;
/// machine.tasks().set_metadata(task, "priority", "high")?;
/// machine.tasks().complete(task, 5_u32)?;
/// assert_eq!(machine.tasks().status(task)?, TaskStatus::Completed);
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
#[derive(Debug)]
pub struct Tasks<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<'a, L: ExtensionLimits, C: Chooser> Tasks<'a, L, C> {
    /// Returns the task that runs: the one whose guest has control, or that calls the host
    /// function which has control. Returns `None` if the host has control outside of any call.
    pub fn current(&mut self) -> Option<TaskId> {
        self.machine.acting_task()
    }

    /// Starts a host task in the current context. It is work that the host does itself, until the
    /// host [completes](Self::complete), [fails](Self::fail) or [cancels](Self::cancel) it.
    ///
    /// # Errors
    ///
    /// [`Error::Full`], with nothing started, if there is no room in
    /// [`Waitables`](crate::limits::Table::Waitables). If there is a context, there also has to
    /// be room in [`CallRecords`](crate::limits::Table::CallRecords).
    pub fn start(&mut self) -> Result<SubtaskId, Error> {
        self.machine.new_host_task()
    }

    /// Completes a host task with a result. The task then has an event, in its set or outside of
    /// sets.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`MachineError::AlreadyResolved`] if the task is over, or was cancelled.
    /// - [`MachineError::NotHosts`] if it is a call of a guest.
    /// - [`Error::Unknown`] if the task doesn't exist.
    /// - [`Error::Full`] if there is a value, and no room in
    ///   [`CallRecords`](crate::limits::Table::CallRecords).
    pub fn complete(
        &mut self,
        task: SubtaskId,
        value: impl Into<TaskReturn<L>>,
    ) -> Result<(), Error> {
        self.machine.active_operation(task)?;
        let value = value.into();
        if !value.is_void() {
            self.machine.describe_call(task, |record| {
                record.returned = value;
                Ok(())
            })?;
        }
        self.machine.return_operation(task)?;
        self.machine.wake_at_end(task)
    }

    /// Fails a host task, with an error that says why, or with `None`. The task holds the error
    /// as long as it exists, even after the host and all guests have dropped it.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`MachineError::AlreadyResolved`] if the task is over, or was cancelled.
    /// - [`MachineError::NotHosts`] if it is a call of a guest.
    /// - [`Error::Unknown`] if the task or the error doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords).
    pub fn fail(
        &mut self,
        task: SubtaskId,
        error: impl Into<Option<ErrorContextId>>,
    ) -> Result<(), Error> {
        self.machine.active_operation(task)?;
        let error = error.into();
        if let Some(error) = error {
            self.machine.hold_error(error, Holder::FailedTask)?;
        }
        let recorded = self.machine.describe_call(task, |record| {
            record.failure = Some(Failed(error));
            Ok(())
        });
        if let (Err(failure), Some(error)) = (recorded, error) {
            self.machine.release_error(error, Holder::FailedTask)?;
            return Err(failure);
        }
        recorded?;
        self.machine.return_operation(task)?;
        self.machine.wake_at_end(task)
    }

    /// Cancels a host task at once, or asks a call that the host made to cancel.
    ///
    /// A call is asked as soon as the driver of the machine
    /// [takes the request](crate::host::ExtendedMachine::next_call_to_cancel), which a store does
    /// when it runs. The call may still return.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`MachineError::AlreadyResolved`] if it is over.
    /// - [`MachineError::AlreadyCancelled`] if it was asked to cancel before.
    /// - [`MachineError::NotHosts`] if a guest made the call.
    /// - [`Error::Unknown`] if it doesn't exist.
    /// - [`Error::Full`], for a call, if there is no room in
    ///   [`CallRecords`](crate::limits::Table::CallRecords) or
    ///   [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    pub fn cancel(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.is_operation(task)? {
            self.machine.cancel_operation(task)?;
            self.machine.wake_at_end(task)
        } else {
            self.machine.request_call_cancellation(task)
        }
    }

    /// Sets the waker that is woken once when a host task ends, in whatever way. It replaces the
    /// waker that was set before; `None` removes that one.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`MachineError::AlreadyResolved`] if the task is over.
    /// - [`MachineError::NotHosts`] if it is a call of a guest.
    /// - [`Error::Unknown`] if it doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`CallRecords`](crate::limits::Table::CallRecords).
    pub fn set_waker(
        &mut self,
        task: SubtaskId,
        waker: impl Into<Option<Waker>>,
    ) -> Result<(), Error> {
        self.machine.active_operation(task)?;
        let waker = waker.into();
        if waker.is_none() && self.machine.call_record(task)?.is_none() {
            return Ok(());
        }
        self.machine.describe_call(task, |record| {
            record.waker = waker;
            Ok(())
        })
    }

    /// Returns the status of a call or host task.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if it doesn't exist.
    pub fn status(&self, task: SubtaskId) -> Result<TaskStatus, Error> {
        self.machine.task_status(task)
    }

    /// Returns the outcome of a call or host task, or `None` if it has not ended. The outcome can
    /// be asked for again, until the task is [removed](crate::task#tasks-that-are-over).
    ///
    /// This doesn't wait. The task's event, in a [set](crate::waitable) or in
    /// [`next_host_event`](crate::machine::Machine::next_host_event), tells when it has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn result(self, task: SubtaskId) -> Result<Option<TaskResult<'a, L>>, Error> {
        if self.machine.task_status(task)?.is_finished() {
            self.machine.asked_for(task)?;
        }
        self.machine.task_result(task)
    }

    /// Returns the context that a host task was started in. It can differ from the host's
    /// [current](crate::context::Contexts::current) context.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn context(self, task: SubtaskId) -> Result<Option<&'a AsyncContext<L>>, Error> {
        let record = self.machine.call_record(task)?;
        let contexts = &self.machine.hooks.contexts;
        Ok(record.and_then(|record| contexts.current(&record.contexts)))
    }

    /// Returns the call that a guest's task runs for, as its caller sees it, or `None` if the
    /// call has resolved.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist any longer.
    pub fn call_of(&self, task: TaskId) -> Result<Option<SubtaskId>, Error> {
        self.machine.caller_id(self.machine.task_key(task)?)
    }

    /// Sets a value of the metadata of a call or host task, and returns the one before.
    ///
    /// The key follows the rules of a [`ContextKey`](struct@crate::context::ContextKey).
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`Error::Unknown`] if the task doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`TaskMetadata`](crate::limits::Table::TaskMetadata) or
    ///   [`CallRecords`](crate::limits::Table::CallRecords).
    /// - [`ExtensionError::InvalidKey`] if the text can't be a key.
    /// - [`ExtensionError::ValueTooLong`] if a bounded machine has no room for the value.
    ///
    /// # Example
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// # use weft::context::ContextValue;
    /// # use weft::host::ExtendedMachine;
    /// # use weft::limits::Heap;
    /// # let mut machine = ExtendedMachine::<Heap>::default();
    /// let task = machine.tasks().start()?;
    /// machine.tasks().set_metadata(task, "attempt", 1)?;
    /// machine.tasks().set_metadata(task, "url", "https://example.com")?;
    /// let before = machine.tasks().set_metadata(task, "attempt", 2)?;
    /// assert_eq!(before, Some(ContextValue::S32(1)));
    ///
    /// let keys: Vec<&str> = machine.tasks().metadata(task)?.map(|(key, _)| key).collect();
    /// assert_eq!(keys, ["attempt", "url"]);
    /// machine.tasks().remove_metadata(task, "url")?;
    /// assert_eq!(machine.tasks().get_metadata(task, "url")?, None);
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub fn set_metadata(
        &mut self,
        task: SubtaskId,
        key: &str,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        let (key, value) = (Name::checked(key)?, value.into_context_value()?);
        self.machine.describe_call(task, |record| record.metadata.set(key, value))
    }

    /// Returns a value of the metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn get_metadata(
        self,
        task: SubtaskId,
        key: &str,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.call_record(task)?;
        Ok(record.and_then(|record| Some(&record.metadata.get(key)?.value)))
    }

    /// Removes a value of the metadata, and returns it.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn remove_metadata(
        &mut self,
        task: SubtaskId,
        key: &str,
    ) -> Result<Option<ContextValue<L>>, Error> {
        match self.machine.call_record(task)? {
            Some(_) => self.machine.describe_call(task, |record| Ok(record.metadata.remove(key))),
            None => Ok(None),
        }
    }

    /// Returns all metadata, in the order in which the keys were first set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task doesn't exist.
    pub fn metadata(
        self,
        task: SubtaskId,
    ) -> Result<impl Iterator<Item = (&'a str, &'a ContextValue<L>)>, Error> {
        let record = self.machine.call_record(task)?;
        let all = record.into_iter().flat_map(|record| record.metadata.iter());
        Ok(all.map(|attribute| (attribute.name.text(), &attribute.value)))
    }

    /// Returns the number of host tasks that have not ended.
    ///
    /// The time that this takes grows with the number of all waitables, as that of
    /// [`clean_up`](Self::clean_up) does.
    pub fn count(&self) -> usize {
        let mut position = 0;
        let tasks = core::iter::from_fn(|| {
            let (after, task) = self.machine.next_operation(position)?;
            position = after;
            Some(task)
        });
        tasks.filter(|task| self.machine.active_operation(*task).is_ok()).count()
    }

    /// Removes a host task that is over, with its records.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ExtensionError::NotFinished`] if the task is not over.
    /// - [`MachineError::NotHosts`] for a call of a guest, which the caller
    ///   [drops](crate::machine::Machine::drop_call).
    /// - [`Error::Unknown`] if the task doesn't exist.
    pub fn drop(&mut self, task: SubtaskId) -> Result<(), Error> {
        match self.machine.active_operation(task) {
            Ok(_) => Err(ExtensionError::NotFinished.into()),
            Err(Error::Machine(MachineError::AlreadyResolved)) => self.machine.drop_call(task),
            Err(error) => Err(error),
        }
    }

    /// Cancels a host task that is not over, and removes it unless its event is in a set.
    pub(crate) fn give_up(&mut self, task: SubtaskId) -> Result<(), Error> {
        let key = self.machine.active_operation(task)?;
        self.cancel(task)?;
        if self.machine.has_event_in_set(key)? { Ok(()) } else { self.machine.drop_call(task) }
    }

    /// Removes the host tasks that are over, and returns their number.
    ///
    /// A task whose event is in a [set](crate::waitable) stays until the event is taken. Calls of
    /// guests stay as they are. Tasks that are over are also
    /// [removed](crate::task#tasks-that-are-over) without this.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn clean_up(&mut self) -> Result<usize, Error> {
        self.machine.forget_operations(|_, _| true)
    }
}
