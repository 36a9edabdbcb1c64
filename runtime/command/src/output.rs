//! Writing to standard output and standard error. Colors are only for terminals.

use std::io::{self, ErrorKind, Write};

use serde_json::Value;
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

/// Prints a text and a line end to standard output.
///
/// # Errors
///
/// Standard output can't be written to, for example because a disk is full. It is not an error if
/// the reader is gone.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stream = anstream::stdout().lock();
    let printed = writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(not_printed(&error)),
        _ => Ok(()),
    }
}

/// Prints a JSON value to standard output.
///
/// # Errors
///
/// Standard output can't be written to.
pub(crate) fn print_json(value: &Value) -> Result<(), Failure> {
    print(&format!("{value:#}"))
}

/// Prints a text and a line end to standard error.
pub(crate) fn complain(text: &str) {
    // There is nowhere left to report an error.
    let _ = writeln!(anstream::stderr().lock(), "{}", text.trim_end_matches('\n'));
}

fn not_printed(error: &io::Error) -> Failure {
    Failure::new(WEFT_FAILED, Diagnostic::error("output", format!("cannot print: {error}")))
}
