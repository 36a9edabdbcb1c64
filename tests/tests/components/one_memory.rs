//! Values that move within one memory: all of them are lifted before any is lowered, wherever they
//! are lowered to.
//!
//! `tests/abi` compares random values and places with the reference.

use weft::abi::Val;
use weft_tests::world::World;

/// Returns a component of one instance, whose `run` calls a function of its own and returns the
/// text of two strings in its result. `callee` is the core code of the function, `lift` and
/// `lower` are more options, and `call` is the code that calls it.
fn calls_itself(ty: &str, lift: &str, lower: &str, (callee, call): (&str, &str)) -> String {
    format!(
        r#"(component
            (core module $Library
                (memory (export "m") 1)
                (global $next (mut i32) (i32.const 4096))
                (func (export "set") (param i32) (global.set $next (local.get 0)))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (global.set $next (i32.and
                        (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                        (i32.sub (i32.const 0) (local.get 2))))
                    (global.set $next (i32.add (global.get $next) (local.get 3)))
                    (i32.sub (global.get $next) (local.get 3))))
            (core instance $library (instantiate $Library))
            (core func $return (canon task.return (result (tuple string string))
                (memory (core memory $library "m"))))
            (core module $Callee
                (import "" "m" (memory 1))
                (import "" "return" (func $return (param i32 i32 i32 i32)))
                (data (i32.const 256) "onethree")
                {callee})
            (core instance $callee (instantiate $Callee (with "" (instance
                (export "m" (memory $library "m")) (export "return" (func $return))))))
            (func $f {ty} (canon lift (core func $callee "f") {lift}
                (memory (core memory $library "m")) (realloc (core func $library "realloc"))))
            (core func $f (canon lower (func $f) {lower}
                (memory (core memory $library "m")) (realloc (core func $library "realloc"))))
            (core module $Caller
                (import "" "m" (memory 1))
                (import "" "set" (func $set (param i32)))
                {call}
                ;; Copies a string to an address, and returns its length.
                (func $text (param $pair i32) (param $to i32) (result i32)
                    (memory.copy (local.get $to) (i32.load (local.get $pair))
                        (i32.load offset=4 (local.get $pair)))
                    (i32.load offset=4 (local.get $pair)))
                (func (export "run") (param $out i32) (param $next i32) (result i32)
                    (local $length i32)
                    (call $set (local.get $next))
                    (call $call (local.get $out))
                    (local.set $length (call $text (local.get $out) (i32.const 8192)))
                    (i32.store (i32.const 8184) (i32.const 8192))
                    (i32.store (i32.const 8188) (i32.add (local.get $length)
                        (call $text (i32.add (local.get $out) (i32.const 8))
                            (i32.add (i32.const 8192) (local.get $length)))))
                    (i32.const 8184)))
            (core instance $caller (instantiate $Caller (with "" (instance
                (export "m" (memory $library "m")) (export "f" (func $f))
                (export "set" (func $library "set"))))))
            (func (export "run") async (param "out" u32) (param "next" u32) (result string)
                (canon lift (core func $caller "run") (memory (core memory $library "m")))))"#
    )
}

fn run(text: &str, out: u32, next: u32) -> Result<String, String> {
    let mut world = World::new();
    let instance = world.instance(text);
    match world.try_call(&instance, "run", &[Val::U32(out), Val::U32(next)]) {
        Ok(Some(Val::String(text))) => Ok(text.to_string()),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error.to_string()),
    }
}

/// Checks a call for all places of the result and of the memory from `realloc`, near the values.
fn is_right_everywhere(text: &str) {
    for out in (0..48).step_by(4) {
        // The result's place is not among those that `realloc` returns.
        for next in [4096, 254, 255, 256, 257, 259, 261] {
            assert_eq!(run(text, out, next).as_deref(), Ok("onethree"), "{out} {next}");
        }
    }
}

const RESULT: &str = "(result (tuple string string))";

/// Stores the pairs of two strings at 16, whose text is at 256.
const PAIRS: &str = "
    (i32.store (i32.const 16) (i32.const 256)) (i32.store (i32.const 20) (i32.const 3))
    (i32.store (i32.const 24) (i32.const 259)) (i32.store (i32.const 28) (i32.const 5))";

const CALL: &str = r#"(import "" "f" (func $f (param i32)))
    (func $call (param $out i32) (call $f (local.get $out)))"#;

#[test]
fn results_lie_over_their_source() {
    let callee = format!(r#"(func (export "f") (result i32) {PAIRS} (i32.const 16))"#);
    is_right_everywhere(&calls_itself(RESULT, "", "", (&callee, CALL)));
}

#[test]
fn results_of_tasks_lie_over_their_source() {
    let callee = r#"(func (export "f")
        (call $return (i32.const 256) (i32.const 3) (i32.const 259) (i32.const 5)))"#;
    let lift = "async";
    let ty = format!("async {RESULT}");
    is_right_everywhere(&calls_itself(&ty, lift, "", (callee, CALL)));
    // The result of a call with `async` goes to the last parameter, too.
    let call = r#"(import "" "f" (func $f (param i32) (result i32)))
        (func $call (param $out i32)
            (if (i32.ne (call $f (local.get $out)) (i32.const 2)) (then unreachable)))"#;
    is_right_everywhere(&calls_itself(&ty, lift, "async", (callee, call)));
}

#[test]
fn arguments_are_allocated_over_their_source() {
    // The callee returns its two arguments.
    let callee = r#"(func (export "f") (param i32 i32 i32 i32) (result i32)
        (i32.store (i32.const 512) (local.get 0)) (i32.store (i32.const 516) (local.get 1))
        (i32.store (i32.const 520) (local.get 2)) (i32.store (i32.const 524) (local.get 3))
        (i32.const 512))"#;
    let call = r#"(import "" "f" (func $f (param i32 i32 i32 i32 i32)))
        (func $call (param $out i32) (call $f (i32.const 256) (i32.const 3)
            (i32.const 259) (i32.const 5) (local.get $out)))"#;
    let ty = r#"(param "a" string) (param "b" string) (result (tuple string string))"#;
    is_right_everywhere(&calls_itself(ty, "", "", (callee, call)));

    // A list of strings, whose new elements lie over the old ones, and over their text.
    let callee = r#"(func (export "f") (param i32 i32) (result i32) (local.get 0))"#;
    let call = format!(
        r#"(import "" "f" (func $f (param i32 i32 i32)))
        (func $call (param $out i32) {PAIRS}
            (call $f (i32.const 16) (i32.const 2) (local.get $out)))"#
    );
    let ty = r#"(param "a" (list string)) (result (tuple string string))"#;
    let text = calls_itself(ty, "", "", (callee, &call));
    for next in (0..40).chain(240..264) {
        // The result is far from the arguments.
        assert_eq!(run(&text, 1024, next).as_deref(), Ok("onethree"), "{next}");
    }
}

#[test]
fn many_arguments_in_memory_are_allocated_over_their_source() {
    let params =
        (0..17).fold(String::new(), |text, it| text + &format!("(param \"p{it}\" string)"));
    let ty = format!("{params} {RESULT}");
    // The callee returns the first and the last argument.
    let callee = r#"(func (export "f") (param i32) (result i32)
        (memory.copy (i32.const 1024) (local.get 0) (i32.const 8))
        (memory.copy (i32.const 1032) (i32.add (local.get 0) (i32.const 128)) (i32.const 8))
        (i32.const 1024))"#;
    let call = r#"(import "" "f" (func $f (param i32 i32)))
        (func $call (param $out i32) (local $at i32)
            (local.set $at (i32.const 16))
            (loop $more
                (i32.store (local.get $at) (i32.const 256))
                (i32.store offset=4 (local.get $at) (i32.const 3))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (br_if $more (i32.lt_u (local.get $at) (i32.const 144))))
            (i32.store (i32.const 144) (i32.const 259)) (i32.store (i32.const 148) (i32.const 5))
            (call $f (i32.const 16) (local.get $out)))"#;
    let text = calls_itself(&ty, "", "", (callee, call));
    for next in [0, 4, 8, 12, 16, 20, 64, 140, 148, 200, 250, 256, 260, 4096] {
        assert_eq!(run(&text, 2048, next).as_deref(), Ok("onethree"), "{next}");
    }
}

/// Returns a guest with both ends of a stream. `move` writes 12 numbers, which lie at 64, and reads
/// them at an address.
fn both_ends(element: &str, reads_first: bool) -> String {
    let write = "(drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
        (i32.const 64) (i32.const 12)))";
    let read =
        "(drop (call $read (i32.wrap_i64 (local.get $ends)) (local.get $to) (i32.const 12)))";
    let [first, second] = if reads_first { [read, write] } else { [write, read] };
    format!(
        r#"(component
            (core module $Memory (memory (export "m") 1))
            (core instance $memory (instantiate $Memory))
            (type $t (stream {element}))
            (core func $new (canon stream.new $t))
            (core func $read (canon stream.read $t async (memory (core memory $memory "m"))))
            (core func $write (canon stream.write $t async (memory (core memory $memory "m"))))
            (core module $Main
                (import "" "m" (memory 1))
                (import "" "new" (func $new (result i64)))
                (import "" "read" (func $read (param i32 i32 i32) (result i32)))
                (import "" "write" (func $write (param i32 i32 i32) (result i32)))
                (func (export "fill") (param $at i32)
                    (loop $more
                        (i32.store8 (local.get $at) (local.get $at))
                        (local.set $at (i32.add (local.get $at) (i32.const 1)))
                        (br_if $more (i32.lt_u (local.get $at) (i32.const 300)))))
                (func (export "move") (param $to i32) (local $ends i64)
                    (local.set $ends (call $new))
                    {first} {second})
                (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0))))
            (core instance $main (instantiate $Main (with "" (instance
                (export "m" (memory $memory "m")) (export "new" (func $new))
                (export "read" (func $read)) (export "write" (func $write))))))
            (func (export "fill") (param "at" u32) (canon lift (core func $main "fill")))
            (func (export "move") (param "to" u32) (canon lift (core func $main "move")))
            (func (export "load") (param "at" u32) (result u32)
                (canon lift (core func $main "load"))))"#
    )
}

#[test]
fn elements_of_streams_lie_over_their_source() {
    for (element, size) in [("u8", 1), ("s16", 2), ("f32", 4), ("u64", 8), ("f64", 8)] {
        for reads_first in [false, true] {
            for to in [0, 8, 56, 64, 72, 80, 128, 160] {
                let mut world = World::new();
                let instance = world.instance(&both_ends(element, reads_first));
                world.call(&instance, "fill", &[Val::U32(0)]);
                world.call(&instance, "move", &[Val::U32(to)]);
                for at in 0..12 * size {
                    let byte = world.number(&instance, "load", &[Val::U32(to + at)]);
                    assert_eq!(byte, (64 + at) & 0xff, "{element} to {to}: {at}");
                }
            }
        }
    }
}
