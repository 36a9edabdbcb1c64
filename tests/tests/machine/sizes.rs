//! The number of bytes for each object of the machine: `cargo test -p weft-tests --test machine
//! sizes -- --nocapture` prints them.

use weft::host::{ExtendedMachine, Extensions};
use weft::limits::{Heap, MachineSizes, Table};
use weft::machine::Machine;

weft::limits! {
    /// Few of each object, and some for each host extension.
    struct Small { ..MachineSizes::SMALL }
    extensions { ..ExtensionSizes::SMALL }
}

#[test]
fn the_bytes_of_each_object_are_few() {
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
fn a_machine_without_extensions_has_none_of_their_bytes() {
    let (plain, extended) = (size_of::<Machine<Small>>(), size_of::<ExtendedMachine<Small>>());
    println!("a plain machine has {plain} bytes, one with extensions {extended}");
    assert_eq!(extended - plain, size_of::<Extensions<Small>>());

    // It is the sum of its tables, and a little more.
    let bytes = Machine::<Small>::entry_bytes;
    let sizes = MachineSizes::SMALL;
    let tables = sizes.instances * bytes(Table::Instances) // with the handles of each
        + sizes.functions * bytes(Table::Functions)
        + sizes.types * bytes(Table::Types)
        + sizes.tasks * bytes(Table::Tasks)
        + sizes.threads * bytes(Table::Threads)
        + sizes.waitables * bytes(Table::Waitables)
        + sizes.waitable_sets * bytes(Table::WaitableSets)
        + sizes.resources * bytes(Table::Resources)
        + sizes.lends * bytes(Table::Lends)
        + sizes.error_contexts * bytes(Table::ErrorContexts)
        + sizes.frames * bytes(Table::Frames);
    assert!((tables..=tables + 400).contains(&plain), "{plain} bytes for tables of {tables}");
    let extensions = [Table::TaskRecords, Table::Contexts, Table::CallRecords, Table::HostSets];
    assert_eq!(extensions.map(bytes), [0; 4]);
}
