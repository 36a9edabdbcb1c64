//! Wasmtime alone: the core modules of the components, linked directly.

use wasmtime::{Caller, Instance, Linker, Module, Store};

use crate::cases::{Call, Case, Values};
use crate::components::{self, CALLS, GUEST, HOST, bytes, from, module};
use crate::hosts::Operation;
use crate::hosts::wasmtime::{Variant, engine};

pub fn prepare(variant: Variant, case: Case) -> Option<Operation> {
    match case {
        Case::Call(call) => prepare_call(variant, call),
        Case::HostFunction(values @ (Values::Nothing | Values::Numbers)) => {
            Some(host_function(variant, values))
        }
        Case::Guest(values @ (Values::Nothing | Values::Numbers)) => Some(guest(variant, values)),
        Case::Instantiate(count) => Some(instantiate(variant, count)),
        Case::Load(functions) => Some(load(variant, functions)),
        _ => None,
    }
}

fn stand(variant: Variant) -> (Store<()>, Linker<()>) {
    let engine = engine(variant);
    (Store::new(&engine, ()), Linker::new(&engine))
}

/// Returns the first module of a text with this name.
fn compile(store: &Store<()>, text: &str, name: &str) -> Module {
    Module::new(store.engine(), bytes(&module(text, name))).unwrap()
}

fn prepare_call(variant: Variant, call: Call) -> Option<Operation> {
    let (mut store, mut linker) = stand(variant);
    linker.func_wrap("", "return", |_: Caller<'_, ()>| {}).unwrap();
    let module = compile(&store, CALLS, "Module");
    let instance = linker.instantiate(&mut store, &module).unwrap();
    Some(match call {
        Call::Nothing => {
            let f = instance.get_typed_func::<(), ()>(&mut store, "nop").unwrap();
            Box::new(move |n| (0..n).for_each(|_| f.call(&mut store, ()).unwrap()))
        }
        Call::Numbers => {
            let f = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add").unwrap();
            Box::new(move |n| {
                for i in 0..n {
                    assert_eq!(f.call(&mut store, (i, 2)).unwrap(), i + 2);
                }
            })
        }
        Call::Fibonacci => {
            let f = instance.get_typed_func::<u32, u32>(&mut store, "fib").unwrap();
            Box::new(move |n| {
                (0..n).for_each(|_| assert_eq!(f.call(&mut store, 27).unwrap(), 196_418));
            })
        }
        _ => return None,
    })
}

/// Returns the loop of a caller's module.
fn looping(mut store: Store<()>, linker: &Linker<()>, text: &str, values: Values) -> Operation {
    let module = compile(&store, from(text, "(core module $Memory"), "Module");
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<u32, ()>(&mut store, values.name()).unwrap();
    Box::new(move |n| f.call(&mut store, n).unwrap())
}

fn host_function(variant: Variant, values: Values) -> Operation {
    let (store, mut linker) = stand(variant);
    linker.func_wrap("", "nothing", |_: Caller<'_, ()>| {}).unwrap();
    linker.func_wrap("", "numbers", |_: Caller<'_, ()>, a: u32| a.wrapping_add(1)).unwrap();
    linker.func_wrap("", "text", |_: Caller<'_, ()>, _: u32, length: u32| length).unwrap();
    looping(store, &linker, HOST, values)
}

fn guest(variant: Variant, values: Values) -> Operation {
    let (mut store, mut linker) = stand(variant);
    let callee = compile(&store, GUEST, "Module");
    let callee = linker.instantiate(&mut store, &callee).unwrap();
    linker.instance(&mut store, "", callee).unwrap();
    looping(store, &linker, GUEST, values)
}

fn instantiate(variant: Variant, count: u32) -> Operation {
    let engine = engine(variant);
    let store = Store::new(&engine, ());
    let text = components::composed(2);
    let first = compile(&store, &text, "M");
    let next = compile(&store, from(&text, "(component $C\n"), "M");
    Box::new(move |n| {
        for _ in 0..n {
            let mut store = Store::new(&engine, ());
            let mut instance = Instance::new(&mut store, &first, &[]).unwrap();
            for _ in 1..count {
                let run = instance.get_func(&mut store, "run").unwrap();
                instance = Instance::new(&mut store, &next, &[run.into()]).unwrap();
            }
        }
    })
}

fn load(variant: Variant, functions: u32) -> Operation {
    let bytes = bytes(&components::large_module(functions));
    let engine = engine(variant);
    Box::new(move |n| {
        for _ in 0..n {
            Module::new(&engine, &bytes).unwrap();
        }
    })
}
