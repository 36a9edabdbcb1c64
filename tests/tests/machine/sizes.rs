//! How many bytes the machine keeps of each thing: `cargo test -p weft-tests --test machine sizes
//! -- --nocapture` prints them.

use weft::limits::{Heap, Table};
use weft::machine::Machine;

#[test]
fn what_the_machine_keeps_of_each_thing_is_small() {
    println!("| table | bytes an entry |\n|---|---|");
    for table in Table::ALL {
        println!("| {table} | {} |", Machine::<Heap>::entry_bytes(table));
    }
    let bytes = Machine::<Heap>::entry_bytes;
    assert!(bytes(Table::Tasks) + bytes(Table::Threads) <= 96, "a task with its implicit thread");
    assert!(bytes(Table::Waitables) <= 64, "an end of a stream, or a subtask");
    assert!(bytes(Table::WaitableSets) <= 52, "a waitable set");
}
