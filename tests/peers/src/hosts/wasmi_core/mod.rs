//! wasmi alone: the core modules of the components, with the work of a component done by hand.

mod calls;
mod resumable;

use wasmi::{Caller, Config, Engine, Instance, Linker, Module, Store};

use crate::cases::{Case, Values};
use crate::components::{self, GUEST, HOST, bytes, from, module};
use crate::hosts::Operation;

pub use resumable::resumable;

fn engine() -> Engine {
    // As in Weft's adapter.
    Engine::new(Config::default().set_max_cached_stacks(64))
}

/// Returns the first module of a text with this name.
fn compile(engine: &Engine, text: &str, name: &str) -> Module {
    Module::new(engine, bytes(&module(text, name))).unwrap()
}

pub fn prepare(case: Case) -> Option<Operation> {
    Some(match case {
        Case::Call(call) => calls::call(call),
        Case::HostFunction(values) => host_function(values),
        Case::Guest(values) => guest(values),
        Case::Instantiate(count) => instantiate(count),
        Case::ChainOfCalls(count) => chain_of_calls(count),
        Case::Load(functions) => load(functions),
        _ => return None,
    })
}

/// Returns the loop of a caller's module.
fn looping(mut store: Store<()>, linker: &Linker<()>, text: &str, values: Values) -> Operation {
    let module = compile(store.engine(), from(text, "(core module $Memory"), "Module");
    let instance = linker.instantiate_and_start(&mut store, &module).unwrap();
    let f = instance.get_typed_func::<u32, ()>(&store, values.name()).unwrap();
    Box::new(move |n| f.call(&mut store, n).unwrap())
}

fn host_function(values: Values) -> Operation {
    let engine = engine();
    let mut linker = Linker::new(&engine);
    linker.func_wrap("", "nothing", |_: Caller<'_, ()>| {}).unwrap();
    linker.func_wrap("", "numbers", |_: Caller<'_, ()>, a: u32| a.wrapping_add(1)).unwrap();
    let mut store = Store::new(&engine, ());
    let memory = compile(&engine, HOST, "Memory");
    let memory = linker.instantiate_and_start(&mut store, &memory).unwrap();
    let memory = memory.get_memory(&store, "memory").unwrap();
    let text = move |caller: Caller<'_, ()>, at: u32, length: u32| {
        let bytes = &memory.data(&caller)[at as usize..(at + length) as usize];
        String::from(std::str::from_utf8(bytes).unwrap()).len() as u32
    };
    linker.func_wrap("", "text", text).unwrap();
    looping(store, &linker, HOST, values)
}

/// Returns a case in which one guest imports the other's functions directly.
fn guest(values: Values) -> Operation {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let callee = compile(&engine, GUEST, "Module");
    let callee = linker.instantiate_and_start(&mut store, &callee).unwrap();
    for name in ["nothing", "numbers", "text"] {
        linker.define("", name, callee.get_func(&store, name).unwrap()).unwrap();
    }
    looping(store, &linker, GUEST, values)
}

/// The modules of [`components::composed`].
struct Composed {
    first: Module,
    next: Module,
    count: u32,
}

impl Composed {
    fn new(engine: &Engine, count: u32) -> Self {
        let text = components::composed(2);
        let first = compile(engine, &text, "M");
        let next = compile(engine, from(&text, "(component $C\n"), "M");
        Self { first, next, count }
    }

    /// Returns the last of the instances.
    fn instantiate(&self, store: &mut Store<()>) -> Instance {
        let mut instance = Instance::new(&mut *store, &self.first, &[]).unwrap();
        for _ in 1..self.count {
            let run = instance.get_func(&*store, "run").unwrap();
            instance = Instance::new(&mut *store, &self.next, &[run.into()]).unwrap();
        }
        instance
    }
}

fn instantiate(count: u32) -> Operation {
    let engine = engine();
    let composed = Composed::new(&engine, count);
    Box::new(move |n| {
        for _ in 0..n {
            composed.instantiate(&mut Store::new(&engine, ()));
        }
    })
}

fn chain_of_calls(count: u32) -> Operation {
    let engine = engine();
    let mut store = Store::new(&engine, ());
    let instance = Composed::new(&engine, count).instantiate(&mut store);
    let run = instance.get_typed_func::<u32, u32>(&store, "run").unwrap();
    Box::new(move |n| {
        for i in 0..n {
            assert_eq!(run.call(&mut store, i).unwrap(), i + count);
        }
    })
}

fn load(functions: u32) -> Operation {
    let bytes = bytes(&components::large_module(functions));
    let engine = engine();
    Box::new(move |n| {
        for _ in 0..n {
            Module::new(&engine, &bytes).unwrap();
        }
    })
}
