//! Error contexts: the reference's `ErrorContext`, `lift_error_context` and
//! `lower_error_context`.
//!
//! Instances share an error context that is passed between them, so it counts who has it.

use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::{Limits, Message as _, Storage, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::error_context::ErrorContext;
use super::record::frame::Outstanding;
use super::record::tables::Handle;
use super::state::Machine;
use super::step::Step;
use crate::id::{ErrorContextId, InstanceId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes an error context, which the host holds: a **host extension**.
    ///
    /// Where the table's [`Message`](crate::limits::Message) is bounded, a text that is too long is
    /// cut, as the spec allows.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`ErrorContexts`](crate::limits::Table::ErrorContexts).
    pub fn new_host_error_context(&mut self, debug_message: &str) -> Result<ErrorContextId, Error> {
        self.new_host_error_context_of(L::Message::from_text(debug_message))
    }

    pub(crate) fn new_host_error_context_of(
        &mut self,
        debug_message: L::Message,
    ) -> Result<ErrorContextId, Error> {
        let held_by_host = ErrorContext { handles: 0, host_holds: 1 };
        let error_context = self.insert_error_context(held_by_host, debug_message)?;
        self.error_context_id(error_context)
    }

    fn insert_error_context(
        &mut self,
        error_context: ErrorContext,
        message: L::Message,
    ) -> Result<Key<ErrorContext>, Error> {
        self.error_contexts.reserve(1)?;
        if H::LISTENS {
            let next = self.next_error_context_id()?;
            self.hooks.prepare_error_context(next)?;
        }
        let error_context = self.error_contexts.insert(error_context)?;
        self.set_message(error_context, message)?;
        if H::LISTENS {
            let made = self.error_context_id(error_context)?;
            self.hooks.error_context_made(made)?;
        }
        Ok(error_context)
    }

    /// `canon_error_context_new`, behind the loading of the debug message.
    ///
    /// # Errors
    ///
    /// [`Error::OtherStep`] if no such step is to be ended; [`Error::Full`]:
    /// [`ErrorContexts`](crate::limits::Table::ErrorContexts),
    /// [`Handles`](crate::limits::Table::Handles). Traps: `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-error-contextnew)
    pub fn new_error_context(&mut self, debug_message: &str) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::LoadDebugMessage)?;
        self.outstanding = Outstanding::Nothing;
        let thread = self.current_thread()?;
        match self.add_new_error_context(debug_message) {
            Ok(index) => self.advance(|machine| machine.return_builtin(thread, index.into())),
            Err(failure) => {
                self.outstanding = Outstanding::LoadDebugMessage;
                Err(failure)
            }
        }
    }

    /// Gives the current instance a new error context, and its index there.
    ///
    /// Traps: `table-full`.
    pub(crate) fn add_new_error_context(&mut self, text: &str) -> Result<u32, Failure> {
        let instance = self.current_instance()?;
        self.check_handle_room(instance, 1)?;
        let held_by_guest = ErrorContext { handles: 1, host_holds: 0 };
        let error_context =
            self.insert_error_context(held_by_guest, L::Message::from_text(text))?;
        self.add_handle(instance, Handle::ErrorContext(error_context))
    }

    /// `canon_error_context_debug_message`, behind the storing of the message.
    ///
    /// # Errors
    ///
    /// [`Error::OtherStep`] if no such step is to be ended.
    pub fn debug_message_stored(&mut self) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::StoreDebugMessage)?;
        self.outstanding = Outstanding::Nothing;
        let thread = self.current_thread()?;
        self.advance(|machine| machine.return_builtin(thread, 0))
    }

    /// The debug message of an error context: always the same one.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn debug_message(&self, error_context: ErrorContextId) -> Result<&str, Error> {
        self.message(self.error_context_key(error_context)?)
    }

    /// `lift_error_context`: the error context at `index`, of which the host is one more holder
    /// until it gives it to [`lower_error_context`](Self::lower_error_context) or
    /// [`drop_error_context`](Self::drop_error_context).
    ///
    /// # Errors
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    pub fn lift_error_context(
        &mut self,
        instance: InstanceId,
        index: u32,
    ) -> Result<ErrorContextId, Failure> {
        let instance = self.instance_key(instance)?;
        let error_context = self.error_context_at(instance, index)?;
        let held = &mut self.error_contexts.get_mut(error_context)?.host_holds;
        *held = held.checked_add(1).ok_or(Error::Full(Table::ErrorContexts))?;
        Ok(self.error_context_id(error_context)?)
    }

    /// `lower_error_context`: gives what the host holds of an error context to an instance, and
    /// gives its index there.
    ///
    /// # Errors
    ///
    /// [`Error::NotHeld`] if the host doesn't hold it; [`Error::Full`]:
    /// [`Handles`](crate::limits::Table::Handles). Traps: `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    pub fn lower_error_context(
        &mut self,
        instance: InstanceId,
        error_context: ErrorContextId,
    ) -> Result<u32, Failure> {
        let instance = self.instance_key(instance)?;
        let error_context = self.error_context_key(error_context)?;
        if self.error_contexts.get(error_context)?.host_holds == 0 {
            return Err(Error::NotHeld.into());
        }
        self.check_handle_room(instance, 1)?;
        let index = self.add_handle(instance, Handle::ErrorContext(error_context))?;
        let lowered = self.error_contexts.get_mut(error_context)?;
        lowered.host_holds -= 1;
        lowered.handles += 1;
        Ok(index)
    }

    /// How many times the host holds an error context: a **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn host_holds(&self, error_context: ErrorContextId) -> Result<u32, Error> {
        Ok(self.error_contexts.get(self.error_context_key(error_context)?)?.host_holds)
    }

    /// Gives up what the host holds of an error context: a **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::NotHeld`] if the host doesn't hold it.
    pub fn drop_error_context(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let key = self.error_context_key(error_context)?;
        let held = self.error_contexts.get_mut(key)?;
        held.host_holds = held.host_holds.checked_sub(1).ok_or(Error::NotHeld)?;
        self.remove_unheld(error_context)
    }

    /// A handle that stood for it is gone.
    pub(crate) fn release(&mut self, error_context: Key<ErrorContext>) -> Result<(), Error> {
        self.error_contexts.get_mut(error_context)?.handles -= 1;
        self.remove_unheld(self.error_context_id(error_context)?)
    }

    /// Removes an error context that neither a guest nor the host has, and that the hooks don't
    /// keep; then another one that they have kept for it, if nobody has that, and so on.
    pub(crate) fn remove_unheld(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let mut next = error_context;
        loop {
            let key = self.error_context_key(next)?;
            let ErrorContext { handles, host_holds } = *self.error_contexts.get(key)?;
            if handles > 0 || host_holds > 0 || self.hooks.keeps_error_context(next) {
                return Ok(());
            }
            let released = self.hooks.error_context_removed(next)?;
            self.set_message(key, L::Message::default())?;
            self.error_contexts.remove(key)?;
            let Some(released) = released else { return Ok(()) };
            next = released;
        }
    }

    fn message(&self, error_context: Key<ErrorContext>) -> Result<&str, Error> {
        let unknown = Error::Unknown(Table::ErrorContexts);
        Ok(self.messages.get(error_context.position()).ok_or(unknown)?.text())
    }

    fn set_message(
        &mut self,
        error_context: Key<ErrorContext>,
        message: L::Message,
    ) -> Result<(), Error> {
        if let Some(before) = self.messages.get_mut(error_context.position()) {
            *before = message;
        } else if self.messages.push(message).is_err() {
            self.error_contexts.remove(error_context)?;
            return Err(Error::Full(Table::ErrorContexts));
        }
        Ok(())
    }
}
