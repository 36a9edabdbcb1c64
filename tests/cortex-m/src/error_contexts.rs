//! Error contexts: what the host knows of an error and of its source, as text.

use core::fmt::Write as _;

use weft_core::error::Error;
use weft_core::error_context::{ErrorSeverity, StackFrame};
use weft_core::limits::{ArrayText, Table};
use weft_core::machine::Machine;

use crate::board::{Board, Wrong, expect};

const FRAME: StackFrame<'static> = StackFrame::new("connect").file("database.rs").line(142);

pub(crate) fn play(machine: &mut Machine<Board>) -> Result<(), Wrong> {
    let mut host = machine.host();
    let source = host.create_with_stack_trace("no connection", ErrorSeverity::Error, [FRAME])?;
    let error = host.error_context_new("cannot serve", ErrorSeverity::Critical)?;
    host.error_context_set_code(error, 7)?;
    host.error_context_set_source(error, source)?;
    host.error_context_add_stack_frame(error, StackFrame::new("serve"))?;
    host.error_context_add_stack_frame(error, StackFrame::new("main"))?;
    let refused = host.error_context_add_stack_frame(error, FRAME);
    let full = Err(Error::Full(Table::StackFrames));
    expect(refused == full, "an error has no more stack frames than there is room for")?;
    host.error_context_set_metadata(error, "attempts", 3_u32)?;
    let attempts = host.error_context_get_metadata(error, "attempts")?;
    expect(attempts.and_then(|it| it.get::<u32>()) == Some(3), "an error has metadata")?;

    // The error holds its source.
    host.error_context_drop(source)?;
    let mut text = ArrayText::<160>::new();
    let written = write!(text, "{}", host.error_context_stack_trace(error)?);
    expect(written.is_ok(), "there is room for the trace")?;
    let trace = "critical 7: cannot serve\n    at serve\n    at main\n\
                 caused by: error: no connection\n    at connect (database.rs:142)";
    expect(&text == trace, "the trace has all that is known")?;

    host.error_context_drop(error)?;
    let gone = host.error_context_message(source);
    expect(gone == Err(Error::Unknown(Table::ErrorContexts)), "the source goes with the error")
}
