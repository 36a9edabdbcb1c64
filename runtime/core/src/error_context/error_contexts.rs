//! Methods on error contexts, besides those of the machine.

use crate::chooser::Chooser;
use crate::context::{ContextValue, IntoContextValue};
use crate::error::Error;
use crate::host::attributes::Name;
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::ErrorContextId;

use super::record::ErrorRecord;
use super::{ErrorSeverity, ErrorTrace, StackFrame};

/// A view of the error contexts of a machine: a **host extension**.
///
/// It is returned by `error_contexts()` of a machine or store with host extensions, each time it
/// is needed. The [module's page](crate::error_context) has an example of most methods.
///
/// A guest's error context can be described like one that the host created. Until then it has the
/// severity [`Error`](ErrorSeverity::Error), and nothing else.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::error_context::ErrorSeverity;
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let error = machine.error_contexts().create("disk full", ErrorSeverity::Critical)?;
/// machine.error_contexts().set_code(error, 28)?;
/// assert_eq!(machine.error_contexts().message(error), Ok("disk full"));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
#[derive(Debug)]
pub struct ErrorContexts<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<'a, L: ExtensionLimits, C: Chooser> ErrorContexts<'a, L, C> {
    /// Creates an error context. The host holds it until it passes it to a guest or
    /// [drops](Self::drop) it. A message that is too long for its storage is cut, as the spec
    /// allows.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if the table [`ErrorContexts`](crate::limits::Table::ErrorContexts) or
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords) is full. Nothing is created.
    pub fn create(
        &mut self,
        message: &str,
        severity: ErrorSeverity,
    ) -> Result<ErrorContextId, Error> {
        self.create_with_frames(message, severity, [])
    }

    /// Creates an error context with the default severity, which is
    /// [`Error`](ErrorSeverity::Error).
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in
    /// [`ErrorContexts`](crate::limits::Table::ErrorContexts) or
    /// [`ErrorRecords`](crate::limits::Table::ErrorRecords). Nothing is created.
    pub fn create_simple(&mut self, message: &str) -> Result<ErrorContextId, Error> {
        self.create(message, ErrorSeverity::default())
    }

    /// Creates an error context with stack frames, the innermost first.
    ///
    /// # Errors
    ///
    /// Nothing is created.
    ///
    /// - [`Error::Full`] if there is no room in
    ///   [`ErrorContexts`](crate::limits::Table::ErrorContexts),
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords) or
    ///   [`StackFrames`](crate::limits::Table::StackFrames).
    /// - [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong) if a function
    ///   or file is too long for its storage.
    pub fn create_with_stack_trace<'f>(
        &mut self,
        message: &str,
        severity: ErrorSeverity,
        frames: impl IntoIterator<Item = StackFrame<'f>>,
    ) -> Result<ErrorContextId, Error> {
        self.create_with_frames(message, severity, frames)
    }

    fn create_with_frames<'f>(
        &mut self,
        message: &str,
        severity: ErrorSeverity,
        frames: impl IntoIterator<Item = StackFrame<'f>>,
    ) -> Result<ErrorContextId, Error> {
        let made = self.machine.new_host_error_context(message)?;
        let described = self.machine.describe_error(made, |record| {
            record.severity = severity;
            frames.into_iter().try_for_each(|frame| record.add_frame(frame))
        });
        if let Err(error) = described {
            self.machine.drop_error_context(made)?;
            return Err(error);
        }
        Ok(made)
    }

    /// Drops the host's hold on an error context. It is removed, with its description, when nothing
    /// else holds it: no guest, no error context whose source it is, and no task that failed with
    /// it.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    /// - [`MachineError::NotHeld`] if the host doesn't hold it.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    pub fn drop(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        self.machine.drop_error_context(error_context)
    }

    /// Returns the debug message, which guests see too.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn message(self, error_context: ErrorContextId) -> Result<&'a str, Error> {
        self.machine.debug_message(error_context)
    }

    /// Returns the severity.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn severity(&self, error_context: ErrorContextId) -> Result<ErrorSeverity, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.map(|record| record.severity).unwrap_or_default())
    }

    /// Sets the severity.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    /// - [`Error::Full`] if the table [`ErrorRecords`](crate::limits::Table::ErrorRecords) is
    ///   full.
    pub fn set_severity(
        &mut self,
        error_context: ErrorContextId,
        severity: ErrorSeverity,
    ) -> Result<(), Error> {
        self.machine.describe_error(error_context, |record| {
            record.severity = severity;
            Ok(())
        })
    }

    /// Returns the host's number for this error, if it has one.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn code(&self, error_context: ErrorContextId) -> Result<Option<i64>, Error> {
        Ok(self.machine.error_record(error_context)?.and_then(|record| record.code))
    }

    /// Sets the host's number for this error, or removes it, if `code` is `None`.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    /// - [`Error::Full`] if the table [`ErrorRecords`](crate::limits::Table::ErrorRecords) is
    ///   full.
    pub fn set_code(
        &mut self,
        error_context: ErrorContextId,
        code: impl Into<Option<i64>>,
    ) -> Result<(), Error> {
        self.machine.describe_error(error_context, |record| {
            record.code = code.into();
            Ok(())
        })
    }

    /// Adds a stack frame: the caller of the frames that were added before.
    ///
    /// # Errors
    ///
    /// Nothing is changed.
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    /// - [`Error::Full`] if the table [`StackFrames`](crate::limits::Table::StackFrames) or
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords) is full.
    /// - [`ExtensionError::ValueTooLong`] if the function or file is too long for its storage.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn add_stack_frame(
        &mut self,
        error_context: ErrorContextId,
        frame: StackFrame<'_>,
    ) -> Result<(), Error> {
        self.machine.describe_error(error_context, |record| record.add_frame(frame))
    }

    /// Returns the stack frames, the innermost first.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn stack_frames(
        self,
        error_context: ErrorContextId,
    ) -> Result<impl Iterator<Item = StackFrame<'a>>, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.into_iter().flat_map(ErrorRecord::frames))
    }

    /// Sets a value of the metadata, and returns the one that was there. A key follows the rules
    /// of a [`ContextKey`](struct@crate::context::ContextKey).
    ///
    /// # Errors
    ///
    /// Nothing is changed.
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    /// - [`Error::Full`] if the table [`ErrorMetadata`](crate::limits::Table::ErrorMetadata) or
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords) is full.
    /// - [`ExtensionError::InvalidKey`] if the key breaks the rules.
    /// - [`ExtensionError::ValueTooLong`] if the value or the key is too long for its storage.
    ///
    /// [`ExtensionError::InvalidKey`]: crate::error::ExtensionError::InvalidKey
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn set_metadata(
        &mut self,
        error_context: ErrorContextId,
        key: &str,
        value: impl IntoContextValue<L>,
    ) -> Result<Option<ContextValue<L>>, Error> {
        let (key, value) = (Name::checked(key)?, value.into_context_value()?);
        self.machine.describe_error(error_context, |record| record.metadata.set(key, value))
    }

    /// Returns a value of the metadata.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn get_metadata(
        self,
        error_context: ErrorContextId,
        key: &str,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.and_then(|record| Some(&record.metadata.get(key)?.value)))
    }

    /// Removes and returns a value of the metadata.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn remove_metadata(
        &mut self,
        error_context: ErrorContextId,
        key: &str,
    ) -> Result<Option<ContextValue<L>>, Error> {
        match self.machine.error_record(error_context)? {
            Some(_) => {
                self.machine.describe_error(error_context, |record| Ok(record.metadata.remove(key)))
            }
            None => Ok(None),
        }
    }

    /// Returns all metadata, in the order in which its keys were first set.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn metadata(
        self,
        error_context: ErrorContextId,
    ) -> Result<impl Iterator<Item = (&'a str, &'a ContextValue<L>)>, Error> {
        let record = self.machine.error_record(error_context)?;
        let all = record.into_iter().flat_map(|record| record.metadata.iter());
        Ok(all.map(|attribute| (attribute.name.text(), &attribute.value)))
    }

    /// Returns the error with its stack frames and its sources, to be shown as text.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn stack_trace(self, error_context: ErrorContextId) -> Result<ErrorTrace<'a, L, C>, Error> {
        self.machine.error_context_key(error_context)?;
        Ok(ErrorTrace { machine: self.machine, error_context })
    }
}
