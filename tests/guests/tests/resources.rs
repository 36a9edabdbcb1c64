//! Resources of the host in the guest, and of the guest in the host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use weft::binding::{Borrow, Own, World};
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;

use crate::Fine;
use crate::bindings::resources::Resources;
use crate::bindings::resources::guests::resources::counters::{Host, HostCounter};
use crate::guest::{block_on, load};

/// A resource of the host. It counts its instances.
#[derive(Debug)]
pub(crate) struct Counter {
    value: AtomicU32,
    live: Arc<AtomicU32>,
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Relaxed);
    }
}

#[derive(Default)]
struct Counters {
    live: Arc<AtomicU32>,
}

impl Counters {
    fn counter(&self, start: u32) -> Own<Counter> {
        self.live.fetch_add(1, Relaxed);
        Own::new(Counter { value: start.into(), live: self.live.clone() })
    }
}

impl HostCounter for Counters {
    fn new(&mut self, start: u32) -> Own<Counter> {
        self.counter(start)
    }

    fn add(&mut self, self_: Borrow<Counter>, n: u32) -> u32 {
        self_.value.fetch_add(n, Relaxed) + n
    }

    fn join(&mut self, a: Own<Counter>, b: Own<Counter>) -> Own<Counter> {
        self.counter(a.value.load(Relaxed) + b.value.load(Relaxed))
    }
}

impl Host for Counters {
    fn value_of(&mut self, it: Borrow<Counter>) -> u32 {
        it.value.load(Relaxed)
    }
}

/// The data of a store.
struct State {
    counters: Counters,
    wasi: WasiCtx,
}

impl Default for State {
    fn default() -> Self {
        Self { counters: Counters::default(), wasi: WasiCtx::builder().build() }
    }
}

impl std::ops::Deref for State {
    type Target = Counters;

    fn deref(&self) -> &Counters {
        &self.counters
    }
}

fn linker() -> Linker<Wasmi, State> {
    let mut linker = Linker::new();
    crate::bindings::resources::add_to_linker(&mut linker, |state: &mut State| &mut state.counters);
    weft_wasi::add_to_linker(&mut linker, |state: &mut State| &mut state.wasi);
    linker
}

#[test]
fn both_ways() -> Fine {
    // The same sources built for another target, which imports WASI.
    ["resources-rust", "resources-wasi"].into_iter().try_for_each(both_ways_of)
}

fn both_ways_of(guest: &str) -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, guest);
    let mut store = Store::new(&engine, State::default());
    let guest = Resources::instantiate(&mut store, &component, &linker())?;
    let store = &mut store;
    let live = store.data().live.clone();

    // The guest creates three resources of the host, and drops them.
    assert_eq!(guest.use_counters(store, 10)?, 23);
    assert_eq!(live.load(Relaxed), 0);

    let counter = store.data().counter(5);
    assert_eq!(guest.peek(store, counter.borrow())?, 5);
    let counter = guest.bump(store, counter)?;
    assert_eq!(guest.peek(store, counter.borrow())?, 105);
    assert_eq!(live.load(Relaxed), 1);

    let counters = (1..=50).map(|start| store.data().counter(start)).collect();
    let counters = guest.bump_all(store, counters)?;
    let values: Vec<u32> = counters.iter().map(|it| it.value.load(Relaxed)).collect();
    assert_eq!(values, (2..=51).rev().collect::<Vec<u32>>());
    assert_eq!(live.load(Relaxed), 51);
    guest.forget(store, counters)?;
    assert_eq!(live.load(Relaxed), 1);
    drop(counter);
    assert_eq!(live.load(Relaxed), 0);

    // The host uses resources of the guest.
    let stacks = &guest.stacks;
    let a = stacks.stack.new(store, "a")?;
    stacks.stack.push(store, a.borrow(), "one")?;
    stacks.stack.push(store, a.borrow(), "two")?;
    assert_eq!(stacks.stack.pop(store, a.borrow())?.as_deref(), Some("two"));
    let b = stacks.stack.new(store, "b")?;
    stacks.stack.push(store, b.borrow(), "three")?;
    assert_eq!(stacks.live(store)?, 2);
    let ab = stacks.stack.append(store, a, b)?;
    assert_eq!(stacks.texts(store, ab.borrow())?, ["ab", "one", "three"]);
    assert_eq!(stacks.live(store)?, 1);
    assert_eq!(stacks.stack.pop(store, ab.borrow())?.as_deref(), Some("three"));
    assert_eq!(stacks.stack.pop(store, ab.borrow())?.as_deref(), Some("one"));
    assert_eq!(stacks.stack.pop(store, ab.borrow())?, None);
    store.drop_resource(ab)?;
    assert_eq!(stacks.live(store)?, 0);
    Ok(())
}

#[test]
fn by_async_calls() -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, "resources-rust");
    let prepared = Resources::prepare(&component, &linker())?;
    block_on(async {
        for _ in 0..2 {
            let mut store = Store::new(&engine, State::default());
            let guest = prepared.instantiate_async(&mut store).await?;
            assert_eq!(guest.use_counters_async(&mut store, 10).await?, 23);
            let stack = guest.stacks.stack.new_async(&mut store, "x").await?;
            guest.stacks.stack.push_async(&mut store, stack.borrow(), "one").await?;
            let texts = guest.stacks.texts_async(&mut store, stack.borrow()).await?;
            assert_eq!(texts, ["x", "one"]);
        }
        Ok(())
    })
}

#[test]
fn resources_of_a_guest_are_dropped_with_its_store() -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, "resources-rust");
    let mut store = Store::new(&engine, State::default());
    let guest = Resources::instantiate(&mut store, &component, &linker())?;
    let live = store.data().live.clone();
    let counter = store.data().counter(1);
    let lent = counter.borrow();
    let counter = guest.bump(&mut store, counter)?;
    drop(store);
    assert_eq!(live.load(Relaxed), 1);
    drop(lent);
    drop(counter);
    assert_eq!(live.load(Relaxed), 0);
    Ok(())
}
