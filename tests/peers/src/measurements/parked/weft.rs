//! Many calls that wait on Weft.

use std::task::Waker;

use allocation_counter::measure;
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::clock::{resident, thread_time};
use crate::components::bytes;
use crate::measurements::parked::gate::Gate;
use crate::measurements::parked::{Taken, grown};

/// Parks `count` tasks, and wakes them.
pub fn park(text: &str, count: u32) -> Taken {
    let gate = Gate::default();
    gate.reserve(count as usize);
    let mut linker = Linker::new();
    let pass = gate.clone();
    linker.typed_async_function("park", move |_, ()| {
        let pass = pass.pass();
        async move {
            pass.await;
            Ok(())
        }
    });
    let engine = Wasmi::default();
    let component = Component::new(&engine, &bytes(text)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let f = store.typed_function::<(), u32>(&instance, "park").unwrap();
    let mut calls = Vec::with_capacity(count as usize);
    let before = resident();

    let start = thread_time();
    let parked = measure(|| {
        calls.extend((0..count).map(|_| store.start(&f, ()).unwrap()));
        while store.poll(Waker::noop()).unwrap().can_go_on {}
    });
    let park = thread_time() - start;
    assert_eq!(gate.waiting(), count as usize);
    let resident = grown(before);

    let start = thread_time();
    let woken = measure(|| {
        gate.open();
        while store.poll(Waker::noop()).unwrap().can_go_on {}
        for call in calls {
            assert_eq!(store.take_result(call).unwrap().unwrap().unwrap(), 42);
        }
    });
    let wake = thread_time() - start;
    let allocations = parked.count_total + woken.count_total;
    Taken { park, wake, live: parked.bytes_current, resident, allocations }
}
