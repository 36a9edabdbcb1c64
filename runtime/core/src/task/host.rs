//! What the host does with its tasks, and knows of its calls.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::context::{AsyncContext, ContextValue, IntoContextValue};
use crate::error::Error;
use crate::host::Host;
use crate::host::attributes::Name;
use crate::limits::Limits;
use crate::machine::{ErrorContextId, Machine, SubtaskId, TaskId};

use super::record::Failed;
use super::{TaskResult, TaskReturn, TaskStatus};

impl<L: Limits, C: Chooser> Machine<L, C> {
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

    /// What [`Host::task_result`] gives, lent for as long as the machine is.
    pub fn task_result(&self, task: SubtaskId) -> Result<Option<TaskResult<'_, L>>, Error> {
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

/// Tasks of the host, and calls: **host extensions**. See [`task`](crate::task).
///
/// What takes an id fails with [`Error::Unknown`] if the call or task is no more: a host task lives
/// until [`task_drop`](Self::task_drop) or [`task_cleanup`](Self::task_cleanup), a call until it is
/// [dropped](crate::machine::Machine::drop_call), which a store does when its result is taken.
impl<L: Limits, C: Chooser> Host<'_, L, C> {
    /// Starts a host task, in the current context: something that the host does itself, until it
    /// [returns](Self::task_return), [fails](Self::task_fail) or is
    /// [cancelled](Self::task_cancel).
    ///
    /// # Errors
    ///
    /// With nothing started: [`Error::Full`]: [`Waitables`](crate::limits::Table::Waitables), and
    /// [`CallRecords`](crate::limits::Table::CallRecords) if there is a context.
    pub fn task_start(&mut self) -> Result<SubtaskId, Error> {
        self.machine.new_host_task()
    }

    /// A host task returns. Whoever waits for it, alone or in a set, has an event.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::AlreadyResolved`] if it is over, which it is if it was
    /// cancelled; [`Error::NotHosts`] if it is a guest that was called; [`Error::Unknown`];
    /// [`Error::Full`] ([`CallRecords`](crate::limits::Table::CallRecords)) if it returns
    /// something.
    pub fn task_return(
        &mut self,
        task: SubtaskId,
        value: impl Into<TaskReturn<L>>,
    ) -> Result<(), Error> {
        self.machine.active_host_task(task)?;
        let value = value.into();
        if !value.is_void() {
            self.machine.describe_call(task, |record| {
                record.returned = value;
                Ok(())
            })?;
        }
        self.machine.host_task_returned(task)
    }

    /// A host task fails, with an error that says why, if there is one. The task holds the error as
    /// long as it lives, whether the host or a guest holds it or not.
    ///
    /// # Errors
    ///
    /// With nothing changed: those of [`task_return`](Self::task_return); [`Error::Unknown`] if
    /// the error is no more; [`Error::Full`]
    /// ([`ErrorRecords`](crate::limits::Table::ErrorRecords)).
    pub fn task_fail(
        &mut self,
        task: SubtaskId,
        error: impl Into<Option<ErrorContextId>>,
    ) -> Result<(), Error> {
        self.machine.active_host_task(task)?;
        let error = error.into();
        if let Some(error) = error {
            self.machine.hold_source(error)?;
        }
        let recorded = self.machine.describe_call(task, |record| {
            record.failure = Some(Failed(error));
            Ok(())
        });
        if let (Err(failure), Some(error)) = (recorded, error) {
            self.machine.release_source(error)?;
            return Err(failure);
        }
        recorded?;
        self.machine.host_task_returned(task)
    }

    /// Cancels. A host task is cancelled at once. A call that the host made is asked to cancel, as
    /// soon as whoever drives the machine [sees to
    /// it](crate::machine::Machine::next_call_to_cancel), which a store does when it runs; it may
    /// return all the same.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::AlreadyResolved`]; [`Error::AlreadyCancelled`];
    /// [`Error::NotHosts`] if it is a guest's call; [`Error::Unknown`]; [`Error::Full`]:
    /// [`CallRecords`](crate::limits::Table::CallRecords),
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers), of a call.
    pub fn task_cancel(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.is_host_task(task)? {
            self.machine.cancel_host_task(task)
        } else {
            self.request_cancellation(task)
        }
    }

    /// How far a call or host task has come.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_status(&self, task: SubtaskId) -> Result<TaskStatus, Error> {
        self.machine.task_status(task)
    }

    /// How a call or host task ended; nothing if it has not. It stays as it is, so that it can be
    /// asked for again: to wait for it is to ask until there is an answer, with events
    /// ([`next_host_event`](crate::machine::Machine::next_host_event), or those of a
    /// [set](crate::waitable)) telling when.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_result(&self, task: SubtaskId) -> Result<Option<TaskResult<'_, L>>, Error> {
        self.machine.task_result(task)
    }

    /// The context that a host task was started in; the host's [current](Self::context_get) one is
    /// another matter.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_context(&self, task: SubtaskId) -> Result<Option<&AsyncContext<L>>, Error> {
        let record = self.machine.call_record(task)?;
        let contexts = &self.machine.extensions.contexts;
        Ok(record.and_then(|record| contexts.current(&record.contexts)))
    }

    /// The call that a guest's task is, as its caller sees it; nothing if it has resolved.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the task is no more.
    pub fn call_of(&self, task: TaskId) -> Result<Option<SubtaskId>, Error> {
        self.machine.caller_id(self.machine.task_key(task)?)
    }

    /// Sets a value of the metadata of a call or host task, and gives the one that was there.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::Full`]:
    /// [`TaskMetadata`](crate::limits::Table::TaskMetadata),
    /// [`CallRecords`](crate::limits::Table::CallRecords); [`Error::ValueTooLong`].
    pub fn task_set_metadata(
        &mut self,
        task: SubtaskId,
        key: &str,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        let value = value.into_context_value()?;
        self.machine.describe_call(task, |record| record.metadata.set(Name::Text(key), value))
    }

    /// A value of the metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_get_metadata(
        &self,
        task: SubtaskId,
        key: &str,
    ) -> Result<Option<&ContextValue<L>>, Error> {
        let record = self.machine.call_record(task)?;
        Ok(record.and_then(|record| Some(&record.metadata.get(key)?.value)))
    }

    /// Takes a value of the metadata away.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_remove_metadata(
        &mut self,
        task: SubtaskId,
        key: &str,
    ) -> Result<Option<ContextValue<L>>, Error> {
        match self.machine.call_record(task)? {
            Some(_) => self.machine.describe_call(task, |record| Ok(record.metadata.remove(key))),
            None => Ok(None),
        }
    }

    /// All metadata, in the order in which its keys were first set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn task_metadata(
        &self,
        task: SubtaskId,
    ) -> Result<impl Iterator<Item = (&str, &ContextValue<L>)>, Error> {
        let record = self.machine.call_record(task)?;
        let all = record.into_iter().flat_map(|record| record.metadata.iter());
        Ok(all.map(|attribute| (attribute.name.text(), &attribute.value)))
    }

    /// How many host tasks there are that are not over.
    ///
    /// It takes time with the number of all waitables, as does
    /// [`task_cleanup`](Self::task_cleanup).
    pub fn task_count(&self) -> usize {
        let mut position = 0;
        let tasks = core::iter::from_fn(|| {
            let (behind, task) = self.machine.next_host_task(position)?;
            position = behind;
            Some(task)
        });
        tasks.filter(|task| self.machine.active_host_task(*task).is_ok()).count()
    }

    /// Forgets a host task that is over, with all that is known of it.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::NotFinished`]; [`Error::NotHosts`] for a call, which is
    /// [dropped](crate::machine::Machine::drop_call) by whoever has begun it; [`Error::Unknown`].
    pub fn task_drop(&mut self, task: SubtaskId) -> Result<(), Error> {
        match self.machine.active_host_task(task) {
            Ok(_) => Err(Error::NotFinished),
            Err(Error::AlreadyResolved) => self.machine.drop_call(task),
            Err(error) => Err(error),
        }
    }

    /// Forgets the host tasks that are over, and says how many those were. Guests' calls stay as
    /// they are.
    ///
    /// # Errors
    ///
    /// None that a host can cause.
    pub fn task_cleanup(&mut self) -> Result<usize, Error> {
        let (mut dropped, mut position) = (0, 0);
        while let Some((behind, task)) = self.machine.next_host_task(position) {
            position = behind;
            if self.machine.active_host_task(task).is_err() {
                self.machine.drop_call(task)?;
                dropped += 1;
            }
        }
        Ok(dropped)
    }
}
