//! Backtraces of traps: across instances, host functions and tasks.

use std::sync::{Arc, Mutex};

use wasmi::Config;
use weft::abi::Val;
use weft::component::{
    CallError, Caller, Component, Function, GuestFrame, Instance, InstantiateError, Linker, Store,
    StoreLimits, TrapBacktrace, TrapFrame,
};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;
use weft::machine::GuestCode;
use weft_tests::world::World;

use super::guests::GuestWorld;

fn trap<T: 'static>(store: &Store<Wasmi, T>) -> Arc<TrapBacktrace> {
    store.last_trap().expect("something trapped")
}

/// Returns the lines of a backtrace, after the message.
fn lines(trap: &TrapBacktrace) -> Vec<String> {
    trap.to_string().lines().skip(1).map(str::to_owned).collect()
}

/// A component within a component, whose `fail` calls `inner`, which calls the import `f`.
const NESTED: &str = r#"
    (component
        (import "f" (func $f (result u32)))
        (component $Inner
            (import "g" (func $g (result u32)))
            (core func $g (canon lower (func $g)))
            (core module $Worker
                (import "" "g" (func $g (result i32)))
                (func $works-hard (export "work") (result i32)
                    (i32.div_u (i32.const 1) (call $g))))
            (core instance $worker (instantiate $Worker (with "" (instance
                (export "g" (func $g))))))
            (func (export "inner") (result u32) (canon lift (core func $worker "work"))))
        (instance $inner (instantiate $Inner (with "g" (func $f))))
        (core func $inner (canon lower (func $inner "inner")))
        (core module $Shop
            (import "" "inner" (func $inner (result i32)))
            (func (export "fail") (result i32) (call $inner)))
        (core instance $shop (instantiate $Shop (with "" (instance
            (export "inner" (func $inner))))))
        (func (export "fail") (result u32) (canon lift (core func $shop "fail"))))
"#;

#[test]
fn a_trap_of_core_code_names_the_function_module_and_callers() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Ok(Some(Val::U32(0))));
    let instance = world.instance(NESTED);
    let error = world.try_call(&instance, "fail", &[]).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    let trap = trap(&world.store);
    assert!(matches!(trap.error(), CallError::Core(CoreTrap::Engine(_))));
    assert_eq!(trap.function(), Some("fail"));
    assert_eq!(
        lines(&trap),
        [
            "0: `inner` of instance 1/0: core function `works-hard` of core module `Worker`",
            "1: `fail` of instance 1: core function `fail` of core module `Shop`",
        ]
    );
    let TrapFrame::Guest(GuestFrame { core: Some(core), code, is_waiting, .. }) = &trap.frames()[0]
    else {
        panic!("{trap}")
    };
    assert_eq!((core.module, &*core.export), (Some(0), "work"));
    assert_eq!((*code, *is_waiting), (GuestCode::Function, false));
    assert!(trap.core_frames().is_empty(), "wasmi does not know them");
}

/// Names that would be more frames, other lines and colors, were they shown as they are.
const FORGED_NAMES: &str = r#"
    (component
        (core module $Plain
            (@custom "name" "\00\13\12\1b[2Jgone` of `safe")
            (func (export "f\n1: `admin` of instance 1") (unreachable)))
        (core instance $plain (instantiate $Plain))
        (func (export "fail") (canon lift (core func $plain "f\n1: `admin` of instance 1"))))
"#;

#[test]
fn names_of_guests_cannot_forge_frames_and_lines() {
    let mut world = World::new();
    let instance = world.instance(FORGED_NAMES);
    world.try_call(&instance, "fail", &[]).unwrap_err();
    let forged = trap(&world.store);
    assert_eq!(
        lines(&forged),
        [
            r#"0: `fail` of instance 1: core function "f\n1: `admin` of instance 1" of core module "\u{1b}[2Jgone` of `safe""#
        ]
    );
    assert!(!forged.to_string().contains('\u{1b}'));
}

#[test]
fn a_call_of_a_trapped_instance_names_the_trap_and_the_call() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Err("no answer".into()));
    let instance = world.instance(NESTED);
    world.try_call(&instance, "fail", &[]).unwrap_err();
    let first = trap(&world.store);
    assert_eq!(
        lines(&first),
        [
            "0: the host function `f`",
            "1: `inner` of instance 1/0: core function `works-hard` of core module `Worker`",
            "2: `fail` of instance 1: core function `fail` of core module `Shop`",
        ]
    );
    for _ in 0..2 {
        let error = world.try_call(&instance, "fail", &[]).unwrap_err();
        let text = "the instance trapped in a call of `fail`";
        assert_eq!(error.to_string(), text);
        let CallError::InstanceTrapped(again) = &error else { panic!("{error}") };
        assert!(Arc::ptr_eq(&first, again));
        let cause = std::error::Error::source(&error).unwrap();
        assert_eq!(cause.to_string(), first.to_string());
        assert_eq!(cause.source().unwrap().to_string(), "no answer");
    }
}

type Later = Arc<Mutex<Option<Function>>>;

fn calls_later(later: &Later, caller: &mut Caller<'_, '_, Wasmi, ()>) -> Result<Val, CallError> {
    let function = later.lock().unwrap().clone().expect("it was found");
    Ok(caller.call(&function, &[])?.expect("it returns a number"))
}

#[test]
fn a_trap_is_followed_through_host_functions_that_call_guests() {
    let mut world = World::new();
    let later = Later::default();
    let shared = later.clone();
    world.linker.function("f", move |caller, _| Ok(Some(calls_later(&shared, caller)?)));
    let outer = world.instance(NESTED);
    world.linker.function("f", |_, _| Ok(Some(Val::U32(0))));
    let inner = world.instance(NESTED);
    *later.lock().unwrap() = Some(world.function(&inner, "fail"));
    let error = world.try_call(&outer, "fail", &[]).unwrap_err();
    assert!(matches!(error, CallError::Host(_)), "{error}");
    // The host function failed with the error of the inner call.
    assert_eq!(lines(&trap(&world.store)).len(), 3);
    let error = world.try_call(&inner, "fail", &[]).unwrap_err();
    let CallError::InstanceTrapped(trap) = &error else { panic!("{error}") };
    let ends: Vec<_> =
        lines(trap).iter().map(|line| line.split(':').nth(1).unwrap().to_owned()).collect();
    assert_eq!(
        ends,
        [
            " `inner` of instance 2/0",
            " `fail` of instance 2",
            " the host function `f`",
            " `inner` of instance 1/0",
            " `fail` of instance 1",
        ]
    );
}

/// `run` calls `ask-and-trap` of an inner component, and waits for it; `LOWER` and the core
/// module's `run` are replaced.
const WAITS_FOR_OTHER: &str = r#"
    (component
        (import "wait" (func $wait async (param "question" u32) (result u32)))
        (component $Inner
            (import "wait" (func $wait async (param "question" u32) (result u32)))
            (core func $wait (canon lower (func $wait)))
            (core module $Asker
                (import "" "wait" (func $wait (param i32) (result i32)))
                (func (export "ask") (drop (call $wait (i32.const 1))) unreachable))
            (core instance $asker (instantiate $Asker (with "" (instance
                (export "wait" (func $wait))))))
            (func (export "ask") async (canon lift (core func $asker "ask") async)))
        (instance $inner (instantiate $Inner (with "wait" (func $wait))))
        (canon lower (func $inner "ask") LOWER (core func $ask))
        (canon task.return (core func $return))
        (canon waitable.join (core func $join))
        (canon waitable-set.new (core func $set))
        (core module $Module
            (import "" "ask" (func $ask (result i32)))
            (import "" "join" (func $join (param i32 i32)))
            (import "" "set" (func $set (result i32)))
            (func (export "run") (result i32) BODY)
            (func (export "callback") (param i32 i32 i32) (result i32) (i32.const 1)))
        (core instance $module (instantiate $Module (with "" (instance
            (export "ask" (func $ask)) (export "join" (func $join)) (export "set" (func $set))))))
        (func (export "run") async
            (canon lift (core func $module "run") async (callback (core func $module "callback")))))
"#;

/// Runs `run` until the callee has trapped, and returns the frames.
fn after_trap_of_callee(body: &str, lower: &str) -> Vec<String> {
    let mut world = GuestWorld::new();
    let text = WAITS_FOR_OTHER.replace("BODY", body).replace("LOWER", lower);
    let text = match lower {
        "" => text.replace("(func $ask (result i32))", "(func $ask)"),
        _ => text,
    };
    let instance = world.instance(&text);
    let run = world.function(&instance, "run");
    let asked = world.questions.clone();
    let call = world.store.start(&run, &[]).unwrap();
    asked.answer(1, 0);
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    lines(&trap(&world.store))
}

#[test]
fn a_task_that_waits_for_the_trapped_call_is_in_the_backtrace() {
    let asker = "0: `ask` of instance 1/0: core function `ask` of core module `Asker`";
    let module = "of instance 1: core function `run` of core module `Module`";
    // The caller is stopped in the call.
    let found = after_trap_of_callee("(call $ask) (i32.const 0)", "");
    assert_eq!(found, [asker.to_owned(), format!("1: awaited by `run` {module}")]);
    // The caller waits for an event of a set, in its callback.
    let waits = "(local $set i32) (local.set $set (call $set))
        (call $join (i32.shr_u (call $ask) (i32.const 4)) (local.get $set))
        (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4)))";
    let found = after_trap_of_callee(waits, "async");
    assert_eq!(found, [asker.to_owned(), format!("1: awaited by `run` {module}")]);
    // The caller no longer waits for it, and yields forever.
    let found = after_trap_of_callee("(drop (call $ask)) (i32.const 1)", "async");
    assert_eq!(found, [asker, "1: called by instance 1"]);
}

/// Every part of a function that can trap.
const PARTS: &str = r#"
    (component
        (core module $Own (func (export "drop") (param i32) unreachable))
        (core instance $own (instantiate $Own))
        (type $r' (resource (rep i32) (dtor (core func $own "drop"))))
        (export $r "r" (type $r'))
        (core func $new (canon resource.new $r'))
        (core module $Module
            (import "" "new" (func $new (param i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "make") (result i32) (call $new (i32.const 1)))
            (func (export "f") (result i32) (i32.const 1))
            (func (export "take") (param i32 i32))
            (func (export "post-return") (param i32) unreachable)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
            (func (export "yield") (result i32) (i32.const 1))
            (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
        (core instance $module (instantiate $Module (with "" (instance
            (export "new" (func $new))))))
        (func (export "make") (result (own $r)) (canon lift (core func $module "make")))
        (func (export "post") (result u32)
            (canon lift (core func $module "f") (post-return (core func $module "post-return"))))
        (func (export "take") (param "s" string)
            (canon lift (core func $module "take")
                (memory (core memory $module "memory")) (realloc (core func $module "realloc"))))
        (func (export "wait") async
            (canon lift (core func $module "yield") async
                (callback (core func $module "callback")))))
"#;

fn parts() -> (World, Instance<Wasmi>) {
    let mut world = World::new();
    let instance = world.instance(PARTS);
    (world, instance)
}

#[test]
fn the_backtrace_names_the_part_of_the_function() {
    let (mut world, instance) = parts();
    let _ = world.try_call(&instance, "post", &[]);
    let module = "of core module `Module`";
    assert_eq!(
        lines(&trap(&world.store)),
        [format!("0: `post-return` of `post` of instance 1: core function `post-return` {module}")]
    );
    let (mut world, instance) = parts();
    world.try_call(&instance, "take", &[Val::from("text")]).unwrap_err();
    assert_eq!(
        lines(&trap(&world.store)),
        [
            "0: `realloc` of instance 1".to_owned(),
            format!("1: `take` of instance 1: core function `take` {module}"),
        ]
    );
    let (mut world, instance) = parts();
    world.try_call(&instance, "wait", &[]).unwrap_err();
    assert_eq!(
        lines(&trap(&world.store)),
        [format!("0: the callback of `wait` of instance 1: core function `callback` {module}")]
    );
    let (mut world, instance) = parts();
    let Some(Val::Own(resource)) = world.call(&instance, "make", &[]) else { panic!() };
    world.store.drop_resource(resource).unwrap_err();
    let found = lines(&trap(&world.store));
    assert!(found[0].starts_with("0: the destructor "), "{found:?}");
    assert!(found[0].ends_with(": core function `drop` of core module `Own`"), "{found:?}");
}

#[test]
fn an_instantiation_that_traps_names_the_instance() {
    let mut world = World::new();
    let error = world
        .try_instance(
            "(component
                (component $Inner
                    (core module $Module (func $start unreachable) (start $start))
                    (core instance (instantiate $Module)))
                (instance (instantiate $Inner)))",
        )
        .unwrap_err();
    assert!(matches!(error, InstantiateError::Call(CallError::Core(_))), "{error}");
    let trap = trap(&world.store);
    assert_eq!(lines(&trap), ["0: the instantiation of instance 1/0"]);
    assert_eq!(trap.function(), None);
}

#[test]
fn a_call_stopped_by_interruptions_has_a_backtrace() {
    let engine = Wasmi::new(&Config::default(), Some(1_000));
    let text = r#"
        (component
            (core module $Module (func (export "spin") (loop (br 0))))
            (core instance $module (instantiate $Module))
            (func (export "spin") (canon lift (core func $module "spin"))))"#;
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_limits(StoreLimits::DEFAULT.with_interruptions(Some(3)));
    let instance = store.instantiate(&component, &Linker::new()).unwrap();
    let spin = store.function(&instance, "spin").unwrap();
    assert!(matches!(store.call(&spin, &[]), Err(CallError::Interrupted)));
    let trap = trap(&store);
    assert!(matches!(trap.error(), CallError::Interrupted));
    assert_eq!(
        lines(&trap),
        ["0: `spin` of instance 1: core function `spin` of core module `Module`"]
    );
}

#[test]
fn a_host_function_that_fails_late_is_named_and_so_is_the_instance() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.function(&guest, "ask");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    asked.fail(1, "no answer");
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Host(_)), "{error}");
    let found = lines(&trap(&world.store));
    assert_eq!(
        found,
        [
            "0: the host function `wait`",
            "1: awaited by `ask` of instance 1: core function `ask` of core module `Module`",
        ]
    );
    let error = world.store.call(&ask, &[Val::U32(2)]).unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
}

#[test]
fn a_backtrace_is_cut_as_guests_decide_how_deeply_they_call() {
    let mut world = World::new();
    let later = Later::default();
    let shared = later.clone();
    // Each call is nested in a host function, until the nesting is too deep.
    world.linker.function("f", move |caller, _| Ok(Some(calls_later(&shared, caller)?)));
    let instance = world.instance(NESTED);
    *later.lock().unwrap() = Some(world.function(&instance, "fail"));
    world.try_call(&instance, "fail", &[]).unwrap_err();
    let error = world.try_call(&instance, "fail", &[]).unwrap_err();
    let CallError::InstanceTrapped(trap) = &error else { panic!("{error}") };
    assert!(trap.frames().len() <= 64, "{trap}");
    assert_eq!(trap.is_cut(), trap.to_string().ends_with("\nand more"));
}
