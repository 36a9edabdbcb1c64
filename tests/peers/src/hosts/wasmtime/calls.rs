//! Calls by the host.

use std::borrow::Cow;

use futures::executor::block_on;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::{Stand, Variant};
use crate::cases::Call;
use crate::components::{CALLS, calls_without_tasks};
use crate::hosts::Operation;

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
struct Rec {
    a: u8,
    b: u16,
    c: u32,
    d: u64,
    e: i32,
    f: f64,
    g: bool,
    h: char,
}

const REC: Rec = Rec { a: 1, b: 2, c: 3, d: 4, e: -5, f: 6.5, g: true, h: 'h' };

pub fn call(variant: Variant, call: Call) -> Operation {
    let text = match variant {
        Variant::NoTasks => Cow::from(calls_without_tasks()),
        Variant::Jit | Variant::Pulley => CALLS.into(),
    };
    let mut it = Stand::new(variant, &text);
    match call {
        Call::Nothing => {
            let f = it.typed::<(), ()>("nop");
            Box::new(move |n| (0..n).for_each(|_| f.call(&mut it.store, ()).unwrap()))
        }
        Call::Numbers => {
            let f = it.typed::<(u32, u32), (u32,)>("add");
            Box::new(move |n| {
                for i in 0..n {
                    assert_eq!(f.call(&mut it.store, (i, 2)).unwrap(), (i + 2,));
                }
            })
        }
        Call::Text(length) => {
            let f = it.typed::<(&'static str,), (String,)>("echo");
            let text: &'static str = "x".repeat(length).leak();
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, (text,)).unwrap().0.len(), length);
                }
            })
        }
        Call::Record => {
            let f = it.typed::<(Rec,), (Rec,)>("echo-rec");
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, (REC,)).unwrap().0, REC);
                }
            })
        }
        Call::ListIn(length) => {
            let f = it.typed::<(&'static [u8],), (u32,)>("sink");
            let bytes: &'static [u8] = vec![7; length].leak();
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, (bytes,)).unwrap().0 as usize, length);
                }
            })
        }
        Call::ListOut(length) => {
            let f = it.typed::<(u32,), (Vec<u8>,)>("source");
            Box::new(move |n| {
                for _ in 0..n {
                    let (bytes,) = f.call(&mut it.store, (length,)).unwrap();
                    assert_eq!(bytes.len(), length as usize);
                }
            })
        }
        Call::Fibonacci => {
            let f = it.typed::<(u32,), (u32,)>("fib");
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, (27,)).unwrap(), (196_418,));
                }
            })
        }
    }
}

/// Calls an async function with a future that owns the store.
pub fn awaited(variant: Variant) -> Operation {
    let mut it = Stand::new(variant, CALLS);
    let f = it.typed::<(), ()>("at-once");
    Box::new(move |n| {
        block_on(async {
            for _ in 0..n {
                f.call_async(&mut it.store, ()).await.unwrap();
            }
        });
    })
}

/// Calls an async function with a future that can run beside others.
pub fn concurrent(variant: Variant) -> Operation {
    let mut it = Stand::new(variant, CALLS);
    let f = it.typed::<(), ()>("at-once");
    Box::new(move |n| {
        let calls = it.store.run_concurrent(async |accessor| {
            for _ in 0..n {
                f.call_concurrent(accessor, ()).await.unwrap();
            }
        });
        block_on(calls).unwrap();
    })
}
