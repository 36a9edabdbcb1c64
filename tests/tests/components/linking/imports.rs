//! Functions, instances, versions, and errors of imports.

use std::task::Poll;

use weft::abi::{Type, Val};
use weft::component::{
    Component, Features, FunctionType, HostResourceType, ImportError, InstantiateError, LoadError,
};

use crate::linking::guests::{CALLS_IMPORT, calls_import_that_waits};
use weft_tests::world::World;

fn adds(arguments: &[Val]) -> Option<Val> {
    match arguments {
        [Val::U32(a), Val::U32(b)] => Some(Val::U32(a + b)),
        _ => None,
    }
}

fn number_type(names: [&str; 2], result: Type) -> FunctionType {
    FunctionType::new(names.map(|name| (name, Type::U32)), Some(result)).unwrap()
}

#[test]
fn a_host_function_is_called_and_returns() {
    let mut world = World::new();
    world.linker.function("f", |_, arguments| Ok(adds(&arguments)));
    let instance = world.instance(CALLS_IMPORT);
    assert_eq!(world.number(&instance, "run", &[]), 7);
}

#[test]
fn a_waiting_host_function_returns_when_its_future_is_ready() {
    let mut world = World::new();
    world.linker.async_function("f", |_, arguments| {
        let mut polls = 0;
        std::future::poll_fn(move |cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls == 1 { Poll::Pending } else { Poll::Ready(Ok(adds(&arguments))) }
        })
    });
    let instance = world.instance(&calls_import_that_waits());
    assert_eq!(world.number(&instance, "run", &[]), 7);
}

#[test]
fn a_typed_function_fits_only_imports_of_its_type() {
    let mut world = World::new();
    let ty = number_type(["a", "b"], Type::U32);
    world.linker.declared_function("f", ty, &[], |_, arguments| Ok(adds(&arguments)));
    let instance = world.instance(CALLS_IMPORT);
    assert_eq!(world.number(&instance, "run", &[]), 7);

    let others = [
        number_type(["a", "b"], Type::String),
        number_type(["a", "c"], Type::U32),
        number_type(["a", "b"], Type::U32).into_async(),
    ];
    for ty in others {
        let given = ty.to_string();
        world.linker.declared_function("f", ty, &[], |_, arguments| Ok(adds(&arguments)));
        let expected = ImportError::Mismatch {
            name: "f".into(),
            expected: "func(a: u32, b: u32) -> u32".into(),
            given,
        };
        assert_eq!(world.import_errors(CALLS_IMPORT), [expected]);
    }
}

/// Imports an instance with a resource type and a function that takes a resource of it.
const TAKES_RESOURCE: &str = r#"
    (component
        (import "things" (instance
            (export "thing" (type $thing (sub resource)))
            (export "take" (func (param "it" (own $thing)))))))
"#;

#[test]
fn resource_types_of_a_function_are_positions_in_its_list() {
    let mut world = World::new();
    let (thing, other) = (HostResourceType::new(), HostResourceType::new());
    let ty = FunctionType::new([("it", Type::Own(weft::builtin::TypeIndex(0)))], None).unwrap();
    let things = world.linker.instance("things");
    things.resource("thing", &thing);
    things.declared_function("take", ty.clone(), &[thing], |_, _| Ok(None));
    world.instance(TAKES_RESOURCE);

    let things = world.linker.instance("things");
    things.declared_function("take", ty.clone(), &[other], |_, _| Ok(None));
    let errors = world.import_errors(TAKES_RESOURCE);
    assert!(matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == "things/take"));

    // There is no such position.
    let things = world.linker.instance("things");
    things.declared_function("take", ty, &[], |_, _| Ok(None));
    world.try_instance(TAKES_RESOURCE).unwrap_err();
}

#[test]
fn every_wrong_import_is_named_with_its_path() {
    let mut world = World::new();
    world.linker.instance("b").function("present", |_, _| Ok(None)).instance("inner");
    world.linker.function("c", |_, _| Ok(None));
    let errors = world.import_errors(
        r#"
        (component
            (import "a" (func (param "x" string) (result (list u8))))
            (import "b" (instance
                (export "present" (func))
                (export "absent" (func (result bool)))
                (export "inner" (instance (export "deep" (func))))))
            (import "c" (instance (export "f" (func))))
            (import "d" (type (sub resource))))
        "#,
    );
    let missing = |name: &str, expected: &str| ImportError::Missing {
        name: name.into(),
        expected: expected.into(),
    };
    let expected = [
        missing("a", "func(x: string) -> list<u8>"),
        missing("b/absent", "func() -> bool"),
        missing("b/inner/deep", "func()"),
        ImportError::Mismatch {
            name: "c".into(),
            expected: "instance { f: func(); }".into(),
            given: "a function".into(),
        },
        missing("d", "resource"),
    ];
    assert_eq!(errors, expected);
}

#[test]
fn an_error_has_the_expected_and_the_found_type() {
    let mut world = World::new();
    let error = world.try_instance(CALLS_IMPORT).unwrap_err();
    let text = "the linker does not define the import `f`: expected func(a: u32, b: u32) -> u32";
    assert_eq!(error.to_string(), text);
    world.linker.instance("f");
    let error = world.try_instance(CALLS_IMPORT).unwrap_err();
    let text = "the linker defines the import `f` with another type: expected func(a: u32, b: u32) -> \
                u32, found an\n    instance";
    assert_eq!(error.to_string(), text);
}

/// Returns a component that imports an instance by a name with a version, and exports the result of
/// its function.
fn imports_version(version: &str) -> String {
    format!(
        r#"
        (component
            (import "a:b/c@{version}" (instance $c (export "f" (func (result u32)))))
            (core func $f (canon lower (func $c "f")))
            (core module $module
                (import "" "f" (func $f (result i32)))
                (func (export "run") (result i32) (call $f)))
            (core instance $instance (instantiate $module
                (with "" (instance (export "f" (func $f))))))
            (func (export "run") (result u32) (canon lift (core func $instance "run"))))
        "#
    )
}

#[test]
fn an_import_gets_its_own_version_or_a_compatible_one() {
    let mut world = World::new();
    for (version, number) in [("1.2.0", 120), ("1.10.1", 1101), ("1.9.0", 190), ("0.2.5", 25)] {
        let name = format!("a:b/c@{version}");
        world.linker.instance(&name).function("f", move |_, _| Ok(Some(Val::U32(number))));
    }
    for (version, number) in
        [("1.2.0", 120), ("1.3.0", 1101), ("1.99.0", 1101), ("0.2.0", 25), ("0.2.9", 25)]
    {
        let instance = world.instance(&imports_version(version));
        assert_eq!(world.number(&instance, "run", &[]), number, "{version}");
    }
    for version in ["2.0.0", "0.3.0", "0.0.1", "1.2.0-rc.1"] {
        let errors = world.import_errors(&imports_version(version));
        let name = format!("a:b/c@{version}");
        assert!(matches!(&errors[..], [ImportError::Missing { name: it, .. }] if *it == name));
    }
}

#[test]
fn exports_of_another_instance_are_checked_as_imports() {
    let mut world = World::new();
    world.linker.function("f", |_, arguments| Ok(adds(&arguments)));
    let provider = world.instance(CALLS_IMPORT);
    world.linker.exports_of("provider", &provider);
    let user = |ty: &str| {
        format!(
            r#"
            (component
                (import "provider" (instance $p (export "run" (func {ty}))))
                (export "again" (func $p "run")))
            "#
        )
    };
    let instance = world.instance(&user("(result u32)"));
    assert_eq!(world.number(&instance, "again", &[]), 7);
    let expected = ImportError::Mismatch {
        name: "provider/run".into(),
        expected: "func() -> s32".into(),
        given: "func() -> u32".into(),
    };
    assert_eq!(world.import_errors(&user("(result s32)")), [expected]);
}

#[test]
fn types_in_an_imported_instance_need_not_be_provided() {
    let mut world = World::new();
    world.linker.instance("types").function("f", |_, _| Ok(None));
    world.instance(
        r#"
        (component (import "types" (instance
            (type $record (record (field "a" u32)))
            (export "record" (type $named (eq $record)))
            (export "f" (func (param "r" $named))))))
        "#,
    );
}

/// Imports an instance by a nested name.
const NESTED_NAME: &str = r#"
    (component
        (import "outer:inner:words/basics/greetings@1.2.0" (instance $greetings
            (export "times" (func (result u32)))))
        (core func $times (canon lower (func $greetings "times")))
        (core module $module
            (import "" "times" (func $times (result i32)))
            (func (export "run") (result i32) (call $times)))
        (core instance $instance (instantiate $module (with "" (instance
            (export "times" (func $times))))))
        (func (export "run") (result u32) (canon lift (core func $instance "run"))))
"#;

#[test]
fn nested_names_are_linked_with_their_versions() {
    let mut world = World::new();
    let bytes = wat::parse_str(NESTED_NAME).unwrap();
    assert!(matches!(Component::new(&world.engine, &bytes), Err(LoadError::Invalid(_))));

    let features = Features::default().with_nested_names();
    let component = Component::with_features(&world.engine, &bytes, features).unwrap();
    // A package of the same name in another namespace is another package.
    world
        .linker
        .instance("outer:words/basics/greetings@1.2.0")
        .function("times", |_, _| Ok(Some(Val::U32(1))));
    match world.store.instantiate(&component, &world.linker) {
        Err(InstantiateError::Imports(errors)) => assert_eq!(errors.len(), 1),
        other => panic!("{other:?}"),
    }
    let linked = world.linker.instance("outer:inner:words/basics/greetings@1.3.0");
    linked.function("times", |_, _| Ok(Some(Val::U32(7))));
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(world.number(&instance, "run", &[]), 7);
}

#[test]
fn an_error_distinguishes_resource_types_with_one_name() {
    let mut world = World::new();
    let thing = HostResourceType::new();
    let ty = FunctionType::new([("it", Type::Own(weft::builtin::TypeIndex(0)))], None).unwrap();
    let things = world.linker.instance("things");
    things.resource("thing", &thing);
    things.declared_function("take", ty, &[HostResourceType::new()], |_, _| Ok(None));
    let errors = world.import_errors(TAKES_RESOURCE);
    let [ImportError::Mismatch { expected, given, .. }] = &errors[..] else { panic!("{errors:?}") };
    assert_eq!(expected, "func(it: own<thing>)");
    assert_eq!(given, "func(it: own<another-resource>)");

    world.linker = weft::component::Linker::new();
    let errors = world.import_errors(TAKES_RESOURCE);
    let missing = ImportError::Missing {
        name: "things".into(),
        expected: "instance { thing: resource; take: func(it: own<thing>); }".into(),
    };
    assert_eq!(errors, [missing]);
    world.linker.instance("things").resource("thing", &thing);
    let errors = world.import_errors(TAKES_RESOURCE);
    let missing = ImportError::Missing {
        name: "things/take".into(),
        expected: "func(it: own<thing>)".into(),
    };
    assert_eq!(errors, [missing]);
}

#[test]
fn an_error_shows_the_differing_part_of_a_long_type() {
    let fields = |last: &str| {
        let field = |number| format!(r#"(field "field-{number}" u8)"#);
        let fields: Vec<_> = (0..500).map(field).collect();
        format!(r#"(record {} (field "last" {last}))"#, fields.join(" "))
    };
    let component = |ty: &str| {
        format!(
            r#"(component
                (type $r' {ty})
                (import "r" (type $r (eq $r')))
                (import "f" (func (param "a" u8) (param "r" (list $r)))))"#
        )
    };
    let mut world = World::new();
    let given = Type::record(
        (0..500)
            .map(|it| (format!("field-{it}"), Type::U8))
            .chain([("last".to_owned(), Type::String)]),
    );
    let ty = FunctionType::new([("a", Type::U8), ("r", Type::list(given.unwrap()).unwrap())], None);
    world.linker.declared_function("f", ty.unwrap(), &[], |_, _| Ok(None));
    world.instance(&component(&fields("string")));
    let expected = ImportError::Mismatch {
        name: "f".into(),
        expected: "`r[].last`: char".into(),
        given: "`r[].last`: string".into(),
    };
    assert_eq!(world.import_errors(&component(&fields("char"))), [expected]);
}
