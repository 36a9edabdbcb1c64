//! Memories with other pages than 64 KiB, or with 64-bit addresses, in whole components.

use weft::abi::Val;
use weft::component::CallError;
use weft::trap::Trap;

use weft_tests::world::World;

/// Returns two components, of which one passes a text to the other. The outer one has a memory with
/// 64-bit addresses. The inner one has a memory of `bytes` pages of one byte, of which the first 16
/// are used. It returns the text, which is not empty, in capitals.
fn shouts(bytes: u32) -> String {
    let inner = format!(
        r#"(core module $Module
          (memory (export "memory") {bytes} (pagesize 1))
          (global $end (mut i32) (i32.const 16))
          (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (local.set 0 (global.get $end))
            (global.set $end (i32.add (global.get $end) (local.get 3)))
            (local.get 0))
          (func (export "shout") (param $at i32) (param $length i32) (result i32)
            (local $byte i32)
            (i32.store (i32.const 0) (local.get $at))
            (i32.store (i32.const 4) (local.get $length))
            (loop $next
              (local.set $length (i32.sub (local.get $length) (i32.const 1)))
              (local.set $byte (i32.add (local.get $at) (local.get $length)))
              (i32.store8 (local.get $byte)
                (i32.and (i32.load8_u (local.get $byte)) (i32.const 0xdf (; a capital ;))))
              (br_if $next (local.get $length)))
            (i32.const 0)))"#
    );
    format!(
        r#"
(component
  (component $Inner
    {inner}
    (core instance $module (instantiate $Module))
    (func (export "shout") (param "text" string) (result string)
      (canon lift (core func $module "shout")
        (memory (core memory $module "memory")) (realloc (core func $module "realloc")))))
  (instance $inner (instantiate $Inner))
  (core module $Memory
    (memory (export "memory") i64 1)
    (global $end (mut i64) (i64.const 32))
    (func (export "realloc") (param i64 i64 i64 i64) (result i64)
      (local.set 0 (global.get $end))
      (global.set $end (i64.add (global.get $end) (local.get 3)))
      (local.get 0)))
  (core instance $memory (instantiate $Memory))
  (canon lower (func $inner "shout")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))
    (core func $shout))
  (core module $Module
    (import "" "shout" (func $shout (param i64 i64 i64)))
    (func (export "shout") (param i64 i64) (result i64)
      (call $shout (local.get 0) (local.get 1) (i64.const 0))
      (i64.const 0)))
  (core instance $module (instantiate $Module (with "" (instance (export "shout" (func $shout))))))
  (func (export "shout") (param "text" string) (result string)
    (canon lift (core func $module "shout")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))"#
    )
}

#[test]
fn texts_move_between_memories_of_different_kinds() {
    let mut world = World::new();
    let instance = world.instance(&shouts(64));
    let shout = world.store.function(&instance, "shout").unwrap();
    assert_eq!(world.store.call(&shout, &[Val::from("weft")]).unwrap(), Some(Val::from("WEFT")));
    let typed = shout.typed::<(&str,), String>().unwrap();
    assert_eq!(world.store.call(&typed, ("wide",)).unwrap(), "WIDE");
}

#[test]
fn a_memory_with_pages_of_one_byte_ends_at_its_last_byte() {
    let shout = |bytes| {
        let mut world = World::new();
        let instance = world.instance(&shouts(bytes));
        let shout = world.store.function(&instance, "shout").unwrap();
        world.store.call(&shout, &[Val::from("twentylettersandmore")])
    };
    assert_eq!(shout(36).unwrap(), Some(Val::from("TWENTYLETTERSANDMORE")));
    let error = shout(35).unwrap_err();
    assert!(matches!(error, CallError::Trap(Trap::StringContentOutOfBounds)), "{error}");
}
