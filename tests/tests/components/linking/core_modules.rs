//! Core modules: refused ones, the order of their imports, and memories that are the same.

use wasmi::{CompilationMode, Config};
use weft::abi::Val;
use weft::component::{CallError, Component, InvalidComponent, Linker, LoadError, Module, Store};
use weft::engine::wasmi::Wasmi;
use weft::trap::Trap;

/// Returns engines that validate functions when their module is compiled, and one that does it when
/// a function is first called.
fn engines() -> Vec<Wasmi> {
    let modes = [CompilationMode::Eager, CompilationMode::LazyTranslation, CompilationMode::Lazy];
    let of_mode = |mode| Wasmi::new(Config::default().compilation_mode(mode), None);
    modes.map(of_mode).into_iter().chain([Wasmi::default()]).collect()
}

#[test]
fn an_invalid_function_is_refused_in_every_mode_of_validation() {
    let module = wat::parse_str("(module (func) (func (result i32)))").unwrap();
    let component =
        wat::parse_str("(component (core module (func)) (core module (func) (func (result i32))))")
            .unwrap();
    let expected = weft::component::validate(&component).unwrap_err();
    for engine in engines() {
        match Component::new(&engine, &component) {
            Err(LoadError::Invalid(found)) => assert_eq!(found, expected),
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            Module::new(&engine, &module),
            Err(LoadError::Invalid(InvalidComponent::Invalid { .. }))
        ));
    }
}

#[test]
fn imports_with_one_name_keep_the_order_of_the_module() {
    let component = wat::parse_str(
        r#"(component
            (core module $Given
                (func (export "f") (result i32) (i32.const 7))
                (func (export "g") (param i64) (result i64) (local.get 0)))
            (core instance $given (instantiate $Given))
            (import "module" (core module $Module
                (import "a" "f" (func (result i32)))
                (import "a" "g" (func (param i64) (result i64)))
                (export "run" (func (result i32)))))
            (core instance $module (instantiate $Module (with "a" (instance $given))))
            (func (export "run") (result u32) (canon lift (core func $module "run"))))"#,
    )
    .unwrap();
    let module = wat::parse_str(
        r#"(module
            (import "a" "f" (func $first (result i32)))
            (import "a" "g" (func $g (param i64) (result i64)))
            (import "a" "f" (func $again (result i32)))
            (func (export "run") (result i32)
                (i32.sub
                    (i32.mul (call $first) (call $again))
                    (i32.wrap_i64 (call $g (i64.const 7))))))"#,
    )
    .unwrap();
    for engine in engines() {
        let component = Component::new(&engine, &component).unwrap();
        let mut linker = Linker::new();
        linker.module("module", &Module::new(&engine, &module).unwrap());
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component, &linker).unwrap();
        let run = store.function(&instance, "run").unwrap();
        assert_eq!(store.call(&run, &[]).unwrap(), Some(Val::U32(42)));
    }
}

/// Calls a function with the memory `lifted`, which returns by `task.return` with the memory
/// `returned`. Both are names of exports of `$again` and `$other`.
fn returns(lifted: &str, returned: &str) -> Result<Option<Val>, CallError> {
    let text = r#"(component
        (core module $Memories
            (memory (export "a") 1) (memory (export "empty") 0) (memory (export "void") 0)
            (export "b" (memory 0)))
        (core instance $memories (instantiate $Memories))
        (core module $Again
            (import "m" "b" (memory 1))
            (import "m" "empty" (memory 0))
            (export "c" (memory 0)) (export "d" (memory 1)))
        (core instance $again (instantiate $Again (with "m" (instance
            (export "b" (memory $memories "a"))
            (export "empty" (memory $memories "empty"))))))
        (core instance $all
            (export "a" (memory $memories "a"))
            (export "b" (memory $memories "b"))
            (export "c" (memory $again "c"))
            (export "d" (memory $again "d"))
            (export "empty" (memory $memories "empty"))
            (export "void" (memory $memories "void")))
        (alias core export $all "LIFTED" (core memory $lifted))
        (alias core export $all "RETURNED" (core memory $returned))
        (core func $return (canon task.return (result string) (memory $returned)))
        (core module $Module
            (import "" "return" (func $return (param i32 i32)))
            (func (export "run") (call $return (i32.const 0) (i32.const 0))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "return" (func $return))))))
        (func (export "run") async (result string)
            (canon lift (core func $module "run") async (memory $lifted))))"#;
    let text = text.replace("LIFTED", lifted).replace("RETURNED", returned);
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &Linker::new()).unwrap();
    let run = store.function(&instance, "run").unwrap();
    store.call(&run, &[])
}

#[test]
fn a_memory_is_the_same_under_each_name() {
    let ways = [["a", "b", "c"].as_slice(), &["empty", "d"], &["void"]];
    for (one, some) in ways.iter().enumerate() {
        for (other, others) in ways.iter().enumerate() {
            for (lifted, returned) in
                some.iter().flat_map(|it| others.iter().map(move |to| (it, to)))
            {
                let found = returns(lifted, returned);
                if one == other {
                    assert_eq!(found.unwrap(), Some(Val::String("".into())), "{lifted} {returned}");
                } else {
                    let error = found.unwrap_err();
                    assert!(
                        matches!(error, CallError::Trap(Trap::TaskReturnMismatch)),
                        "{lifted} {returned}: {error:?}"
                    );
                }
            }
        }
    }
}
