//! Resources that are values, streams and errors through generated bindings.

#![expect(clippy::expect_used, reason = "a test that fails to set up failed")]

use std::sync::{Arc, Mutex};

use weft::binding::World as _;
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::bindings::component_of;
use crate::shelf_host::Shelf;

#[rustfmt::skip]
#[path = "bindings/shelf.rs"]
pub(crate) mod bindings;

use bindings::Reader;

fn reader(room: usize) -> (Store<Wasmi, Shelf>, Reader) {
    let text = |text: &str| Arc::new(Mutex::new(text.to_owned()));
    let texts = [("notes", text("hello")), ("note", text("hi")), ("bad", text("\0"))];
    let texts = texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    let engine = Wasmi::default();
    let component = Component::new(&engine, &component_of("shelf", "reader"));
    let component = component.expect("the component is good");
    let mut linker = Linker::new();
    bindings::add_to_linker(&mut linker, |shelf: &mut Shelf| shelf);
    let mut store = Store::new(&engine, Shelf { texts, room, ..Shelf::default() });
    let reader = Reader::instantiate(&mut store, &component, &linker);
    (store, reader.expect("all imports are there"))
}

/// Returns the number of open files.
fn open(store: &Store<Wasmi, Shelf>) -> usize {
    Arc::strong_count(&store.data().open) - 1
}

#[test]
fn a_stream_of_a_dropped_file_can_be_read() {
    let (mut store, reader) = reader(100);
    let bytes = reader.run(&mut store, "notes", 1).unwrap().expect("there is a file");
    assert_eq!(open(&store), 0);
    let bytes = store.collect(bytes).unwrap();
    assert_eq!(store.block_on(bytes).unwrap(), b"ello!");
}

#[tokio::test(flavor = "current_thread")]
async fn an_export_is_a_future_on_an_executor() {
    let (mut store, reader) = reader(100);
    let bytes = reader.run_async(&mut store, "note", 0).await.unwrap().expect("there is a file");
    let bytes = store.collect(bytes).unwrap();
    assert_eq!(store.drive(bytes).await.unwrap(), b"hi!");
}

#[test]
fn an_io_error_is_one_of_the_wit_or_a_trap() {
    let (mut store, reader) = reader(5);
    assert_eq!(reader.run(&mut store, "none", 0).unwrap().unwrap_err(), "no file");
    assert_eq!(reader.run(&mut store, "notes", 0).unwrap().unwrap_err(), "no room");
    assert_eq!(open(&store), 0);
    let trap = reader.run(&mut store, "bad", 0).unwrap_err();
    let CallError::Host(error) = trap else { panic!("{trap:?}") };
    assert_eq!(error.to_string(), "it is no text");
}

#[test]
fn files_in_a_record_and_a_list_are_dropped_by_the_guest() {
    let (mut store, reader) = reader(100);
    assert_eq!(reader.count(&mut store, "note").unwrap(), 2);
    assert_eq!(reader.count(&mut store, "x").unwrap(), 0);
    assert_eq!(open(&store), 0);
}
