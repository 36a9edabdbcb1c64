//! How large the machine's tables are, and what can go wrong.

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
    /// What the firmware needs at most, and not one more.
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

/// Why it did not go as it should.
pub(crate) enum Wrong {
    /// The machine refused something, or a guest trapped.
    Failure(Failure),
    /// A context refused something.
    Context(ContextError),
    /// A list refused something.
    List(ListError<NoCompound>),
    /// Something else happened than this.
    Unexpected(&'static str),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(failure) => failure.fmt(f),
            Self::Context(error) => error.fmt(f),
            Self::List(error) => error.fmt(f),
            Self::Unexpected(expected) => write!(f, "it is not so that {expected}"),
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

/// Fails with what was expected if it isn't so.
pub(crate) fn expect(holds: bool, expected: &'static str) -> Result<(), Wrong> {
    if holds { Ok(()) } else { Err(Wrong::Unexpected(expected)) }
}

/// Fails if there is more in the machine than what stays: guests, with their functions and types.
pub(crate) fn expect_nothing_left<H: Hooks>(
    machine: &Machine<Board, FirstInFirstOut, H>,
    expected: &'static str,
) -> Result<(), Wrong> {
    let stays = |table| matches!(table, Table::Instances | Table::Functions | Table::Types);
    let is_empty = |table: Table| stays(table) || machine.count_of(table) == 0;
    expect(Table::ALL.into_iter().all(is_empty), expected)
}
