//! What the host does with cancellation tokens.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::Host;
use crate::limits::Limits;
use crate::machine::SubtaskId;

use super::token::{Action, CancellationHandlerId, CancellationToken, Cancelled};

/// Cancellation tokens: **host extensions**. See [`task`](crate::task#cancellation).
///
/// What takes a token or handler fails with [`Error::Unknown`] if it is no more: a token lives until
/// it is [dropped](Self::cancellation_token_drop), a handler until it is
/// [unregistered](Self::cancellation_token_unregister) or the host has
/// [heard](Self::next_cancelled) of it.
impl<L: Limits, C: Chooser> Host<'_, L, C> {
    /// A new token.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn cancellation_token_new(&mut self) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.extensions.tokens;
        let token = tokens.add(None)?;
        tokens.id(token)
    }

    /// A new token, which is cancelled when `parent` is, and at once if that is cancelled already.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]:
    /// [`CancellationTokens`](crate::limits::Table::CancellationTokens).
    pub fn cancellation_token_child(
        &mut self,
        parent: CancellationToken,
    ) -> Result<CancellationToken, Error> {
        let tokens = &mut self.machine.extensions.tokens;
        let parent = tokens.key(parent)?;
        let token = tokens.add(Some(parent))?;
        tokens.id(token)
    }

    /// Whether a token was cancelled, or one that it is a child of.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn cancellation_token_is_cancelled(&self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &self.machine.extensions.tokens;
        tokens.is_cancelled(tokens.key(token)?)
    }

    /// Cancels a token and all its children, and says whether it was not cancelled before. What is
    /// bound to them is cancelled: host tasks at once, calls of guests as
    /// [`task_cancel`](Self::task_cancel) does. The handlers come out by
    /// [`next_cancelled`](Self::next_cancelled), each once.
    ///
    /// It needs no room.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn cancellation_token_cancel(&mut self, token: CancellationToken) -> Result<bool, Error> {
        let tokens = &mut self.machine.extensions.tokens;
        let token = tokens.key(token)?;
        let is_new = tokens.cancel(token)?;
        self.cancel_bound_tasks()?;
        Ok(is_new)
    }

    /// Registers a handler, which is a number of the host's. If the token is cancelled already, it is
    /// the handler's turn at once.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]:
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    pub fn cancellation_token_register(
        &mut self,
        token: CancellationToken,
        number: u64,
    ) -> Result<CancellationHandlerId, Error> {
        let tokens = &mut self.machine.extensions.tokens;
        let token = tokens.key(token)?;
        let handler = tokens.add_handler(Some(token), Action::Tell(number))?;
        tokens.handler_id(handler)
    }

    /// Takes a handler away, so that the host does not hear of it, and gives its number.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`], also if the host has heard of it.
    pub fn cancellation_token_unregister(
        &mut self,
        handler: CancellationHandlerId,
    ) -> Result<u64, Error> {
        let tokens = &mut self.machine.extensions.tokens;
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
        self.machine.extensions.tokens.next_told()
    }

    /// Binds a host task, or a call that the host made, to a token: it is cancelled when the token
    /// is, and at once if that is cancelled already.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::AlreadyBound`]; [`Error::AlreadyResolved`]
    /// if it is over; [`Error::AlreadyCancelled`] if it was asked to cancel; [`Error::NotHosts`] if
    /// a guest made the call; [`Error::Full`]: [`CallRecords`](crate::limits::Table::CallRecords),
    /// [`CancellationHandlers`](crate::limits::Table::CancellationHandlers).
    pub fn cancellation_token_bind(
        &mut self,
        token: CancellationToken,
        task: SubtaskId,
    ) -> Result<(), Error> {
        let key = self.machine.extensions.tokens.key(token)?;
        self.machine.cancellable_call(task)?;
        if self.machine.call_record(task)?.is_some_and(|record| record.binding.is_some()) {
            return Err(Error::AlreadyBound);
        }
        let action = if self.machine.is_host_task(task)? {
            Action::CancelTask(task)
        } else {
            Action::CancelCall(task)
        };
        let handler = self.machine.extensions.tokens.add_handler(Some(key), action)?;
        let bound = self.machine.describe_call(task, |record| {
            record.binding = Some(handler);
            Ok(())
        });
        if bound.is_err() {
            self.machine.extensions.tokens.remove_handler(handler)?;
            return bound;
        }
        self.cancel_bound_tasks()
    }

    /// Takes a host task or call away from the token that it is bound to. A call that is to be
    /// cancelled, but was not yet asked to, is not cancelled then.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::NotBound`].
    pub fn cancellation_token_unbind(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.machine.unbind(task)? { Ok(()) } else { Err(Error::NotBound) }
    }

    /// Drops a token, without cancelling anything: what was registered with it or bound to it is so
    /// no more. Its children become its parent's.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn cancellation_token_drop(&mut self, token: CancellationToken) -> Result<(), Error> {
        let token = self.machine.extensions.tokens.key(token)?;
        while let Some((handler, action)) = self.machine.extensions.tokens.first_handler(token)? {
            match action {
                Action::Tell(_) => {
                    self.machine.extensions.tokens.remove_handler(handler)?;
                }
                Action::CancelTask(task) | Action::CancelCall(task) => {
                    self.machine.unbind(task)?;
                }
            }
        }
        self.machine.extensions.tokens.remove(token)
    }

    /// Wants a call that the host made to be cancelled.
    pub(super) fn request_cancellation(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.machine.cancellable_call(call)?;
        let binding = self.machine.call_record(call)?.and_then(|record| record.binding);
        let tokens = &mut self.machine.extensions.tokens;
        if let Some(handler) = binding {
            return if tokens.fire(handler)? { Ok(()) } else { Err(Error::AlreadyCancelled) };
        }
        let handler = tokens.add_handler(None, Action::CancelCall(call))?;
        let bound = self.machine.describe_call(call, |record| {
            record.binding = Some(handler);
            Ok(())
        });
        if bound.is_err() {
            self.machine.extensions.tokens.remove_handler(handler)?;
        }
        bound
    }

    /// Cancels the host tasks whose token was cancelled.
    fn cancel_bound_tasks(&mut self) -> Result<(), Error> {
        while let Some(task) = self.machine.extensions.tokens.next_task() {
            self.machine.unbind(task)?;
            match self.machine.cancel_host_task(task) {
                // It has ended before.
                Ok(()) | Err(Error::AlreadyResolved) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
