//! The host's view of cancellation tokens.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError, MachineError};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::SubtaskId;

use super::token::{Action, CancellationHandlerId, CancellationToken, Cancelled};

/// The cancellation tokens of a store or machine. This is a view, and a **host extension**.
///
/// It is returned by `store.cancellation_tokens()` each time it is needed. See
/// [`task`](crate::task#cancellation).
///
/// Every method that takes a token or handler fails with [`Error::Unknown`] if it doesn't exist
/// any longer. A token exists until it is [dropped](Self::drop). A handler exists until it is
/// [unregistered](Self::unregister), or [`next_cancelled`](Self::next_cancelled) has returned it.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let parent = machine.cancellation_tokens().create()?;
/// let child = machine.cancellation_tokens().create_child(parent)?;
/// machine.cancellation_tokens().cancel(parent)?;
/// assert_eq!(machine.cancellation_tokens().is_cancelled(child), Ok(true));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
#[derive(Debug)]
pub struct CancellationTokens<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<L: ExtensionLimits, C: Chooser> CancellationTokens<'_, L, C> {
    /// Creates a token.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in
    /// [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn create(&mut self) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let token = tokens.add(None)?;
        tokens.id(token)
    }

    /// Creates a token that is cancelled when `parent` is. If `parent` is cancelled already, so
    /// is the token.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if `parent` doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn create_child(&mut self, parent: CancellationToken) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let parent = tokens.key(parent)?;
        let token = tokens.add(Some(parent))?;
        tokens.id(token)
    }

    /// Returns `true` if a token was cancelled, directly or with its parent.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the token doesn't exist.
    pub fn is_cancelled(&self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &self.machine.hooks.tokens;
        tokens.is_cancelled(tokens.key(token)?)
    }

    /// Cancels a token and all its children. Returns `true` if it was not cancelled before.
    ///
    /// The tasks that are bound to them are cancelled: host tasks at once, calls of guests as
    /// [`Tasks::cancel`](super::Tasks::cancel) does. [`next_cancelled`](Self::next_cancelled)
    /// returns their handlers, each once. This needs no room in any table.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the token doesn't exist.
    pub fn cancel(&mut self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let token = tokens.key(token)?;
        let is_new = tokens.cancel(token)?;
        self.machine.cancel_bound_tasks()?;
        Ok(is_new)
    }

    /// Registers a handler, which is a number that the host chooses. If the token is cancelled
    /// already, [`next_cancelled`](Self::next_cancelled) returns it at once.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the token doesn't exist.
    /// - [`Error::Full`] if there is no room in
    ///   [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// use weft::host::ExtendedMachine;
    /// use weft::limits::Heap;
    ///
    /// let mut machine = ExtendedMachine::<Heap>::default();
    /// let token = machine.cancellation_tokens().create()?;
    /// let handler = machine.cancellation_tokens().register(token, 7)?;
    /// let unused = machine.cancellation_tokens().register(token, 8)?;
    /// assert_eq!(machine.cancellation_tokens().unregister(unused)?, 8);
    ///
    /// machine.cancellation_tokens().cancel(token)?;
    /// let cancelled = machine.cancellation_tokens().next_cancelled()?.unwrap();
    /// assert_eq!((cancelled.handler, cancelled.number), (handler, 7));
    /// assert_eq!(machine.cancellation_tokens().next_cancelled()?, None);
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub fn register(
        &mut self,
        token: CancellationToken,
        number: u64,
    ) -> Result<CancellationHandlerId, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let token = tokens.key(token)?;
        let handler = tokens.add_handler(Some(token), Action::Tell(number))?;
        tokens.handler_id(handler)
    }

    /// Removes a handler, and returns its number.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if it doesn't exist, or [`next_cancelled`](Self::next_cancelled) has
    /// returned it.
    pub fn unregister(&mut self, handler: CancellationHandlerId) -> Result<u64, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let handler = tokens.telling(handler)?;
        match tokens.remove_handler(handler)? {
            Action::Tell(number) => Ok(number),
            Action::CancelTask(_) | Action::CancelCall(_) => {
                Err(Error::Inconsistent(crate::limits::Table::CancellationHandlers))
            }
        }
    }

    /// Returns the handler whose token was cancelled first, of those that were not returned yet.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] after a fault in Weft.
    pub fn next_cancelled(&mut self) -> Result<Option<Cancelled>, Error> {
        self.machine.hooks.tokens.next_told()
    }

    /// Binds a host task, or a call that the host made, to a token. The task or call is cancelled
    /// when the token is, or at once if the token is cancelled already.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`Error::Unknown`] if the token or the task doesn't exist.
    /// - [`ExtensionError::AlreadyBound`] if it is bound to a token already.
    /// - [`MachineError::AlreadyResolved`] if it is over.
    /// - [`MachineError::AlreadyCancelled`] if it was asked to cancel.
    /// - [`MachineError::NotHosts`] if a guest made the call.
    /// - [`Error::Full`] if there is no room in
    ///   [`CallRecords`](crate::limits::Table::CallRecords) or
    ///   [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    pub fn bind(&mut self, token: CancellationToken, task: SubtaskId) -> Result<(), Error> {
        let key = self.machine.hooks.tokens.key(token)?;
        self.machine.cancellable_call(task)?;
        if self.machine.call_record(task)?.is_some_and(|record| record.binding.is_some()) {
            return Err(ExtensionError::AlreadyBound.into());
        }
        let action = if self.machine.is_operation(task)? {
            Action::CancelTask(task)
        } else {
            Action::CancelCall(task)
        };
        let handler = self.machine.hooks.tokens.add_handler(Some(key), action)?;
        let bound = self.machine.describe_call(task, |record| {
            record.binding = Some(handler);
            Ok(())
        });
        if bound.is_err() {
            self.machine.hooks.tokens.remove_handler(handler)?;
            return bound;
        }
        self.machine.cancel_bound_tasks()
    }

    /// Unbinds a host task or call from its token. If the token is cancelled already, but the call
    /// was not asked to cancel yet, the call goes on.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the task doesn't exist.
    /// - [`ExtensionError::NotBound`] if it isn't bound to a token.
    pub fn unbind(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.unbind(task)? { Ok(()) } else { Err(ExtensionError::NotBound.into()) }
    }

    /// Drops a token, without cancelling anything. Its handlers and bound tasks are released, and
    /// its children become those of its parent.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the token doesn't exist.
    pub fn drop(&mut self, token: CancellationToken) -> Result<(), Error> {
        let token = self.machine.hooks.tokens.key(token)?;
        while let Some((handler, action)) = self.machine.hooks.tokens.first_handler(token)? {
            match action {
                Action::Tell(_) => {
                    self.machine.hooks.tokens.remove_handler(handler)?;
                }
                Action::CancelTask(task) | Action::CancelCall(task) => {
                    self.machine.unbind(task)?;
                }
            }
        }
        self.machine.hooks.tokens.remove(token)
    }
}

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Asks for the cancellation of a call that the host made.
    pub(crate) fn request_call_cancellation(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.cancellable_call(call)?;
        let binding = self.call_record(call)?.and_then(|record| record.binding);
        let tokens = &mut self.hooks.tokens;
        if let Some(handler) = binding {
            return if tokens.fire(handler)? {
                Ok(())
            } else {
                Err(MachineError::AlreadyCancelled.into())
            };
        }
        let handler = tokens.add_handler(None, Action::CancelCall(call))?;
        let bound = self.describe_call(call, |record| {
            record.binding = Some(handler);
            Ok(())
        });
        if bound.is_err() {
            self.hooks.tokens.remove_handler(handler)?;
        }
        bound
    }

    /// Cancels the host tasks whose token was cancelled.
    fn cancel_bound_tasks(&mut self) -> Result<(), Error> {
        while let Some(task) = self.hooks.tokens.next_task() {
            self.unbind(task)?;
            match self.cancel_operation(task) {
                Ok(()) => self.wake_at_end(task)?,
                // It has ended before.
                Err(Error::Machine(MachineError::AlreadyResolved)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
