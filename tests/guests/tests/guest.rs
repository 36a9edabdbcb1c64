//! Loading guests.

use std::fs;

use weft::component::{Component, Store};
use weft::engine::wasmi::Wasmi;
use weft_guest_tests::Guests;

use crate::Fine;

/// Reads a guest of `built/list.toml`, and loads it.
pub(crate) fn load(engine: &Wasmi, name: &str) -> Component<Wasmi> {
    let guests = Guests::read().unwrap();
    let guest = guests.get(name).unwrap_or_else(|| panic!("no guest {name}"));
    let bytes = fs::read(guest.file())
        .unwrap_or_else(|error| panic!("{error}: run `tests/guests/build {name}`"));
    Component::new(engine, &bytes).unwrap()
}

/// Runs a future on tokio, in this thread.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(future)
}

/// Adds the position in the guest to an error, if the guest trapped.
pub(crate) fn explained<T: 'static>(store: &Store<Wasmi, T>, result: Fine) -> Fine {
    result.map_err(|error| match store.last_trap() {
        Some(trap) => format!("{error}\n{trap}").into(),
        None => error,
    })
}
