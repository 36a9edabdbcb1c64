//! Features that wasmi lacks are named.

use weft::component::{Component, LoadError};
use weft::engine::wasmi::Wasmi;
use weft::engine::{Capability, CoreEngine as _};

/// Returns the missing features of a component whose second core module is this one.
fn missing(module: &str) -> Vec<Capability> {
    let bytes =
        wat::parse_str(format!("(component (core module) (component (core module {module})))"));
    match Component::new(&Wasmi::default(), &bytes.unwrap()) {
        Err(LoadError::MissingCapabilities { module: 1, missing }) => missing,
        other => panic!("{module}: {other:?}"),
    }
}

#[test]
fn features_that_the_engine_lacks_are_named() {
    for (module, capability) in [
        ("(tag $t) (func (throw $t))", Capability::ExceptionHandling),
        ("(func (try_table (catch_all 0)))", Capability::ExceptionHandling),
        ("(memory 1 1 shared)", Capability::Threads),
        ("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))", Capability::Threads),
        ("(type (struct (field i32)))", Capability::GarbageCollection),
        (
            "(type $a (array i8)) (func (drop (array.new_default $a (i32.const 1))))",
            Capability::GarbageCollection,
        ),
        (
            "(type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0)))",
            Capability::FunctionReferences,
        ),
    ] {
        assert_eq!(missing(module), [capability], "{module}");
    }
}

#[test]
fn the_error_names_the_module_and_the_features() {
    let bytes =
        wat::parse_str("(component (core module (tag $t) (func (throw $t)) (memory 1 1 shared)))");
    let error = Component::new(&Wasmi::default(), &bytes.unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "core module 0 needs capabilities that the engine lacks: exception-handling, threads"
    );
}

#[test]
fn features_that_the_engine_has_are_not_missing() {
    let engine = Wasmi::default();
    for module in [
        "(memory i64 1)",
        "(memory 1) (memory 2)",
        "(memory 7 (pagesize 1))",
        "(func $f (return_call $f))",
        "(func (result v128) (v128.const i64x2 1 2))",
        "(func (drop (i32x4.relaxed_trunc_f32x4_s (v128.const i64x2 1 2))))",
        "(func (result i64 i64)
            (i64.add128 (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4)))",
    ] {
        let bytes = wat::parse_str(format!("(component (core module {module}))")).unwrap();
        assert!(Component::new(&engine, &bytes).is_ok(), "{module}");
    }
    assert_eq!(engine.capabilities().len(), 7);
}
