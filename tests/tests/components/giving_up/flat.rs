//! Instances that were created and removed leave nothing, in tables or in bytes.

use allocation_counter::measure;
use weft::abi::Val;
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::CoreEngine;
use weft::engine::wasmi::Wasmi;

use super::engine::FreeingEngine;
use super::{ALL_KINDS, adding, counts, load};

/// Creates an instance, calls it, makes it trap or not, and removes it.
fn make_and_remove<E: CoreEngine>(
    store: &mut Store<E>,
    component: &Component<E>,
    linker: &Linker<E>,
    number: usize,
) {
    let instance = store.instantiate(component, linker).unwrap();
    let nothing = store.function(&instance, "nothing").unwrap();
    assert_eq!(store.call(&nothing, &[]).unwrap(), None);
    let text = store.function(&instance, "text").unwrap();
    assert_eq!(store.call(&text, &[Val::String("text".into())]).unwrap(), None);
    let call = store.function(&instance, "call").unwrap();
    let result = store.call(&call, &[Val::U32(7)]);
    assert!(matches!(result, Ok(Some(Val::U32(8))) | Err(CallError::Core(_))), "{result:?}");
    if number.is_multiple_of(3) {
        let trap = store.function(&instance, "trap").unwrap();
        assert!(matches!(store.call(&trap, &[]), Err(CallError::Core(_))));
    }
    store.remove_instance(&instance).unwrap();
}

/// Creates and removes instances, and checks that nothing is left of `count` of them.
fn is_flat<E: CoreEngine>(engine: &E, count: usize) -> u64 {
    let component = load(engine, ALL_KINDS);
    let mut store = Store::new(engine, ());
    let linker = adding();
    // This instance stays, so that tables have entries after those that are removed.
    let stays = store.instantiate(&component, &linker).unwrap();
    for number in 0..4 {
        make_and_remove(&mut store, &component, &linker, number);
    }
    let before = counts(&store);
    let allocated = measure(|| {
        for number in 0..count {
            make_and_remove(&mut store, &component, &linker, number);
        }
    });
    assert_eq!(counts(&store), before);
    let nothing = store.function(&stays, "nothing").unwrap();
    assert_eq!(store.call(&nothing, &[]).unwrap(), None);
    u64::try_from(allocated.bytes_current).unwrap_or_default()
}

/// The largest number of bytes left, because the last trap, which the store keeps, has a longer
/// instance number.
const LONGER_NUMBER: u64 = 8;

#[test]
fn instances_that_were_made_and_removed_leave_nothing() {
    assert!(is_flat(&FreeingEngine::default(), 2_000) <= LONGER_NUMBER);
}

#[test]
#[ignore = "takes minutes"]
fn a_million_instances_that_were_made_and_removed_leave_nothing() {
    assert!(is_flat(&FreeingEngine::default(), 1_000_000) <= LONGER_NUMBER);
}

/// Checks Weft's tables on wasmi. The memory that wasmi itself keeps grows.
#[test]
fn tables_are_flat_on_wasmi_too() {
    println!("{} bytes an instance", is_flat(&Wasmi::default(), 100) / 100);
}

#[test]
fn a_linker_for_each_instance_leaves_nothing() {
    let engine = FreeingEngine::default();
    let component = load(&engine, ALL_KINDS);
    let mut store = Store::new(&engine, ());
    for number in 0..4 {
        make_and_remove(&mut store, &component, &adding(), number);
    }
    let before = counts(&store);
    let allocated = measure(|| {
        for number in 0..100 {
            make_and_remove(&mut store, &component, &adding(), number);
        }
    });
    assert_eq!(counts(&store), before);
    assert!(u64::try_from(allocated.bytes_current).unwrap() <= LONGER_NUMBER);
}

#[test]
fn instantiations_that_fail_leave_nothing() {
    // The last core module traps at its start, or an import is missing.
    let fails = ALL_KINDS.replace(
        r#"(func (export "trap") (canon"#,
        r#"(core module $Fails (import "m" "f" (func)) (start 0))
        (core instance (instantiate $Fails (with "m" (instance (export "f" (func $m "trap"))))))
        (func (export "trap") (canon"#,
    );
    let engine = Wasmi::default();
    let component = load(&engine, &fails);
    let mut store = Store::new(&engine, ());
    let before = counts(&store);
    let linker = adding();
    for _ in 0..20 {
        assert!(store.instantiate(&component, &linker).is_err());
        let before: Vec<_> = before.iter().map(|(table, count)| (*table, *count)).collect();
        let now = counts(&store);
        let differ = before.iter().zip(&now).filter(|(before, now)| before != now);
        // Types and options without resources or memories are the same for all.
        let differ: Vec<_> = differ.map(|(_, now)| now.0).collect();
        assert!(differ.iter().all(|it| *it == weft::limits::Table::Types), "{differ:?}");
    }
    let missing = Linker::new();
    let before = counts(&store);
    assert!(store.instantiate(&component, &missing).is_err());
    assert_eq!(counts(&store), before);
}

/// Returns the number of bytes that wasmi keeps for each instance that was created and removed.
fn bytes_on_wasmi(text: &str) -> u64 {
    let engine = Wasmi::default();
    let component = load(&engine, text);
    let mut store = Store::new(&engine, ());
    let linker = adding();
    let mut remove = |count| {
        for _ in 0..count {
            let instance = store.instantiate(&component, &linker).unwrap();
            store.remove_instance(&instance).unwrap();
        }
    };
    remove(1_000);
    u64::try_from(measure(|| remove(3_000)).bytes_current).unwrap() / 3_000
}

/// Compares with the numbers in the documentation of `Store`.
#[test]
fn an_instance_on_wasmi_keeps_as_many_bytes_as_documented() {
    let function = r#"(component
        (core module $M (func (export "f")))
        (core instance $m (instantiate $M))
        (func (export "f") (canon lift (core func $m "f"))))"#;
    let memory = r#"(component
        (core module $M (memory (export "m") 1) (func (export "f")))
        (core instance $m (instantiate $M))
        (func (export "f") (canon lift (core func $m "f"))))"#;
    let import = r#"(component
        (import "host" (func $host (param "n" u32) (result u32)))
        (core func $host (canon lower (func $host)))
        (core module $M (import "" "host" (func (param i32) (result i32))) (func (export "f")))
        (core instance $m (instantiate $M (with "" (instance (export "host" (func $host))))))
        (func (export "f") (canon lift (core func $m "f"))))"#;
    let [function, import, memory] = [function, import, memory].map(bytes_on_wasmi);
    let engine = Wasmi::default();
    let store = measure(|| std::mem::forget(Store::new(&engine, ()))).bytes_current;
    println!("{function}, {import}, {memory}, and a store {store}");
    assert!((500..8_000).contains(&store), "{store}");
    assert!((300..600).contains(&function), "{function}");
    assert!((50..200).contains(&(import - function)), "{import}");
    assert!((65_536..66_500).contains(&memory), "{memory}");
}
