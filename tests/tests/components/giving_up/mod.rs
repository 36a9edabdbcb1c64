//! Removal of instances, and abandoned and interrupted calls.
//!
//! | file | contents |
//! |---|---|
//! | `engine` | an engine that frees everything it is told to release |
//! | `removing` | removing instances, and the effects on their users |
//! | `flat` | instances that were created and removed leave nothing |
//! | `abandoning` | abandoning calls |
//! | `interrupting` | slices of fuel, and interrupting a store from another thread |
//! | `random` | all of these at random |

mod abandoning;
mod engine;
mod flat;
mod interrupting;
mod random;
mod removing;

use weft::component::{Component, Linker, Store};
use weft::engine::CoreEngine;
use weft::limits::Table;

/// Loads a component from its text.
fn load<E: CoreEngine>(engine: &E, text: &str) -> Component<E> {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    Component::new(engine, &bytes).unwrap()
}

/// Returns the number of entries in each table of a store.
fn counts<E: CoreEngine, T>(store: &Store<E, T>) -> Vec<(Table, usize)> {
    Table::ALL.iter().map(|table| (*table, store.count_of(*table))).collect()
}

/// A component that uses every kind of entry in a store: two component instances, a resource type,
/// types of streams and futures, options, memories, tables, core types, built-ins, and an import.
const ALL_KINDS: &str = r#"(component
    (import "host" (func $host (param "n" u32) (result u32)))
    (core type $start (func (param i32)))
    (core module $Table (table (export "table") 1 funcref))
    (core instance $table (instantiate $Table))
    (core module $Memory
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
        (func (export "drop") (param i32)))
    (core instance $memory (instantiate $Memory))
    (type $r (resource (rep i32) (dtor (core func $memory "drop"))))
    (type $rs (list (own $r)))
    (type $stream (stream (own $r)))
    (type $future (future $rs))
    (core func $new-thread (canon thread.new-indirect $start (core table $table "table")))
    (core func $new (canon resource.new $r))
    (core func $read (canon stream.read $stream (memory (core memory $memory "memory"))))
    (core func $write (canon future.write $future (memory (core memory $memory "memory"))
        (realloc (core func $memory "realloc"))))
    (core func $host (canon lower (func $host)))
    (component $Inner
        (import "host" (func $host (param "n" u32) (result u32)))
        (core func $host (canon lower (func $host)))
        (core module $M
            (import "" "host" (func (param i32) (result i32)))
            (func (export "call") (param i32) (result i32) unreachable))
        (core instance $m (instantiate $M (with "" (instance (export "host" (func $host))))))
        (func (export "call") (param "n" u32) (result u32) (canon lift (core func $m "call"))))
    (instance $inner (instantiate $Inner (with "host" (func $host))))
    (core module $M
        (import "" "host" (func (param i32) (result i32)))
        (import "" "new-thread" (func (param i32 i32) (result i32)))
        (import "" "new" (func (param i32) (result i32)))
        (import "" "read" (func (param i32 i32 i32) (result i32)))
        (import "" "write" (func (param i32 i32) (result i32)))
        (func (export "trap") unreachable)
        (func (export "nothing"))
        (func (export "text") (param i32 i32)))
    (core instance $m (instantiate $M (with "" (instance
        (export "host" (func $host)) (export "new-thread" (func $new-thread))
        (export "new" (func $new)) (export "read" (func $read)) (export "write" (func $write))))))
    (func (export "call") (alias export $inner "call"))
    (func (export "trap") (canon lift (core func $m "trap")))
    (func (export "nothing") (canon lift (core func $m "nothing")))
    (func (export "text") (param "t" string) (canon lift (core func $m "text")
        (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))"#;

/// Returns a linker whose host function adds 1.
fn adding<E: CoreEngine>() -> Linker<E> {
    let mut linker = Linker::new();
    linker.typed_function("host", |_, (n,): (u32,)| Ok(n + 1));
    linker
}
