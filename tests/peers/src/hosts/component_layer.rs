//! `wasm_component_layer` on wasmi 0.31, the newest release that it works with.

use wasm_component_layer::{Component, ComponentList, Engine, Instance, Linker, Store, TypedFunc};
use wasmi_runtime_layer::Engine as Wasmi;

use crate::cases::{Call, Case};
use crate::components::{bytes, calls_without_types};
use crate::hosts::Operation;

/// A store with an instance.
struct Stand {
    store: Store<(), Wasmi>,
    instance: Instance,
}

impl Stand {
    fn new() -> Self {
        let engine = Engine::new(Wasmi::default());
        let component = Component::new(&engine, &bytes(&calls_without_types())).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Linker::default().instantiate(&mut store, &component).unwrap();
        Self { store, instance }
    }

    fn typed<P: ComponentList, R: ComponentList>(&self, name: &str) -> TypedFunc<P, R> {
        self.instance.exports().root().func(name).unwrap().typed().unwrap()
    }
}

pub fn prepare(case: Case) -> Option<Operation> {
    match case {
        Case::Call(call) => prepare_call(call),
        _ => None,
    }
}

fn prepare_call(call: Call) -> Option<Operation> {
    let mut it = Stand::new();
    Some(match call {
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
            let f = it.typed::<String, String>("echo");
            let text = "x".repeat(length);
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, text.clone()).unwrap().len(), length);
                }
            })
        }
        Call::Record => return None,
        Call::ListIn(length) => {
            let f = it.typed::<Vec<u8>, u32>("sink");
            let bytes = vec![7_u8; length];
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, bytes.clone()).unwrap() as usize, length);
                }
            })
        }
        Call::ListOut(length) => {
            let f = it.typed::<u32, Vec<u8>>("source");
            Box::new(move |n| {
                for _ in 0..n {
                    assert_eq!(f.call(&mut it.store, length).unwrap().len(), length as usize);
                }
            })
        }
        Call::Fibonacci => {
            let f = it.typed::<u32, u32>("fib");
            Box::new(move |n| {
                (0..n).for_each(|_| assert_eq!(f.call(&mut it.store, 27).unwrap(), 196_418));
            })
        }
    })
}
