//! Calls by the host, whose values are lowered and lifted by hand.

use wasmi::{Caller, Instance, Linker, Memory, Store, TypedFunc, WasmParams, WasmResults};

use super::{compile, engine};
use crate::cases::Call;
use crate::components::CALLS;
use crate::hosts::Operation;

/// A store with an instance.
pub(super) struct Stand {
    pub(super) store: Store<()>,
    pub(super) instance: Instance,
    memory: Memory,
}

type Realloc = TypedFunc<(u32, u32, u32, u32), u32>;

impl Stand {
    pub(super) fn new() -> Self {
        let engine = engine();
        let module = compile(&engine, CALLS, "Module");
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("", "return", |_: Caller<'_, ()>| {}).unwrap();
        let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        Self { store, instance, memory }
    }

    fn typed<P: WasmParams, R: WasmResults>(&self, name: &str) -> TypedFunc<P, R> {
        self.instance.get_typed_func(&self.store, name).unwrap()
    }

    fn word(&self, at: usize) -> usize {
        let bytes = &self.memory.data(&self.store)[at..at + 4];
        u32::from_le_bytes(bytes.try_into().unwrap()) as usize
    }

    /// Returns the bytes of a list or string, whose address and length are at `result`.
    fn list(&self, result: u32) -> &[u8] {
        let (at, length) = (self.word(result as usize), self.word(result as usize + 4));
        &self.memory.data(&self.store)[at..at + length]
    }

    /// Copies a list into the guest's memory, and returns its address and length.
    fn lower(&mut self, realloc: &Realloc, bytes: &[u8]) -> (u32, u32) {
        let length = bytes.len() as u32;
        let at = realloc.call(&mut self.store, (0, 0, 1, length)).unwrap();
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
        (at, length)
    }
}

pub(super) fn call(call: Call) -> Operation {
    let mut it = Stand::new();
    match call {
        Call::Nothing => {
            let f = it.typed::<(), ()>("nop");
            Box::new(move |n| (0..n).for_each(|_| f.call(&mut it.store, ()).unwrap()))
        }
        Call::Numbers => {
            let f = it.typed::<(u32, u32), u32>("add");
            Box::new(move |n| {
                for i in 0..n {
                    assert_eq!(f.call(&mut it.store, (i, 2)).unwrap(), i + 2);
                }
            })
        }
        Call::Text(length) => {
            let realloc = it.typed("realloc");
            let f = it.typed::<(u32, u32), u32>("echo");
            let text = "x".repeat(length);
            Box::new(move |n| {
                for _ in 0..n {
                    let arguments = it.lower(&realloc, text.as_bytes());
                    let result = f.call(&mut it.store, arguments).unwrap();
                    let string = std::str::from_utf8(it.list(result)).unwrap();
                    assert_eq!(String::from(string).len(), length);
                }
            })
        }
        Call::Record => record(it),
        Call::ListIn(length) => {
            let realloc = it.typed("realloc");
            let f = it.typed::<(u32, u32), u32>("sink");
            let bytes = vec![7_u8; length];
            Box::new(move |n| {
                for _ in 0..n {
                    let arguments = it.lower(&realloc, &bytes);
                    assert_eq!(f.call(&mut it.store, arguments).unwrap() as usize, length);
                }
            })
        }
        Call::ListOut(length) => {
            let f = it.typed::<u32, u32>("source");
            Box::new(move |n| {
                for _ in 0..n {
                    let result = f.call(&mut it.store, length).unwrap();
                    let bytes = it.list(result).to_vec();
                    assert_eq!(std::hint::black_box(bytes).len(), length as usize);
                }
            })
        }
        Call::Fibonacci => {
            let f = it.typed::<u32, u32>("fib");
            Box::new(move |n| {
                (0..n).for_each(|_| assert_eq!(f.call(&mut it.store, 27).unwrap(), 196_418));
            })
        }
    }
}

fn record(mut it: Stand) -> Operation {
    type Flat = (u32, u32, u32, u64, i32, f64, u32, u32);
    let f = it.typed::<Flat, u32>("echo-rec");
    Box::new(move |n| {
        for _ in 0..n {
            let flat = (1, 2, 3, 4, -5, 6.5, 1, u32::from('h'));
            let at = f.call(&mut it.store, flat).unwrap() as usize;
            let d = &it.memory.data(&it.store)[at..at + 40];
            let record = (
                d[0],
                u16::from_le_bytes(d[2..4].try_into().unwrap()),
                u32::from_le_bytes(d[4..8].try_into().unwrap()),
                u64::from_le_bytes(d[8..16].try_into().unwrap()),
                i32::from_le_bytes(d[16..20].try_into().unwrap()),
                f64::from_le_bytes(d[24..32].try_into().unwrap()),
                d[32] != 0,
                char::from_u32(u32::from_le_bytes(d[36..40].try_into().unwrap())),
            );
            assert_eq!(record, (1, 2, 3, 4, -5, 6.5, true, Some('h')));
        }
    })
}
