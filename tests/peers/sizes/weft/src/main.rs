//! Loads a component from a file and calls its `add`.

use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

fn main() {
    let bytes = std::fs::read(std::env::args_os().nth(1).unwrap()).unwrap();
    let engine = Wasmi::default();
    let component = Component::new(&engine, &bytes).ok().unwrap();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &Linker::new()).ok().unwrap();
    let add = store.typed_function::<(u32, u32), u32>(&instance, "add").ok().unwrap();
    let sum = store.call(&add, (40, 2)).ok().unwrap();
    std::process::exit(i32::from(sum != 42));
}
