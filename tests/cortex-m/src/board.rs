//! The sizes of the machine's tables, and possible errors.

use core::fmt;

use weft_core::chooser::FirstInFirstOut;
use weft_core::context::ContextError;
use weft_core::error::{Error, Failure};
use weft_core::host::limits::NoCompound;
use weft_core::limits::Table;
use weft_core::list::ListError;
use weft_core::machine::{Hooks, Machine};
use weft_core::trap::Trap;

weft_core::limits! {
    /// The limits of the firmware's machine, which are exactly what it needs.
    pub(crate) struct Board {
        instances: 2, functions: 2, types: 1, handles: 3, thread_indices: 1, tasks: 2, threads: 2,
        waitables: 4, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 2, frames: 3, held_frames: 0,
        message_bytes: 32,
    }
    extensions {
        contexts: 3, context_scopes: 2, context_values: 2, text_bytes: 16, call_records: 4,
        task_metadata: 1, cancellation_tokens: 2, cancellation_handlers: 2, host_sets: 2,
        error_records: 2, stack_frames: 2, error_metadata: 1, thread_records: 2, thread_locals: 2,
        list_elements: 4,
    }
}

/// The reason for a failure.
pub(crate) enum Wrong {
    /// The machine refused something, or a guest trapped.
    Failure(Failure),
    /// A context refused something.
    Context(ContextError),
    /// A list refused something.
    List(ListError<NoCompound>),
    /// The expected event that did not happen.
    Unexpected(&'static str),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(failure) => failure.fmt(f),
            Self::Context(error) => error.fmt(f),
            Self::List(error) => error.fmt(f),
            Self::Unexpected(expected) => write!(f, "expected that {expected}"),
        }
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Error> for Wrong {
    fn from(error: Error) -> Self {
        Self::Failure(error.into())
    }
}

impl From<Trap> for Wrong {
    fn from(trap: Trap) -> Self {
        Self::Failure(trap.into())
    }
}

impl From<ContextError> for Wrong {
    fn from(error: ContextError) -> Self {
        Self::Context(error)
    }
}

impl From<ListError<NoCompound>> for Wrong {
    fn from(error: ListError<NoCompound>) -> Self {
        Self::List(error)
    }
}

/// Returns an error with the expected event if it did not happen.
pub(crate) fn expect(holds: bool, expected: &'static str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong::Unexpected(expected)) }
}

/// Returns an error if the machine contains more than the guests, with their functions and types.
pub(crate) fn expect_nothing_left<H: Hooks>(
    machine: &Machine<Board, FirstInFirstOut, H>,
    expected: &'static str,
) -> Result<(), Wrong> {
    let stays = |table| matches!(table, Table::Instances | Table::Functions | Table::Types);
    let is_empty = |table: Table| stays(table) || machine.count_of(table) == 0;
    expect(Table::ALL.into_iter().all(is_empty), expected)
}
