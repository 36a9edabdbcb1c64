//! Times of host operations: contexts, tasks, waitable sets, error contexts, threads and lists.
//!
//! `cargo bench -p weft-tests --bench host` prints a table for each, with two rows for an
//! operation: one on a machine whose tables grow, and one on a machine whose tables are arrays. A
//! row also shows the allocations, if there are any: those of owned values.
//!
//! An operation is called through a pointer, so rows of one or two nanoseconds are mostly that
//! call.

use std::fmt;

use divan::{AllocProfiler, Bencher};
use weft_tests::host_operations::{self, Operation, Tables};

/// An allocator that reports the allocations of a benchmark.
#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// An operation on one of the two machines.
#[derive(Debug)]
struct Row {
    operation: Operation,
    tables: Tables,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.operation, self.tables)
    }
}

/// Returns both rows of each operation, one below the other.
fn rows(operations: &[Operation]) -> impl Iterator<Item = Row> {
    operations.iter().flat_map(|operation| {
        Tables::ALL.into_iter().map(|tables| Row { operation: *operation, tables })
    })
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[divan::bench(
            args = rows(host_operations::$name::ALL), sample_count = 1000, sample_size = 100
        )]
        fn $name(bencher: Bencher<'_, '_>, row: &Row) {
            let mut operation = row.operation.prepare(row.tables);
            // Before the measurement, tables grow.
            operation();
            bencher.bench_local(operation);
        }
    )*};
}

tables! {
    /// Values of the current context, and scopes.
    context;
    /// Host tasks, and cancellation tokens.
    task;
    /// Waiting for host tasks.
    waitable_set;
    /// Errors, and the host's data on them.
    error_context;
    /// Threads that the host starts.
    thread;
    /// Fixed-length lists.
    list;
}
