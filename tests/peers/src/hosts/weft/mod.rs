//! Weft on wasmi.

mod calls;
mod many;
mod streams;

use weft::abi::{Lift, Lower};
use weft::component::{Component, Instance, Linker, Store, TypedFunction};
use weft::engine::wasmi::Wasmi;

use crate::cases::{Case, Driving};
use crate::components::{self, bytes};
use crate::hosts::Operation;

/// A store with an instance.
struct Stand {
    store: Store<Wasmi>,
    instance: Instance<Wasmi>,
}

impl Stand {
    fn new(text: &str) -> Self {
        let engine = Wasmi::default();
        let component = Component::new(&engine, &bytes(text)).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component, &linker()).unwrap();
        Self { store, instance }
    }

    fn typed<P: Lower, R: for<'a> Lift<'a> + Send + 'static>(
        &self,
        name: &str,
    ) -> TypedFunction<P, R> {
        self.store.typed_function(&self.instance, name).unwrap()
    }

    /// Returns a function that repeats an operation in a loop.
    fn looping(mut self, name: &str) -> Operation {
        let function = self.typed::<(u32,), ()>(name);
        Box::new(move |n| self.store.call(&function, (n,)).unwrap())
    }
}

fn linker() -> Linker<Wasmi> {
    let mut linker = Linker::new();
    linker.typed_function("nothing", |_, ()| Ok(()));
    linker.typed_function("numbers", |_, (a,): (u32,)| Ok(a.wrapping_add(1)));
    linker.typed_function("text", |_, (s,): (String,)| Ok(s.len() as u32));
    linker.typed_async_function("ready", |_, ()| async { Ok(()) });
    linker
}

pub fn prepare(case: Case) -> Option<Operation> {
    Some(match case {
        Case::Call(call) => calls::call(call),
        Case::HostFunction(values) => Stand::new(components::HOST).looping(values.name()),
        Case::Guest(values) => Stand::new(components::GUEST).looping(values.name()),
        Case::AsyncCall(Driving::Simplest) => calls::blocking(),
        Case::AsyncCall(Driving::Future) => calls::awaited(),
        Case::AsyncLoop(what) => Stand::new(components::ASYNC).looping(what.name()),
        Case::Stream(element, count) => streams::between_guests(element, count),
        Case::StreamBetweenTasks(length) => streams::between_tasks(length),
        Case::StreamToHost(length) => streams::to_host(length),
        Case::StreamFromHost(length) => streams::from_host(length),
        Case::Instantiate(count) => instantiate(count),
        Case::Load(functions) => load(functions),
        Case::ChainOfCalls(count) => many::chain_of_calls(count),
        Case::ChainOfStreams(count) => many::chain_of_streams(count),
        Case::CancelStorm(calls) => many::cancel_storm(calls),
        Case::FanIn(count) => many::fan_in(count),
    })
}

fn instantiate(count: u32) -> Operation {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &bytes(&components::composed(count))).unwrap();
    let linker = Linker::new();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
    assert_eq!(store.call(&run, (1,)).unwrap(), 1 + count);
    Box::new(move |n| {
        for _ in 0..n {
            let mut store = Store::new(&engine, ());
            store.instantiate(&component, &linker).unwrap();
        }
    })
}

fn load(functions: u32) -> Operation {
    let bytes = bytes(&components::large(functions));
    let engine = Wasmi::default();
    Box::new(move |n| {
        for _ in 0..n {
            Component::new(&engine, &bytes).unwrap();
        }
    })
}
