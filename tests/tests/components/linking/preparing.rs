//! Linkers: their items, missing imports, and components that are prepared once.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use wasmi::Config;
use weft::abi::{Resource, Val};
use weft::component::{
    CallError, Component, HostResourceType, ImportError, InstantiateError, Linker, LinkerItem,
    Module, Store, UnknownImport,
};
use weft::engine::wasmi::Wasmi;

use crate::linking::guests::CALLS_IMPORT;
use weft_tests::world::World;

/// Imports two instances that share a resource type, functions, and a plain function.
const IMPORTS_MUCH: &str = r#"
    (component
        (import "a:b/things@1.2.0" (instance $things
            (export "thing" (type $thing (sub resource)))
            (export "make" (func (result (own $thing))))
            (export "inner" (instance (export "deep" (func (result u32)))))))
        (alias export $things "thing" (type $thing))
        (import "a:b/users" (instance $users
            (export "thing" (type $thing' (eq $thing)))
            (export "use" (func (param "it" (borrow $thing')) (result u32)))))
        (import "f" (func $f (result u32)))
        (core func $f (canon lower (func $f)))
        (core module $Module
            (import "" "f" (func $f (result i32)))
            (func (export "run") (result i32) (call $f))
            (func (export "seven") (result i32) (i32.const 7)))
        (core instance $module (instantiate $Module (with "" (instance
            (export "f" (func $f))))))
        (func (export "run") (result u32) (canon lift (core func $module "run")))
        (func (export "seven") (result u32) (canon lift (core func $module "seven"))))
"#;

#[test]
fn missing_imports_become_traps_that_name_them() {
    let mut world = World::new();
    let component = world.load(IMPORTS_MUCH);
    let missing: Vec<_> = world.linker.check(&component);
    assert_eq!(missing.len(), 3, "{missing:?}");
    world.linker.define_unknown_imports_as_traps(&component);
    assert_eq!(world.linker.check(&component), []);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(world.number(&instance, "seven", &[]), 7);
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    let CallError::Host(cause) = &error else { panic!("{error}") };
    let unknown = cause.downcast_ref::<UnknownImport>().unwrap();
    assert_eq!(unknown.name(), "f");
}

#[test]
fn existing_items_stay_and_other_versions_are_completed() {
    let mut world = World::new();
    let component = world.load(IMPORTS_MUCH);
    let thing = HostResourceType::new();
    world.linker.instance("a:b/things@1.3.0").resource("thing", &thing);
    world.linker.function("f", |_, _| Ok(Some(Val::U32(3))));
    world.linker.define_unknown_imports_as_traps(&component);
    let names: Vec<_> = world.linker.items().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["a:b/things@1.3.0", "a:b/users", "f"]);
    let Some(LinkerItem::Instance(things)) = world.linker.get("a:b/things@1.0.0") else { panic!() };
    let items: Vec<_> = things.items().map(|(name, it)| format!("{name}: {it:?}")).collect();
    assert_eq!(items[0], "inner: Instance({\"deep\"})");
    assert_eq!(items[1], "make: Function");
    assert!(items[2].starts_with("thing: Resource"), "{items:?}");
    // The resource type of the second instance is that of the first.
    let Some(LinkerItem::Instance(users)) = world.linker.get("a:b/users") else { panic!() };
    assert!(users.get("thing").is_none() && users.get("use").is_some());
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(world.number(&instance, "run", &[]), 3);
}

#[test]
fn missing_modules_components_and_instance_items_are_errors() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Ok(None));
    let provider = world.instance(CALLS_IMPORT);
    let component = world.load(
        r#"(component
            (import "m" (core module))
            (import "c" (component))
            (import "p" (instance (export "run" (func (result u32))) (export "absent" (func)))))"#,
    );
    world.linker.exports_of("p", &provider);
    world.linker.define_unknown_imports_as_traps(&component);
    let names = |errors: Vec<ImportError>| -> Vec<String> {
        errors
            .into_iter()
            .map(|error| match error {
                ImportError::Missing { name, .. } => name,
                other => panic!("{other}"),
            })
            .collect()
    };
    assert_eq!(names(world.linker.check(&component)), ["m", "c", "p/absent"]);
    let module = Module::new(&world.engine, &wat::parse_str("(module)").unwrap()).unwrap();
    world.linker.module("m", &module);
    assert!(matches!(world.linker.get("m"), Some(LinkerItem::Module(_))));
    assert!(matches!(world.linker.get("p"), Some(LinkerItem::Exports(_))));
    assert_eq!(names(world.linker.check(&component)), ["c", "p/absent"]);
}

#[test]
fn all_errors_are_reported_in_the_order_of_the_imports() {
    let mut world = World::new();
    world.linker.typed_function("a", |_, ()| Ok(1_u8));
    world.linker.function("c", |_, _| Ok(None));
    let component = world.load(
        r#"(component
            (import "a" (func (result u32)))
            (import "b" (func))
            (import "c" (instance)))"#,
    );
    let errors = world.linker.check(&component);
    assert!(
        matches!(&errors[..], [
            ImportError::Function { name: a, .. },
            ImportError::Missing { name: b, .. },
            ImportError::Mismatch { name: c, .. },
        ] if a == "a" && b == "b" && c == "c"),
        "{errors:?}"
    );
    match world.linker.instantiate_pre(&component) {
        Err(InstantiateError::Imports(found)) => assert_eq!(found, errors),
        other => panic!("{other:?}"),
    }
    let text = InstantiateError::Imports(errors).to_string();
    let first = "the host function for the import `a` has another type: in `func() -> u32`, the result \
                 is of another\n    type: expected u32, found u8\n";
    assert!(text.starts_with(first), "{text}");
}

#[test]
fn a_component_is_prepared_once_for_many_stores() {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(IMPORTS_MUCH).unwrap()).unwrap();
    let mut linker = Linker::<Wasmi, u32>::new();
    let thing = HostResourceType::new();
    let made = thing.clone();
    let things = linker.instance("a:b/things@1.2.0");
    things.resource("thing", &thing).function("make", move |caller, _| {
        let ty = caller.resource_type(&made)?;
        Ok(Some(Val::Own(Resource { ty, representation: 1 })))
    });
    things.instance("inner").typed_function("deep", |_, ()| Ok(1_u32));
    linker.instance("a:b/users").function("use", |_, _| Ok(None));
    linker.typed_function("f", |caller, ()| Ok(*caller.data()));
    let prepared = linker.instantiate_pre(&component).unwrap();
    // Later additions to the linker make no difference.
    drop(linker);
    for number in 0..3 {
        let mut store = Store::new(&engine, number);
        for _ in 0..2 {
            let instance = prepared.instantiate(&mut store).unwrap();
            let run = store.typed_function::<(), u32>(&instance, "run").unwrap();
            assert_eq!(store.call(&run, ()).unwrap(), number);
        }
    }
    let mut elsewhere = Store::new(&Wasmi::default(), 0);
    assert!(matches!(prepared.instantiate(&mut elsewhere), Err(InstantiateError::OtherEngine)));
}

#[test]
fn objects_of_a_store_are_checked_at_instantiation() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Ok(None));
    let provider = world.instance(CALLS_IMPORT);
    world.linker.exports_of("p", &provider);
    let right = r#"(component (import "p" (instance (export "seven" (func (result u32))))))"#;
    let right = world.load(right);
    let wrong = r#"(component (import "p" (instance (export "seven" (func (result string))))))"#;
    let wrong = world.load(wrong);
    let prepared = world.linker.instantiate_pre(&right).unwrap();
    prepared.instantiate(&mut world.store).unwrap();
    let mut elsewhere = Store::new(&world.engine, ());
    let errors = |result| match result {
        Err(InstantiateError::Imports(errors)) => errors,
        other => panic!("{other:?}"),
    };
    let found: Vec<ImportError> = errors(prepared.instantiate(&mut elsewhere));
    assert_eq!(found, [ImportError::OtherStore { name: "p".into() }]);
    let prepared = world.linker.instantiate_pre(&wrong).unwrap();
    let found = errors(prepared.instantiate(&mut world.store));
    assert!(matches!(&found[..], [ImportError::Mismatch { name, .. }] if name == "p/seven"));
}

/// Spins for the time in the global, in slices of fuel.
const SPINS: &str = r#"
    (component
        (core module $Module
            (func (export "spin") (local i32)
                (local.set 0 (i32.const 10000))
                (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
        (core instance $module (instantiate $Module))
        (func (export "spin") (canon lift (core func $module "spin"))))
"#;

#[test]
fn an_instantiation_waits_for_an_interrupted_guest() {
    let engine = Wasmi::new(&Config::default(), Some(1_000));
    let spins = Component::new(&engine, &wat::parse_str(SPINS).unwrap()).unwrap();
    let linker = Linker::new();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&spins, &linker).unwrap();
    let spin = store.function(&instance, "spin").unwrap();
    let call = store.start(&spin, &[]).unwrap();
    let mut polls = 0;
    {
        let mut future = pin!(store.instantiate_async(&spins, &linker));
        let mut context = Context::from_waker(Waker::noop());
        loop {
            match future.as_mut().poll(&mut context) {
                Poll::Pending => polls += 1,
                Poll::Ready(instance) => {
                    instance.unwrap();
                    break;
                }
            }
        }
        // A future that was ready reports this.
        assert!(matches!(future.as_mut().poll(&mut context), Poll::Ready(Err(_))));
    }
    assert!(polls > 3, "{polls}");
    assert!(matches!(store.take_result(call), Ok(Some(Ok(None)))));
    // A future that is never polled creates nothing.
    let count = store.count_of(weft::limits::Table::Instances);
    drop(store.instantiate_async(&spins, &linker));
    assert_eq!(store.count_of(weft::limits::Table::Instances), count);
}
