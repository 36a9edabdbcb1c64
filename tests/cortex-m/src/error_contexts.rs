//! Error contexts: the host's data on an error and its source, as text.

use core::fmt::Write as _;

use weft_core::error::Error;
use weft_core::error_context::{ErrorSeverity, StackFrame};
use weft_core::host::ExtendedMachine;
use weft_core::limits::{ArrayText, Table};

use crate::board::{Board, Wrong, expect};

const FRAME: StackFrame<'static> = StackFrame::new("connect").file("database.rs").line(142);

pub(crate) fn play(machine: &mut ExtendedMachine<Board>) -> Result<(), Wrong> {
    let source = machine.error_contexts().create_with_stack_trace(
        "no connection",
        ErrorSeverity::Error,
        [FRAME],
    )?;
    let error = machine.error_contexts().create("cannot serve", ErrorSeverity::Critical)?;
    machine.error_contexts().set_code(error, 7)?;
    machine.error_contexts().set_source(error, source)?;
    machine.error_contexts().add_stack_frame(error, StackFrame::new("serve"))?;
    machine.error_contexts().add_stack_frame(error, StackFrame::new("main"))?;
    let refused = machine.error_contexts().add_stack_frame(error, FRAME);
    let full = Err(Error::Full(Table::StackFrames));
    expect(refused == full, "the number of stack frames of an error is limited")?;
    machine.error_contexts().set_metadata(error, "attempts", 3_u32)?;
    let attempts = machine.error_contexts().get_metadata(error, "attempts")?;
    expect(attempts.and_then(|it| it.get::<u32>()) == Some(3), "an error has metadata")?;

    // The error holds its source.
    machine.error_contexts().drop(source)?;
    let mut text = ArrayText::<160>::new();
    let written = write!(text, "{}", machine.error_contexts().stack_trace(error)?);
    expect(written.is_ok(), "there is room for the trace")?;
    let trace = "critical 7: cannot serve\n    at serve\n    at main\n\
                 caused by: error: no connection\n    at connect (database.rs:142)";
    expect(&text == trace, "the trace is complete")?;

    machine.error_contexts().drop(error)?;
    let gone = machine.error_contexts().message(source);
    expect(gone == Err(Error::Unknown(Table::ErrorContexts)), "the source goes with the error")
}
