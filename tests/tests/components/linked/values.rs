//! Values that the random tests of `tests/abi` do not cover.

use weft::abi::Val;
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
    let component = world.load(text);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    match world.try_call(&instance, "run", &[Val::U64(bits)]) {
        Ok(Some(Val::U64(bits))) => Ok(bits),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn nans_become_canonical_and_other_floats_are_unchanged() {
    let f32s = passes("f32", "f32").replace(
        "BODY",
        "(i64.extend_i32_u (i32.reinterpret_f32 (call $f (f32.reinterpret_i32
            (i32.wrap_i64 (local.get 0))))))",
    );
    let f64s = passes("f64", "f64")
        .replace("BODY", "(i64.reinterpret_f64 (call $f (f64.reinterpret_i64 (local.get 0))))");
    let mut world = World::new();
    assert_eq!(num_linked(&world.load(&f32s)), 1);
    for (bits, expected) in [
        (0x7fa0_0001, 0x7fc0_0000),
        (0xffc0_0001, 0x7fc0_0000),
        (0x7fc0_0000, 0x7fc0_0000),
        (0x7f80_0000, 0x7f80_0000),
        (0x8000_0000, 0x8000_0000),
        (1, 1),
    ] {
        assert_eq!(run(&mut world, &f32s, bits), Ok(expected), "{bits:x}");
    }
    for (bits, expected) in [
        (0x7ff4_0000_0000_0001, 0x7ff8 << 48),
        (0xfff8_0000_0000_0001, 0x7ff8 << 48),
        (0x7ff0 << 48, 0x7ff0 << 48),
        (1 << 63, 1 << 63),
        (1, 1),
    ] {
        assert_eq!(run(&mut world, &f64s, bits), Ok(expected), "{bits:x}");
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
fn nans_in_lists_become_canonical() {
    let mut world = World::new();
    // The bytes that are read start 2 bytes after the first element.
    let read = |bits: u64| (u128::from(bits) << 64 | u128::from(bits)) >> 16;
    for (ty, bits, expected) in [
        ("f64", 0xfff4_0000_0000_0001_u64, 0x7ff8_0000_0000_0000_u64),
        ("f64", 0x4000_0000_0000_0001, 0x4000_0000_0000_0001),
        ("(tuple f64)", 0xfff4_0000_0000_0001, 0x7ff8_0000_0000_0000),
        ("(tuple u32 f32)", 0xff80_0001_7fa0_0001, 0x7fc0_0000_7fa0_0001),
        ("(tuple f32 f32)", 0xff80_0001_7fa0_0001, 0x7fc0_0000_7fc0_0000),
        ("(list f64 1)", 0xfff4_0000_0000_0001, 0x7ff8_0000_0000_0000),
        ("(option f32)", 0x7fa0_0001_0000_0001, 0x7fc0_0000_0000_0001),
    ] {
        let text = passes_floats(ty);
        assert_eq!(num_linked(&world.load(&text)), 1);
        let expected = u64::try_from(read(expected) & u128::from(u64::MAX)).unwrap();
        assert_eq!(run(&mut world, &text, bits), Ok(expected), "{ty}");
    }
    // There are four floats, in two elements.
    let text = passes_floats("f32");
    let arrived = run(&mut world, &text, 0xff80_0001_7fa0_0001).unwrap();
    assert_eq!(arrived & 0xffff_ffff_ffff, 0x7fc0_0000_7fc0);
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
