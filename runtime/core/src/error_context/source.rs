//! What errors came from: chains of error contexts.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError};
use crate::host::limits::ExtensionLimits;
use crate::limits::Message as _;
use crate::machine::ErrorContextId;

use super::record::Holder;
use super::{ErrorContexts, ErrorSeverity};

/// So many sources of an error of Rust's are followed, one behind the other. An error can say that
/// it is its own source, and no list of sources that tells anybody anything is as long.
const MAX_SOURCES: u32 = 128;

/// Sources of error contexts: **host extensions**.
impl<L: ExtensionLimits, C: Chooser> ErrorContexts<'_, L, C> {
    /// What an error came from, if it is known.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn source(&self, error_context: ErrorContextId) -> Result<Option<ErrorContextId>, Error> {
        Ok(self.machine.error_record(error_context)?.and_then(|record| record.source))
    }

    /// Says what an error came from. The source lives at least as long as the error does, whether
    /// the host or a guest holds it or not.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`] if either is no more;
    /// [`ExtensionError::SourceCycle`] if the error would be among its own sources;
    /// [`Error::Full`]: [`ErrorRecords`](crate::limits::Table::ErrorRecords).
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

    /// Returns `true` if `error_context` is `other` or one of its sources. This takes the same time
    /// for each error context that is nobody's source, however many sources `other` has.
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

    /// Makes an error context of an error of Rust's, with all its sources as its sources, each with
    /// the same severity. The host holds the one that it gets; that one holds its source, and so on.
    ///
    /// # Errors
    ///
    /// With nothing made: [`ExtensionError::TooManySources`]; those of
    /// [`create`](Self::create).
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
            // From now on what it is the source of holds it, or nobody does.
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
