//! Calls by the host.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use weft::abi::{ComponentType, Lift, Lower};

use super::Stand;
use crate::cases::Call;
use crate::components::CALLS;
use crate::hosts::Operation;

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
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

pub fn call(call: Call) -> Operation {
    let mut it = Stand::new(CALLS);
    match call {
        Call::Nothing => {
            let f = it.typed::<(), ()>("nop");
            Box::new(move |n| (0..n).for_each(|_| it.store.call(&f, ()).unwrap()))
        }
        Call::Numbers => {
            let f = it.typed::<(u32, u32), u32>("add");
            Box::new(move |n| {
                for i in 0..n {
                    assert_eq!(it.store.call(&f, (i, 2)).unwrap(), i + 2);
                }
            })
        }
        Call::Text(length) => {
            let f = it.typed::<(&'static str,), String>("echo");
            let text: &'static str = "x".repeat(length).leak();
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(it.store.call(&f, (text,)).unwrap().len(), length);
                }
            })
        }
        Call::Record => {
            let f = it.typed::<(Rec,), Rec>("echo-rec");
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(it.store.call(&f, (REC,)).unwrap(), REC);
                }
            })
        }
        Call::ListIn(length) => {
            let f = it.typed::<(&'static [u8],), u32>("sink");
            let bytes: &'static [u8] = vec![7; length].leak();
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(it.store.call(&f, (bytes,)).unwrap() as usize, length);
                }
            })
        }
        Call::ListOut(length) => {
            let f = it.typed::<(u32,), Vec<u8>>("source");
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(it.store.call(&f, (length,)).unwrap().len(), length as usize);
                }
            })
        }
        Call::Fibonacci => {
            let f = it.typed::<(u32,), u32>("fib");
            Box::new(move |n| {
                (0..n).for_each(|_| assert_eq!(it.store.call(&f, (27,)).unwrap(), 196_418));
            })
        }
    }
}

/// Calls an async function, and blocks.
pub fn blocking() -> Operation {
    let mut it = Stand::new(CALLS);
    let f = it.typed::<(), ()>("at-once");
    Box::new(move |n| (0..n).for_each(|_| it.store.call(&f, ()).unwrap()))
}

/// Returns the output of a future that is ready at once.
fn ready<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future is not ready"),
    }
}

/// Calls an async function, and awaits it.
pub fn awaited() -> Operation {
    let mut it = Stand::new(CALLS);
    let f = it.typed::<(), ()>("at-once");
    Box::new(move |n| {
        ready(async {
            for _ in 0..n {
                it.store.call_async(&f, ()).await.unwrap();
            }
        });
    })
}
