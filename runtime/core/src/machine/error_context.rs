//! Error contexts: the reference's `ErrorContext`, `lift_error_context` and
//! `lower_error_context`.
//!
//! Instances share the error contexts that are passed between them. So each error context counts
//! its holders.

use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
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
    /// Creates an error context that the host holds. This is a **host extension**.
    ///
    /// If the table's [`Message`](crate::limits::Message) is bounded, a text that is too long is
    /// cut, as the spec allows.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in
    /// [`ErrorContexts`](crate::limits::Table::ErrorContexts).
    ///
    /// # Example
    ///
    /// The host makes an error context, and passes it to a guest:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::machine::Machine;
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// let guest = machine.new_instance()?;
    /// let error = machine.new_host_error_context("no route")?;
    /// assert_eq!(machine.debug_message(error)?, "no route");
    ///
    /// let index = machine.lower_error_context(guest, error)?;
    /// assert_eq!(machine.host_holds(error)?, 0);
    /// assert_eq!(machine.lift_error_context(guest, index)?, error); // Both hold it now.
    /// machine.drop_error_context(error)?;
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
    pub fn new_host_error_context(&mut self, debug_message: &str) -> Result<ErrorContextId, Error> {
        self.new_host_error_context_of(L::Message::from_text(debug_message))
    }

    /// Creates an error context with a message that is in the table's own form.
    pub(crate) fn new_host_error_context_of(
        &mut self,
        debug_message: L::Message,
    ) -> Result<ErrorContextId, Error> {
        let held_by_host = ErrorContext { handles: 0, host_holds: 1 };
        let error_context = self.insert_error_context(held_by_host, debug_message)?;
        self.error_context_id(error_context)
    }

    /// Adds an error context to the table, and tells the hooks.
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

    /// Finishes `canon_error_context_new`, after the debug message was loaded.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine doesn't wait for that.
    /// - [`Error::Full`] if there is no room in
    ///   [`ErrorContexts`](crate::limits::Table::ErrorContexts) or
    ///   [`Handles`](crate::limits::Table::Handles).
    /// - The trap `table-full`.
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

    /// Adds an error context to the current instance, and returns its index there.
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

    /// Finishes `canon_error_context_debug_message`, after the message was stored.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] if the machine doesn't wait for that.
    pub fn debug_message_stored(&mut self) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::StoreDebugMessage)?;
        self.outstanding = Outstanding::Nothing;
        let thread = self.current_thread()?;
        self.advance(|machine| machine.return_builtin(thread, 0))
    }

    /// Returns the debug message of an error context. It never changes.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the error context doesn't exist.
    pub fn debug_message(&self, error_context: ErrorContextId) -> Result<&str, Error> {
        self.message(self.error_context_key(error_context)?)
    }

    /// Returns the error context at `index` of an instance: `lift_error_context`.
    ///
    /// The host holds it once more, until [`lower_error_context`](Self::lower_error_context) or
    /// [`drop_error_context`](Self::drop_error_context).
    ///
    /// # Errors
    ///
    /// The traps `unknown-handle-index` and `handle-wrong-type`.
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

    /// Passes one hold of the host on an error context to an instance, and returns the index
    /// there: `lower_error_context`.
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotHeld`] if the host doesn't hold it.
    /// - [`Error::Full`] if there is no room in [`Handles`](crate::limits::Table::Handles).
    /// - The trap `table-full`.
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
            return Err(MachineError::NotHeld.into());
        }
        self.check_handle_room(instance, 1)?;
        let index = self.add_handle(instance, Handle::ErrorContext(error_context))?;
        let lowered = self.error_contexts.get_mut(error_context)?;
        lowered.host_holds -= 1;
        lowered.handles += 1;
        Ok(index)
    }

    /// Returns how many times the host holds an error context. This is a **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the error context doesn't exist.
    pub fn host_holds(&self, error_context: ErrorContextId) -> Result<u32, Error> {
        Ok(self.error_contexts.get(self.error_context_key(error_context)?)?.host_holds)
    }

    /// Drops one hold of the host on an error context. This is a **host extension**.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context doesn't exist.
    /// - [`MachineError::NotHeld`] if the host doesn't hold it.
    pub fn drop_error_context(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        let key = self.error_context_key(error_context)?;
        let held = self.error_contexts.get_mut(key)?;
        held.host_holds = held.host_holds.checked_sub(1).ok_or(MachineError::NotHeld)?;
        self.remove_unheld(error_context)
    }

    /// Removes one handle from the count of an error context.
    pub(crate) fn release(&mut self, error_context: Key<ErrorContext>) -> Result<(), Error> {
        self.error_contexts.get_mut(error_context)?.handles -= 1;
        self.remove_unheld(self.error_context_id(error_context)?)
    }

    /// Removes an error context that neither a guest nor the host holds, and that the hooks don't
    /// keep. Then it removes the one that the hooks have kept for it, if nothing else holds that,
    /// and so on.
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

    /// Returns the message of an error context.
    fn message(&self, error_context: Key<ErrorContext>) -> Result<&str, Error> {
        let unknown = Error::Unknown(Table::ErrorContexts);
        Ok(self.messages.get(error_context.position()).ok_or(unknown)?.text())
    }

    /// Sets the message of an error context.
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
