//! Async functions, streams and futures, in both directions, in every language.

mod giving_up;
mod host;
mod positions;
mod work;

use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::guest::load;
use host::Source;

/// Loads a guest, and creates its linker and a store.
fn guest(name: &str) -> (Component<Wasmi>, Linker<Wasmi, Source>, Store<Wasmi, Source>) {
    let engine = Wasmi::default();
    let component = load(&engine, name);
    let mut linker = Linker::new();
    crate::bindings::pipes::add_to_linker(&mut linker, |source: &mut Source| source);
    crate::bindings::held_source::add_to_linker(&mut linker, |source: &mut Source| source);
    (component, linker, Store::new(&engine, Source::default()))
}
