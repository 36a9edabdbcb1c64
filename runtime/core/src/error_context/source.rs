//! Sources of errors: chains of error contexts.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError};
use crate::host::limits::ExtensionLimits;
use crate::limits::Message as _;
use crate::machine::ErrorContextId;

use super::record::Holder;
use super::{ErrorContexts, ErrorSeverity};

/// The number of sources of a Rust error that are followed. An error can be its own source; a
/// real chain is far shorter.
const MAX_SOURCES: u32 = 128;

impl<L: ExtensionLimits, C: Chooser> ErrorContexts<'_, L, C> {
    /// Returns the error context that caused this one, if it is set.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the error context was removed.
    pub fn source(&self, error_context: ErrorContextId) -> Result<Option<ErrorContextId>, Error> {
        Ok(self.machine.error_record(error_context)?.and_then(|record| record.source))
    }

    /// Sets the error context that caused this one. If `source` is `None`, the error context has no
    /// source any longer. A source lives at least as long as the error context that it caused, even
    /// if neither the host nor a guest holds the source.
    ///
    /// # Errors
    ///
    /// Nothing is changed.
    ///
    /// - [`Error::Unknown`] if either error context was removed.
    /// - [`ExtensionError::SourceCycle`] if the error would be among its own sources.
    /// - [`Error::Full`] if the table [`ErrorRecords`](crate::limits::Table::ErrorRecords) is
    ///   full.
    pub fn set_source(
        &mut self,
        error_context: ErrorContextId,
        source: impl Into<Option<ErrorContextId>>,
    ) -> Result<(), Error> {
        let source = source.into();
        let before = self.source(error_context)?;
        if let Some(source) = source {
            self.machine.error_context_key(source)?;
        }
        if before == source {
            return Ok(());
        }
        if let Some(source) = source {
            if self.is_among_sources_of(error_context, source)? {
                return Err(ExtensionError::SourceCycle.into());
            }
            self.machine.hold_error(source, Holder::ErrorContext)?;
        }
        let changed = self.machine.describe_error(error_context, |record| {
            record.source = source;
            Ok(())
        });
        match if changed.is_ok() { before } else { source } {
            Some(unused) => self.machine.release_error(unused, Holder::ErrorContext).and(changed),
            None => changed,
        }
    }

    /// Returns `true` if `error_context` is `other` or one of its sources. For an error context
    /// that is the source of no other, this takes the same time however many sources `other` has.
    fn is_among_sources_of(
        &self,
        error_context: ErrorContextId,
        other: ErrorContextId,
    ) -> Result<bool, Error> {
        if error_context == other {
            return Ok(true);
        }
        let record = self.machine.error_record(error_context)?;
        if record.is_none_or(|record| record.source_of == 0) {
            return Ok(false);
        }
        let mut next = self.source(other)?;
        while let Some(behind) = next {
            if behind == error_context {
                return Ok(true);
            }
            next = self.source(behind)?;
        }
        Ok(false)
    }

    /// Creates an error context from a Rust error, and one from each of its sources, all with the
    /// same severity. The host holds the one that is returned. That one holds its source, and so
    /// on.
    ///
    /// # Errors
    ///
    /// Nothing is created.
    ///
    /// - [`ExtensionError::TooManySources`] if the chain of sources is too long.
    /// - [`Error::Full`] if the table [`ErrorContexts`](crate::limits::Table::ErrorContexts) or
    ///   [`ErrorRecords`](crate::limits::Table::ErrorRecords) is full.
    pub fn create_from(
        &mut self,
        error: &dyn core::error::Error,
        severity: ErrorSeverity,
    ) -> Result<ErrorContextId, Error> {
        let made = self.create_from_one(error, severity)?;
        if let Err(error) = self.add_sources_of(error, severity, made) {
            self.machine.drop_error_context(made)?;
            return Err(error);
        }
        Ok(made)
    }

    fn add_sources_of(
        &mut self,
        error: &dyn core::error::Error,
        severity: ErrorSeverity,
        mut made: ErrorContextId,
    ) -> Result<(), Error> {
        let mut left = MAX_SOURCES;
        let mut next = error.source();
        while let Some(error) = next {
            left =
                left.checked_sub(1).ok_or(ExtensionError::TooManySources { max: MAX_SOURCES })?;
            let source = self.create_from_one(error, severity)?;
            let added = self.set_source(made, source);
            // From here on, the error context that it is the source of holds it.
            self.machine.drop_error_context(source)?;
            added?;
            (made, next) = (source, error.source());
        }
        Ok(())
    }

    fn create_from_one(
        &mut self,
        error: &dyn core::error::Error,
        severity: ErrorSeverity,
    ) -> Result<ErrorContextId, Error> {
        let made = self.machine.new_host_error_context_of(L::Message::from_display(error))?;
        match self.set_severity(made, severity) {
            Ok(()) => Ok(made),
            Err(error) => {
                self.machine.drop_error_context(made)?;
                Err(error)
            }
        }
    }
}
