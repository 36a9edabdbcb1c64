//! Instances that are locked down in other ways than by a linked call, and stores that link
//! nothing.

use std::sync::{Arc, Mutex};

use weft::abi::Val;
use weft::chooser::FirstInFirstOut;
use weft::component::{CallError, Function, Store, StoreLimit, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::guests::{both, chain, forbid_ordinary_calls, num_linked};

#[test]
fn a_linked_call_does_not_enter_a_trapped_instance() {
    let texts = both().map(|mut world| {
        let instance = world.instance(&chain(3));
        assert_eq!(world.number(&instance, "f3", &[Val::U32(1)]), 4);
        let error = world.try_call(&instance, "f1", &[Val::U32(0)]).unwrap_err();
        assert!(matches!(error, CallError::Core(_)), "{error}");
        let error = world.try_call(&instance, "f3", &[Val::U32(1)]).unwrap_err();
        format!("{error}\n{}", world.store.last_trap().unwrap())
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].starts_with("cannot enter component instance"), "{}", texts[0]);
}

/// `run` calls `f` of an inner instance, then the host, then `f` again.
const CALLS_TWICE: &str = r#"(component
    (import "host" (func $host))
    (component $Inner
        (core module $Divides
            (func (export "f") (param i32) (result i32) (i32.div_u (i32.const 8) (local.get 0))))
        (core instance $i (instantiate $Divides))
        (func (export "f") (param "n" u32) (result u32) (canon lift (core func $i "f"))))
    (instance $inner (instantiate $Inner))
    (core func $f (canon lower (func $inner "f")))
    (core func $host (canon lower (func $host)))
    (core module $Main
        (import "" "f" (func $f (param i32) (result i32)))
        (import "" "host" (func $host))
        (func (export "run") (result i32)
            (drop (call $f (i32.const 1)))
            (call $host)
            (call $f (i32.const 2))))
    (core instance $main (instantiate $Main (with "" (instance
        (export "f" (func $f)) (export "host" (func $host))))))
    (func (export "run") (result u32) (canon lift (core func $main "run")))
    (func (export "f") (alias export $inner "f")))"#;

type Later = Arc<Mutex<Option<Function>>>;

#[test]
fn an_instance_that_traps_during_a_host_call_is_not_entered() {
    let texts = both().map(|mut world| {
        let later = Later::default();
        let shared = later.clone();
        world.linker.function("host", move |caller, _| {
            let function = shared.lock().unwrap().clone();
            if let Some(function) = function {
                caller.call(&function, &[Val::U32(0)]).unwrap_err();
            }
            Ok(None)
        });
        let instance = world.instance(CALLS_TWICE);
        assert_eq!(world.number(&instance, "run", &[]), 4);
        *later.lock().unwrap() = Some(world.function(&instance, "f"));
        let error = world.try_call(&instance, "run", &[]).unwrap_err();
        format!("{error}\n{}", world.store.last_trap().unwrap())
    });
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].starts_with("cannot enter component instance"), "{}", texts[0]);
    assert_eq!(num_linked(&World::new().load(CALLS_TWICE)), 1);
}

#[test]
fn a_host_function_that_waits_between_linked_calls_changes_nothing() {
    let results = both().map(|mut world| {
        world.linker.async_function("host", |_, _| {
            Box::pin(async {
                let mut polls = 0;
                std::future::poll_fn(move |cx| {
                    polls += 1;
                    cx.waker().wake_by_ref();
                    if polls > 3 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
                })
                .await;
                Ok(None)
            })
        });
        let instance = world.instance(CALLS_TWICE);
        let run = world.function(&instance, "run");
        let calls = [(); 3].map(|()| world.store.start(&run, &[]).unwrap());
        calls.map(|call| world.store.run(call).unwrap())
    });
    assert_eq!(results, [const { [Some(Val::U32(4)), Some(Val::U32(4)), Some(Val::U32(4))] }; 2]);
}

#[test]
fn an_instance_that_is_removed_leaves_others_linked() {
    let mut world = World::new();
    let [one, other] = [(); 2].map(|()| world.instance(&chain(3)));
    world.store.remove_instance(&one).unwrap();
    forbid_ordinary_calls(&mut world.store);
    assert_eq!(world.number(&other, "f3", &[Val::U32(1)]), 4);
}

#[test]
fn a_store_with_an_embedders_chooser_links_nothing() {
    let mut world = World::new();
    let component = world.load(&chain(3));
    world.store = Store::with_chooser(&world.engine, Box::new(FirstInFirstOut), ());
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(world.number(&instance, "f3", &[Val::U32(1)]), 4);
    forbid_ordinary_calls(&mut world.store);
    let error = world.try_call(&instance, "f3", &[Val::U32(1)]).unwrap_err();
    let CallError::Limit(reached) = error else { panic!("{error}") };
    assert_eq!(reached.limit, StoreLimit::NestedCalls);
}

#[test]
fn a_store_of_an_engine_that_links_nothing_links_nothing() {
    let engine = Wasmi::default();
    let mut world = World::on(engine.clone());
    let component = world.load(&chain(3));
    world.store = Store::new(&engine.with_linked_guests(false), ());
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    forbid_ordinary_calls(&mut world.store);
    assert!(world.try_call(&instance, "f3", &[Val::U32(1)]).is_err());
    world.store.set_limits(StoreLimits::DEFAULT);
    assert!(world.try_call(&instance, "f3", &[Val::U32(1)]).is_err(), "it trapped");
}
