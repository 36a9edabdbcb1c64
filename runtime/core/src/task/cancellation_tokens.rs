//! What the host does with cancellation tokens.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError, MachineError};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::SubtaskId;

use super::token::{Action, CancellationHandlerId, CancellationToken, Cancelled};

/// A view of the cancellation tokens of a machine: a **host extension**.
///
/// It is made from whatever has a machine with the host extensions, for as long as it is used. See
/// [`task`](crate::task#cancellation).
///
/// What takes a token or handler fails with [`Error::Unknown`] if it is no more: a token lives until
/// it is [dropped](Self::drop), a handler until it is
/// [unregistered](Self::unregister) or the host has
/// [heard](Self::next_cancelled) of it.
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
    /// A new token.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn create(&mut self) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let token = tokens.add(None)?;
        tokens.id(token)
    }

    /// A new token, which is cancelled when `parent` is, and at once if that is cancelled already.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]:
    /// [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn create_child(&mut self, parent: CancellationToken) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let parent = tokens.key(parent)?;
        let token = tokens.add(Some(parent))?;
        tokens.id(token)
    }

    /// Whether a token was cancelled, or one that it is a child of.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn is_cancelled(&self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &self.machine.hooks.tokens;
        tokens.is_cancelled(tokens.key(token)?)
    }

    /// Cancels a token and all its children, and says whether it was not cancelled before. What is
    /// bound to them is cancelled: host tasks at once, calls of guests as
    /// [`Tasks::cancel`](super::Tasks::cancel) does. The handlers come out by
    /// [`next_cancelled`](Self::next_cancelled), each once.
    ///
    /// It needs no room.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn cancel(&mut self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &mut self.machine.hooks.tokens;
        let token = tokens.key(token)?;
        let is_new = tokens.cancel(token)?;
        self.machine.cancel_bound_tasks()?;
        Ok(is_new)
    }

    /// Registers a handler, which is a number of the host's. If the token is cancelled already, it is
    /// the handler's turn at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]:
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
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

    /// Takes a handler away, so that the host does not hear of it, and gives its number.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], also if the host has heard of it.
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

    /// The handler whose token was cancelled first, of those that the host has not heard of.
    ///
    /// # Errors
    ///
    /// None that a host can cause.
    pub fn next_cancelled(&mut self) -> Result<Option<Cancelled>, Error> {
        self.machine.hooks.tokens.next_told()
    }

    /// Binds a host task, or a call that the host made, to a token: it is cancelled when the token
    /// is, and at once if that is cancelled already.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`ExtensionError::AlreadyBound`];
    /// [`MachineError::AlreadyResolved`] if it is over; [`MachineError::AlreadyCancelled`] if it
    /// was asked to cancel; [`MachineError::NotHosts`] if a guest made the call; [`Error::Full`]:
    /// [`CallRecords`](crate::limits::Table::CallRecords),
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
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

    /// Takes a host task or call away from the token that it is bound to. A call that is to be
    /// cancelled, but was not yet asked to, is not cancelled then.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`ExtensionError::NotBound`].
    pub fn unbind(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.unbind(task)? { Ok(()) } else { Err(ExtensionError::NotBound.into()) }
    }

    /// Drops a token, without cancelling anything: what was registered with it or bound to it is so
    /// no more. Its children become its parent's.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
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
    /// Wants a call that the host made to be cancelled.
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
