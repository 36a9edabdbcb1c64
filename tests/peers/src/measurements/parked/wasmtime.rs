//! Many calls that wait on Wasmtime.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use allocation_counter::measure;
use futures::executor::block_on;
use futures::stream::{FuturesUnordered, StreamExt};
use wasmtime::Store;
use wasmtime::component::{Component, Linker};

use crate::clock::{resident, thread_time};
use crate::components::bytes;
use crate::hosts::wasmtime::{Variant, engine};
use crate::measurements::parked::gate::Gate;
use crate::measurements::parked::{Taken, grown};

/// Parks `count` tasks, and wakes them.
pub fn park(variant: Variant, text: &str, count: u32) -> Taken {
    let gate = Gate::default();
    gate.reserve(count as usize);
    let engine = engine(variant);
    let mut linker = Linker::<()>::new(&engine);
    let pass = gate.clone();
    linker
        .root()
        .func_wrap_concurrent("park", move |_, ()| {
            let pass = pass.pass();
            Box::pin(async move {
                pass.await;
                Ok(())
            })
        })
        .unwrap();
    let component = Component::new(&engine, bytes(text)).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_max_component_handles(10_000_000);
    let instance = block_on(linker.instantiate_async(&mut store, &component)).unwrap();
    let f = instance.get_typed_func::<(), (u32,)>(&mut store, "park").unwrap();
    let before = resident();

    let start = thread_time();
    let mut running = pin!(store.run_concurrent(async |accessor| {
        let calls: FuturesUnordered<_> =
            (0..count).map(|_| f.call_concurrent(accessor, ())).collect();
        let ended = calls.map(|result| assert_eq!(result.unwrap(), (42,))).count().await;
        assert_eq!(ended, count as usize);
    }));
    // Both parts are driven with the same waker, which is that of this thread.
    let parked = measure(|| {
        // Wasmtime polls the future of a host function at once, and then again at the wait for it.
        let mut have_all_parked = false;
        block_on(poll_fn(|context| {
            assert!(running.as_mut().poll(context).is_pending());
            if have_all_parked {
                return Poll::Ready(());
            }
            have_all_parked = gate.waiting() == count as usize;
            context.waker().wake_by_ref();
            Poll::Pending
        }));
    });
    let park = thread_time() - start;
    let resident = grown(before);

    let start = thread_time();
    let woken = measure(|| {
        gate.open();
        block_on(running.as_mut()).unwrap();
    });
    let wake = thread_time() - start;
    let allocations = parked.count_total + woken.count_total;
    Taken { park, wake, live: parked.bytes_current, resident, allocations }
}
