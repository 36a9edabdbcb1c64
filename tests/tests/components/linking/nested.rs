//! Host functions that call guests.

use std::sync::{Arc, Mutex};
use std::task::Poll;

use weft::abi::Val;
use weft::component::{CallError, Function, Linker};
use weft::error::{Error, MachineError};

use crate::linking::guests::{CALLS_IMPORT, DEFINES_RESOURCE};
use weft_tests::world::World;

/// A function that is set after the instantiation.
type Later = Arc<Mutex<Option<Function>>>;

/// Returns a world whose `f` calls the function in the second part, and forgets a call that waits.
fn calls_back() -> (World<Option<String>>, Later) {
    let mut world = World::with(None);
    let later = Later::default();
    let called = later.clone();
    world.linker.function("f", move |caller, _| {
        let function = called.lock().unwrap().clone().ok_or("there is nothing to call")?;
        match caller.call(&function, &[]) {
            Ok(value) => Ok(value),
            Err(error) => {
                if let Some(call) = error.kept_call::<Option<Val>>() {
                    assert!(caller.take_result(call)?.is_none());
                    caller.forget(call)?;
                }
                *caller.data_mut() = Some(error.to_string());
                Ok(Some(Val::U32(0)))
            }
        }
    });
    (world, later)
}

#[test]
fn a_host_function_calls_a_guest() {
    let (mut world, later) = calls_back();
    let [outer, inner] = [0, 1].map(|_| world.instance(CALLS_IMPORT));
    *later.lock().unwrap() = world.store.function(&inner, "seven").ok();
    assert_eq!(world.number(&outer, "run", &[]), 7);
    assert_eq!(world.store.data(), &None);
}

#[test]
fn a_host_function_calls_the_guest_that_called_it() {
    let (mut world, later) = calls_back();
    let outer = world.instance(CALLS_IMPORT);
    *later.lock().unwrap() = world.store.function(&outer, "seven").ok();
    assert_eq!(world.number(&outer, "run", &[]), 7);
}

#[test]
fn a_trap_of_the_inner_guest_is_an_error_of_the_inner_call_only() {
    let (mut world, later) = calls_back();
    let outer = world.instance(CALLS_IMPORT);
    let inner = world.instance(
        r#"
        (component
            (core module $module (func (export "f") unreachable))
            (core instance $instance (instantiate $module))
            (func (export "f") (canon lift (core func $instance "f"))))
        "#,
    );
    *later.lock().unwrap() = world.store.function(&inner, "f").ok();
    assert_eq!(world.number(&outer, "run", &[]), 0);
    assert!(world.store.data().as_ref().unwrap().contains("unreachable"));
    let error = world.try_call(&inner, "f", &[]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert_eq!(world.number(&outer, "seven", &[]), 7);
}

#[test]
fn endless_calls_between_host_and_guests_are_an_error() {
    let (mut world, later) = calls_back();
    let instance = world.instance(CALLS_IMPORT);
    *later.lock().unwrap() = world.store.function(&instance, "run").ok();
    assert_eq!(world.number(&instance, "run", &[]), 0);
    let text = world.store.data().clone().unwrap_or_default();
    assert!(text.contains("at most 24 levels") && text.contains("with_native_calls"), "{text}");
    assert_eq!(world.number(&instance, "seven", &[]), 7);
}

/// `run` lets a thread of its own run meanwhile, which calls `f`; `resume` resumes the thread of
/// `run`.
const RESUMES_CALLER: &str = r#"
    (component
        (import "f" (func $f (result u32)))
        (core func $f (canon lower (func $f)))
        (core type $start (func (param i32)))
        (core module $Table (table (export "table") 1 funcref))
        (core instance $table (instantiate $Table))
        (core func $index (canon thread.index))
        (core func $new (canon thread.new-indirect $start (core table $table "table")))
        (core func $suspend (canon thread.suspend-then-resume))
        (core func $yield (canon thread.yield-then-resume))
        (core func $return (canon task.return))
        (core module $Module
            (import "" "f" (func $f (result i32)))
            (import "" "index" (func $index (result i32)))
            (import "" "new" (func $new (param i32 i32) (result i32)))
            (import "" "suspend" (func $suspend (param i32) (result i32)))
            (import "" "yield" (func $yield (param i32) (result i32)))
            (import "" "return" (func $return))
            (import "table" "table" (table 1 funcref))
            (global $caller (mut i32) (i32.const 0))
            (func $started (param i32) (drop (call $f)))
            (elem (i32.const 0) $started)
            (func (export "run")
                (global.set $caller (call $index))
                (drop (call $suspend (call $new (i32.const 0) (i32.const 0))))
                (call $return))
            (func (export "resume") (drop (call $yield (global.get $caller)))))
        (core instance $module (instantiate $Module
            (with "" (instance
                (export "f" (func $f)) (export "index" (func $index)) (export "new" (func $new))
                (export "suspend" (func $suspend)) (export "yield" (func $yield))
                (export "return" (func $return))))
            (with "table" (instance $table))))
        (func (export "run") async (canon lift (core func $module "run") async))
        (func (export "resume") (canon lift (core func $module "resume"))))
"#;

#[test]
fn a_guest_cannot_resume_the_caller_of_the_host() {
    let (mut world, later) = calls_back();
    let other = world.instance(CALLS_IMPORT);
    let instance = world.instance(RESUMES_CALLER);
    *later.lock().unwrap() = world.store.function(&instance, "resume").ok();
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert_eq!(world.store.data(), &Some(CallError::CallerResumed.to_string()));
    *later.lock().unwrap() = world.store.function(&other, "seven").ok();
    assert_eq!(world.number(&other, "run", &[]), 7);
}

/// Returns a guest that waits for an import, and then returns a resource that it defines.
fn waits_and_makes() -> String {
    let text = DEFINES_RESOURCE.replace(
        "(export $c \"counter\"",
        r#"
        (import "wait" (func $wait async))
        (core func $wait (canon lower (func $wait)))
        (core module $waits
            (import "" "wait" (func $wait))
            (import "" "new" (func $new (param i32) (result i32)))
            (func (export "run") (result i32) (call $wait) (call $new (i32.const 5))))
        (core instance $waits (instantiate $waits (with "" (instance
            (export "wait" (func $wait)) (export "new" (func $new))))))
        (export $c "counter""#,
    );
    text.replace(
        "(func (export \"value\") (param \"self\"",
        r#"
        (func (export "wait-and-make") async (result (own $c))
            (canon lift (core func $waits "run")))
        (func (export "value") (param "self""#,
    )
}

/// Adds a function that is ready when it is polled for the second time.
fn second_time<T: 'static>(linker: &mut Linker<weft::engine::wasmi::Wasmi, T>) {
    linker.async_function("wait", |_, _| {
        let mut polls = 0;
        std::future::poll_fn(move |cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 1 { Poll::Pending } else { Poll::Ready(Ok(None)) }
        })
    });
}

#[test]
fn the_result_of_a_forgotten_guest_call_is_dropped() {
    let (mut world, later) = calls_back();
    second_time(&mut world.linker);
    let outer = world.instance(CALLS_IMPORT);
    let inner = world.instance(&waits_and_makes());
    *later.lock().unwrap() = world.store.function(&inner, "wait-and-make").ok();
    assert_eq!(world.number(&outer, "run", &[]), 0);
    let text = "a host function called a guest that waits: the call is kept; make the host function async to \
                await it";
    assert_eq!(world.store.data().as_deref(), Some(text));
    assert_eq!(world.number(&inner, "dropped", &[]), 0);
    // The store runs on for another call, together with everything that waits.
    for _ in 0..3 {
        let made = world.call(&inner, "wait-and-make", &[]);
        let Some(Val::Own(made)) = made else { panic!("{made:?}") };
        world.store.drop_resource(made).unwrap();
    }
    // Three of these, plus the first.
    assert_eq!(world.number(&inner, "dropped", &[]), 20);
}

#[test]
fn a_host_function_instantiates_and_calls() {
    let mut world = World::new();
    let component = world.load(CALLS_IMPORT);
    world.linker.function("f", move |caller, arguments| {
        let mut linker = Linker::new();
        linker.function("f", |_, arguments| match arguments[..] {
            [Val::U32(a), Val::U32(b)] => Ok(Some(Val::U32(a * b))),
            _ => Err("not numbers".into()),
        });
        assert_eq!(arguments, [Val::U32(3), Val::U32(4)]);
        let instance = caller.instantiate(&component, &linker)?;
        let run = caller.function(&instance, "run")?;
        Ok(caller.call(&run, &[])?)
    });
    let instance = world.instance(CALLS_IMPORT);
    assert_eq!(world.number(&instance, "run", &[]), 12);
}

#[test]
fn a_host_function_drops_a_guests_resource() {
    let mut world = World::with(None::<weft::abi::Resource>);
    world.linker.function("f", |caller, _| {
        let resource = caller.data_mut().take().ok_or("there is none")?;
        caller.drop_resource(resource)?;
        Ok(Some(Val::U32(1)))
    });
    let outer = world.instance(CALLS_IMPORT);
    let definer = world.instance(DEFINES_RESOURCE);
    let Some(Val::Own(made)) = world.call(&definer, "make", &[Val::U32(5)]) else { panic!() };
    *world.store.data_mut() = Some(made);
    assert_eq!(world.number(&outer, "run", &[]), 1);
    assert_eq!(world.number(&definer, "dropped", &[]), 5);
}

#[test]
fn a_host_function_creates_a_stream_and_writes_to_it() {
    let mut world = World::new();
    world.linker.function("f", |caller, _| {
        let (readable, writable) = caller.new_stream(Some(&weft::abi::Type::U8))?;
        caller.write(writable, vec![Val::U8(1), Val::U8(2)])?;
        caller.read(readable, 1)?;
        let events: Vec<_> = std::iter::from_fn(|| caller.next_end_event().unwrap()).collect();
        assert_eq!(events.len(), 2);
        caller.drop_end(readable)?;
        caller.drop_end(writable)?;
        Ok(Some(Val::U32(9)))
    });
    let instance = world.instance(CALLS_IMPORT);
    assert_eq!(world.number(&instance, "run", &[]), 9);
}

#[test]
fn a_destructor_cannot_call_guests() {
    let mut world = World::with(None::<CallError>);
    let later = Later::default();
    let called = later.clone();
    let thing = weft::component::HostResourceType::<_, Option<CallError>>::with_destructor(
        move |caller, _| {
            let function = called.lock().unwrap().clone().ok_or("there is nothing to call")?;
            let error = caller.call(&function, &[]).unwrap_err();
            *caller.data_mut() = Some(error);
            Ok(())
        },
    );
    world.linker.resource("thing", &thing);
    let instance = world.instance(
        r#"
        (component
            (import "thing" (type $thing (sub resource)))
            (core func $drop (canon resource.drop $thing))
            (core module $module
                (import "" "drop" (func $drop (param i32)))
                (func (export "drop") (param i32) (call $drop (local.get 0)))
                (func (export "f")))
            (core instance $instance (instantiate $module
                (with "" (instance (export "drop" (func $drop))))))
            (export $t "thing" (type $thing))
            (func (export "drop") (param "it" (own $t))
                (canon lift (core func $instance "drop")))
            (func (export "f") (canon lift (core func $instance "f"))))
        "#,
    );
    *later.lock().unwrap() = world.store.function(&instance, "f").ok();
    let ty = world.store.resource_type(&thing).unwrap();
    let thing = weft::abi::Resource { ty, representation: 1 };
    world.call(&instance, "drop", &[Val::Own(thing)]);
    let error = world.store.data().as_ref().unwrap();
    assert!(matches!(error, CallError::Error(Error::Machine(MachineError::OtherStep))), "{error}");
    world.call(&instance, "f", &[]);
}

#[test]
fn a_destructor_can_call_guests_if_the_host_dropped() {
    let mut world = World::with(None::<Val>);
    let later = Later::default();
    let called = later.clone();
    let thing =
        weft::component::HostResourceType::<_, Option<Val>>::with_destructor(move |caller, _| {
            let function = called.lock().unwrap().clone().ok_or("there is nothing to call")?;
            *caller.data_mut() = caller.call(&function, &[])?;
            assert_eq!(caller.next_end_event()?, None);
            Ok(())
        });
    world.linker.function("f", |_, _| Ok(Some(Val::U32(0))));
    let instance = world.instance(CALLS_IMPORT);
    *later.lock().unwrap() = world.store.function(&instance, "seven").ok();
    let ty = world.store.resource_type(&thing).unwrap();
    world.store.drop_resource(weft::abi::Resource { ty, representation: 1 }).unwrap();
    assert_eq!(world.store.data(), &Some(Val::U32(7)));
}

#[test]
fn a_guest_call_that_waits_is_kept_for_after_the_host_function() {
    type Kept = Option<weft::component::CallId>;
    let mut world = World::<Kept>::with(None);
    let later = Later::default();
    let called = later.clone();
    world.linker.function("f", move |caller, _| {
        let function = called.lock().unwrap().clone().ok_or("there is nothing to call")?;
        let error = caller.call(&function, &[]).unwrap_err();
        assert!(matches!(error, CallError::Waits(_)), "{error}");
        *caller.data_mut() = error.kept_call();
        Ok(Some(Val::U32(0)))
    });
    second_time(&mut world.linker);
    let outer = world.instance(CALLS_IMPORT);
    let inner = world.instance(&waits_and_makes());
    *later.lock().unwrap() = world.store.function(&inner, "wait-and-make").ok();
    assert_eq!(world.number(&outer, "run", &[]), 0);
    let kept = world.store.data().unwrap();
    let made = world.store.run(kept).unwrap();
    let Some(Val::Own(made)) = made else { panic!("{made:?}") };
    world.store.drop_resource(made).unwrap();
    let again = world.store.run(kept).unwrap_err();
    assert!(matches!(again, CallError::Error(Error::Unknown(_))), "{again}");
}
