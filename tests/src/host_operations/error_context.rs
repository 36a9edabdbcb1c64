//! Error contexts of the host, with all their data.

use std::fmt::{self, Write};
use std::hint::black_box;

use weft::error_context::{ErrorContextId, ErrorSeverity, StackFrame};
use weft::host::ExtendedMachine;
use weft::host::limits::ExtensionLimits;

super::operations! {
    /// Creates an error context, and drops it.
    NEW_AND_DROP, "new, drop", new_and_drop;
    /// The same, with more data than the message.
    NEW_CRITICAL, "new, critical, with a code, drop", new_critical;
    /// Creates an error context with three stack frames.
    NEW_WITH_FRAMES, "new with three stack frames, drop", new_with_frames;
    /// Converts an error of Rust, with its source.
    FROM_ERROR, "from an error with a source, drop", from_error;
    /// Sets the number of a metadata key, and reads it.
    METADATA, "set metadata that is there, get it", metadata;
    /// Creates an error context with metadata of its own.
    NEW_WITH_METADATA, "new, set metadata, drop", new_with_metadata;
    /// Reads the message, which has the length limit of a bounded machine.
    MESSAGE, "message", message;
    /// Formats the error with its frames and its source as text.
    TRACE, "trace of it and its source as text", trace;
}

/// A message with the length limit of a bounded machine.
const MESSAGE_TEXT: &str = "the connection to the database was lost while a row was written.";

const FRAMES: [StackFrame<'static>; 3] = [
    StackFrame::new("write").file("database.rs").line(142).column(15),
    StackFrame::new("store").file("service.rs").line(20).column(5),
    StackFrame::new("main").file("main.rs").line(7).column(1),
];

fn new_and_drop<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let error =
            machine.error_contexts().create(MESSAGE_TEXT, ErrorSeverity::Error).expect("an error");
        machine.error_contexts().drop(error).expect("an error");
    })
}

fn new_critical<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let error = machine.error_contexts().create(MESSAGE_TEXT, ErrorSeverity::Critical);
        let error = error.expect("an error");
        machine.error_contexts().set_code(error, 7).expect("an error");
        machine.error_contexts().drop(error).expect("an error");
    })
}

fn with_frames<L: ExtensionLimits>(machine: &mut ExtendedMachine<L>) -> ErrorContextId {
    let error = machine.error_contexts().create_with_stack_trace(
        MESSAGE_TEXT,
        ErrorSeverity::Error,
        FRAMES,
    );
    error.expect("an error")
}

fn new_with_frames<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let error = with_frames(&mut machine);
        machine.error_contexts().drop(error).expect("an error");
    })
}

/// An error of Rust whose source is the other one.
#[derive(Debug)]
struct Unsaved {
    row: u32,
    table: &'static str,
    source: Lost,
}

impl fmt::Display for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} of {} was not saved", self.row, self.table)
    }
}

impl std::error::Error for Unsaved {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[derive(Debug)]
struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was lost")
    }
}

impl std::error::Error for Lost {}

fn from_error<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let unsaved = Unsaved { row: 17, table: "accounts", source: Lost };
    Box::new(move || {
        let error = machine.error_contexts().create_from(black_box(&unsaved), ErrorSeverity::Error);
        machine.error_contexts().drop(error.expect("an error")).expect("an error");
    })
}

fn metadata<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let error = with_frames(&mut machine);
    let mut row = 0_u64;
    Box::new(move || {
        row += 1;
        machine.error_contexts().set_metadata(error, "row", row).expect("a value");
        let value = machine.error_contexts().get_metadata(error, "row").expect("an error");
        assert_eq!(value.and_then(|it| it.get::<u64>()), Some(row));
    })
}

fn new_with_metadata<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    Box::new(move || {
        let error = machine.error_contexts().create_simple(MESSAGE_TEXT).expect("an error");
        machine.error_contexts().set_metadata(error, "row", 17).expect("a value");
        machine.error_contexts().drop(error).expect("an error");
    })
}

fn message<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let error = with_frames(&mut machine);
    Box::new(move || {
        assert_eq!(machine.error_contexts().message(error), Ok(MESSAGE_TEXT));
    })
}

/// A writer that counts the bytes it receives.
#[derive(Default)]
struct Length(usize);

impl Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn trace<L: ExtensionLimits>() -> Box<dyn FnMut()> {
    let mut machine = ExtendedMachine::<L>::default();
    let error = with_frames(&mut machine);
    let source = with_frames(&mut machine);
    machine.error_contexts().set_source(error, source).expect("two errors");
    Box::new(move || {
        let mut length = Length::default();
        let trace = machine.error_contexts().stack_trace(error).expect("an error");
        write!(length, "{trace}").expect("a text");
        assert!(length.0 > 2 * MESSAGE_TEXT.len());
    })
}
