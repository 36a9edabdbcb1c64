//! After a warm-up, calls, streams and futures on wasmi do not allocate, except for values that the
//! test owns afterwards and for the engine's own allocations when a guest stops.

use allocation_counter::{AllocationInfo, measure};
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_tests::scenes::{self, Scene, engine};

/// Returns the allocations of one run of a scene, after a warm-up.
fn allocations(scene: Scene) -> AllocationInfo {
    let mut operation = scene.prepare();
    for _ in 0..3 {
        operation();
    }
    let allocated = measure(&mut operation);
    assert_eq!((allocated.count_current, allocated.bytes_current), (0, 0), "{scene} keeps some");
    allocated
}

/// Returns the allocations of each operation of a scene, apart from a few in all.
fn each(scene: Scene) -> u64 {
    allocations(scene).count_total / u64::from(scene.count())
}

/// Defines one test for each name.
macro_rules! allocate_nothing {
    ($($name:ident: $($scene:ident)+;)*) => {
        $(
            #[test]
            fn $name() {
                for scene in [$(scenes::$scene),+] {
                    assert_eq!(allocations(scene), AllocationInfo::default(), "{scene}");
                }
            }
        )*

        #[test]
        fn every_scene_is_tested() {
            let nothing = [$($(scenes::$scene),+),*];
            let mut tested: Vec<_> = nothing.iter().map(ToString::to_string).collect();
            tested.extend(OWNED.iter().map(|(scene, _)| scene.to_string()));
            tested.push(scenes::YIELD_STACKFUL.to_string());
            let mut all: Vec<_> = scenes::ALL.iter().map(ToString::to_string).collect();
            tested.sort();
            all.sort();
            assert_eq!(tested, all);
        }
    };
}

allocate_nothing! {
    calls_by_the_host_without_strings_allocate_nothing: CALL CALL_NUMBERS CALL_ASYNC;
    typed_calls_allocate_nothing_that_nobody_owns: TYPED_NUMBERS TYPED_STRING HOST_TYPED_NUMBERS;
    calls_of_the_host_without_values_allocate_nothing: HOST;
    calls_from_guest_to_guest_allocate_nothing: GUEST GUEST_NUMBERS GUEST_STRING GUEST_ASYNC;
    a_callback_that_yields_allocates_nothing: YIELD_CALLBACK;
    a_future_that_goes_to_another_guest_allocates_nothing: FUTURE;
    a_stream_of_bytes_allocates_nothing:
        STREAM_U8_1 STREAM_U8_64 STREAM_U8_1024 STREAM_U8_65536;
    a_stream_of_numbers_allocates_nothing: STREAM_U64_1 STREAM_U64_1024 STREAM_U64_65536;
    a_stream_of_pairs_allocates_nothing: STREAM_PAIRS_1 STREAM_PAIRS_1024 STREAM_PAIRS_65536;
    a_stream_of_strings_allocates_nothing: STREAM_STRINGS_1 STREAM_STRINGS_1024;
}

/// The scenes in which a test owns values, with the allocations of each call.
const OWNED: [(Scene, u64); 8] = [
    // The string, until it is lowered, because the call may have to wait.
    (scenes::CALL_STRING, 1),
    // The string, which the host owns.
    (scenes::CALL_FOR_STRING, 1),
    // The same with Rust types.
    (scenes::TYPED_FOR_STRING, 1),
    (scenes::HOST_TYPED_STRING, 1),
    // The list of arguments, which the function owns.
    (scenes::HOST_NUMBERS, 1),
    // The list, and the string in it.
    (scenes::HOST_STRING, 2),
    // The string, which the function creates.
    (scenes::HOST_FOR_STRING, 1),
    // The future that the function returns.
    (scenes::HOST_ASYNC, 1),
];

#[test]
fn owned_values_are_allocated_once() {
    for (scene, expected) in OWNED {
        assert_eq!(each(scene), expected, "{scene}");
    }
}

#[test]
fn only_the_engine_allocates_when_a_guest_stops() {
    assert_eq!(allocations(scenes::YIELD_STACKFUL), allocations(engine::STOP));
}

/// Returns the text of components in a row, each of which calls the one before.
fn composed(count: usize) -> String {
    let mut text = String::from(
        r#"(component
            (component $C0
                (core module $M
                    (memory (export "memory") 1)
                    (func (export "run") (param i32) (result i32)
                        (i32.add (local.get 0) (i32.const 1))))
                (core instance $i (instantiate $M))
                (func (export "run") (param "n" u32) (result u32)
                    (canon lift (core func $i "run"))))
            (component $C
                (import "run" (func $run (param "n" u32) (result u32)))
                (core func $run (canon lower (func $run)))
                (core module $M
                    (import "" "run" (func $run (param i32) (result i32)))
                    (memory (export "memory") 1)
                    (func (export "run") (param i32) (result i32)
                        (i32.add (call $run (local.get 0)) (i32.const 1))))
                (core instance $i (instantiate $M (with "" (instance (export "run" (func $run))))))
                (func (export "run") (param "n" u32) (result u32)
                    (canon lift (core func $i "run"))))
            (instance $i0 (instantiate $C0))"#,
    );
    for number in 1..count {
        let before = number - 1;
        let with = format!(r#"(with "run" (func $i{before} "run"))"#);
        text.extend(["(instance $i", &number.to_string(), " (instantiate $C ", &with, "))"]);
    }
    text + &format!(r#"(export "run" (func $i{} "run")))"#, count - 1)
}

/// Checks the allocations of instances. wasmi itself makes 12 for the first, 64 for seven more, and
/// 4 for each linked call.
#[test]
fn a_store_and_an_instance_take_few_allocations() {
    for (count, links_guests, most) in [(1, false, 30), (8, false, 150), (8, true, 235)] {
        let engine = Wasmi::default().with_linked_guests(links_guests);
        let component = wat::parse_str(composed(count)).unwrap();
        let component = Component::new(&engine, &component).unwrap();
        let linker = Linker::new();
        let operation = || {
            let mut store = Store::new(&engine, ());
            let instance = store.instantiate(&component, &linker).unwrap();
            let run = store.function(&instance, "run").unwrap();
            drop((run, instance));
        };
        operation();
        let allocated = measure(operation);
        assert_eq!((allocated.count_current, allocated.bytes_current), (0, 0));
        assert!(allocated.count_total <= most, "{count}, {links_guests}: {allocated:?}");
    }
}
