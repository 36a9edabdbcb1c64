//! Wasmtime: compiled for this machine, or for its interpreter.

mod calls;
mod many;
mod streams;

use futures::executor::block_on;
use wasmtime::component::{
    Component, ComponentNamedList, Instance, Lift, Linker, Lower, TypedFunc,
};
use wasmtime::{Config, Engine, Store};

use crate::cases::{Case, Driving};
use crate::components::{self, bytes};
use crate::hosts::Operation;

/// A configuration of Wasmtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Compiled by Cranelift, with everything that tasks need.
    Jit,
    /// The same for the interpreter Pulley.
    Pulley,
    /// Compiled by Cranelift, without anything that tasks need.
    NoTasks,
}

/// Returns an engine with this configuration.
pub fn engine(variant: Variant) -> Engine {
    let mut config = Config::new();
    config.concurrency_support(variant != Variant::NoTasks);
    if variant != Variant::NoTasks {
        config.wasm_component_model_async(true);
        config.wasm_component_model_async_stackful(true);
    }
    if variant == Variant::Pulley {
        config.target("pulley64").unwrap();
    }
    Engine::new(&config).unwrap()
}

/// A store with an instance.
struct Stand {
    store: Store<()>,
    instance: Instance,
}

impl Stand {
    fn new(variant: Variant, text: &str) -> Self {
        let engine = engine(variant);
        let component = Component::new(&engine, bytes(text)).unwrap();
        let linker = linker(&engine, variant);
        let mut store = Store::new(&engine, ());
        store.set_max_component_handles(10_000_000);
        let instance = if variant == Variant::NoTasks {
            linker.instantiate(&mut store, &component).unwrap()
        } else {
            block_on(linker.instantiate_async(&mut store, &component)).unwrap()
        };
        Self { store, instance }
    }

    fn typed<P, R>(&mut self, name: &str) -> TypedFunc<P, R>
    where
        P: ComponentNamedList + Lower,
        R: ComponentNamedList + Lift,
    {
        self.instance.get_typed_func(&mut self.store, name).unwrap()
    }

    /// Returns a function that repeats an operation in a loop.
    fn looping(mut self, name: &str) -> Operation {
        let function = self.typed::<(u32,), ()>(name);
        Box::new(move |n| function.call(&mut self.store, (n,)).unwrap())
    }

    /// Returns the same for a function that is a task.
    fn looping_task(mut self, name: &str) -> Operation {
        let function = self.typed::<(u32,), ()>(name);
        Box::new(move |n| block_on(function.call_async(&mut self.store, (n,))).unwrap())
    }
}

fn linker(engine: &Engine, variant: Variant) -> Linker<()> {
    let mut linker = Linker::new(engine);
    let mut root = linker.root();
    root.func_wrap("nothing", |_, ()| Ok(())).unwrap();
    root.func_wrap("numbers", |_, (a,): (u32,)| Ok((a.wrapping_add(1),))).unwrap();
    root.func_wrap("text", |_, (s,): (String,)| Ok((s.len() as u32,))).unwrap();
    if variant != Variant::NoTasks {
        root.func_wrap_concurrent("ready", |_, ()| Box::pin(async { Ok(()) })).unwrap();
    }
    linker
}

pub fn prepare(variant: Variant, case: Case) -> Option<Operation> {
    match case {
        Case::Call(call) => Some(calls::call(variant, call)),
        Case::HostFunction(values) => {
            Some(Stand::new(variant, components::HOST).looping(values.name()))
        }
        Case::Guest(values) => Some(Stand::new(variant, components::GUEST).looping(values.name())),
        Case::Instantiate(count) => Some(instantiate(variant, count)),
        Case::Load(functions) => Some(load(variant, functions)),
        Case::ChainOfCalls(count) => Some(many::chain_of_calls(variant, count)),
        _ if variant == Variant::NoTasks => None,
        _ => prepare_async(variant, case),
    }
}

/// Returns the cases that need tasks.
fn prepare_async(variant: Variant, case: Case) -> Option<Operation> {
    Some(match case {
        Case::AsyncCall(Driving::Simplest) => calls::awaited(variant),
        Case::AsyncCall(Driving::Future) => calls::concurrent(variant),
        Case::AsyncLoop(what) => Stand::new(variant, components::ASYNC).looping_task(what.name()),
        Case::Stream(element, count) => streams::between_guests(variant, element, count),
        Case::StreamBetweenTasks(length) => streams::between_tasks(variant, length),
        Case::StreamToHost(length) => streams::to_host(variant, length),
        Case::StreamFromHost(length) => streams::from_host(variant, length),
        Case::ChainOfStreams(count) => many::chain_of_streams(variant, count),
        Case::CancelStorm(calls) => many::cancel_storm(variant, calls),
        Case::FanIn(count) => many::fan_in(variant, count),
        _ => return None,
    })
}

fn instantiate(variant: Variant, count: u32) -> Operation {
    let engine = engine(variant);
    let component = Component::new(&engine, bytes(&components::composed(count))).unwrap();
    let linker = Linker::new(&engine);
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let run = instance.get_typed_func::<(u32,), (u32,)>(&mut store, "run").unwrap();
    assert_eq!(run.call(&mut store, (1,)).unwrap(), (1 + count,));
    Box::new(move |n| {
        for _ in 0..n {
            let mut store = Store::new(&engine, ());
            linker.instantiate(&mut store, &component).unwrap();
        }
    })
}

fn load(variant: Variant, functions: u32) -> Operation {
    let bytes = bytes(&components::large(functions));
    let engine = engine(variant);
    Box::new(move |n| {
        for _ in 0..n {
            Component::new(&engine, &bytes).unwrap();
        }
    })
}

/// Compiles a component for Pulley, for an engine with the default settings of a Wasmtime with or
/// without the feature for tasks.
pub fn precompile(bytes: &[u8], with_tasks: bool) -> Vec<u8> {
    let mut config = Config::new();
    config.target("pulley64").unwrap();
    if !with_tasks {
        config.concurrency_support(false);
    }
    Engine::new(&config).unwrap().precompile_component(bytes).unwrap()
}
