//! What the host does with error contexts, besides what the machine does.

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
/// It is made from whatever has a machine with the host extensions, for as long as it is used. See
/// [`error_context`](crate::error_context).
///
/// Of a guest's error context all is known that the host says of it, and before that nothing: its
/// severity is that of an error. What takes an id fails with [`Error::Unknown`] if the error context
/// is no more; what keeps something, with [`Error::Full`]
/// ([`ErrorRecords`](crate::limits::Table::ErrorRecords)) if there is no room for a record.
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
    /// Makes an error context, which the host holds until it gives it to a guest or
    /// [drops](Self::drop) it. A message that is too long for its storage is cut, as
    /// the spec allows.
    ///
    /// # Errors
    ///
    /// With nothing made: [`Error::Full`]: [`ErrorContexts`](crate::limits::Table::ErrorContexts),
    /// [`ErrorRecords`](crate::limits::Table::ErrorRecords).
    pub fn create(
        &mut self,
        message: &str,
        severity: ErrorSeverity,
    ) -> Result<ErrorContextId, Error> {
        self.create_with_frames(message, severity, [])
    }

    /// The same: the guide's name for it.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create).
    pub fn create_simple(&mut self, message: &str) -> Result<ErrorContextId, Error> {
        self.create(message, ErrorSeverity::default())
    }

    /// Makes an error context with stack frames, the innermost first.
    ///
    /// # Errors
    ///
    /// With nothing made: those of [`create`](Self::create) and
    /// [`add_stack_frame`](Self::add_stack_frame).
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

    /// Gives up what the host holds of an error context. It is gone, with all that is known of it,
    /// when no guest has it either, and no other has it as its source.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`MachineError::NotHeld`] if the host doesn't hold it.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    pub fn drop(&mut self, error_context: ErrorContextId) -> Result<(), Error> {
        self.machine.drop_error_context(error_context)
    }

    /// The message: the debug message that guests see.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn message(self, error_context: ErrorContextId) -> Result<&'a str, Error> {
        self.machine.debug_message(error_context)
    }

    /// How bad it is.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn severity(&self, error_context: ErrorContextId) -> Result<ErrorSeverity, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.map(|record| record.severity).unwrap_or_default())
    }

    /// Says how bad it is.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]: [`ErrorRecords`](crate::limits::Table::ErrorRecords).
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

    /// The host's number for this error, if it has one.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn code(&self, error_context: ErrorContextId) -> Result<Option<i64>, Error> {
        Ok(self.machine.error_record(error_context)?.and_then(|record| record.code))
    }

    /// Gives it the host's number for this error, or takes it away.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::Full`]: [`ErrorRecords`](crate::limits::Table::ErrorRecords).
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

    /// Adds a stack frame, around those that are there.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::Full`]:
    /// [`StackFrames`](crate::limits::Table::StackFrames),
    /// [`ErrorRecords`](crate::limits::Table::ErrorRecords); [`ExtensionError::ValueTooLong`].
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn add_stack_frame(
        &mut self,
        error_context: ErrorContextId,
        frame: StackFrame<'_>,
    ) -> Result<(), Error> {
        self.machine.describe_error(error_context, |record| record.add_frame(frame))
    }

    /// The stack frames, the innermost first.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn stack_frames(
        self,
        error_context: ErrorContextId,
    ) -> Result<impl Iterator<Item = StackFrame<'a>>, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.into_iter().flat_map(ErrorRecord::frames))
    }

    /// Sets a value of the metadata, and returns the one that was there. The key follows the rules of
    /// a [`ContextKey`](struct@crate::context::ContextKey).
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::Full`]:
    /// [`ErrorMetadata`](crate::limits::Table::ErrorMetadata),
    /// [`ErrorRecords`](crate::limits::Table::ErrorRecords); [`ExtensionError::InvalidKey`];
    /// [`ExtensionError::ValueTooLong`].
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

    /// A value of the metadata.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn get_metadata(
        self,
        error_context: ErrorContextId,
        key: &str,
    ) -> Result<Option<&'a ContextValue<L>>, Error> {
        let record = self.machine.error_record(error_context)?;
        Ok(record.and_then(|record| Some(&record.metadata.get(key)?.value)))
    }

    /// Takes a value of the metadata away.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
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

    /// All metadata, in the order in which its keys were first set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn metadata(
        self,
        error_context: ErrorContextId,
    ) -> Result<impl Iterator<Item = (&'a str, &'a ContextValue<L>)>, Error> {
        let record = self.machine.error_record(error_context)?;
        let all = record.into_iter().flat_map(|record| record.metadata.iter());
        Ok(all.map(|attribute| (attribute.name.text(), &attribute.value)))
    }

    /// The error with its stack frames and its sources, to be shown as text.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn stack_trace(self, error_context: ErrorContextId) -> Result<ErrorTrace<'a, L, C>, Error> {
        self.machine.error_context_key(error_context)?;
        Ok(ErrorTrace { machine: self.machine, error_context })
    }
}
