//! Exports of components: they are checked before and after instantiation, and called.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use weft::binding::{
    AsyncCalls, CallError, Exports, StreamHandle, TypedFunction, World as _, WorldError,
};
use weft::component::{ExportError, InstantiateError, Linker, Store, streams};
use weft::engine::wasmi::Wasmi;
use weft::handle::OwnHandle;
use weft_tests::world::World;

use super::hosts::{Data, GUEST, linker, program};
use super::program::Program;
use super::program::exports::copies::Copies;
use super::program::exports::counters::Counter;

/// A component that exports `run` with other parameters, `counters` as a function, and the
/// interface `copies` without most of its functions; one of these has another type.
const WRONG: &str = r#"(component
    (core module $module
        (memory (export "memory") 1)
        (func (export "f") (param i32) (result i32) (local.get 0)))
    (core instance $module (instantiate $module))
    (func $f (param "n" u32) (result u32) (canon lift (core func $module "f")))
    (export "run" (func $f))
    (export "counter" (func $f))
    (instance $copies (export "names" (func $f)) (export "finds" (func $f)))
    (export "example:files/copies@1.0.1" (instance $copies)))"#;

/// Its mismatches.
const WRONG_MESSAGE: &str = "\
the exports are not those of the world `example:files/program@1.2.0`
  the function `run` has another type: in `func(n: u32) -> u32`, the parameters are of other types: at
    [0]: expected u32, found string
  the function `example:files/copies@1.2.0#names` has another type: in `func(n: u32) -> u32`, the
    parameters are of other types: expected 1 parameter, found 0
  there is no exported function `example:files/copies@1.2.0#find`; it exports
    `example:files/copies@1.2.0#finds`
  there is no exported function `example:files/copies@1.2.0#remove`
  there is no exported function `example:files/copies@1.2.0#load`
  there is no exported function `example:files/copies@1.2.0#read`
  there is no exported function `example:files/copies@1.2.0#write`
  there is no exported interface `counters`";

#[test]
fn all_mismatches_are_reported_before_and_after_instantiation() {
    let mut world = World::new();
    let component = world.load(WRONG);
    let errors = Program::check(&component).unwrap_err();
    assert_eq!(errors.to_string(), WRONG_MESSAGE);
    assert_eq!(errors.world(), Program::NAME);
    let names: Vec<_> = errors.errors().iter().map(ExportError::name).collect();
    assert_eq!(names.len(), 8);
    assert_eq!((names[0], names[7]), ("run", "counters"));

    let instance = world.instance(WRONG);
    let after = Program::new(&world.store, &instance).unwrap_err();
    assert_eq!(after, errors);
}

#[test]
fn nothing_is_instantiated_if_the_exports_differ() {
    let mut world = World::new();
    let component = world.load(WRONG);
    let linker = Linker::new();
    let prepared = Program::prepare(&component, &linker).unwrap_err();
    assert!(matches!(prepared, WorldError::Exports(_)), "{prepared}");
    let error = Program::instantiate(&mut world.store, &component, &linker).unwrap_err();
    assert!(matches!(error, WorldError::Exports(_)), "{error}");
    let mut future = pin!(Program::instantiate_async(&mut world.store, &component, &linker));
    let context = &mut Context::from_waker(Waker::noop());
    let polled = future.as_mut().poll(context);
    assert!(matches!(polled, Poll::Ready(Err(WorldError::Exports(_)))));
    let again = future.as_mut().poll(context);
    assert!(matches!(again, Poll::Ready(Err(WorldError::Exports(_)))));
}

#[test]
fn an_interface_with_a_similar_name_is_suggested() {
    let component = World::new().load(
        r#"(component (instance $none) (export "example:files/copies@2.0.0" (instance $none))
            (export "counter" (instance $none)))"#,
    );
    let errors = Program::check(&component).unwrap_err().to_string();
    let version = "no exported interface `example:files/copies@1.2.0`; it exports \
                   `example:files/copies@2.0.0`";
    assert!(errors.contains(version), "{errors}");
    assert!(errors.contains("no exported interface `counters`; it exports `counter`"), "{errors}");
}

#[test]
fn a_world_that_is_prepared_is_instantiated_in_many_stores() {
    let mut world = World::with(Data::default());
    let component = world.load(GUEST);
    let missing = Program::prepare::<_, Data>(&component, &Linker::new()).unwrap_err();
    let WorldError::Instantiate(InstantiateError::Imports(errors)) = missing else {
        panic!("{missing}")
    };
    assert_eq!(errors.len(), 2);

    let prepared = Program::prepare(&component, &linker()).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&world.engine, Data::default());
        let program = prepared.instantiate(&mut store).unwrap();
        let other = prepared.clone().instantiate(&mut store).unwrap();
        program.run(&mut store, "x").unwrap();
        assert_eq!(other.run(&mut store, "y").unwrap(), 10);
        assert_eq!(store.data().host.logged, ["x", "y"]);
    }

    let context = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(program) = pin!(prepared.instantiate_async(&mut world.store)).poll(context)
    else {
        panic!("nothing is interrupted")
    };
    assert_eq!(program.unwrap().run(&mut world.store, "z").unwrap(), 10);
    let linker = linker();
    let future = Program::instantiate_async(&mut world.store, &component, &linker);
    let Poll::Ready(program) = pin!(future).poll(context) else { panic!("nothing is interrupted") };
    assert_eq!(program.unwrap().run(&mut world.store, "long").unwrap(), 40);

    let mut other = Store::new(&Wasmi::default(), Data::default());
    let error = prepared.instantiate(&mut other).unwrap_err();
    assert!(matches!(error, WorldError::Instantiate(InstantiateError::OtherEngine)), "{error}");
}

#[test]
fn an_instance_of_another_store_is_an_error_for_each_function() {
    let mut world = World::with(Data::default());
    world.linker = linker();
    let instance = world.instance(GUEST);
    let other = Store::new(&world.engine, ());
    let errors = Program::new(&other, &instance).unwrap_err();
    assert_eq!(errors.errors().len(), 9);
    assert!(errors.errors().iter().all(|it| matches!(it, ExportError::OtherStore { .. })));
    world.store.remove_instance(&instance).unwrap();
    let errors = Program::new(&world.store, &instance).unwrap_err();
    assert!(errors.errors().iter().all(|it| matches!(it, ExportError::InstanceRemoved { .. })));
}

#[test]
fn resources_of_a_component_have_methods() {
    let (mut store, program) = program();
    let counters = &program.counters.counter;
    let [one, other] = [5, 100].map(|start| counters.new(&mut store, start).unwrap());
    assert_eq!(counters.add(&mut store, one.borrow(), 2).unwrap(), 7);
    assert_eq!(counters.add(&mut store, other.borrow(), 1).unwrap(), 101);
    assert_eq!(counters.add(&mut store, one.borrow(), 3).unwrap(), 10);
    let again = OwnHandle::<Counter>::from(one.resource().unwrap());
    store.drop_resource(again).unwrap();
    let nowhere = store.drop_resource(OwnHandle::<Counter>::new(5));
    assert!(matches!(nowhere, Err(CallError::Handle(_))), "{nowhere:?}");
    let stale = counters.add(&mut store, one.borrow(), 1);
    assert!(matches!(stale, Err(CallError::Handle(_))), "{stale:?}");
    assert_eq!(counters.add(&mut store, other.borrow(), 1).unwrap(), 102);
}

/// Bindings of the world of the stream example.
#[derive(Clone, Debug)]
struct Sums {
    sum: TypedFunction<(StreamHandle<u8>,), u32>,
    count: TypedFunction<(u32,), StreamHandle<u8>>,
}

impl weft::binding::World for Sums {
    const NAME: &'static str = "example:sums/sums";
    const IMPORTS: &'static [&'static str] = &[];
    const EXPORTS: &'static [&'static str] = &["sum", "count"];

    fn find(exports: &mut Exports<'_>) -> Option<Self> {
        let sum = exports.function("sum");
        let count = exports.function("count");
        Some(Self { sum: sum?, count: count? })
    }
}

impl Sums {
    async fn sum_async(
        &self,
        store: &mut impl AsyncCalls,
        bytes: StreamHandle<u8>,
    ) -> Result<u32, CallError> {
        store.call_async(&self.sum, (bytes,)).await
    }

    async fn count_async(
        &self,
        store: &mut impl AsyncCalls,
        n: u32,
    ) -> Result<StreamHandle<u8>, CallError> {
        store.call_async(&self.count, (n,)).await
    }
}

/// Creates a store with two instances.
fn sums() -> (Store<Wasmi>, Sums, Sums) {
    let mut world = World::new();
    let component = world.load(streams::EXAMPLE);
    Sums::check(&component).unwrap();
    let [sums, others] =
        [0, 1].map(|_| Sums::instantiate(&mut world.store, &component, &world.linker).unwrap());
    (world.store, sums, others)
}

/// Does not compile if the future cannot be sent to another thread.
fn sent<F: Future + Send>(future: F) -> F {
    future
}

#[test]
fn async_exports_are_awaited_and_their_streams_collected() {
    let (mut store, sums, others) = sums();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(sent(async {
        let (bytes, _) = store.stream_from(vec![1_u8, 2, 3]).unwrap();
        assert_eq!(sums.sum_async(&mut store, bytes).await.unwrap(), 6);
        let bytes = sums.count_async(&mut store, 5).await.unwrap();
        let collecting = store.collect(bytes).unwrap();
        assert_eq!(store.drive(collecting).await.unwrap(), [0, 1, 2, 3, 4]);
        // From one instance to another.
        let bytes = sums.count_async(&mut store, 5).await.unwrap();
        assert_eq!(others.sum_async(&mut store, bytes).await.unwrap(), 10);
    }));
}

#[test]
fn exports_are_awaited_by_a_handle_of_the_store() {
    let (mut store, sums, others) = sums();
    let mut access = store.access();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let total = sent(async move {
        let bytes = sums.count_async(&mut access, 5).await?;
        others.sum_async(&mut access, bytes).await
    });
    assert_eq!(runtime.block_on(store.drive(total)).unwrap(), 10);
}

#[test]
fn a_call_by_a_handle_borrows_arguments_and_returns_errors() {
    let (mut store, program) = program();
    let mut access = store.access();
    let copies: Copies = program.copies;
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let calling = sent(async move {
        let name = String::from("a");
        let bytes = access.with(|store| store.stream_from(vec![1_u8]).map(|it| it.0));
        let bytes = bytes.await.unwrap().unwrap();
        let written = copies.write_async(&mut access, &name, bytes).await;
        let broken = name.replace('a', "broken");
        (written, access.call_async(&copies.remove, (&*broken,)).await)
    });
    let (written, broken) = runtime.block_on(store.drive(calling));
    assert_eq!(written.unwrap(), Err(super::program::types::ErrorCode::Denied));
    assert!(matches!(broken, Err(CallError::Host(_))), "{broken:?}");

    // A handle whose store no longer exists.
    let (mut store, program) = super::hosts::program();
    let mut access = store.access();
    drop(store);
    let gone = runtime.block_on(access.call_async(&program.run, ("a",)));
    assert!(matches!(gone, Err(CallError::StoreDropped(_))), "{gone:?}");
}

#[test]
fn a_call_that_is_no_longer_awaited_is_cancelled() {
    let (mut store, sums, others) = sums();
    let (bytes, writer) = store.stream_writer::<u8>().unwrap();
    {
        let mut call = pin!(sums.sum_async(&mut store, bytes));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    drop(writer);
    let bytes = store.call(&sums.count, (3,)).unwrap();
    assert_eq!(store.call(&others.sum, (bytes,)).unwrap(), 3);
}

#[test]
fn a_host_function_instantiates_and_calls_a_world() {
    let mut world = World::with(Data::default());
    let component = world.load(streams::EXAMPLE);
    let prepared = Sums::prepare(&component, &Linker::new()).unwrap();
    world.linker.typed_function("total", move |caller, (n,): (u32,)| {
        let instance = prepared.instance_pre().instantiate_in(caller)?;
        let sums = Sums::new(caller, &instance)?;
        let (bytes, _) = caller.stream_from(vec![1_u8; n as usize])?;
        Ok(caller.call(&sums.sum, (bytes,))?)
    });
    let instance = world.instance(
        r#"(component
            (import "total" (func $total (param "n" u32) (result u32)))
            (core func $total (canon lower (func $total)))
            (core module $module
                (import "" "total" (func $total (param i32) (result i32)))
                (func (export "run") (param i32) (result i32) (call $total (local.get 0))))
            (core instance $module (instantiate $module (with "" (instance
                (export "total" (func $total))))))
            (func (export "run") (param "n" u32) (result u32)
                (canon lift (core func $module "run"))))"#,
    );
    let run = world.store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
    assert_eq!(world.store.call(&run, (9,)).unwrap(), 9);
}
