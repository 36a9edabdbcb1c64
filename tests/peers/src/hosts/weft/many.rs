//! Many components in a row, calls at once, and streams in one set.

use weft::handle::StreamHandle;

use super::Stand;
use crate::components::{self, CANCEL, FAN_IN};
use crate::hosts::Operation;

/// Returns a case in which the host calls the last of `count` components, each of which calls the
/// one before it.
pub fn chain_of_calls(count: u32) -> Operation {
    let mut it = Stand::new(&components::composed(count));
    let run = it.typed::<(u32,), u32>("run");
    Box::new(move |n| {
        for i in 0..n {
            assert_eq!(it.store.call(&run, (i,)).unwrap(), i + count);
        }
    })
}

/// Returns a case in which a guest writes a KiB at once, others pass it on, and another one reads.
pub fn chain_of_streams(count: u32) -> Operation {
    const LENGTH: u32 = 1024;
    type Stream = StreamHandle<u8>;

    let mut it = Stand::new(&components::relays(count));
    let pour = it.typed::<(u32, u32), Stream>("pour");
    let eat = it.typed::<(Stream, u32), u64>("eat");
    let relay = |number| it.typed::<(Stream,), Stream>(&format!("relay-{number}"));
    let relays: Vec<_> = (0..count).map(relay).collect();
    Box::new(move |n| {
        let mut stream = it.store.call(&pour, (n, LENGTH)).unwrap();
        for relay in &relays {
            stream = it.store.call(relay, (stream,)).unwrap();
        }
        let total = it.store.call(&eat, (stream, LENGTH)).unwrap();
        assert_eq!(total, u64::from(n) * u64::from(LENGTH));
    })
}

/// Returns a case in which a guest makes this number of calls that wait, and cancels them.
pub fn cancel_storm(calls: u32) -> Operation {
    let mut it = Stand::new(CANCEL);
    let storm = it.typed::<(u32, u32), ()>("storm");
    Box::new(move |n| it.store.call(&storm, (calls, n)).unwrap())
}

/// Returns a case in which a guest waits for this number of streams at once, one of which is
/// written each time.
pub fn fan_in(count: u32) -> Operation {
    let mut it = Stand::new(FAN_IN);
    let open = it.typed::<(u32,), ()>("open");
    it.store.call(&open, (count,)).unwrap();
    it.looping("take")
}
