//! The descriptions of error contexts, in the machine that has the error contexts.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::ExtendedMachine;
use crate::host::limits::ExtensionLimits;
use crate::id::ErrorContextId;
use crate::limits::Table;

use super::record::{ErrorRecord, Holder};

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Returns the description of an error context, if it has one.
    pub(crate) fn error_record(
        &self,
        error_context: ErrorContextId,
    ) -> Result<Option<&ErrorRecord<L>>, Error> {
        self.error_context_key(error_context)?;
        Ok(self.hooks.errors.get(error_context))
    }

    /// Changes the description of an error context. An empty one isn't kept.
    pub(crate) fn describe_error<R>(
        &mut self,
        error_context: ErrorContextId,
        describe: impl FnOnce(&mut ErrorRecord<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.error_context_key(error_context)?;
        let errors = &mut self.hooks.errors;
        let record = errors.get_or_insert_with(error_context, ErrorRecord::default)?;
        let result = describe(record);
        if record.is_blank() {
            errors.remove(error_context);
        }
        result
    }

    /// Adds a holder to an error context.
    pub(crate) fn hold_error(
        &mut self,
        error_context: ErrorContextId,
        holder: Holder,
    ) -> Result<(), Error> {
        self.describe_error(error_context, |record| {
            let holders = record.holders(holder);
            *holders = holders.checked_add(1).ok_or(Error::Full(Table::ErrorRecords))?;
            Ok(())
        })
    }

    /// Removes a holder of an error context, and the error context if nobody else holds it.
    pub(crate) fn release_error(
        &mut self,
        error_context: ErrorContextId,
        holder: Holder,
    ) -> Result<(), Error> {
        self.error_context_key(error_context)?;
        self.hooks.release_error(error_context, holder);
        self.remove_unheld(error_context)
    }
}
