//! NaNs: on every way between guests and the host they arrive with the bits that the store's chooser
//! chooses. Without a chooser, and in the deterministic profile, these are the canonical ones.
//!
//! `linked` has the calls between guests, and `tests/abi` compares all types with the reference.

use std::sync::{Arc, Mutex};

use weft::abi::{NanBits, Val};
use weft::chooser::{DeterministicProfile, FirstInFirstOut};
use weft::component::{AnyChooser, Caller, Instance, Store};
use weft::engine::wasmi::Wasmi;
use weft::handle::StreamHandle;
use weft_tests::nan_chooser::NanChooser;
use weft_tests::world::World;

use crate::linking::guests::has_streams;

/// The bits of NaNs that are not canonical.
const NANS: [u32; 2] = [0x7fa0_0001, 0xffc0_0001];

/// Returns the deterministic choosers, and those of all other bits.
fn choosers() -> impl Iterator<Item = (Box<dyn AnyChooser>, NanBits)> {
    let deterministic: [(Box<dyn AnyChooser>, _); 2] = [
        (Box::new(FirstInFirstOut), NanBits::CANONICAL),
        (Box::new(DeterministicProfile), NanBits::CANONICAL),
    ];
    let others = (0..8).map(|number| {
        let nan = NanBits::choose(&mut NanChooser(number)).unwrap();
        (Box::new(NanChooser(number)) as Box<dyn AnyChooser>, nan)
    });
    deterministic.into_iter().chain(others)
}

fn worlds() -> impl Iterator<Item = (World, NanBits)> {
    choosers().map(|(chooser, nan)| {
        let engine = Wasmi::default();
        let store = Store::with_chooser(&engine, chooser, ());
        (World { store, ..World::on(engine) }, nan)
    })
}

fn f32(nan: NanBits) -> u32 {
    nan.encode_f32(f32::NAN)
}

/// Returns types of elements, each with the bits of two words, and those that arrive.
fn elements(nan: NanBits) -> Vec<(&'static str, u32, [u32; 2], [u32; 2])> {
    let [one, other] = NANS;
    let (f32, f64) = (f32(nan), nan.encode_f64(f64::NAN).to_le_bytes());
    let f64 = [0, 4].map(|at| u32::from_le_bytes(*f64[at..].first_chunk().unwrap()));
    vec![
        ("f32", 2, NANS, [f32; 2]),
        ("f32", 2, [0x7f80_0000, other], [0x7f80_0000, f32]),
        ("f64", 1, [1, 0x7ff4_0000], f64),
        ("f64", 1, [0, 0x7ff0_0000], [0, 0x7ff0_0000]),
        ("(tuple u32 f32)", 1, NANS, [one, f32]),
        ("(tuple f32 f32)", 1, NANS, [f32; 2]),
        ("(list f32 2)", 1, NANS, [f32; 2]),
        ("u32", 2, NANS, NANS),
    ]
}

/// Returns the text of two words in a data segment.
fn data(words: [u32; 2]) -> String {
    let bytes = words.iter().flat_map(|it| it.to_le_bytes());
    bytes.fold(String::new(), |text, byte| text + &format!("\\{byte:02x}"))
}

#[test]
fn streams_from_guest_to_guest() {
    for (mut world, nan) in worlds() {
        for (element, count, bits, expected) in elements(nan) {
            for reads_first in [false, true] {
                let text = has_streams(element).replace("abcdefgh", &data(bits));
                let [from, to] = [(); 2].map(|()| world.instance(&text));
                let end = world.call(&from, "make", &[]).unwrap();
                world.call(&to, "take", &[end]);
                let order = if reads_first { ["read", "write"] } else { ["write", "read"] };
                for step in order {
                    let instance = if step == "read" { &to } else { &from };
                    world.number(instance, step, &[Val::U32(count)]);
                }
                let arrived = [0, 4].map(|at| world.number(&to, "word", &[Val::U32(at)]));
                assert_eq!(arrived, expected, "{element}");
            }
        }
    }
}

/// Returns a guest with both ends of a stream or future. `move` writes two words, which lie at 16,
/// and reads them at 32. `asynchronous` has the options of writing and of reading.
fn both_ends(kind: &str, element: &str, count: u32, asynchronous: [&str; 2]) -> String {
    let number = if kind == "stream" { "i32" } else { "" };
    let count = if kind == "stream" { format!("(i32.const {count})") } else { String::new() };
    let [first, second] = asynchronous;
    format!(
        r#"(component
            (core module $Memory (memory (export "m") 1))
            (core instance $memory (instantiate $Memory))
            (type $t ({kind} {element}))
            (core func $new (canon {kind}.new $t))
            (core func $read (canon {kind}.read $t {second} (memory (core memory $memory "m"))))
            (core func $write (canon {kind}.write $t {first} (memory (core memory $memory "m"))))
            (core module $Main
                (import "" "m" (memory 1))
                (import "" "new" (func $new (result i64)))
                (import "" "read" (func $read (param i32 i32 {number}) (result i32)))
                (import "" "write" (func $write (param i32 i32 {number}) (result i32)))
                (func (export "move") (param i32 i32) (result i64) (local $ends i64)
                    (i32.store (i32.const 16) (local.get 0))
                    (i32.store (i32.const 20) (local.get 1))
                    (local.set $ends (call $new))
                    (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
                        (i32.const 16) {count}))
                    (drop (call $read (i32.wrap_i64 (local.get $ends)) (i32.const 32) {count}))
                    (i64.load (i32.const 32))))
            (core instance $main (instantiate $Main (with "" (instance
                (export "m" (memory $memory "m")) (export "new" (func $new))
                (export "read" (func $read)) (export "write" (func $write))))))
            (func (export "move") async (param "a" u32) (param "b" u32) (result u64)
                (canon lift (core func $main "move"))))"#
    )
}

#[test]
fn streams_and_futures_within_a_guest() {
    for (mut world, nan) in worlds() {
        for (element, count, [one, other], expected) in elements(nan) {
            for kind in ["stream", "future"] {
                if kind == "future" && count > 1 {
                    continue;
                }
                for second in ["async", ""] {
                    let text = both_ends(kind, element, count, ["async", second]);
                    // Only numbers move within an instance.
                    let instance = world.instance(&text);
                    let arguments = [Val::U32(one), Val::U32(other)];
                    let moved = world.try_call(&instance, "move", &arguments);
                    if element.starts_with('(') {
                        assert!(moved.is_err(), "{element}: {moved:?}");
                        continue;
                    }
                    let [low, high] = expected.map(u64::from);
                    assert_eq!(
                        moved.unwrap(),
                        Some(Val::U64(high << 32 | low)),
                        "{kind} {element}"
                    );
                }
            }
        }
    }
}

/// Takes the words that a guest has read.
fn read_words(world: &mut World, instance: &Instance<Wasmi>, count: u32) -> [u32; 2] {
    world.number(instance, "read", &[Val::U32(count)]);
    [0, 4].map(|at| world.number(instance, "word", &[Val::U32(at)]))
}

#[test]
fn streams_from_the_host_to_a_guest() {
    for (mut world, nan) in worlds() {
        let f32s = NANS.map(f32::from_bits).to_vec();
        let instance = world.instance(&has_streams("f32"));
        let (stream, _) = world.store.stream_from(f32s.clone()).unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        assert_eq!(read_words(&mut world, &instance, 2), [f32(nan); 2]);

        let instance = world.instance(&has_streams("(tuple f32 f32)"));
        let (stream, _) = world.store.stream_from(vec![(f32s[0], f32s[1])]).unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        assert_eq!(read_words(&mut world, &instance, 1), [f32(nan); 2]);

        let instance = world.instance(&has_streams("(option f32)"));
        let (stream, _) = world.store.stream_from(vec![Some(f32s[0])]).unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        assert_eq!(read_words(&mut world, &instance, 1)[1], f32(nan));
    }
}

#[test]
fn streams_from_a_guest_to_the_host() {
    for (mut world, _) in worlds() {
        let text = has_streams("f32").replace("abcdefgh", &data(NANS));
        let instance = world.instance(&text);
        let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
        let collecting = world.store.collect(StreamHandle::<f32>::from(end)).unwrap();
        world.number(&instance, "write", &[Val::U32(2)]);
        world.call(&instance, "drop-writable", &[]);
        let floats = world.store.block_on(collecting).unwrap();
        let floats: Vec<u32> = floats.into_iter().map(f32::to_bits).collect();
        assert_eq!(floats, [0x7fc0_0000; 2]);
    }
}

/// `run` passes a NaN to the import `f`, and returns the bits of the NaN in its result. So does
/// `list`, with `g`, and with lists of one float.
const CALLS_HOST: &str = r#"(component
    (import "f" (func $f (param "x" f32) (result f32)))
    (import "g" (func $g (param "x" (list f32)) (result (list f32))))
    (core module $Memory (memory (export "m") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f)))
    (core func $g (canon lower (func $g)
        (memory (core memory $memory "m")) (realloc (core func $memory "realloc"))))
    (core module $Main
        (import "" "m" (memory 1))
        (import "" "f" (func $f (param f32) (result f32)))
        (import "" "g" (func $g (param i32 i32 i32)))
        (func (export "run") (param i32) (result i32)
            (i32.reinterpret_f32 (call $f (f32.reinterpret_i32 (local.get 0)))))
        (func (export "list") (param i32) (result i32)
            (i32.store (i32.const 16) (local.get 0))
            (call $g (i32.const 16) (i32.const 1) (i32.const 32))
            (i32.load (i32.load (i32.const 32))))
        (func (export "take") (param f32 i32 i32) (result i64)
            (i64.or
                (i64.shl (i64.load32_u (local.get 1)) (i64.const 32))
                (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0)))))
        (func (export "give") (param i32) (result i32)
            (i32.store (i32.const 8) (local.get 0))
            (i32.store (i32.const 12) (local.get 0))
            (i32.const 8)))
    (core instance $main (instantiate $Main (with "" (instance
        (export "m" (memory $memory "m")) (export "f" (func $f)) (export "g" (func $g))))))
    (func (export "run") (param "bits" u32) (result u32) (canon lift (core func $main "run")))
    (func (export "list") (param "bits" u32) (result u32) (canon lift (core func $main "list")))
    (func (export "take") (param "x" f32) (param "y" (list f32)) (result u64)
        (canon lift (core func $main "take")
            (memory (core memory $memory "m")) (realloc (core func $memory "realloc"))))
    (func (export "give") (param "bits" u32) (result (tuple f32 f32))
        (canon lift (core func $main "give") (memory (core memory $memory "m")))))"#;

#[test]
fn calls_between_a_guest_and_host_functions() {
    let given = f32::from_bits(NANS[1]);
    for way in ["dynamic", "async", "typed", "typed and async"] {
        for (mut world, nan) in worlds() {
            let got = Arc::new(Mutex::new(Vec::new()));
            let (keeps, also_keeps) = (got.clone(), got.clone());
            let keep = move |it: f32| keeps.lock().unwrap().push(it.to_bits());
            let keep_list = move |it: &[f32]| also_keeps.lock().unwrap().push(it[0].to_bits());
            let of_val = |val: &Val| if let Val::F32(it) = val { *it } else { panic!("{val:?}") };
            let result = move |val: &Val| match val {
                Val::F32(_) => Some(Val::F32(given)),
                _ => Some(Val::List(vec![Val::F32(given)])),
            };
            let linker = &mut world.linker;
            match way {
                "dynamic" => {
                    linker.function("f", move |_, arguments| {
                        keep(of_val(&arguments[0]));
                        Ok(result(&arguments[0]))
                    });
                    linker.function("g", move |_, arguments| {
                        keep_list(&[of_val(&arguments[0].as_list().unwrap()[0])]);
                        Ok(result(&arguments[0]))
                    });
                }
                "async" => {
                    linker.async_function("f", move |_, arguments| {
                        keep(of_val(&arguments[0]));
                        let result = result(&arguments[0]);
                        async move { Ok(result) }
                    });
                    linker.async_function("g", move |_, arguments| {
                        keep_list(&[of_val(&arguments[0].as_list().unwrap()[0])]);
                        let result = result(&arguments[0]);
                        async move { Ok(result) }
                    });
                }
                "typed" => {
                    linker.typed_function(
                        "f",
                        move |_: &mut Caller<'_, '_, _, ()>, (x,): (f32,)| {
                            keep(x);
                            Ok(given)
                        },
                    );
                    linker.typed_function(
                        "g",
                        move |_: &mut Caller<'_, '_, _, ()>, (x,): (Vec<f32>,)| {
                            keep_list(&x);
                            Ok(vec![given])
                        },
                    );
                }
                _ => {
                    linker.typed_async_function(
                        "f",
                        move |_: &mut Caller<'_, '_, _, ()>, (x,): (f32,)| {
                            keep(x);
                            async move { Ok(given) }
                        },
                    );
                    linker.typed_async_function(
                        "g",
                        move |_: &mut Caller<'_, '_, _, ()>, (x,): (Vec<f32>,)| {
                            keep_list(&x);
                            async move { Ok(vec![given]) }
                        },
                    );
                }
            }
            let instance = world.instance(CALLS_HOST);
            for export in ["run", "list"] {
                let bits = world.number(&instance, export, &[Val::U32(NANS[0])]);
                assert_eq!(bits, f32(nan), "{way}: {export}");
            }
            assert_eq!(*got.lock().unwrap(), [0x7fc0_0000; 2], "{way}");
        }
    }
}

#[test]
fn calls_by_the_embedder() {
    let [one, other] = NANS.map(f32::from_bits);
    for (mut world, nan) in worlds() {
        world.linker.typed_function("f", |_: &mut Caller<'_, '_, _, ()>, (x,): (f32,)| Ok(x));
        world.linker.typed_function("g", |_: &mut Caller<'_, '_, _, ()>, (x,): (Vec<f32>,)| Ok(x));
        let instance = world.instance(CALLS_HOST);
        let expected = u64::from(f32(nan)) << 32 | u64::from(f32(nan));
        let list = Val::List(vec![Val::F32(other)]);
        let taken = world.call(&instance, "take", &[Val::F32(one), list]);
        assert_eq!(taken, Some(Val::U64(expected)));
        let take = world.store.typed_function::<(f32, Vec<f32>), u64>(&instance, "take").unwrap();
        assert_eq!(world.store.call(&take, (one, vec![other])).unwrap(), expected);

        let give = world.store.typed_function::<(u32,), (f32, f32)>(&instance, "give").unwrap();
        let (a, b) = world.store.call(&give, (NANS[0],)).unwrap();
        assert_eq!([a, b].map(f32::to_bits), [0x7fc0_0000; 2]);
        let given = world.call(&instance, "give", &[Val::U32(NANS[0])]);
        let Some(Val::Record(fields)) = given else { panic!("{given:?}") };
        for field in fields {
            assert!(matches!(field, Val::F32(it) if it.to_bits() == 0x7fc0_0000));
        }
    }
}
