//! Loading components from text.

use weft::component::{Component, Function, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;

pub(crate) fn component(engine: &Wasmi, text: &str) -> Component<Wasmi> {
    let bytes = wat::parse_str(text).unwrap();
    Component::new(engine, &bytes).unwrap()
}

/// An instance of a component without imports, in a store of its own.
pub(crate) fn load(engine: &Wasmi, text: &str) -> (Store<Wasmi>, Instance<Wasmi>) {
    let mut store = Store::new(engine, ());
    let instance = store.instantiate(&component(engine, text), &Linker::new()).unwrap();
    (store, instance)
}

pub(crate) fn function(store: &Store<Wasmi>, instance: &Instance<Wasmi>, name: &str) -> Function {
    store.function(instance, name).unwrap()
}
