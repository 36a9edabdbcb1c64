//! Errors with their causes, as one text.

use std::error::Error;

use weft::error::WithCauses;

/// Returns the message of an error, followed by those of its causes, each after a colon.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    WithCauses(error).to_string()
}
