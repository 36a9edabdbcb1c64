//! The components that the tests link.

/// Imports a function that takes two numbers and returns one, and calls it with 3 and 4.
pub(crate) const CALLS_IMPORT: &str = r#"
    (component
        (import "f" (func $f (param "a" u32) (param "b" u32) (result u32)))
        (core func $f (canon lower (func $f)))
        (core module $module
            (import "" "f" (func $f (param i32 i32) (result i32)))
            (func (export "run") (result i32) (call $f (i32.const 3) (i32.const 4)))
            (func (export "seven") (result i32) (i32.const 7)))
        (core instance $instance (instantiate $module
            (with "" (instance (export "f" (func $f))))))
        (func (export "run") (result u32) (canon lift (core func $instance "run")))
        (func (export "seven") (result u32) (canon lift (core func $instance "seven"))))
"#;

/// Returns the same with functions whose types are `async`.
pub(crate) fn calls_import_that_waits() -> String {
    CALLS_IMPORT.replace(r#"(import "f" (func $f "#, r#"(import "f" (func $f async "#).replace(
        r#"(func (export "run") (result u32)"#,
        r#"(func (export "run") async (result u32)"#,
    )
}

/// Defines a resource type whose destructor adds the representations.
pub(crate) const DEFINES_RESOURCE: &str = r#"
    (component
        (core module $own
            (global $dropped (mut i32) (i32.const 0))
            (func (export "drop") (param i32)
                (if (i32.eqz (local.get 0)) (then (unreachable)))
                (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
            (func (export "dropped") (result i32) (global.get $dropped)))
        (core instance $own (instantiate $own))
        (type $r (resource (rep i32) (dtor (core func $own "drop"))))
        (core func $new (canon resource.new $r))
        (core func $rep (canon resource.rep $r))
        (core module $module
            (import "" "new" (func $new (param i32) (result i32)))
            (import "" "rep" (func $rep (param i32) (result i32)))
            (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
            (func (export "value") (param i32) (result i32) (local.get 0))
            (func (export "two") (param i32 i32))
            (func (export "take") (param i32) (result i32) (call $rep (local.get 0))))
        (core instance $instance (instantiate $module (with "" (instance
            (export "new" (func $new)) (export "rep" (func $rep))))))
        (export $c "counter" (type $r))
        (func (export "make") (param "rep" u32) (result (own $c))
            (canon lift (core func $instance "make")))
        (func (export "value") (param "self" (borrow $c)) (result u32)
            (canon lift (core func $instance "value")))
        (func (export "take") (param "it" (own $c)) (result u32)
            (canon lift (core func $instance "take")))
        (func (export "two") (param "one" (own $c)) (param "other" (own $c))
            (canon lift (core func $instance "two")))
        (func (export "dropped") (result u32) (canon lift (core func $own "dropped"))))
"#;

/// Returns a guest that holds ends of streams of `element`. It reads and writes at most 2 elements
/// of 4 bytes with them. The written text is `abcdefgh`.
pub(crate) fn has_streams(element: &str) -> String {
    format!(
        r#"
        (component
            (core module $memory
                (memory (export "memory") 1)
                (global $top (mut i32) (i32.const 1024))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (global.get $top)
                    (global.set $top (i32.add (global.get $top) (i32.const 256))))
                (data (i32.const 64) "abcdefgh"))
            (core instance $memory (instantiate $memory))
            (type $s (stream {element}))
            (core func $new (canon stream.new $s))
            (core func $read (canon stream.read $s async
                (memory (core memory $memory "memory"))
                (realloc (core func $memory "realloc"))))
            (core func $write (canon stream.write $s async
                (memory (core memory $memory "memory"))))
            (core func $cancel-read (canon stream.cancel-read $s))
            (core func $cancel-write (canon stream.cancel-write $s))
            (core func $drop-readable (canon stream.drop-readable $s))
            (core func $drop-writable (canon stream.drop-writable $s))
            (core module $module
                (import "" "memory" (memory 1))
                (import "" "new" (func $new (result i64)))
                (import "" "read" (func $read (param i32 i32 i32) (result i32)))
                (import "" "write" (func $write (param i32 i32 i32) (result i32)))
                (import "" "cancel-read" (func $cancel-read (param i32) (result i32)))
                (import "" "cancel-write" (func $cancel-write (param i32) (result i32)))
                (import "" "drop-readable" (func $drop-readable (param i32)))
                (import "" "drop-writable" (func $drop-writable (param i32)))
                (global $readable (mut i32) (i32.const 0))
                (global $writable (mut i32) (i32.const 0))
                (func (export "take") (param i32) (global.set $readable (local.get 0)))
                (func (export "give") (result i32) (global.get $readable))
                (func (export "make") (result i32)
                    (local $ends i64)
                    (local.set $ends (call $new))
                    (global.set $writable
                        (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
                    (i32.wrap_i64 (local.get $ends)))
                (func (export "read") (param i32) (result i32)
                    (call $read (global.get $readable) (i32.const 128) (local.get 0)))
                (func (export "write") (param i32) (result i32)
                    (call $write (global.get $writable) (i32.const 64) (local.get 0)))
                (func (export "cancel-read") (result i32)
                    (call $cancel-read (global.get $readable)))
                (func (export "cancel-write") (result i32)
                    (call $cancel-write (global.get $writable)))
                (func (export "drop-readable") (call $drop-readable (global.get $readable)))
                (func (export "drop-writable") (call $drop-writable (global.get $writable)))
                (func (export "word") (param i32) (result i32)
                    (i32.load (i32.add (i32.const 128) (local.get 0))))
                (func (export "load") (param i32) (result i32)
                    (i32.load8_u (local.get 0))))
            (core instance $instance (instantiate $module (with "" (instance
                (export "memory" (memory $memory "memory"))
                (export "new" (func $new))
                (export "read" (func $read))
                (export "write" (func $write))
                (export "cancel-read" (func $cancel-read))
                (export "cancel-write" (func $cancel-write))
                (export "drop-readable" (func $drop-readable))
                (export "drop-writable" (func $drop-writable))))))
            (func (export "take") (param "s" $s) (canon lift (core func $instance "take")))
            (func (export "give") (result $s) (canon lift (core func $instance "give")))
            (func (export "make") (result $s) (canon lift (core func $instance "make")))
            (func (export "read") (param "n" u32) (result u32)
                (canon lift (core func $instance "read")))
            (func (export "write") (param "n" u32) (result u32)
                (canon lift (core func $instance "write")))
            (func (export "cancel-read") (result u32)
                (canon lift (core func $instance "cancel-read")))
            (func (export "cancel-write") (result u32)
                (canon lift (core func $instance "cancel-write")))
            (func (export "drop-readable") (canon lift (core func $instance "drop-readable")))
            (func (export "drop-writable") (canon lift (core func $instance "drop-writable")))
            (func (export "word") (param "at" u32) (result u32)
                (canon lift (core func $instance "word")))
            (func (export "load") (param "at" u32) (result u32)
                (canon lift (core func $instance "load"))))
        "#
    )
}
