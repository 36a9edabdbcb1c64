//! Components that return their arguments.

/// The address of arguments in these guests.
pub(crate) const MEMORY: &str = r#"
    (memory (export "memory") 2)
    (global $next (mut i32) (i32.const 1024))
    (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) (local $address i32)
        (local.set $address (i32.and
            (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
            (i32.sub (i32.const 0) (local.get 2))))
        (global.set $next (i32.add (local.get $address) (local.get 3)))
        (local.get $address))
"#;

/// Returns a component that imports `f`, and exports `f`, which calls it. Both have the flat
/// parameters and the flat result of core functions of such a type, with the result in memory if it
/// is not flat.
pub(crate) fn passes_on(types: &str, ty: &str, flat: &str) -> String {
    let count = flat.split_whitespace().count();
    let gets: Vec<_> = (0..count).map(|it| format!("(local.get {it})")).collect();
    let gets = gets.join(" ");
    format!(
        r#"(component
            {types}
            (import "f" (func $f {ty}))
            (core module $libc {MEMORY})
            (core instance $libc (instantiate $libc))
            (core func $f (canon lower (func $f)
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core module $module
                (import "" "f" (func $f (param {flat} i32)))
                (func (export "f") (param {flat}) (result i32)
                    (call $f {gets} (i32.const 64)) (i32.const 64)))
            (core instance $instance (instantiate $module (with "" (instance
                (export "f" (func $f))))))
            (func (export "f") {ty} (canon lift (core func $instance "f")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#
    )
}
