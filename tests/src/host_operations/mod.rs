//! Operations that a host repeats on its contexts, tasks, sets, errors, threads and lists. Each
//! leaves the size of the machine unchanged. The same code runs on a machine whose tables grow and
//! on one whose tables are arrays.
//!
//! | module | contents |
//! |---|---|
//! | [`context`] | values of the current context, scopes, and contexts that tasks have |
//! | [`task`] | host tasks, their metadata, and cancellation tokens |
//! | [`waitable_set`] | sets of host tasks, and sets of sets |
//! | [`error_context`] | error contexts with frames, metadata and sources, and traces |
//! | [`thread`] | threads from spawn to join, and their values |
//! | [`list`] | fixed-length lists |
//!
//! Unexpected results are panics.

pub mod context;
pub mod error_context;
pub mod list;
pub mod task;
pub mod thread;
pub mod waitable_set;

use std::fmt;

/// An operation that a host can repeat.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    name: &'static str,
    growing: fn() -> Box<dyn FnMut()>,
    bounded: fn() -> Box<dyn FnMut()>,
}

impl Operation {
    /// Prepares a machine with these tables, and returns a closure that runs the operation once.
    #[must_use]
    pub fn prepare(&self, tables: Tables) -> Box<dyn FnMut()> {
        match tables {
            Tables::Growing => (self.growing)(),
            Tables::Bounded => (self.bounded)(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The kinds of tables of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// [`Heap`](weft::limits::Heap)
    Growing,
    /// [`Bounded`]
    Bounded,
}

impl Tables {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::Growing, Self::Bounded];
}

impl fmt::Display for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Growing => "growing",
            Self::Bounded => "bounded",
        })
    }
}

weft::limits! {
    /// Limits that are large enough for each operation.
    pub struct Bounded {
        instances: 1, functions: 1, types: 0, handles: 1, thread_indices: 1, tasks: 1, threads: 1,
        waitables: 20, waitable_sets: 2, resources: 0, lends: 0, error_contexts: 2, frames: 2, held_frames: 0,
        message_bytes: 64,
    }
    extensions {
        contexts: 4, context_scopes: 3, context_values: 4, text_bytes: 32, value_bytes: 8,
        task_records: 1, call_records: 20, task_metadata: 2, cancellation_tokens: 2,
        cancellation_handlers: 2, host_sets: 2, error_records: 2, stack_frames: 3,
        error_metadata: 2, thread_records: 1, thread_locals: 2, list_elements: 16,
    }
}

/// Defines operations with their names, and a list of all of them.
macro_rules! operations {
    ($($(#[$doc:meta])* $constant:ident, $name:literal, $prepare:ident;)*) => {
        $($(#[$doc])* pub const $constant: $crate::host_operations::Operation =
            $crate::host_operations::Operation {
                name: $name,
                growing: $prepare::<weft::limits::Heap>,
                bounded: $prepare::<$crate::host_operations::Bounded>,
            };)*

        /// All operations of this subject.
        pub const ALL: &[$crate::host_operations::Operation] = &[$($constant),*];
    };
}

use operations;
