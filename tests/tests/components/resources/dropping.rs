//! Every value is dropped, at the right time.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use weft::abi::{Resource, Val};
use weft::binding::{Borrow, Own};
use weft::component::{CallError, HostResourceType};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::guests::{File, Files, PANICS, USES_FILES, export, files};

#[test]
fn a_value_that_a_guest_drops_is_dropped_at_once() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let keep = export::<_, (Own<File>,), u32>(&world, &instance, "keep");
    let index = world.store.call(&keep, (files.file(1),)).unwrap();
    assert_eq!(world.number(&instance, "id-of", &[Val::U32(index)]), 1);
    assert_eq!(files.dropped(), 0);
    world.call(&instance, "drop", &[Val::U32(index)]);
    assert_eq!(files.dropped(), 1);
}

#[test]
fn values_of_guests_are_dropped_with_the_store() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let keep = export::<_, (Own<File>,), u32>(&world, &instance, "keep");
    // One of them panics, which does not stop the others.
    for id in [1, PANICS, 3] {
        world.store.call(&keep, (files.file(id),)).unwrap();
    }
    drop(world);
    assert_eq!(files.dropped(), 3);
}

#[test]
fn values_of_an_instance_are_dropped_with_it() {
    let (mut world, files) = files();
    let (first, second) = (world.instance(USES_FILES), world.instance(USES_FILES));
    for instance in [&first, &second] {
        let keep = export::<_, (Own<File>,), u32>(&world, instance, "keep");
        world.store.call(&keep, (files.file(1),)).unwrap();
        world.store.call(&keep, (files.file(2),)).unwrap();
    }
    world.store.remove_instance(&first).unwrap();
    assert_eq!(files.dropped(), 2);
    drop(world);
    assert_eq!(files.dropped(), 4);
}

#[test]
fn values_of_a_trapped_instance_are_dropped_at_its_removal() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let trap = export::<_, (Own<File>,), ()>(&world, &instance, "trap");
    assert!(matches!(world.store.call(&trap, (files.file(1),)), Err(CallError::Core(_))));
    assert_eq!(files.dropped(), 0);
    // A value that can no longer be passed is dropped.
    let refused = world.store.call(&trap, (files.file(2),));
    assert!(matches!(refused, Err(CallError::InstanceTrapped(_))));
    assert_eq!(files.dropped(), 1);
    world.store.remove_instance(&instance).unwrap();
    assert_eq!(files.dropped(), 2);
    let refused = world.store.call(&trap, (files.file(3),));
    assert!(matches!(refused, Err(CallError::InstanceRemoved)));
    assert_eq!(files.dropped(), 3);
}

#[test]
fn a_lent_value_returns_when_the_guest_returns() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let look = export::<_, (Borrow<File>,), u32>(&world, &instance, "look");
    let file = files.file(1);
    for _ in 0..100 {
        assert_eq!(world.store.call(&look, (file.borrow(),)).unwrap(), 1);
    }
    let lent = file.borrow();
    drop(file);
    assert_eq!(world.store.call(&look, (lent,)).unwrap(), 1);
    assert_eq!(files.dropped(), 1);
}

#[test]
fn a_value_lent_to_a_guest_that_traps_returns() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    // The guest must drop its borrowed handles before it returns.
    let keep = export::<_, (Borrow<File>,), u32>(&world, &instance, "keep-borrow");
    let file = files.file(1);
    assert!(world.store.call(&keep, (file.borrow(),)).is_err());
    assert_eq!(file.into_inner().unwrap().id, 1);
    let file = files.file(2);
    assert!(world.store.call(&keep, (file.borrow(),)).is_err());
    assert_eq!(file.into_inner().unwrap().id, 2);
}

#[test]
fn a_result_that_is_not_taken_is_dropped() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");
    let call = world.store.start(&open, (1,)).unwrap();
    world.store.forget(call).unwrap();
    assert_eq!(world.number(&instance, "run", &[Val::U32(2)]), 2);
    assert_eq!(files.dropped(), 2);
}

/// Checks that the destructor of a value is host code: its panic stops the guest, and continues at
/// the embedder.
#[test]
fn a_panic_in_a_values_drop_is_a_panic_of_a_host_function() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let take = export::<_, (Own<File>,), u32>(&world, &instance, "take");
    let file = files.file(PANICS);
    let panic = catch_unwind(AssertUnwindSafe(|| world.store.call(&take, (file,))));
    let panic = panic.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the file does not like to be closed"));
    assert_eq!(files.dropped(), 1);
    assert!(matches!(
        world.store.call(&take, (files.file(1),)),
        Err(CallError::InstanceTrapped(_))
    ));
    world.store.remove_instance(&instance).unwrap();
    assert_eq!(files.dropped(), 2);
}

#[test]
fn a_value_that_panics_at_a_removal_stops_nothing() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let keep = export::<_, (Own<File>,), u32>(&world, &instance, "keep");
    for id in [1, PANICS, 3] {
        world.store.call(&keep, (files.file(id),)).unwrap();
    }
    let panic = catch_unwind(AssertUnwindSafe(|| world.store.remove_instance(&instance)));
    assert!(panic.is_err());
    assert_eq!(files.dropped(), 3);
    let instance = world.instance(USES_FILES);
    assert_eq!(world.number(&instance, "run", &[Val::U32(2)]), 2);
}

/// Checks arguments that wait to be passed when the call is abandoned.
#[test]
fn arguments_of_a_call_that_never_starts_are_dropped() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let close = export::<_, (Own<File>,), u32>(&world, &instance, "close");
    // A host function holds the instance, so that the second call waits to enter it.
    world.linker.typed_async_function("close", |_, (file,): (Own<File>,)| async move {
        let _file = file;
        std::future::pending::<()>().await;
        Ok(0_u32)
    });
    let held = world.instance(USES_FILES);
    let waits = export::<_, (Own<File>,), u32>(&world, &held, "close");
    let first = world.store.start(&waits, (files.file(1),)).unwrap();
    let second = world.store.start(&waits, (files.file(2),)).unwrap();
    let look = export::<_, (Borrow<File>,), u32>(&world, &held, "look");
    let lent = files.file(3);
    let third = world.store.start(&look, (lent.borrow(),)).unwrap();
    assert_eq!(files.dropped(), 0);
    world.store.forget(second).unwrap();
    assert_eq!(files.dropped(), 1);
    world.store.forget(third).unwrap();
    assert_eq!(lent.into_inner().unwrap().id, 3);
    assert_eq!(files.dropped(), 2);
    world.store.abandon(first).unwrap();
    assert_eq!(files.dropped(), 3);
    assert_eq!(world.store.call(&close, (files.file(4),)).unwrap(), 4);
    drop(world);
    assert_eq!(files.dropped(), 4);
}

/// Returns a world whose host function `id` waits for a signal.
fn waiting() -> (World<Files>, Files, Arc<AtomicBool>) {
    let (mut world, files) = files();
    let go_on = Arc::new(AtomicBool::new(false));
    let told = go_on.clone();
    world.linker.typed_async_function("id", move |_, (file,): (Borrow<File>,)| {
        let told = told.clone();
        async move {
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if told.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Ok(file.id)
        }
    });
    (world, files, go_on)
}

/// Checks a call that the host forgets: the guest has the borrowed value until it returns.
#[test]
fn a_value_lent_to_a_forgotten_call_returns_with_its_guest() {
    let (mut world, files, go_on) = waiting();
    let instance = world.instance(USES_FILES);
    let look = export::<_, (Borrow<File>,), u32>(&world, &instance, "look");
    let calls: Vec<_> = (0..20)
        .map(|id| {
            let instance = if id == 0 { instance.clone() } else { world.instance(USES_FILES) };
            let look = export::<_, (Borrow<File>,), u32>(&world, &instance, "look");
            world.store.start(&look, (files.file(id).borrow(),)).unwrap()
        })
        .collect();
    assert_eq!(files.dropped(), 0);
    for call in calls {
        world.store.forget(call).unwrap();
    }
    assert_eq!(files.dropped(), 0);
    go_on.store(true, Ordering::Relaxed);
    assert_eq!(world.store.call(&look, (files.file(20).borrow(),)).unwrap(), 20);
    for _ in 0..100 {
        world.store.poll(Waker::noop()).unwrap();
    }
    assert_eq!(files.dropped(), 21);
}

/// Checks an async host function that returns after its calling guest is gone.
#[test]
fn a_result_for_a_caller_that_is_gone_is_dropped() {
    let (mut world, files) = files();
    let go_on = Arc::new(AtomicBool::new(false));
    let (told, made) = (go_on.clone(), files.clone());
    world.linker.typed_async_function("open", move |_, (id,): (u32,)| {
        let (told, file) = (told.clone(), made.file(id));
        async move {
            poll_fn(|context| {
                context.waker().wake_by_ref();
                if told.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            Ok(file)
        }
    });
    let instance = world.instance(USES_FILES);
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");
    let call = world.store.start(&open, (1,)).unwrap();
    world.store.abandon(call).unwrap();
    assert_eq!(files.dropped(), 1);
    let instance = world.instance(USES_FILES);
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");
    let call = world.store.start(&open, (2,)).unwrap();
    world.store.forget(call).unwrap();
    go_on.store(true, Ordering::Relaxed);
    assert_eq!(world.store.call(&open, (3,)).unwrap().id, 3);
    assert_eq!(files.dropped(), 3);
}

/// Checks that a host function which fails drops its arguments.
#[test]
fn a_host_function_that_fails_drops_its_arguments() {
    let (mut world, files) = files();
    world.linker.typed_function("close", |_, (_,): (Own<File>,)| Err::<u32, _>("it fails".into()));
    let instance = world.instance(USES_FILES);
    let close = export::<_, (Own<File>,), u32>(&world, &instance, "close");
    assert!(matches!(world.store.call(&close, (files.file(1),)), Err(CallError::Host(_))));
    assert_eq!(files.dropped(), 1);
}

/// Checks that the panic of a value that could not be passed continues at the embedder, and nothing
/// is lost.
#[test]
fn a_value_that_panics_when_it_comes_back_stops_nothing() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let trap = export::<_, (Own<File>,), ()>(&world, &instance, "trap");
    assert!(world.store.call(&trap, (files.file(1),)).is_err());
    let refused = catch_unwind(AssertUnwindSafe(|| world.store.call(&trap, (files.file(PANICS),))));
    assert!(!matches!(refused, Ok(Ok(()))));
    assert_eq!(files.dropped(), 1);
    let other = world.instance(USES_FILES);
    let take = export::<_, (Own<File>,), u32>(&world, &other, "take");
    // The panic continues here, unless it did before.
    let _ = catch_unwind(AssertUnwindSafe(|| world.store.call(&take, (files.file(2),))));
    assert_eq!(world.store.call(&take, (files.file(3),)).unwrap(), 3);
    drop(world);
    assert_eq!(files.dropped(), 4);
}

/// A guest that passes a file with a list beyond its memory: to the host, as its result, and to
/// another guest.
const PASSES_PARTS: &str = r#"(component
    (import "file" (type $file (sub resource)))
    (import "open" (func $open (param "id" u32) (result (own $file))))
    (import "typed" (func $typed (param "file" (own $file)) (param "l" (list u8))))
    (import "dynamic" (func $dynamic (param "file" (own $file)) (param "l" (list u8))))
    (component $Callee
        (import "file" (type $file (sub resource)))
        (core module $Module (memory (export "m") 1)
            (func (export "take") (param i32 i32 i32))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
        (core instance $module (instantiate $Module))
        (func (export "take") (param "file" (own $file)) (param "l" (list u8))
            (canon lift (core func $module "take")
                (memory (core memory $module "m")) (realloc (core func $module "realloc")))))
    (instance $callee (instantiate $Callee (with "file" (type $file))))
    (core module $Memory (memory (export "m") 1))
    (core instance $memory (instantiate $Memory))
    (core func $open (canon lower (func $open)))
    (core func $typed (canon lower (func $typed) (memory (core memory $memory "m"))))
    (core func $dynamic (canon lower (func $dynamic) (memory (core memory $memory "m"))))
    (core func $guest (canon lower (func $callee "take") (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "m" (memory 1))
        (import "" "open" (func $open (param i32) (result i32)))
        (import "" "typed" (func $typed (param i32 i32 i32)))
        (import "" "dynamic" (func $dynamic (param i32 i32 i32)))
        (import "" "guest" (func $guest (param i32 i32 i32)))
        (func (export "to-typed")
            (call $typed (call $open (i32.const 1)) (i32.const 65536) (i32.const 1)))
        (func (export "to-dynamic")
            (call $dynamic (call $open (i32.const 1)) (i32.const 65536) (i32.const 1)))
        (func (export "to-guest")
            (call $guest (call $open (i32.const 1)) (i32.const 65536) (i32.const 1)))
        (func (export "result") (result i32)
            (i32.store (i32.const 0) (call $open (i32.const 1)))
            (i32.store (i32.const 4) (i32.const 65536))
            (i32.store (i32.const 8) (i32.const 1))
            (i32.const 0)))
    (core instance $module (instantiate $Module (with "" (instance
        (export "m" (memory $memory "m")) (export "open" (func $open))
        (export "typed" (func $typed)) (export "dynamic" (func $dynamic))
        (export "guest" (func $guest))))))
    (func (export "to-typed") (canon lift (core func $module "to-typed")))
    (func (export "to-dynamic") (canon lift (core func $module "to-dynamic")))
    (func (export "to-guest") (canon lift (core func $module "to-guest")))
    (func (export "result") (result (tuple (own $file) (list u8)))
        (canon lift (core func $module "result") (memory (core memory $memory "m")))))"#;

#[test]
fn a_value_is_dropped_if_another_part_can_not_be_lifted() {
    for name in ["to-typed", "to-dynamic", "to-guest", "result"] {
        let (mut world, files) = files();
        world.linker.typed_function("typed", |_, (_, _): (Own<File>, Vec<u8>)| {
            Err::<(), _>("it is called".into())
        });
        world.linker.function("dynamic", |_, _| Err("it is called".into()));
        let instance = world.instance(PASSES_PARTS);
        let error = world.try_call(&instance, name, &[]).unwrap_err();
        assert!(error.to_string().contains("out"), "{error}");
        assert_eq!(files.dropped(), 1, "{name}");
        drop(world);
        assert_eq!(files.dropped(), 1, "{name}");
    }
}

/// A guest that calls a third guest with a host resource, a resource of a second guest, and a list
/// beyond its memory.
const PASSES_RESOURCES: &str = r#"(component
    (import "thing" (type $thing (sub resource)))
    (import "dropped" (func $dropped (param "number" u32)))
    (component $Definer
        (import "dropped" (func $dropped (param "number" u32)))
        (core func $dropped (canon lower (func $dropped)))
        (core module $Destructor
            (import "" "dropped" (func $dropped (param i32)))
            (func (export "drop") (param i32) (call $dropped (local.get 0))))
        (core instance $destructor (instantiate $Destructor (with "" (instance
            (export "dropped" (func $dropped))))))
        (type $made' (resource (rep i32) (dtor (core func $destructor "drop"))))
        (export $made "made" (type $made'))
        (core func $new (canon resource.new $made'))
        (core module $Module
            (import "" "new" (func $new (param i32) (result i32)))
            (func (export "make") (result i32) (call $new (i32.const 7))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "new" (func $new))))))
        (func (export "make") (result (own $made)) (canon lift (core func $module "make"))))
    (instance $definer (instantiate $Definer (with "dropped" (func $dropped))))
    (alias export $definer "made" (type $made))
    (component $Callee
        (import "thing" (type $thing (sub resource)))
        (import "made" (type $made (sub resource)))
        (core module $Module (memory (export "m") 1)
            (func (export "take") (param i32 i32 i32 i32))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
        (core instance $module (instantiate $Module))
        (func (export "take") (param "t" (own $thing)) (param "m" (own $made)) (param "l" (list u8))
            (canon lift (core func $module "take")
                (memory (core memory $module "m")) (realloc (core func $module "realloc")))))
    (instance $callee (instantiate $Callee
        (with "thing" (type $thing)) (with "made" (type $made))))
    (core module $Memory (memory (export "m") 1))
    (core instance $memory (instantiate $Memory))
    (core func $make (canon lower (func $definer "make")))
    (core func $take (canon lower (func $callee "take") (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "make" (func $make (result i32)))
        (import "" "take" (func $take (param i32 i32 i32 i32)))
        (func (export "pass") (param i32)
            (call $take (local.get 0) (call $make) (i32.const 65536) (i32.const 1))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "make" (func $make)) (export "take" (func $take))))))
    (func (export "pass") (param "t" (own $thing)) (canon lift (core func $module "pass"))))"#;

#[test]
fn resources_between_guests_are_destroyed_if_another_part_is_invalid() {
    let mut world = World::with(Vec::<u64>::new());
    let thing = HostResourceType::<Wasmi, Vec<u64>>::with_destructor(|caller, number| {
        caller.data_mut().push(number);
        Ok(())
    });
    world.linker.resource("thing", &thing);
    world.linker.function("dropped", |caller, numbers| {
        let [Val::U32(number)] = numbers[..] else { return Err("not a number".into()) };
        caller.data_mut().push(number.into());
        Ok(None)
    });
    let instance = world.instance(PASSES_RESOURCES);
    let ty = world.store.resource_type(&thing).unwrap();
    let passed = [Val::Own(Resource { ty, representation: 5 })];
    let error = world.try_call(&instance, "pass", &passed).unwrap_err();
    assert!(error.to_string().contains("out"), "{error}");
    world.store.poll(Waker::noop()).unwrap();
    world.store.data_mut().sort_unstable();
    assert_eq!(world.store.data(), &[5, 7]);
    assert!(world.store.take_background_trap().is_none());
}
