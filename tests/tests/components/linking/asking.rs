//! Inspection of a component's imports and exports, and the causes of errors.

use std::error::Error as _;

use weft::abi::{Type, Val};
use weft::builtin::TypeIndex;
use weft::component::{
    CallError, Component, CoreExternType, CoreValueType, ExternType, HostResultProblem, LoadError,
    LoadFileError,
};
use weft::engine::wasmi::Wasmi;
use weft_tests::causes::chain;
use weft_tests::world::World;

use crate::linking::guests::CALLS_IMPORT;

/// A component with imports and exports of every kind.
const EVERY_KIND: &str = r#"
    (component
        (import "a:b/things@1.2.0" (instance $things
            (export "thing" (type $thing (sub resource)))
            (type $point' (record (field "x" u32)))
            (export "point" (type $point (eq $point')))
            (export "make" (func async (param "at" $point) (result (own $thing))))))
        (import "m" (core module
            (import "from" "f" (func (param i32) (result f64)))
            (export "memory" (memory 1 2))))
        (import "c" (component (import "x" (func)) (export "y" (func (result string)))))
        (alias export $things "make" (func $make))
        (export "again" (func $make)))
"#;

#[test]
fn all_imports_and_exports_can_be_listed() {
    let component = World::new().load(EVERY_KIND);
    let imports: Vec<_> = component.imports().collect();
    let [
        ("a:b/things@1.2.0", ExternType::Instance(things)),
        ("m", ExternType::Module(module)),
        ("c", ExternType::Component(nested)),
    ] = &imports[..]
    else {
        panic!("{imports:?}")
    };
    let exports: Vec<_> = things.exports().collect();
    let [
        ("thing", ExternType::Resource(thing)),
        ("point", ExternType::Type(Some(Type::Record(point)))),
        ("make", ExternType::Function(make)),
    ] = &exports[..]
    else {
        panic!("{exports:?}")
    };
    assert_eq!(component.resource_name(*thing).unwrap(), "a:b/things@1.2.0/thing");
    assert_eq!(component.resource_name(TypeIndex(thing.0 + 1)), None);
    assert_eq!(point.fields()[0].name(), "x");
    assert!(make.is_async());
    assert_eq!(make.params().collect::<Vec<_>>(), [("at", &Type::Record(point.clone()))]);
    assert_eq!(make.result(), Some(&Type::Own(*thing)));

    let (from, name, CoreExternType::Function(f)) = module.imports().next().unwrap() else {
        panic!()
    };
    assert_eq!((from, name), ("from", "f"));
    assert_eq!((f.params(), f.results()), (&[CoreValueType::I32][..], &[CoreValueType::F64][..]));
    let (name, CoreExternType::Memory { limits, .. }) = module.exports().next().unwrap() else {
        panic!()
    };
    assert_eq!((name, limits.minimum, limits.maximum), ("memory", 1, Some(2)));
    assert_eq!(nested.imports().map(|(name, _)| name).collect::<Vec<_>>(), ["x"]);
    let (_, y) = nested.exports().next().unwrap();
    assert_eq!(y.to_string(), "func() -> string");

    let exports: Vec<_> = component.exports().collect();
    let [("again", ExternType::Function(again))] = &exports[..] else { panic!("{exports:?}") };
    assert_eq!(again, make);
}

#[test]
fn a_component_is_loaded_from_a_file_and_errors_name_it() {
    let engine = Wasmi::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.wasm");
    let missing = Component::from_file(&engine, &path).unwrap_err();
    assert!(matches!(&missing, LoadFileError::Read { path: it, .. } if *it == path), "{missing}");
    assert!(missing.source().unwrap().is::<std::io::Error>());
    std::fs::write(&path, b"text").unwrap();
    let invalid = Component::from_file(&engine, &path).unwrap_err();
    assert!(matches!(&invalid, LoadFileError::Load { .. }), "{invalid}");
    assert!(invalid.source().unwrap().is::<LoadError>());
    assert!(invalid.to_string().contains("calls.wasm"), "{invalid}");
    std::fs::write(&path, wat::parse_str(CALLS_IMPORT).unwrap()).unwrap();
    let component = Component::from_file(&engine, &path).unwrap();
    assert_eq!(component.exports().count(), 2);
}

#[test]
fn an_error_of_a_host_function_is_the_cause() {
    #[derive(Debug)]
    struct Full(std::fmt::Error);

    impl std::fmt::Display for Full {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the disk is full")
        }
    }

    impl std::error::Error for Full {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    let mut world = World::new();
    world.linker.function("f", |_, _| Err(Full(std::fmt::Error).into()));
    let instance = world.instance(CALLS_IMPORT);
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    assert_eq!(error.to_string(), "a host function failed");
    assert!(error.source().unwrap().is::<Full>());
    let text = "a host function failed: the disk is full: an error occurred when formatting an \
                argument";
    assert_eq!(chain(&error), text);
    // The error is the same through another call.
    let again = world.try_call(&instance, "run", &[]).unwrap_err();
    assert!(matches!(again, CallError::InstanceTrapped(_)));
    assert_eq!(again.source().unwrap().source().unwrap().to_string(), "the disk is full");
}

#[test]
fn a_wrong_result_names_the_function_and_the_mistake() {
    let mut world = World::new();
    world.linker.function("f", |_, _| Ok(Some(Val::U8(1))));
    let instance = world.instance(CALLS_IMPORT);
    let error = world.try_call(&instance, "run", &[]).unwrap_err();
    let CallError::HostResult(wrong) = &error else { panic!("{error}") };
    assert_eq!(wrong.function(), "f");
    let HostResultProblem::Mismatch(mismatch) = wrong.problem() else { panic!("{error}") };
    assert_eq!((mismatch.expected(), mismatch.found()), ("u32", "a u8"));
    assert_eq!(error.source().unwrap().to_string(), mismatch.to_string());
}
