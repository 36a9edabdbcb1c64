//! How many bytes the machine keeps of each thing: `cargo test -p weft-tests --test machine_sizes
//! -- --nocapture` prints them.

use weft::host::{ExtendedMachine, Extensions};
use weft::limits::{Heap, Table};
use weft::machine::Machine;

weft::limits! {
    /// Few of each, and room for what each host extension keeps.
    struct Small {
        instances: 2, functions: 4, types: 4, handles: 8, thread_indices: 4, tasks: 4, threads: 4,
        waitables: 8, waitable_sets: 2, resources: 4, lends: 4, error_contexts: 2, frames: 8,
        message_bytes: 32,
        task_records: 4, contexts: 4, context_scopes: 4, context_values: 2, error_records: 2,
        stack_frames: 2, error_metadata: 2, text_bytes: 16, value_bytes: 16, thread_records: 2,
        thread_locals: 2, call_records: 8, task_metadata: 2, cancellation_tokens: 2,
        cancellation_handlers: 2, host_sets: 2,
    }
}

#[test]
fn what_the_machine_keeps_of_each_thing_is_small() {
    println!("| table | bytes an entry |\n|---|---|");
    for table in Table::ALL {
        println!("| {table} | {} |", ExtendedMachine::<Heap>::entry_bytes(table));
    }
    let bytes = ExtendedMachine::<Heap>::entry_bytes;
    assert!(bytes(Table::Tasks) + bytes(Table::Threads) <= 96, "a task with its implicit thread");
    assert!(bytes(Table::Waitables) <= 64, "an end of a stream, or a subtask");
    assert!(bytes(Table::WaitableSets) <= 52, "a waitable set");
}

#[test]
fn a_machine_without_extensions_carries_none_of_their_bytes() {
    let (plain, extended) = (size_of::<Machine<Small>>(), size_of::<ExtendedMachine<Small>>());
    println!("a plain machine has {plain} bytes, one with extensions {extended}");
    assert_eq!(extended - plain, size_of::<Extensions<Small>>());

    // It is the sum of its tables, whose sizes are those of `Small`, and a little more.
    let bytes = Machine::<Small>::entry_bytes;
    let tables = 2 * bytes(Table::Instances) // with the handles and thread indices of each
        + 4 * (bytes(Table::Functions) + bytes(Table::Types))
        + 4 * (bytes(Table::Tasks) + bytes(Table::Threads))
        + 8 * bytes(Table::Waitables)
        + 2 * bytes(Table::WaitableSets)
        + 4 * (bytes(Table::Resources) + bytes(Table::Lends))
        + 2 * bytes(Table::ErrorContexts)
        + 8 * bytes(Table::Frames);
    assert!((tables..=tables + 400).contains(&plain), "{plain} bytes for tables of {tables}");
    let extensions = [Table::TaskRecords, Table::Contexts, Table::CallRecords, Table::HostSets];
    assert_eq!(extensions.map(bytes), [0; 4]);
}
