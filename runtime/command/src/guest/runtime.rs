//! The tokio runtime in which guests run.

use tokio::runtime::{Builder, Runtime};
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

/// Builds a runtime with timers and sockets.
///
/// # Errors
///
/// The system has no timers or sockets.
pub(crate) fn build_runtime(mut builder: Builder) -> Result<Runtime, Failure> {
    builder.enable_all().build().map_err(|error| {
        let message = format!("the timers and sockets of the system can't be used: {error}");
        Failure::new(WEFT_FAILED, Diagnostic::error("system", message))
    })
}
