//! What the host does with its tasks, and knows of its calls.

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

    /// Returns how a task ended, if it has.
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

/// A view of the host tasks and calls of a machine: a **host extension**.
///
/// It is made from whatever has a machine with the host extensions, for as long as it is used. See
/// [`task`](crate::task).
///
/// What takes an id fails with [`Error::Unknown`] if the call or task is no more: a host task lives
/// until it is [forgotten](crate::task#tasks-that-are-over), a call until it is
/// [dropped](crate::machine::Machine::drop_call), which a store does when its result is taken.
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
    /// Returns the task that runs: the one whose guest has control, or the one that calls the host
    /// function that has it. Nothing where the host has control by itself.
    pub fn current(&mut self) -> Option<TaskId> {
        self.machine.acting_task()
    }

    /// Starts a host task, in the current context: something that the host does itself, until it
    /// [returns](Self::complete), [fails](Self::fail) or is
    /// [cancelled](Self::cancel).
    ///
    /// # Errors
    ///
    /// With nothing started: [`Error::Full`]: [`Waitables`](crate::limits::Table::Waitables), and
    /// [`CallRecords`](crate::limits::Table::CallRecords) if there is a context.
    pub fn start(&mut self) -> Result<SubtaskId, Error> {
        self.machine.new_host_task()
    }

    /// A host task returns. Whoever waits for it, alone or in a set, has an event.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`MachineError::AlreadyResolved`] if it is over, which it is if it was
    /// cancelled; [`MachineError::NotHosts`] if it is a guest that was called; [`Error::Unknown`];
    /// [`Error::Full`] ([`CallRecords`](crate::limits::Table::CallRecords)) if it returns
    /// something.
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

    /// A host task fails, with an error that says why, if there is one. The task holds the error as
    /// long as it lives, whether the host or a guest holds it or not.
    ///
    /// # Errors
    ///
    /// With nothing changed: those of [`complete`](Self::complete); [`Error::Unknown`] if
    /// the error is no more; [`Error::Full`]
    /// ([`ErrorRecords`](crate::limits::Table::ErrorRecords)).
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

    /// Cancels. A host task is cancelled at once. A call that the host made is asked to cancel, as
    /// soon as whoever drives the machine [sees to
    /// it](crate::host::ExtendedMachine::next_call_to_cancel), which a store does when it runs; it may
    /// return all the same.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`MachineError::AlreadyResolved`]; [`MachineError::AlreadyCancelled`];
    /// [`MachineError::NotHosts`] if it is a guest's call; [`Error::Unknown`]; [`Error::Full`]:
    /// [`CallRecords`](crate::limits::Table::CallRecords),
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers), of a call.
    pub fn cancel(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.is_operation(task)? {
            self.machine.cancel_operation(task)?;
            self.machine.wake_at_end(task)
        } else {
            self.machine.request_call_cancellation(task)
        }
    }

    /// Sets the waker that is woken when a host task is over, however it ends. It is woken once. It
    /// takes the place of one that was set before; `None` only takes that away.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`MachineError::AlreadyResolved`]; [`MachineError::NotHosts`] if it is
    /// a guest that was called; [`Error::Unknown`]; [`Error::Full`]:
    /// [`CallRecords`](crate::limits::Table::CallRecords).
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

    /// How far a call or host task has come.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn status(&self, task: SubtaskId) -> Result<TaskStatus, Error> {
        self.machine.task_status(task)
    }

    /// Returns how a call or host task ended; `None` if it has not. It stays as it is, so that it
    /// can be asked for again, until it is [forgotten](crate::task#tasks-that-are-over).
    ///
    /// To wait for it is to ask until there is an answer. Events tell when: those of a
    /// [set](crate::waitable), or of
    /// [`next_host_event`](crate::machine::Machine::next_host_event).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn result(self, task: SubtaskId) -> Result<Option<TaskResult<'a, L>>, Error> {
        if self.machine.task_status(task)?.is_finished() {
            self.machine.asked_for(task)?;
        }
        self.machine.task_result(task)
    }

    /// Returns the context that a host task was started in. The host's
    /// [current](crate::context::Contexts::current) one is another matter.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn context(self, task: SubtaskId) -> Result<Option<&'a AsyncContext<L>>, Error> {
        let record = self.machine.call_record(task)?;
        let contexts = &self.machine.hooks.contexts;
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

    /// Sets a value of the metadata of a call or host task, and returns the one that was there. The
    /// key follows the rules of a [`ContextKey`](struct@crate::context::ContextKey).
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::Full`]:
    /// [`TaskMetadata`](crate::limits::Table::TaskMetadata),
    /// [`CallRecords`](crate::limits::Table::CallRecords); [`ExtensionError::InvalidKey`];
    /// [`ExtensionError::ValueTooLong`].
    pub fn set_metadata(
        &mut self,
        task: SubtaskId,
        key: &str,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        let (key, value) = (Name::checked(key)?, value.into_context_value()?);
        self.machine.describe_call(task, |record| record.metadata.set(key, value))
    }

    /// A value of the metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn get_metadata(
        self,
        task: SubtaskId,
        key: &str,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.call_record(task)?;
        Ok(record.and_then(|record| Some(&record.metadata.get(key)?.value)))
    }

    /// Takes a value of the metadata away.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
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

    /// All metadata, in the order in which its keys were first set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn metadata(
        self,
        task: SubtaskId,
    ) -> Result<impl Iterator<Item = (&'a str, &'a ContextValue<L>)>, Error> {
        let record = self.machine.call_record(task)?;
        let all = record.into_iter().flat_map(|record| record.metadata.iter());
        Ok(all.map(|attribute| (attribute.name.text(), &attribute.value)))
    }

    /// How many host tasks there are that are not over.
    ///
    /// It takes time with the number of all waitables, as does
    /// [`clean_up`](Self::clean_up).
    pub fn count(&self) -> usize {
        let mut position = 0;
        let tasks = core::iter::from_fn(|| {
            let (behind, task) = self.machine.next_operation(position)?;
            position = behind;
            Some(task)
        });
        tasks.filter(|task| self.machine.active_operation(*task).is_ok()).count()
    }

    /// Forgets a host task that is over, with all that is known of it.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ExtensionError::NotFinished`]; [`MachineError::NotHosts`] for a
    /// call, which is [dropped](crate::machine::Machine::drop_call) by whoever has begun it;
    /// [`Error::Unknown`].
    pub fn drop(&mut self, task: SubtaskId) -> Result<(), Error> {
        match self.machine.active_operation(task) {
            Ok(_) => Err(ExtensionError::NotFinished.into()),
            Err(Error::Machine(MachineError::AlreadyResolved)) => self.machine.drop_call(task),
            Err(error) => Err(error),
        }
    }

    /// Cancels a host task that is not over, and forgets it unless its event is in a set.
    pub(crate) fn give_up(&mut self, task: SubtaskId) -> Result<(), Error> {
        let key = self.machine.active_operation(task)?;
        self.cancel(task)?;
        if self.machine.has_event_in_set(key)? { Ok(()) } else { self.machine.drop_call(task) }
    }

    /// Forgets the host tasks that are over, and returns their number. One whose event is in a
    /// [set](crate::waitable) stays until the event is taken. Calls of guests stay as they are.
    ///
    /// Tasks that are over are [forgotten](crate::task#tasks-that-are-over) without this, too.
    ///
    /// # Errors
    ///
    /// None that a host can cause.
    pub fn clean_up(&mut self) -> Result<usize, Error> {
        self.machine.forget_operations(|_, _| true)
    }
}
