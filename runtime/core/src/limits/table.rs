//! The tables of a machine, one row each.
//!
//! A row has the documentation, the table, the name of its size in [`limits!`](crate::limits!),
//! the text that an error shows, and the table's size in the presets `SMALL` and `MEDIUM`. These
//! follow from the rows: [`Table`], [`Limits`](super::Limits), [`Heap`](super::Heap),
//! [`MachineSizes`](super::MachineSizes) and [`limits!`](crate::limits!), and the same for the
//! host extensions. To add a table, add a row here. Then add a field with its entries to the type
//! that has the table.

use core::fmt;

/// Passes the rows of the machine's own tables to the macro in brackets, after the tokens that
/// follow the brackets.
// Hidden: `limits!` expands to it in the crates of users.
#[doc(hidden)]
#[macro_export]
macro_rules! __machine_tables {
    ([$($callback:tt)*] $($first:tt)*) => {
        $($callback)*! {
            $($first)*
            /// Component instances.
            Instances, instances, "component instances", [1, 4];
            /// Functions that can be called: lifted functions and host functions.
            Functions, functions, "functions", [8, 32];
            /// Types that the machine has to distinguish.
            Types, types, "types", [8, 32];
            /// The handles of each component instance.
            Handles, handles, "handles", [16, 64];
            /// The numbered threads of each component instance.
            ThreadIndices, thread_indices, "thread indices", [4, 16];
            /// Tasks, which are calls of guests' exports under way.
            Tasks, tasks, "tasks", [4, 16];
            /// Threads of all instances.
            Threads, threads, "threads", [4, 16];
            /// Subtasks, and the ends of streams and futures.
            Waitables, waitables, "waitables", [8, 64];
            /// Waitable sets.
            WaitableSets, waitable_sets, "waitable sets", [2, 8];
            /// Handles of resources, owned and borrowed.
            Resources, resources, "resource handles", [4, 32];
            /// Handles that are lent for the time of a call.
            Lends, lends, "lends", [4, 16];
            /// Error contexts.
            ErrorContexts, error_contexts, "error contexts", [1, 4];
            /// Calls that are nested in one another.
            Frames, frames, "nested calls", [4, 16];
            /// Calls that are held while a host function waits whose type isn't `async`. A held
            /// stack has an entry for each of its calls, one for itself, and one more if it waits
            /// to enter an instance.
            HeldFrames, held_frames, "held calls", [2, 8];
        }
    };
}

/// Passes the rows of the side tables of the host extensions to the macro in brackets, after the
/// tokens that follow the brackets.
// Hidden: `limits!` expands to it in the crates of users.
#[doc(hidden)]
#[macro_export]
macro_rules! __extension_tables {
    ([$($callback:tt)*] $($first:tt)*) => {
        $($callback)*! {
            $($first)*
            /// The host's records of tasks, for example with contexts. Each task may need one.
            /// This table and all that follow are **host extensions**.
            TaskRecords, task_records, "records of tasks", [4, 16];
            /// The contexts of tasks, of host tasks and of the host. A context that several of them
            /// share has one entry.
            Contexts, contexts, "contexts", [4, 8];
            /// Contexts that are not current because others were pushed over them.
            ContextScopes, context_scopes, "nested contexts", [2, 8];
            /// The values of each context.
            ContextValues, context_values, "values of a context", [2, 4];
            /// The host's records of error contexts, with more than the debug message. Each error
            /// context may need one.
            ErrorRecords, error_records, "records of error contexts", [1, 4];
            /// The stack frames of each error context.
            StackFrames, stack_frames, "stack frames of an error context", [2, 4];
            /// The metadata of each error context.
            ErrorMetadata, error_metadata, "metadata of an error context", [2, 2];
            /// The elements of each fixed-length list. A machine has no lists, so it counts none.
            ListElements, list_elements, "elements of a fixed-length list", [8, 32];
            /// The types in each registry of fixed-length list types. A machine has no registries,
            /// so it counts none.
            ListTypes, list_types, "fixed-length list types", [4, 8];
            /// Threads that the host has begun, also after they have ended. Those that were
            /// joined are removed when others need room. Each thread may need a record.
            ThreadRecords, thread_records, "records of threads", [4, 8];
            /// The values of each thread that the host has begun.
            ThreadLocals, thread_locals, "values of a thread", [2, 2];
            /// The host's records of calls and host tasks, for example with metadata, a result or
            /// a context. Each waitable may need one.
            CallRecords, call_records, "records of calls", [8, 16];
            /// The metadata of each call or host task.
            TaskMetadata, task_metadata, "metadata of a task", [2, 2];
            /// Cancellation tokens.
            CancellationTokens, cancellation_tokens, "cancellation tokens", [2, 4];
            /// Handlers of cancellation tokens, and calls that have to be cancelled.
            CancellationHandlers, cancellation_handlers, "cancellation handlers", [4, 8];
            /// The waitable sets of the host, each of which is also one of the waitable sets.
            HostSets, host_sets, "waitable sets of the host", [2, 4];
        }
    };
}

/// Makes [`Table`] from the rows of all tables.
macro_rules! enumeration {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        /// A table of the machine.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Table {
            $($(#[$attribute])* $table,)*
        }

        impl Table {
            /// All tables.
            pub const ALL: [Self; [$(Self::$table),*].len()] = [$(Self::$table),*];

            /// Returns the name of the table's size in [`limits!`](crate::limits!), such as
            /// `waitable_sets`.
            #[must_use]
            pub const fn size_name(self) -> &'static str {
                match self {
                    $(Self::$table => stringify!($size),)*
                }
            }
        }

        impl fmt::Display for Table {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$table => $shown,)*
                })
            }
        }
    };
}

crate::__machine_tables! { [crate::__extension_tables] [enumeration] }

/// Makes two associated items of a type that has tables: `ENTRY_BYTES` and `entries_in_use`. Each
/// table has a row with the number of its entries in use, and the types that an entry is made of.
macro_rules! entries {
    ($keeper:ident { $($table:ident: $in_use:expr, [$($entry:ty),+];)* }) => {
        /// The tables of this type, and the size of an entry of each in bytes.
        pub(crate) const ENTRY_BYTES: &'static [(Table, usize)] =
            &[$((Table::$table, 0 $(+ size_of::<$entry>())+)),*];

        /// Returns the number of entries in use of a table, or 0 for a table of another type.
        pub(crate) fn entries_in_use(&self, table: Table) -> usize {
            let $keeper = self;
            match table {
                $(Table::$table => $in_use,)*
                _ => 0,
            }
        }
    };
}

pub(crate) use entries;

/// Returns the size of an entry of a table in bytes, or 0 for a table that is not in the list.
pub(crate) const fn bytes_of(mut entry_bytes: &[(Table, usize)], table: Table) -> usize {
    while let [(found, bytes), rest @ ..] = entry_bytes {
        if *found as usize == table as usize {
            return *bytes;
        }
        entry_bytes = rest;
    }
    0
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn every_table_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            Table::ALL.iter().map(std::string::ToString::to_string).collect();
        assert_eq!(names.len(), Table::ALL.len());
        let names: std::collections::BTreeSet<_> =
            Table::ALL.iter().map(|it| it.size_name()).collect();
        assert_eq!(names.len(), Table::ALL.len());
    }
}
