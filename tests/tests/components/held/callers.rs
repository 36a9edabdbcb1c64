//! Callers of every kind, including those that cannot be held.

use std::sync::{Arc, Mutex};

use weft::abi::Val;
use weft::component::{CallError, Function, InstantiateError};
use weft::limits::Table;
use weft::trap::Trap;

use super::{chain, is_at_rest, lives, poll, returns, start, waits, world};

/// Its core start function calls the import `f`.
const STARTS: &str = r#"(component
    (import "f" (func $f (param "q" u32) (result u32)))
    (canon lower (func $f) (core func $f))
    (core module $Module
        (import "" "f" (func $f (param i32) (result i32)))
        (func $start (drop (call $f (i32.const 1))))
        (start $start))
    (core instance (instantiate $Module (with "" (instance (export "f" (func $f)))))))"#;

/// Checks a core start function, in which nothing can stop.
#[test]
fn a_start_function_is_not_held() {
    let (mut world, gates) = world();
    let instances = chain(&mut world);
    let error = world.try_instance(STARTS).unwrap_err();
    assert!(error.to_string().contains("cannot block a synchronous task"), "{error}");
    poll(&mut world);
    assert_eq!(gates.waited(), [0; 0]);
    lives(&mut world, &instances[0], true);
    // Without a wait, the call succeeds.
    gates.open(1, 1);
    world.instance(STARTS);
    assert_eq!(world.store.count_of(Table::HeldFrames), 0);
}

/// Checks the same if the guest that it calls is held, or would wait for one that is.
#[test]
fn a_start_function_is_not_held_below_another_guest() {
    for is_held_before in [false, true] {
        let (mut world, gates) = world();
        let [a, b, c] = chain(&mut world);
        let held = is_held_before.then(|| {
            let call = start(&mut world, &c, "run", 1);
            poll(&mut world);
            call
        });
        world.linker.instance("i").exports_of("b", &b);
        let component = STARTS.replace(
            r#"(import "f" (func $f (param "q" u32) (result u32)))"#,
            r#"(import "i" (instance $i (export "b" (instance
                (export "run" (func (param "q" u32) (result u32)))))))
            (alias export $i "b" (instance $b)) (alias export $b "run" (func $f))"#,
        );
        let error: InstantiateError = world.try_instance(&component).unwrap_err();
        assert!(error.to_string().contains("cannot block a synchronous task"), "{error}");
        if let Some(call) = held {
            waits(&mut world, call);
            gates.open(1, 1);
            returns(&mut world, call, 2);
            lives(&mut world, &c, true);
            assert_eq!(gates.waited(), [0; 0]);
        } else {
            lives(&mut world, &c, false);
        }
        lives(&mut world, &b, false);
        lives(&mut world, &a, true);
    }
}

/// Checks a host function that does not wait, and calls a guest that is held.
#[test]
fn a_host_function_that_does_not_wait_is_not_held() {
    let (mut world, gates) = world();
    let inner = chain(&mut world);
    let function: Arc<Mutex<Option<Function>>> = Arc::default();
    let errors = Arc::new(Mutex::new(Vec::new()));
    let (called, told) = (function.clone(), errors.clone());
    world.linker = weft::component::Linker::new();
    world.linker.function("f", move |caller, arguments| {
        let function = called.lock().unwrap().clone().unwrap();
        match caller.call(&function, &arguments) {
            Ok(value) => Ok(value),
            Err(error) => {
                told.lock().unwrap().push(error.to_string());
                Ok(Some(Val::U32(100)))
            }
        }
    });
    let outer = chain(&mut world);
    *function.lock().unwrap() = Some(world.function(&inner[0], "run"));
    let call = start(&mut world, &outer[0], "run", 1);
    returns(&mut world, call, 103);
    assert_eq!(errors.lock().unwrap().len(), 1);
    assert_eq!(gates.waited(), [1]);
    let add = start(&mut world, &inner[0], "add", 1);
    waits(&mut world, add);
    gates.open(1, 1);
    returns(&mut world, add, 2);
    for instance in inner.iter().chain(&outer) {
        lives(&mut world, instance, true);
    }
}

/// Checks a guest that also runs below the host function: its caller would continue before it.
#[test]
fn an_instance_that_runs_below_a_host_function_is_not_held() {
    let (mut world, gates) = world();
    let inner = chain(&mut world);
    let function: Arc<Mutex<Option<Function>>> = Arc::default();
    let called = function.clone();
    let waited = gates.clone();
    world.linker = weft::component::Linker::new();
    let depth = Arc::new(Mutex::new(0));
    world.linker.async_function("f", move |caller, arguments| {
        let mut depth = depth.lock().unwrap();
        *depth += 1;
        let is_first = *depth == 1;
        drop(depth);
        let function = called.lock().unwrap().clone().unwrap();
        let error = is_first.then(|| caller.call(&function, &arguments).unwrap_err());
        let gates = waited.clone();
        async move {
            if let Some(error) = error {
                assert!(matches!(error, CallError::Trap(Trap::CannotBlockSyncTask)), "{error}");
                return Ok(Some(Val::U32(0)));
            }
            gates.wait(1).await
        }
    });
    let outer = chain(&mut world);
    *function.lock().unwrap() = Some(world.function(&outer[2], "run"));
    let error = world.try_call(&outer[0], "run", &[Val::U32(1)]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert_eq!(gates.waited(), [0; 0]);
    lives(&mut world, &outer[2], false);
    for instance in &inner {
        lives(&mut world, instance, true);
    }
}

/// A resource whose destructor calls the import `f`, and another component that drops one.
const DESTRUCTS: &str = r#"(component
    (import "f" (func $f (param "q" u32) (result u32)))
    (component $Definer
        (import "f" (func $f (param "q" u32) (result u32)))
        (canon lower (func $f) (core func $f))
        (core module $Destructor
            (import "" "f" (func $f (param i32) (result i32)))
            (func (export "dtor") (param i32) (drop (call $f (local.get 0)))))
        (core instance $d (instantiate $Destructor (with "" (instance (export "f" (func $f))))))
        (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
        (export $r2 "r" (type $r))
        (canon resource.new $r (core func $new))
        (core module $Module
            (import "" "new" (func $new (param i32) (result i32)))
            (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
        (core instance $m (instantiate $Module (with "" (instance (export "new" (func $new))))))
        (func (export "make") (param "rep" u32) (result (own $r2))
            (canon lift (core func $m "make"))))
    (instance $definer (instantiate $Definer (with "f" (func $f))))
    (alias export $definer "r" (type $r))
    (alias export $definer "make" (func $make))
    (canon lower (func $make) (core func $make))
    (canon resource.drop $r (core func $drop))
    (core module $Module
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (result i32)
            (call $drop (call $make (local.get 0))) (i32.const 5))
        (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
    (core instance $m (instantiate $Module (with "" (instance
        (export "make" (func $make)) (export "drop" (func $drop))))))
    (func (export "run") (param "q" u32) (result u32) (canon lift (core func $m "run")))
    (func (export "add") (param "q" u32) (result u32) (canon lift (core func $m "add")))
    (export "definer" (instance $definer)))"#;

#[test]
fn a_destructor_is_held_with_the_dropping_guest() {
    let (mut world, gates) = world();
    let instance = world.instance(DESTRUCTS);
    let definer = instance.instance("definer").unwrap();
    let call = start(&mut world, &instance, "run", 1);
    let add = start(&mut world, &instance, "add", 1);
    poll(&mut world);
    assert_eq!(gates.waited(), [1]);
    waits(&mut world, call);
    waits(&mut world, add);
    gates.open(1, 0);
    returns(&mut world, call, 5);
    returns(&mut world, add, 2);

    // The host drops one: the destructor waits, which the drop cannot.
    let Some(Val::Own(made)) = world.call(&definer, "make", &[Val::U32(2)]) else { panic!() };
    gates.open(2, 0);
    world.store.drop_resource(made).unwrap();
    is_at_rest(&mut world);
}

/// Checks a host function that drops a resource of an instance that is held for it.
#[test]
fn a_resource_that_the_host_function_drops_is_destroyed_at_once() {
    let (mut world, gates) = world();
    let owned = Arc::new(Mutex::new(None));
    let (taken, waited) = (owned.clone(), gates.clone());
    world.linker = weft::component::Linker::new();
    world.linker.async_function("f", move |caller, arguments| {
        let [Val::U32(number)] = arguments[..] else { panic!("{arguments:?}") };
        let (access, taken, gates) = (caller.access(), taken.clone(), waited.clone());
        async move {
            gates.wait(number).await?;
            let resource = taken.lock().unwrap().take();
            if let Some(resource) = resource {
                gates.open(2, 0);
                let dropped = access.with(move |caller| {
                    caller.drop_resource(resource).map_err(|error| error.to_string())
                });
                assert_eq!(dropped.await?, Ok(()));
            }
            Ok(Some(Val::U32(0)))
        }
    });
    let instance = world.instance(DESTRUCTS);
    let definer = instance.instance("definer").unwrap();
    let Some(Val::Own(made)) = world.call(&definer, "make", &[Val::U32(2)]) else { panic!() };
    *owned.lock().unwrap() = Some(made);
    let call = start(&mut world, &instance, "run", 1);
    poll(&mut world);
    gates.open(1, 0);
    returns(&mut world, call, 5);
    is_at_rest(&mut world);
}

/// Checks that a guest's `realloc` and `post-return` cannot call imports.
#[test]
fn nothing_is_called_out_of_realloc_and_post_return() {
    for (kind, result) in [("post-return", "u32"), ("realloc", "string")] {
        let (mut world, gates) = world();
        let text = r#"(component
            (import "f" (func $f (param "q" u32) (result u32)))
            (canon lower (func $f) (core func $f))
            (core module $Module
                (import "" "f" (func $f (param i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (drop (call $f (i32.const 1))) (i32.const 64))
                (func (export "post-return") (param i32) (drop (call $f (i32.const 1))))
                (func (export "take") (param i32 i32) (result i32) (i32.const 0))
                (func (export "run") (param i32) (result i32) (i32.const 0)))
            (core instance $m (instantiate $Module (with "" (instance (export "f" (func $f))))))
            (func (export "post-return") (param "q" u32) (result u32)
                (canon lift (core func $m "run") (post-return (core func $m "post-return"))))
            (func (export "realloc") (param "q" string) (result u32)
                (canon lift (core func $m "take") (memory (core memory $m "memory"))
                    (realloc (core func $m "realloc")))))"#;
        let instance = world.instance(text);
        let argument =
            if result == "u32" { Val::U32(1) } else { Val::String("text".to_owned().into()) };
        let error = world.try_call(&instance, kind, &[argument]).unwrap_err();
        let is_right = matches!(error, CallError::Trap(Trap::CannotLeaveComponentInstance));
        assert!(is_right, "{kind}: {error}");
        assert_eq!(gates.waited(), [0; 0]);
    }
}
