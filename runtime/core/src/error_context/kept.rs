//! What is known of error contexts, in the machine that has them.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::ExtendedMachine;
use crate::host::limits::ExtensionLimits;
use crate::id::ErrorContextId;
use crate::limits::Table;

use super::record::ErrorRecord;

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// What the host knows of an error context; nothing if nothing is said of it.
    pub(crate) fn error_record(
        &self,
        error_context: ErrorContextId,
    ) -> Result<Option<&ErrorRecord<L>>, Error> {
        self.error_context_key(error_context)?;
        Ok(self.hooks.errors.get(error_context))
    }

    /// Changes what the host knows of an error context. A record that says nothing isn't kept.
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

    /// Something that the host keeps holds an error context: another one, as its source, or a task
    /// that failed with it.
    pub(crate) fn hold_source(&mut self, source: ErrorContextId) -> Result<(), Error> {
        self.describe_error(source, |record| {
            let held = record.source_of.checked_add(1);
            record.source_of = held.ok_or(Error::Full(Table::ErrorRecords))?;
            Ok(())
        })
    }

    /// What [held it](Self::hold_source) is gone, or has another one.
    pub(crate) fn release_source(&mut self, source: ErrorContextId) -> Result<(), Error> {
        self.error_context_key(source)?;
        self.hooks.count_source(source);
        self.remove_unheld(source)
    }
}
