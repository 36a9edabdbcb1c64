//! An error with its sources, as text.

use core::fmt;

use crate::chooser::Chooser;
use crate::error::OneLine;
use crate::host::ExtendedMachine;
use crate::host::limits::ExtensionLimits;
use crate::machine::ErrorContextId;

use super::record::ErrorRecord;

/// An error context with its stack frames and its sources, as text: a **host extension**.
///
/// ```text
/// critical 7: cannot serve
///     at serve (server.rs:20)
/// caused by: error: Database connection failed
///     at connect_to_db (database.rs:142:15)
/// ```
///
/// Each error and each frame takes one line. A message, function or file that could be mistaken
/// for several lines is shown in quotes, as by [`OneLine`]. Metadata is left out, because it can
/// hold values that must not appear in a log.
pub struct ErrorTrace<'a, L: ExtensionLimits, C> {
    pub(super) machine: &'a ExtendedMachine<L, C>,
    pub(super) error_context: ErrorContextId,
}

impl<L: ExtensionLimits, C: Chooser> fmt::Display for ErrorTrace<'_, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut next = Some(self.error_context);
        while let Some(error_context) = next {
            if error_context != self.error_context {
                f.write_str("\ncaused by: ")?;
            }
            let record = self.machine.error_record(error_context).map_err(|_| fmt::Error)?;
            let message = self.machine.debug_message(error_context).map_err(|_| fmt::Error)?;
            let severity = record.map(|record| record.severity).unwrap_or_default();
            write!(f, "{severity}")?;
            if let Some(code) = record.and_then(|record| record.code) {
                write!(f, " {code}")?;
            }
            write!(f, ": {}", OneLine(message))?;
            for frame in record.into_iter().flat_map(ErrorRecord::frames) {
                write!(f, "\n    at {frame}")?;
            }
            next = record.and_then(|record| record.source);
        }
        Ok(())
    }
}

impl<L: ExtensionLimits, C: Chooser> fmt::Debug for ErrorTrace<'_, L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
