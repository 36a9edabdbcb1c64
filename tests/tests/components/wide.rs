//! Components with memories and tables of 64 bits: the built-ins take all 64 bits of addresses,
//! positions and words of threads, so that nothing beyond 4 GiB is taken for something below it.

use weft::abi::Val;
use weft::component::CallError;
use weft_tests::world::World;

/// The bit that an address of 32 bits doesn't have.
const BEYOND: u64 = 1 << 32;

const COMPONENT: &str = r#"(component
    (core module $Library
        (memory (export "m") i64 1)
        (data (i64.const 64) "weft")
        (func (export "realloc") (param i64 i64 i64 i64) (result i64) (i64.const 1024)))
    (core instance $l (instantiate $Library))
    (core module $Threads
        (import "library" "m" (memory i64 1))
        (func $start (param i64) (i64.store (i64.const 512) (local.get 0)))
        (table (export "starts") i64 2 2 funcref)
        (elem (table 0) (i64.const 1) func $start))
    (core instance $t (instantiate $Threads (with "library" (instance $l))))
    (type $f (future u64))
    (type $s (stream u64))
    (core type $start (func (param i64)))
    (core func $set-new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $poll (canon waitable-set.poll (memory (core memory $l "m"))))
    (core func $wait (canon waitable-set.wait (memory (core memory $l "m"))))
    (core func $future-new (canon future.new $f))
    (core func $future-read (canon future.read $f async (memory (core memory $l "m"))))
    (core func $future-write (canon future.write $f async (memory (core memory $l "m"))))
    (core func $stream-new (canon stream.new $s))
    (core func $stream-read (canon stream.read $s async (memory (core memory $l "m"))))
    (core func $stream-write (canon stream.write $s async (memory (core memory $l "m"))))
    (core func $get (canon context.get i64 0))
    (core func $set (canon context.set i64 0))
    (core func $error (canon error-context.new (memory (core memory $l "m"))))
    (core func $message (canon error-context.debug-message
        (memory (core memory $l "m")) (realloc (core func $l "realloc"))))
    (core func $thread (canon thread.new-indirect $start (core table $t "starts")))
    (core func $resume (canon thread.resume-later))
    (core func $yield (canon thread.yield))
    (core module $M
        (import "" "m" (memory i64 1))
        (import "" "set-new" (func $set-new (result i32)))
        (import "" "join" (func $join (param i32 i32)))
        (import "" "poll" (func $poll (param i32 i64) (result i32)))
        (import "" "wait" (func $wait (param i32 i64) (result i32)))
        (import "" "future-new" (func $future-new (result i64)))
        (import "" "future-read" (func $future-read (param i32 i64) (result i32)))
        (import "" "future-write" (func $future-write (param i32 i64) (result i32)))
        (import "" "stream-new" (func $stream-new (result i64)))
        (import "" "stream-read" (func $stream-read (param i32 i64 i64) (result i64)))
        (import "" "stream-write" (func $stream-write (param i32 i64 i64) (result i64)))
        (import "" "get" (func $get (result i64)))
        (import "" "set" (func $set (param i64)))
        (import "" "error" (func $error (param i64 i64) (result i32)))
        (import "" "message" (func $message (param i32 i64)))
        (import "" "thread" (func $thread (param i64 i64) (result i32)))
        (import "" "resume" (func $resume (param i32)))
        (import "" "yield" (func $yield (result i32)))
        (func $high (param i64) (result i32)
            (i32.wrap_i64 (i64.shr_u (local.get 0) (i64.const 32))))
        (func $low (param i64) (result i32) (i32.wrap_i64 (local.get 0)))
        ;; Returns a set with an end of a future whose read has just ended.
        (func $ready (result i32) (local $ends i64) (local $set i32)
            (local.set $ends (call $future-new))
            (local.set $set (call $set-new))
            (drop (call $future-read (call $low (local.get $ends)) (i64.const 256)))
            (call $join (call $low (local.get $ends)) (local.get $set))
            (drop (call $future-write (call $high (local.get $ends)) (i64.const 64)))
            (local.get $set))
        ;; The code of an event, and the number at its address.
        (func (export "poll") (param $at i64) (result i64)
            (i64.extend_i32_u (call $poll (call $ready) (local.get $at))))
        (func (export "wait") (param $at i64) (result i64)
            (i64.extend_i32_u (call $wait (call $ready) (local.get $at))))
        ;; Copies a number from an address, and returns the copy.
        (func (export "future-write") (param $at i64) (result i64) (local $ends i64)
            (local.set $ends (call $future-new))
            (drop (call $future-read (call $low (local.get $ends)) (i64.const 256)))
            (drop (call $future-write (call $high (local.get $ends)) (local.get $at)))
            (i64.load (i64.const 256)))
        ;; Copies a number to an address.
        (func (export "future-read") (param $at i64) (result i64) (local $ends i64)
            (local.set $ends (call $future-new))
            (drop (call $future-read (call $low (local.get $ends)) (local.get $at)))
            (drop (call $future-write (call $high (local.get $ends)) (i64.const 64)))
            (i64.load (local.get $at)))
        (func (export "stream-write") (param $at i64) (result i64) (local $ends i64)
            (local.set $ends (call $stream-new))
            (drop (call $stream-read (call $low (local.get $ends)) (i64.const 256) (i64.const 2)))
            (drop (call $stream-write (call $high (local.get $ends)) (local.get $at) (i64.const 1)))
            (i64.load (i64.const 256)))
        (func (export "stream-read") (param $at i64) (result i64) (local $ends i64)
            (local.set $ends (call $stream-new))
            (drop (call $stream-read (call $low (local.get $ends)) (local.get $at) (i64.const 2)))
            (drop (call $stream-write (call $high (local.get $ends)) (i64.const 64) (i64.const 1)))
            (i64.load (local.get $at)))
        ;; Writes as many numbers to a stream, and returns the result.
        (func (export "stream-count") (param $count i64) (result i64) (local $ends i64)
            (local.set $ends (call $stream-new))
            (drop (call $stream-read (call $low (local.get $ends)) (i64.const 256) (i64.const 2)))
            (call $stream-write (call $high (local.get $ends)) (i64.const 64) (local.get $count)))
        (func (export "context") (param $word i64) (result i64)
            (call $set (local.get $word)) (call $get))
        ;; The number that the start function of a thread was called with.
        (func (export "argument") (param $argument i64) (result i64)
            (call $resume (call $thread (i64.const 1) (local.get $argument)))
            (drop (call $yield))
            (i64.load (i64.const 512)))
        (func (export "start") (param $position i64) (result i64)
            (i64.extend_i32_u (call $thread (local.get $position) (i64.const 0))))
        ;; The text of a message of four bytes at an address, as a number.
        (func (export "message") (param $at i64) (result i64)
            (call $message (call $error (local.get $at) (i64.const 4)) (i64.const 128))
            (i64.load32_u (i64.load (i64.const 128))))
        (func (export "message-length") (param $length i64) (result i64)
            (i64.extend_i32_u (call $error (i64.const 64) (local.get $length))))
        ;; The address of a message, stored at an address.
        (func (export "message-at") (param $at i64) (result i64)
            (call $message (call $error (i64.const 64) (i64.const 4)) (local.get $at))
            (i64.load (local.get $at))))
    (core instance $i (instantiate $M (with "" (instance
        (export "m" (memory $l "m")) (export "set-new" (func $set-new))
        (export "join" (func $join)) (export "poll" (func $poll)) (export "wait" (func $wait))
        (export "future-new" (func $future-new)) (export "future-read" (func $future-read))
        (export "future-write" (func $future-write)) (export "stream-new" (func $stream-new))
        (export "stream-read" (func $stream-read)) (export "stream-write" (func $stream-write))
        (export "get" (func $get)) (export "set" (func $set)) (export "error" (func $error))
        (export "message" (func $message)) (export "thread" (func $thread))
        (export "resume" (func $resume)) (export "yield" (func $yield))))))
    {exports})"#;

/// The functions, with an argument that they take, the result, and the trap with the same argument
/// beyond 4 GiB.
const FUNCTIONS: [(&str, u64, u64, &str); 13] = [
    ("poll", 320, 4, "pointer-out-of-bounds"),
    ("wait", 320, 4, "pointer-out-of-bounds"),
    ("future-write", 64, WEFT, "buffer-out-of-bounds"),
    ("future-read", 320, WEFT, "buffer-out-of-bounds"),
    ("stream-write", 64, WEFT, "buffer-out-of-bounds"),
    ("stream-read", 320, WEFT, "buffer-out-of-bounds"),
    ("stream-count", 2, 2 << 4, "buffer-too-long"),
    ("context", 7, 7, ""),
    ("argument", 7, 7, ""),
    ("start", 1, 2, "start-function-unknown"),
    ("message", 64, WEFT, "string-out-of-bounds"),
    ("message-length", 4, 1, "string-too-long"),
    ("message-at", 128, 1024, "pointer-out-of-bounds"),
];

/// The text "weft", as a number.
const WEFT: u64 = u32::from_le_bytes(*b"weft") as u64;

/// Returns the result of a function in a new store, or the rule that it breaks.
fn call(name: &str, argument: u64) -> Result<u64, String> {
    let exports = FUNCTIONS.map(|(name, ..)| {
        format!(
            r#"(func (export "{name}") async (param "it" u64) (result u64)
                (canon lift (core func $i "{name}")))"#
        )
    });
    let mut world = World::new();
    let instance = world.instance(&COMPONENT.replace("{exports}", &exports.concat()));
    match world.try_call(&instance, name, &[Val::U64(argument)]) {
        Ok(Some(Val::U64(result))) => Ok(result),
        Err(CallError::Trap(trap)) => Err(trap.rule().id().to_owned()),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn built_ins_take_all_64_bits() {
    for (name, argument, result, rule) in FUNCTIONS {
        assert_eq!(call(name, argument), Ok(result), "{name}");
        for beyond in [argument + BEYOND, argument + (BEYOND << 24), argument + (1 << 63)] {
            let expected = if name == "context" || name == "argument" {
                Ok(beyond)
            } else {
                Err(rule.to_owned())
            };
            assert_eq!(call(name, beyond), expected, "{name} {beyond:#x}");
        }
    }
}
