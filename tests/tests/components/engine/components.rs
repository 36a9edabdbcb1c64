//! Loads components from text.

use weft::component::{Component, Function, Instance, Store};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

pub(crate) fn component(engine: &Wasmi, text: &str) -> Component<Wasmi> {
    World::on(engine.clone()).load(text)
}

/// Returns an instance of a component without imports, in a store of its own.
pub(crate) fn load(engine: &Wasmi, text: &str) -> (Store<Wasmi>, Instance<Wasmi>) {
    let mut world = World::on(engine.clone());
    let instance = world.instance(text);
    (world.store, instance)
}

pub(crate) fn function(store: &Store<Wasmi>, instance: &Instance<Wasmi>, name: &str) -> Function {
    store.function(instance, name).unwrap()
}
