//! Many components in a row, calls at once, and streams in one set.

use futures::executor::block_on;
use wasmtime::component::StreamReader;

use super::{Stand, Variant};
use crate::components::{self, CANCEL, FAN_IN};
use crate::hosts::Operation;

/// Returns a case in which the host calls the last of `count` components, each of which calls the
/// one before it.
pub fn chain_of_calls(variant: Variant, count: u32) -> Operation {
    let mut it = Stand::new(variant, &components::composed(count));
    let run = it.typed::<(u32,), (u32,)>("run");
    Box::new(move |n| {
        for i in 0..n {
            assert_eq!(run.call(&mut it.store, (i,)).unwrap(), (i + count,));
        }
    })
}

/// Returns a case in which a guest writes a KiB at once, others pass it on, and another one reads.
pub fn chain_of_streams(variant: Variant, count: u32) -> Operation {
    const LENGTH: u32 = 1024;
    type Stream = StreamReader<u8>;

    let mut it = Stand::new(variant, &components::relays(count));
    let pour = it.typed::<(u32, u32), (Stream,)>("pour");
    let eat = it.typed::<(Stream, u32), (u64,)>("eat");
    let mut relay = |number| it.typed::<(Stream,), (Stream,)>(&format!("relay-{number}"));
    let relays: Vec<_> = (0..count).map(&mut relay).collect();
    Box::new(move |n| {
        let calls = it.store.run_concurrent(async |accessor| {
            let (mut stream,) = pour.call_concurrent(accessor, (n, LENGTH)).await.unwrap();
            for relay in &relays {
                (stream,) = relay.call_concurrent(accessor, (stream,)).await.unwrap();
            }
            let (total,) = eat.call_concurrent(accessor, (stream, LENGTH)).await.unwrap();
            assert_eq!(total, u64::from(n) * u64::from(LENGTH));
        });
        block_on(calls).unwrap();
    })
}

/// Returns a case in which a guest makes this number of calls that wait, and cancels them.
pub fn cancel_storm(variant: Variant, calls: u32) -> Operation {
    let mut it = Stand::new(variant, CANCEL);
    let storm = it.typed::<(u32, u32), ()>("storm");
    Box::new(move |n| block_on(storm.call_async(&mut it.store, (calls, n))).unwrap())
}

/// Returns a case in which a guest waits for this number of streams at once, one of which is
/// written each time.
pub fn fan_in(variant: Variant, count: u32) -> Operation {
    let mut it = Stand::new(variant, FAN_IN);
    let open = it.typed::<(u32,), ()>("open");
    block_on(open.call_async(&mut it.store, (count,))).unwrap();
    it.looping_task("take")
}
