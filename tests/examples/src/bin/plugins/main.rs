//! A host of plug-ins that are not trusted. A plug-in draws on pages, which are a resource of the
//! host. It gets 1 MiB of memory, and the host limits its time.

use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use weft::binding::{Borrow, Own, World as _};
use weft::component::{CallError, Component, Linker, Store, StoreLimits};
use weft::engine::wasmi::Wasmi;

mod bindings {
    weft::bindgen! {
        wit: "src/bin/plugins/plugin.wit",
        with: { "example:plugins/host/page": "crate::Page" },
    }
}

use bindings::Plugin;
use bindings::example::plugins::host::HostPage;

/// A page on which a plug-in draws. Its mutable part is in a `Mutex`, because resources are shared.
#[derive(Debug)]
pub struct Page {
    title: String,
    lines: Mutex<Vec<String>>,
}

/// The data that the store has for a plug-in.
#[derive(Debug, Default)]
struct Host {
    pages: u32,
}

impl HostPage for Host {
    fn new(&mut self, title: String) -> Own<Page> {
        self.pages += 1;
        Own::new(Page { title, lines: Mutex::default() })
    }

    fn line(&mut self, self_: Borrow<Page>, text: String) {
        self_.lines.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // The interval at which a computing guest is interrupted: 100,000 units of fuel.
    let engine = Wasmi::with_fuel(100_000);
    // A user's plug-in is a file: `std::fs::read("plugin.wasm")?`.
    let plugin = wat::parse_str(include_str!("plugin.wat"))?;
    let component = Component::new(&engine, &plugin)?;
    let mut linker = Linker::new();
    bindings::add_to_linker(&mut linker, |host: &mut Host| host);
    // The imports and exports of the plug-in are checked once.
    let prepared = Plugin::prepare(&component, &linker)?;

    // Each plug-in has a store of its own, because wasmi frees its memory with the store.
    let new_store = || {
        let mut store = Store::new(&engine, Host::default());
        store.set_limits(StoreLimits::UNTRUSTED.with_memory_bytes(1 << 20));
        store
    };
    let mut store = new_store();
    let plugin = prepared.instantiate(&mut store)?;

    let page = plugin.draw(&mut store, 3)?;
    let lines = page.lines.lock().unwrap_or_else(PoisonError::into_inner).len();
    println!("`{}` has {lines} lines", page.title);

    println!("15 more pages of memory: {}", plugin.grow(&mut store, 15)?);
    println!("and another one: {}", plugin.grow(&mut store, 1)?);

    // A plug-in that takes too long is abandoned.
    let slow = store.start(&plugin.draw, (u32::MAX,))?;
    if store.run_within(slow, Duration::from_millis(50))?.is_none() {
        store.abandon(slow)?;
        println!("the plug-in took too long");
    }
    let again = plugin.draw(&mut store, 1);
    assert!(matches!(again, Err(CallError::InstanceTrapped { .. })), "{again:?}");
    println!("it had started {} pages", store.into_data().pages);

    let mut store = new_store();
    let plugin = prepared.instantiate(&mut store)?;
    plugin.draw(&mut store, 1)?;
    println!("another one has started {}", store.data().pages);
    Ok(())
}
