//! Loads a component from a file and calls its `add`: with a compiler, from its binary format;
//! without one, what `peers` has compiled for the interpreter Pulley before.

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Engine, Store};

#[cfg(feature = "compiler")]
fn load(bytes: &[u8]) -> Component {
    let engine = Engine::new(&Config::new()).ok().unwrap();
    Component::new(&engine, bytes).ok().unwrap()
}

#[cfg(not(feature = "compiler"))]
fn load(bytes: &[u8]) -> Component {
    let mut config = Config::new();
    config.target("pulley64").ok().unwrap();
    let engine = Engine::new(&config).ok().unwrap();
    // SAFETY: the bytes were compiled by the same release of Wasmtime.
    unsafe { Component::deserialize(&engine, bytes) }.ok().unwrap()
}

fn main() {
    let component = load(&std::fs::read(std::env::args_os().nth(1).unwrap()).unwrap());
    let engine = component.engine();
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, &component).ok().unwrap();
    let add = instance.get_typed_func::<(u32, u32), (u32,)>(&mut store, "add").ok().unwrap();
    let (sum,) = add.call(&mut store, (40, 2)).ok().unwrap();
    std::process::exit(i32::from(sum != 42));
}
