//! Removal of instances, and its effects on their users.

use std::cell::Cell;

use weft::abi::{Type, Val};
use weft::code::CopyResult;
use weft::component::{
    CallError, ExportError, ImportError, InstantiateError, Linker, RemoveError, Store,
};
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft::trap::Trap;
use weft_tests::world::World;

use super::{ALL_KINDS, adding, load};

/// `seven` returns 7, and `wait` never returns.
const GUEST: &str = r#"(component
    (core func $yield (canon thread.yield))
    (core module $M
        (import "" "yield" (func $yield (result i32)))
        (func (export "seven") (result i32) (i32.const 7))
        (func (export "trap") unreachable)
        (func (export "wait") (loop (drop (call $yield)) (br 0))))
    (core instance $m (instantiate $M (with "" (instance (export "yield" (func $yield))))))
    (func (export "seven") (result u32) (canon lift (core func $m "seven")))
    (func (export "trap") (canon lift (core func $m "trap")))
    (func (export "wait") async (canon lift (core func $m "wait") async)))"#;

/// Returns the contents of a component.
fn inside(text: &str) -> &str {
    text.strip_prefix("(component").and_then(|it| it.strip_suffix(')')).unwrap()
}

#[test]
fn the_data_of_a_store_outlives_it() {
    let mut store = Store::new(&Wasmi::default(), String::from("a"));
    store.data_mut().push('b');
    assert_eq!(store.into_data(), "ab");
}

#[test]
fn a_function_of_a_removed_instance_never_calls_another() {
    let mut world = World::new();
    let component = world.load(GUEST);
    let first = world.store.instantiate(&component, &Linker::new()).unwrap();
    let seven = world.store.function(&first, "seven").unwrap();
    let typed = seven.typed::<(), u32>().unwrap();
    assert_eq!(world.store.call(&typed, ()).unwrap(), 7);
    world.store.remove_instance(&first).unwrap();
    // Another instance takes its places.
    let second = world.store.instantiate(&component, &Linker::new()).unwrap();
    for _ in 0..2 {
        let error = world.store.call(&seven, &[]).unwrap_err();
        assert!(matches!(error, CallError::InstanceRemoved), "{error}");
        let error = world.store.call(&typed, ()).unwrap_err();
        assert!(matches!(error, CallError::InstanceRemoved), "{error}");
        let error = world.store.function(&first, "seven").unwrap_err();
        assert_eq!(error, ExportError::InstanceRemoved { name: "seven".into() });
        assert_eq!(world.store.remove_instance(&first), Err(RemoveError::Removed));
    }
    assert_eq!(world.number(&second, "seven", &[]), 7);
}

#[test]
fn an_instance_that_trapped_is_removed_with_its_threads() {
    let mut world = World::new();
    let instance = world.instance(GUEST);
    let wait = world.store.function(&instance, "wait").unwrap();
    let call = world.store.start(&wait, &[]).unwrap();
    assert!(world.try_call(&instance, "trap", &[]).is_err());
    let error = world.store.take_result(call).unwrap().unwrap().unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
    assert!(world.store.count_of(Table::Threads) > 0);
    world.store.remove_instance(&instance).unwrap();
    for table in [Table::Threads, Table::Tasks, Table::Instances, Table::Functions] {
        assert_eq!(world.store.count_of(table), 0, "{table}");
    }
}

#[test]
fn open_calls_of_a_removed_instance_end_with_an_error() {
    let mut world = World::new();
    let (instance, other) = (world.instance(GUEST), world.instance(GUEST));
    let wait = world.store.function(&instance, "wait").unwrap();
    let calls = [(); 3].map(|()| world.store.start(&wait, &[]).unwrap());
    world.store.remove_instance(&instance).unwrap();
    for call in calls {
        let error = world.store.run(call).unwrap_err();
        let CallError::InstanceTrapped(cause) = &error else { panic!("{error}") };
        assert!(matches!(cause.error(), CallError::InstanceRemoved), "{error}");
    }
    assert_eq!(world.number(&other, "seven", &[]), 7);
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn inner_instances_and_those_of_other_stores_are_not_removed() {
    let text = format!(
        "(component (component $C {}) (instance (export \"c\") (instantiate $C)))",
        inside(GUEST)
    );
    let mut world = World::new();
    let instance = world.instance(&text);
    let part = instance.instance("c").unwrap();
    assert_eq!(world.store.remove_instance(&part), Err(RemoveError::Part));
    let mut other = Store::new(&world.engine, ());
    assert_eq!(other.remove_instance(&instance), Err(RemoveError::OtherStore));
    assert_eq!(world.number(&part, "seven", &[]), 7);
    world.store.remove_instance(&instance).unwrap();
    let error = world.store.function(&part, "seven").unwrap_err();
    assert!(matches!(error, ExportError::InstanceRemoved { .. }), "{error}");
}

/// Calls `seven` of an instance that it imports.
const CALLER: &str = r#"(component
    (import "i" (instance $i (export "seven" (func (result u32)))))
    (core func $seven (canon lower (func $i "seven")))
    (core module $M
        (import "" "seven" (func $seven (result i32)))
        (func (export "run") (result i32) (call $seven))
        (func (export "eight") (result i32) (i32.const 8)))
    (core instance $m (instantiate $M (with "" (instance (export "seven" (func $seven))))))
    (func (export "run") (result u32) (canon lift (core func $m "run")))
    (func (export "eight") (result u32) (canon lift (core func $m "eight"))))"#;

#[test]
fn a_removed_instance_can_be_neither_called_nor_imported() {
    let mut world = World::new();
    let instance = world.instance(GUEST);
    world.linker.exports_of("i", &instance);
    let caller = world.instance(CALLER);
    assert_eq!(world.number(&caller, "run", &[]), 7);
    world.store.remove_instance(&instance).unwrap();
    // Another instance takes its place, and is not called.
    let other = World::load(&world, GUEST);
    let other = world.store.instantiate(&other, &Linker::new()).unwrap();
    assert_eq!(world.number(&caller, "eight", &[]), 8);
    let error = world.try_call(&caller, "run", &[]).unwrap_err();
    let CallError::Trap(trap) = error else { panic!("{error}") };
    assert_eq!(trap, Trap::CannotEnterComponentInstance);
    let error = world.try_instance(CALLER).unwrap_err();
    let InstantiateError::Imports(errors) = error else { panic!("{error}") };
    assert_eq!(errors, [ImportError::InstanceRemoved { name: "i".into() }]);
    assert_eq!(world.number(&other, "seven", &[]), 7);
}

/// `give` returns a stream, whose writable end it keeps, and a resource.
const GIVES: &str = r#"(component
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (type $stream (stream u8))
    (core func $new (canon resource.new $r'))
    (core func $new-stream (canon stream.new $stream))
    (core module $M
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "new-stream" (func $new-stream (result i64)))
        (func (export "resource") (result i32) (call $new (i32.const 5)))
        (func (export "stream") (result i32) (i32.wrap_i64 (call $new-stream))))
    (core instance $m (instantiate $M (with "" (instance
        (export "new" (func $new)) (export "new-stream" (func $new-stream))))))
    (func (export "resource") (result (own $r)) (canon lift (core func $m "resource")))
    (func (export "stream") (result $stream) (canon lift (core func $m "stream"))))"#;

#[test]
fn host_objects_of_a_removed_instance_are_gone_or_end() {
    let mut world = World::new();
    let instance = world.instance(GIVES);
    let types = world.store.count_of(Table::Types);
    let Some(Val::Own(resource)) = world.call(&instance, "resource", &[]) else { panic!() };
    let Some(Val::Stream(end)) = world.call(&instance, "stream", &[]) else { panic!() };
    world.store.read(end, 3).unwrap();
    world.store.remove_instance(&instance).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.result, event.count), (end, CopyResult::Dropped, 0));
    assert_eq!(world.store.element_type(end), Ok(Some(Type::U8)));
    world.store.drop_end(end).unwrap();
    let error = world.store.drop_resource(resource).unwrap_err();
    assert!(matches!(error, CallError::Error(_)), "{error}");
    // The number of the resource type is not reused.
    let again = world.instance(GIVES);
    assert_ne!(again.resource_type("r"), Some(resource.ty));
    assert_eq!(world.store.count_of(Table::Types), types);
}

#[test]
fn a_resource_of_a_removed_type_is_dropped_without_a_destructor() {
    thread_local!(static DROPPED: Cell<u32> = const { Cell::new(0) });
    let mut world = World::new();
    world.linker.typed_function("dropped", |_, ()| {
        DROPPED.set(DROPPED.get() + 1);
        Ok(())
    });
    let definer = world.instance(
        r#"(component
            (import "dropped" (func $dropped))
            (core func $dropped (canon lower (func $dropped)))
            (core module $D
                (import "" "dropped" (func $dropped))
                (func (export "drop") (param i32) (call $dropped)))
            (core instance $d (instantiate $D (with "" (instance (export "dropped" (func $dropped))))))
            (type $r' (resource (rep i32) (dtor (core func $d "drop"))))
            (export $r "r" (type $r'))
            (core func $new (canon resource.new $r'))
            (core module $M
                (import "" "new" (func $new (param i32) (result i32)))
                (func (export "make") (result i32) (call $new (i32.const 5))))
            (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
            (func (export "make") (result (own $r)) (canon lift (core func $m "make"))))"#,
    );
    world.linker.exports_of("i", &definer);
    let user = world.instance(
        r#"(component
            (import "i" (instance $i
                (export "r" (type $r (sub resource)))
                (export "make" (func (result (own $r))))))
            (alias export $i "r" (type $r))
            (core func $make (canon lower (func $i "make")))
            (core func $drop (canon resource.drop $r))
            (core module $M
                (import "" "make" (func $make (result i32)))
                (import "" "drop" (func $drop (param i32)))
                (global $kept (mut i32) (i32.const 0))
                (func (export "make") (global.set $kept (call $make)))
                (func (export "drop") (call $drop (global.get $kept))))
            (core instance $m (instantiate $M (with "" (instance
                (export "make" (func $make)) (export "drop" (func $drop))))))
            (func (export "make") (canon lift (core func $m "make")))
            (func (export "drop") (canon lift (core func $m "drop"))))"#,
    );
    for name in ["make", "drop", "make"] {
        world.call(&user, name, &[]);
    }
    assert_eq!(DROPPED.get(), 1);
    world.store.remove_instance(&definer).unwrap();
    world.call(&user, "drop", &[]);
    assert_eq!(DROPPED.get(), 1);
    world.store.remove_instance(&user).unwrap();
    assert_eq!(
        (world.store.count_of(Table::Types), world.store.count_of(Table::Resources)),
        (0, 0)
    );
}

#[test]
fn an_instance_made_by_a_start_function_is_its_own() {
    let engine = Wasmi::default();
    let (inner, outer) = (
        load(&engine, ALL_KINDS),
        load(
            &engine,
            r#"(component
        (import "make" (func $make))
        (core func $make (canon lower (func $make)))
        (core module $M (import "" "make" (func $make)) (start $make))
        (core instance (instantiate $M (with "" (instance (export "make" (func $make))))))
        (core module $N (memory 1))
        (core instance (instantiate $N)))"#,
        ),
    );
    let mut linker = Linker::<Wasmi, Vec<weft::component::Instance<Wasmi>>>::new();
    linker.typed_function("host", |_, (n,): (u32,)| Ok(n + 1));
    let mut imports = Linker::new();
    imports.typed_function("make", move |caller, ()| {
        let instance = caller.instantiate(&inner, &linker)?;
        caller.data_mut().push(instance);
        Ok(())
    });
    let mut store = Store::new(&engine, Vec::new());
    let outer = store.instantiate(&outer, &imports).unwrap();
    store.remove_instance(&outer).unwrap();
    let inner = store.data_mut().pop().unwrap();
    let call = store.function(&inner, "nothing").unwrap();
    assert_eq!(store.call(&call, &[]).unwrap(), None);
    store.remove_instance(&inner).unwrap();
    assert_eq!((store.count_of(Table::Instances), store.count_of(Table::Functions)), (0, 0));
}

#[test]
fn an_instance_that_an_interrupted_call_is_part_of_stays() {
    let engine = Wasmi::new(&wasmi::Config::default(), Some(1_000));
    let mut world = World::on(engine);
    let instance = world.instance(
        r#"(component
        (core module $M (func (export "spin") (loop (br 0))))
        (core instance $m (instantiate $M))
        (func (export "spin") (canon lift (core func $m "spin"))))"#,
    );
    let spin = world.store.function(&instance, "spin").unwrap();
    let call = world.store.start(&spin, &[]).unwrap();
    assert_eq!(world.store.remove_instance(&instance), Err(RemoveError::Runs));
    assert_eq!(world.store.stop_interrupted(), Ok(true));
    assert!(matches!(world.store.run(call), Err(CallError::Interrupted)));
    world.store.remove_instance(&instance).unwrap();
    assert_eq!(world.store.count_of(Table::Instances), 0);
}

#[test]
fn a_host_function_is_dropped_with_the_last_that_imports_it() {
    let alive = std::sync::Arc::new(());
    let engine = Wasmi::default();
    let component = load(&engine, ALL_KINDS);
    let mut store = Store::new(&engine, ());
    let mut linker = adding();
    let kept = alive.clone();
    linker.typed_function("host", move |_, (n,): (u32,)| {
        let _ = &kept;
        Ok(n + 1)
    });
    let instances = [(); 2].map(|()| store.instantiate(&component, &linker).unwrap());
    drop(linker);
    for (removed, instance) in instances.iter().enumerate() {
        assert_eq!(std::sync::Arc::strong_count(&alive), 2, "{removed}");
        let call = store.function(instance, "nothing").unwrap();
        assert_eq!(store.call(&call, &[]).unwrap(), None);
        store.remove_instance(instance).unwrap();
    }
    assert_eq!(std::sync::Arc::strong_count(&alive), 1);
}

/// Imports a function that is not `async`, for which the host waits.
const HOLDS: &str = r#"(component
    (import "holds" (func $holds))
    (core func $holds (canon lower (func $holds)))
    (core module $M
        (import "" "holds" (func $holds))
        (func (export "holds") (call $holds))
        (func (export "seven") (result i32) (i32.const 7)))
    (core instance $m (instantiate $M (with "" (instance (export "holds" (func $holds))))))
    (func (export "holds") (canon lift (core func $m "holds")))
    (func (export "seven") (result u32) (canon lift (core func $m "seven"))))"#;

#[test]
fn held_guests_are_removed_with_an_instance_on_their_stack() {
    for removed in 0..2 {
        let mut world = World::new();
        world.linker.typed_async_function("holds", |_, ()| std::future::pending::<Result<(), _>>());
        let (inner, bystander) = (world.instance(HOLDS), world.instance(HOLDS));
        let mut linker = Linker::new();
        let wrapped = format!(
            r#"(component
                (import "i" (instance $i (export "holds" (func)) (export "seven" (func (result u32)))))
                (component $C {})
                (instance $c (instantiate $C (with "holds" (func $i "holds"))))
                (export "holds" (func $c "holds")) (export "seven" (func $c "seven")))"#,
            inside(HOLDS)
        );
        linker.exports_of("i", &inner);
        let outer = world.load(&wrapped);
        let outer = world.store.instantiate(&outer, &linker).unwrap();
        let holds = world.store.function(&outer, "holds").unwrap();
        let call = world.store.start(&holds, &[]).unwrap();
        let instances = [&inner, &outer];
        world.store.remove_instance(instances[removed]).unwrap();
        let error = world.store.run(call).unwrap_err();
        assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
        let error = world.try_call(instances[1 - removed], "seven", &[]).unwrap_err();
        assert!(matches!(error, CallError::Trap(_)), "{error}");
        assert_eq!(world.number(&bystander, "seven", &[]), 7);
        world.store.remove_instance(instances[1 - removed]).unwrap();
        for table in [Table::Tasks, Table::Threads, Table::HeldFrames, Table::Waitables] {
            assert_eq!(world.store.count_of(table), 0, "{table}");
        }
    }
}
