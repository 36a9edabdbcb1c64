//! Values that the random tests of `tests/abi` do not cover.

use std::sync::{Arc, Mutex};

use weft::abi::{NanBits, Val};
use weft::chooser::{Choice, Chooser};
use weft::component::Instance;
use weft::engine::wasmi::Wasmi;
use weft_tests::nan_chooser::NanChooser;
use weft_tests::world::World;

use super::guests::{both, forbid_ordinary_calls, num_linked};

/// Returns a component whose `run` passes numbers to a function of another instance unchanged, and
/// returns its result.
fn passes(ty: &str, core: &str) -> String {
    format!(
        r#"(component
            (component $Inner
                (core module $M (func (export "f") (param {core}) (result {core}) (local.get 0)))
                (core instance $i (instantiate $M))
                (func (export "f") (param "v" {ty}) (result {ty}) (canon lift (core func $i "f"))))
            (instance $inner (instantiate $Inner))
            (core func $f (canon lower (func $inner "f")))
            (core module $Main
                (import "" "f" (func $f (param {core}) (result {core})))
                (func (export "run") (param i64) (result i64) BODY))
            (core instance $main (instantiate $Main (with "" (instance (export "f" (func $f))))))
            (func (export "run") (param "bits" u64) (result u64)
                (canon lift (core func $main "run"))))"#
    )
}

fn run(world: &mut World, text: &str, bits: u64) -> Result<u64, String> {
    let instance = world.instance(text);
    run_instance(world, &instance, bits)
}

fn run_instance(world: &mut World, instance: &Instance<Wasmi>, bits: u64) -> Result<u64, String> {
    match world.try_call(instance, "run", &[Val::U64(bits)]) {
        Ok(Some(Val::U64(bits))) => Ok(bits),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

/// Returns the bits of NaNs that a chooser has for a number.
fn nan(number: u32) -> (u64, u64) {
    let bits = NanBits::choose(&mut NanChooser(number)).unwrap();
    (bits.encode_f32(f32::NAN).into(), bits.encode_f64(f64::NAN))
}

/// Runs a component with a chooser, which the store gets after the calls are linked: otherwise none
/// would be.
fn run_with(
    engine: &Wasmi,
    text: &str,
    bits: u64,
    chooser: impl Chooser + Send + 'static,
) -> Result<u64, String> {
    let mut world = World::on(engine.clone());
    let instance = world.instance(text);
    world.store.set_chooser(Box::new(chooser));
    run_instance(&mut world, &instance, bits)
}

/// Returns engines whose calls are linked and ordinary, with all numbers of the bits of NaNs.
fn ways() -> impl Iterator<Item = (Wasmi, u32)> {
    let ways = [true, false].map(|linked| Wasmi::default().with_linked_guests(linked));
    ways.into_iter().flat_map(|engine| (0..8).map(move |number| (engine.clone(), number)))
}

#[test]
fn nans_have_the_bits_that_are_chosen_and_other_floats_are_unchanged() {
    let f32s = passes("f32", "f32").replace(
        "BODY",
        "(i64.extend_i32_u (i32.reinterpret_f32 (call $f (f32.reinterpret_i32
            (i32.wrap_i64 (local.get 0))))))",
    );
    let f64s = passes("f64", "f64")
        .replace("BODY", "(i64.reinterpret_f64 (call $f (f64.reinterpret_i64 (local.get 0))))");
    assert_eq!(num_linked(&World::new().load(&f32s)), 1);
    for (engine, number) in ways() {
        let (f32, f64) = nan(number);
        let run = |text: &str, bits| run_with(&engine, text, bits, NanChooser(number));
        for (bits, expected) in [
            (0x7fa0_0001, f32),
            (0xffc0_0001, f32),
            (0x7fc0_0000, f32),
            (0x7f80_0000, 0x7f80_0000),
            (0x8000_0000, 0x8000_0000),
            (1, 1),
        ] {
            assert_eq!(run(&f32s, bits), Ok(expected), "{bits:x}");
        }
        for (bits, expected) in [
            (0x7ff4_0000_0000_0001, f64),
            (0xfff8_0000_0000_0001, f64),
            (0x7ff0 << 48, 0x7ff0 << 48),
            (1 << 63, 1 << 63),
            (1, 1),
        ] {
            assert_eq!(run(&f64s, bits), Ok(expected), "{bits:x}");
        }
    }
}

/// Checks that linked and ordinary calls ask the chooser equally often: once for the arguments and
/// once for the result, if there is a NaN.
#[test]
fn bits_are_chosen_once_for_values_that_move_together() {
    let text = passes("f32", "f32").replace(
        "BODY",
        "(i64.extend_i32_u (i32.reinterpret_f32 (call $f (f32.reinterpret_i32
            (i32.wrap_i64 (local.get 0))))))",
    );
    let list = passes_floats("(tuple f32 f32)");
    let nans = 0xff80_0001_7fa0_0001;
    for linked in [true, false] {
        for (text, bits, choices, expected) in [
            // The argument and the result.
            (&text, 0x7fa0_0001, &[1, 7][..], 0xff80_0001),
            (&text, 0x3f80_0000, &[], 0x3f80_0000),
            // The middle of a list of six.
            (&list, nans, &[1], 0x0000_ffc0_0000_ffc0),
        ] {
            let engine = Wasmi::default().with_linked_guests(linked);
            let chosen = Arc::new(Mutex::new(Vec::new()));
            let chooser = Listed { chosen: chosen.clone(), choices: choices.to_vec() };
            let arrived = run_with(&engine, text, bits, chooser).unwrap();
            let is_list = bits == nans;
            assert_eq!(if is_list { arrived & 0xffff_ffff_ffff } else { arrived }, expected);
            assert_eq!(*chosen.lock().unwrap(), choices);
        }
    }
}

/// A chooser that answers with a list for the bits of NaNs, and records these answers.
struct Listed {
    chosen: Arc<Mutex<Vec<u32>>>,
    choices: Vec<u32>,
}

impl Chooser for Listed {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        if choice != Choice::NanBits {
            return 0;
        }
        let mut chosen = self.chosen.lock().unwrap();
        let answer = self.choices.get(chosen.len()).copied().unwrap_or(0);
        chosen.push(answer);
        answer
    }
}

/// Returns a component whose `run` passes three floats, in a list or in a tuple in memory, and
/// returns the bits of the second one on arrival.
fn passes_floats(ty: &str) -> String {
    format!(
        r#"(component
            (component $Inner
                (core module $M
                    (memory (export "m") 1)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
                    (func (export "f") (param i32 i32) (result i64)
                        (i64.load (i32.add (local.get 0) (local.get 1)))))
                (core instance $i (instantiate $M))
                (func (export "f") (param "v" (list {ty})) (result u64)
                    (canon lift (core func $i "f") (memory (core memory $i "m"))
                        (realloc (core func $i "realloc")))))
            (instance $inner (instantiate $Inner))
            (core module $L (memory (export "m") 1))
            (core instance $l (instantiate $L))
            (core func $f (canon lower (func $inner "f") (memory (core memory $l "m"))))
            (core module $Main
                (import "" "f" (func $f (param i32 i32) (result i64)))
                (import "" "m" (memory 1))
                (func (export "run") (param i64) (result i64)
                    (i64.store (i32.const 16) (local.get 0))
                    (i64.store (i32.const 24) (local.get 0))
                    (i64.store (i32.const 32) (local.get 0))
                    (call $f (i32.const 16) (i32.const 2))))
            (core instance $main (instantiate $Main (with "" (instance
                (export "f" (func $f)) (export "m" (memory $l "m"))))))
            (func (export "run") (param "bits" u64) (result u64)
                (canon lift (core func $main "run"))))"#
    )
}

#[test]
fn nans_in_lists_have_the_bits_that_are_chosen() {
    // The bytes that are read start 2 bytes after the first element.
    let read = |bits: u64| (u128::from(bits) << 64 | u128::from(bits)) >> 16;
    for (engine, number) in ways() {
        let (f32, f64) = nan(number);
        let run = |text: &str, bits| run_with(&engine, text, bits, NanChooser(number));
        for (ty, bits, expected) in [
            ("f64", 0xfff4_0000_0000_0001_u64, f64),
            ("f64", 0x4000_0000_0000_0001, 0x4000_0000_0000_0001),
            ("(tuple f64)", 0xfff4_0000_0000_0001, f64),
            ("(tuple u32 f32)", 0xff80_0001_7fa0_0001, f32 << 32 | 0x7fa0_0001),
            ("(tuple f32 f32)", 0xff80_0001_7fa0_0001, f32 << 32 | f32),
            ("(list f64 1)", 0xfff4_0000_0000_0001, f64),
            ("(option f32)", 0x7fa0_0001_0000_0001, f32 << 32 | 1),
        ] {
            let text = passes_floats(ty);
            let expected = u64::try_from(read(expected) & u128::from(u64::MAX)).unwrap();
            let arrived = run(&text, bits);
            // Padding is not written.
            let mask = if ty == "(option f32)" { 0xff00_ffff_ffff_0000 } else { u64::MAX };
            assert_eq!(arrived.map(|it| it & mask), Ok(expected & mask), "{ty}");
        }
        // There are four floats, in two elements.
        let text = passes_floats("f32");
        let arrived = run(&text, 0xff80_0001_7fa0_0001).unwrap();
        let expected = u64::try_from(read(f32 << 32 | f32) & 0xffff_ffff_ffff).unwrap();
        assert_eq!(arrived & 0xffff_ffff_ffff, expected);
    }
}

#[test]
fn invalid_core_values_have_the_results_of_an_ordinary_call() {
    let words = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x8000, 0xffff, 0x1_0000, 0xd800, 0xdfff]
        .into_iter()
        .chain([0x10_ffff, 0x11_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]);
    for ty in ["bool", "u8", "s8", "u16", "s16", "u32", "s32", "char"] {
        let text = passes(ty, "i32")
            .replace("BODY", "(i64.extend_i32_u (call $f (i32.wrap_i64 (local.get 0))))");
        for word in words.clone() {
            let [linked, ordinary] = both().map(|mut world| run(&mut world, &text, word));
            assert_eq!(linked, ordinary, "{ty} {word:x}");
        }
    }
}

#[test]
fn a_tail_call_of_a_linked_function_works() {
    let text = passes("u32", "i32").replace(
        "(func (export \"run\") (param i64) (result i64) BODY)",
        "
            (func $tail (param i32) (result i32) (return_call $f (local.get 0)))
            (func (export \"run\") (param i64) (result i64)
                (i64.extend_i32_u (call $tail (i32.wrap_i64 (local.get 0)))))",
    );
    let mut world = World::new();
    let component = world.load(&text);
    assert_eq!(num_linked(&component), 1);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    forbid_ordinary_calls(&mut world.store);
    assert_eq!(world.call(&instance, "run", &[Val::U64(7)]), Some(Val::U64(7)));
}

/// `run` passes two strings of a length, at the same address.
const SHARES: &str = r#"(component
    (component $Inner
        (core module $M
            (memory (export "m") 4)
            (global $next (mut i32) (i32.const 8))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $next (i32.add (global.get $next) (local.get 3)))
                (i32.sub (global.get $next) (local.get 3)))
            (func (export "f") (param i32 i32 i32 i32) (result i32)
                (i32.add (local.get 1) (local.get 3))))
        (core instance $i (instantiate $M))
        (func (export "f") (param "a" string) (param "b" (list u8)) (result u32)
            (canon lift (core func $i "f") (memory (core memory $i "m"))
                (realloc (core func $i "realloc")))))
    (instance $inner (instantiate $Inner))
    (core module $Library (memory (export "m") 1))
    (core instance $l (instantiate $Library))
    (core func $f (canon lower (func $inner "f") (memory (core memory $l "m"))))
    (core module $Main
        (import "" "f" (func $f (param i32 i32 i32 i32) (result i32)))
        (func (export "run") (param $n i64) (result i64)
            (i64.extend_i32_u (call $f
                (i32.const 0) (i32.wrap_i64 (local.get $n))
                (i32.const 0) (i32.wrap_i64 (local.get $n))))))
    (core instance $main (instantiate $Main (with "" (instance (export "f" (func $f))))))
    (func (export "run") (param "n" u64) (result u64) (canon lift (core func $main "run"))))"#;

#[test]
fn moved_bytes_of_shared_values_are_limited() {
    assert_eq!(num_linked(&World::new().load(SHARES)), 1);
    // The memory has 65,536 bytes.
    for (limit, length) in [(100, 32_768), (100, 32_818), (100, 32_819), (65_536, 65_536)] {
        let outcomes = both().map(|mut world| {
            let limits = weft::component::StoreLimits::DEFAULT.with_lifted_bytes(limit);
            world.store.set_limits(limits);
            run(&mut world, SHARES, length)
        });
        assert_eq!(outcomes[0], outcomes[1], "{limit} {length}");
        assert_eq!(outcomes[0].is_ok(), 2 * length <= 65_536 + limit, "{outcomes:?}");
    }
}
