//! Mistakes with resources that are values.

use std::any::type_name;

use weft::abi::{Resource, Type, Val};
use weft::binding::{Borrow, Own};
use weft::component::streams::StreamError;
use weft::component::{
    CallError, Caller, HandleProblem, HostResourceType, ImportError, InstantiateError, LinkerItem,
};
use weft::engine::wasmi::Wasmi;
use weft::handle::{BorrowHandle, OwnHandle, StreamHandle};
use weft_tests::world::World;

use super::guests::{File, USES_FILES, export, files};

/// Returns the message of an error, with those of its causes.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut error = error;
    while let Some(source) = error.source() {
        text = format!("{text}: {source}");
        error = source;
    }
    text
}

#[derive(Debug)]
struct Other;

/// Returns the messages for the imports of [`USES_FILES`], with their causes.
fn import_errors<T: 'static>(world: &mut World<T>) -> Vec<String> {
    world.import_errors(USES_FILES).iter().map(|error| told(error)).collect()
}

#[test]
fn an_import_of_another_resource_type_is_refused() {
    let (mut world, _) = files();
    world.linker.typed_function("open", |_, (_,): (u32,)| Ok(Own::new(Other)));
    world.linker.typed_function("id", |_, (_,): (Borrow<Other>,)| Ok(0_u32));
    world.linker.typed_async_function("close", |_, (_,): (Own<Other>,)| async { Ok(0_u32) });
    let component = world.load(USES_FILES);
    assert_eq!(world.linker.check(&component).len(), 3);
    let (file, other) = (type_name::<File>(), type_name::<Other>());
    let text = |name: &str, ty: &str, part: &str, kind: &str| {
        format!(
            "the host function for the import `{name}` has another type: in `{ty}`, {part}expected \
             {kind}<file> with values of `{file}`, found {kind}<{other}>"
        )
    };
    let [params, result] =
        ["the parameters are of other types: at [0]: ", "the result is of another type: "];
    let expected = [
        text("open", "func(id: u32) -> own<file>", result, "own"),
        text("id", "func(self: borrow<file>) -> u32", params, "borrow"),
        text("close", "func(self: own<file>) -> u32", params, "own"),
    ];
    assert_eq!(import_errors(&mut world), expected);
}

#[test]
fn a_resource_type_of_numbers_has_no_values() {
    let (mut world, _) = files();
    world.linker.resource("file", &HostResourceType::new());
    let errors = import_errors(&mut world);
    assert_eq!(errors.len(), 3, "{errors:?}");
    let file = type_name::<File>();
    for error in errors {
        let text = "<file> without values, which `HostResourceType::of` did not make, found ";
        assert!(error.contains(text) && error.contains(&format!("<{file}>")), "{error}");
    }
    // A handle is of any resource type.
    world.linker.resource("file", &HostResourceType::of::<File>());
    world.linker.typed_function("open", |_, (id,): (u32,)| Ok(OwnHandle::<Other>::new(id.into())));
    world.linker.typed_function("id", |_, (_,): (BorrowHandle<'static, Other>,)| Ok(0_u32));
    world.instance(USES_FILES);
}

/// Checks resource types that are in other types.
#[test]
fn the_place_of_another_resource_type_is_named() {
    let mut world = World::new();
    world.linker.resource("file", &HostResourceType::of::<File>());
    world.linker.resource("other", &HostResourceType::of::<Other>());
    let text = |ty: &str| {
        format!(
            r#"(component
                (import "file" (type $file (sub resource)))
                (import "other" (type $other (sub resource)))
                (import "f" (func (param "a" u8) (param "it" {ty}))))"#
        )
    };
    let refused = |world: &mut World, ty: &str| {
        let errors = world.import_errors(&text(ty));
        let [error] = &errors[..] else { panic!("{errors:?}") };
        told(error)
    };
    let (file, other) = (type_name::<File>(), type_name::<Other>());
    let expected = |place: &str| {
        format!("at [1]{place}: expected own<other> with values of `{other}`, found own<{file}>")
    };
    world.linker.typed_function("f", |_, _: (u8, Vec<(Own<File>, u8)>)| Ok(()));
    let error = refused(&mut world, "(list (tuple (own $other) u8))");
    assert!(error.ends_with(&expected("[].0")), "{error}");
    world.instance(&text("(list (tuple (own $file) u8))"));
    world.linker.typed_function("f", |_, _: (u8, StreamHandle<Own<File>>)| Ok(()));
    let error = refused(&mut world, "(stream (own $other))");
    assert!(error.ends_with(&expected("<>")), "{error}");
    world.instance(&text("(stream (own $file))"));
    world.linker.typed_function("f", |_, _: (u8, Result<Own<Other>, Own<File>>)| Ok(()));
    let error = refused(&mut world, "(result (own $other) (error (own $other)))");
    assert!(error.ends_with(&expected("(error)")), "{error}");
    world.instance(&text("(result (own $other) (error (own $file)))"));
}

/// Checks resource types and functions that another instance exports: they are known in the store.
#[test]
fn resource_types_of_other_instances_are_compared_too() {
    let user = r#"(component
        (import "p" (instance $p (export "file" (type $file (sub resource)))))
        (alias export $p "file" (type $file))
        (import "id" (func (param "self" (borrow $file)) (result u32))))"#;
    // A resource type of a guest has no values.
    let (mut world, _) = files();
    let guest =
        world.instance(r#"(component (type $r (resource (rep i32))) (export "file" (type $r)))"#);
    world.linker.exports_of("p", &guest);
    let component = world.load(user);
    assert_eq!(world.linker.check(&component), []);
    let errors = world.import_errors(user);
    let [error] = &errors[..] else { panic!("{errors:?}") };
    assert!(told(error).contains("expected borrow<file> without values"), "{error}");

    // A guest exports the resource type and the host function that it has imported.
    let passes_on = r#"(component
        (import "file" (type $file (sub resource)))
        (import "close" (func $close (param "self" (own $file)) (result u32)))
        (export $again "file" (type $file))
        (export "close" (func $close) (func (param "self" (own $again)) (result u32))))"#;
    let guest = world.instance(passes_on);
    world.linker.exports_of("p", &guest);
    world.instance(user);
    world.linker.typed_function("id", |_, (_,): (Borrow<Other>,)| Ok(0_u32));
    let errors = world.import_errors(user);
    let [error] = &errors[..] else { panic!("{errors:?}") };
    let text = format!("expected borrow<file> with values of `{}`", type_name::<File>());
    assert!(told(error).contains(&text), "{error}");
    let user = r#"(component (import "p" (instance
        (export "file" (type $file (sub resource)))
        (export "close" (func (param "self" (own $file)) (result u32))))))"#;
    world.instance(user);
}

/// Checks a host resource type that is imported twice: from the linker, and from an instance that
/// exports it again.
#[test]
fn a_resource_type_that_an_instance_passes_on_is_that_of_the_host() {
    let user = r#"(component
        (import "file" (type $file (sub resource)))
        (import "close" (func (param "self" (own $file)) (result u32)))
        (import "p" (instance
            (export "file" (type $again (eq $file)))
            (export "close" (func (param "self" (own $again)) (result u32))))))"#;
    let user_of_other = user.replace("\"p\"", "\"other\"");
    let (mut world, _) = files();
    let passes_on = r#"(component
        (import "file" (type $file (sub resource)))
        (import "close" (func $close (param "self" (own $file)) (result u32)))
        (export "file" (type $file))
        (export "close" (func $close)))"#;
    let guest = world.instance(passes_on);
    world.linker.exports_of("p", &guest);
    world.instance(user);
    let prepared = world.linker.instantiate_pre(&world.load(user)).unwrap();
    prepared.instantiate(&mut world.store).unwrap();

    let file = HostResourceType::of::<File>();
    let of_file = world.linker.get("file").and_then(|it| match it {
        LinkerItem::Resource(file) => Some(file.clone()),
        _ => None,
    });
    world.linker.resource("file", &file);
    let other = world.instance(passes_on);
    world.linker.exports_of("other", &other);
    world.linker.resource("file", &of_file.unwrap());
    let errors = world.import_errors(&user_of_other);
    assert!(
        matches!(&errors[0], ImportError::Mismatch { name, .. } if name == "other/file"),
        "{errors:?}"
    );
}

#[test]
fn a_value_of_another_type_is_not_passed() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let take = export::<_, (Own<Other>,), u32>(&world, &instance, "take");
    let error = world.store.call(&take, (Own::new(Other),)).unwrap_err();
    assert!(matches!(error, CallError::ResourceValue(_)), "{error:?}");
    let text = told(&error);
    assert!(text.contains("refused::Other`, found one of `"), "{text}");
    assert!(text.ends_with("guests::File`"), "{text}");
    let CallError::ResourceValue(error) = error else { return };
    assert!(error.rust_type().ends_with("Other"));
    assert!(error.values().is_some_and(|it| it.ends_with("File")));
    // The guest was not affected.
    let take = export::<_, (Own<File>,), u32>(&world, &instance, "take");
    assert_eq!(world.store.call(&take, (files.file(1),)).unwrap(), 1);
}

#[test]
fn a_value_of_another_type_is_not_received() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let open = export::<_, (u32,), Own<Other>>(&world, &instance, "open");
    let error = world.store.call(&open, (1,)).unwrap_err();
    assert!(matches!(error, CallError::ResourceValue(_)), "{error:?}");
    // A value that cannot be passed to the caller is dropped when the store runs on.
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");
    let file = world.store.call(&open, (2,)).unwrap();
    assert_eq!(file.id, 2);
    assert_eq!(files.dropped(), 1);
    drop(world);
    assert_eq!(files.dropped(), 1);
}

/// Checks that resources that are numbers have no values.
#[test]
fn a_number_is_no_value() {
    let (mut world, files) = files();
    world.linker.resource("file", &HostResourceType::new());
    world.linker.typed_function("open", |_, (id,): (u32,)| Ok(OwnHandle::<File>::new(id.into())));
    world.linker.typed_function("id", |_, (_,): (BorrowHandle<'static, File>,)| Ok(0_u32));
    world.linker.typed_function("close", |_, (_,): (OwnHandle<File>,)| Ok(0_u32));
    let instance = world.instance(USES_FILES);
    let take = export::<_, (Own<File>,), u32>(&world, &instance, "take");
    let error = world.store.call(&take, (files.file(1),)).unwrap_err();
    assert!(told(&error).contains("without values"), "{error}");
    assert_eq!(files.dropped(), 1);
}

/// Checks that the host owns a number that stands for a value as often as it received it.
#[test]
fn a_number_that_stands_for_a_value_is_passed_once() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let opened = world.call(&instance, "open", &[Val::U32(1)]).unwrap();
    let Val::Own(resource) = opened else { panic!("{opened:?}") };
    let twice = world.try_call(
        &instance,
        "take",
        &[Val::Own(Resource { representation: resource.representation + 1, ..resource })],
    );
    assert!(
        matches!(twice, Err(CallError::Handle(error)) if error.problem() == HandleProblem::NotHeld)
    );
    assert_eq!(world.number(&instance, "look", &[Val::Borrow(resource)]), 1);
    assert_eq!(world.number(&instance, "take", &[Val::Own(resource)]), 1);
    assert_eq!(files.dropped(), 1);
    let again = world.try_call(&instance, "take", &[Val::Own(resource)]);
    assert!(
        matches!(again, Err(CallError::Handle(error)) if error.problem() == HandleProblem::NotHeld)
    );
    let again = world.try_call(&instance, "look", &[Val::Borrow(resource)]);
    assert!(
        matches!(again, Err(CallError::Handle(error)) if error.problem() == HandleProblem::NotHeld)
    );
    // Nor does it drop a value that a guest has.
    let opened = world.call(&instance, "open", &[Val::U32(2)]).unwrap();
    let Val::Own(resource) = opened else { panic!("{opened:?}") };
    world.call(&instance, "keep", &[Val::Own(resource)]);
    assert!(world.store.drop_resource(resource).is_err());
    assert_eq!(files.dropped(), 1);
    let opened = world.call(&instance, "open", &[Val::U32(3)]).unwrap();
    let Val::Own(resource) = opened else { panic!("{opened:?}") };
    world.store.drop_resource(resource).unwrap();
    assert_eq!(files.dropped(), 2);
}

/// Checks that a host function which returns an invalid handle also drops the values it returns
/// with it.
#[test]
fn values_returned_with_a_refused_one_are_dropped() {
    let (mut world, files) = files();
    let made = files.clone();
    world.linker.typed_function("f", move |caller: &mut Caller<'_, '_, Wasmi, _>, (): ()| {
        let (stream, _) = caller.stream_from(vec![1_u8])?;
        let again = StreamHandle::<u8>::from(stream.end());
        Ok((made.file(1), stream, again))
    });
    let instance = world.instance(
        r#"(component
            (import "file" (type $file (sub resource)))
            (type $bytes (stream u8))
            (import "f" (func $f (result (tuple (own $file) $bytes $bytes))))
            (core module $Memory (memory (export "memory") 1))
            (core instance $memory (instantiate $Memory))
            (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
            (core module $Module
                (import "" "f" (func $f (param i32)))
                (func (export "f") (call $f (i32.const 16))))
            (core instance $module (instantiate $Module (with "" (instance
                (export "f" (func $f))))))
            (func (export "f") (canon lift (core func $module "f"))))"#,
    );
    let error = world.try_call(&instance, "f", &[]).unwrap_err();
    assert!(matches!(error, CallError::HostResult(_)), "{error:?}");
    assert_eq!(files.dropped(), 1);
}

#[test]
fn one_rust_type_stands_for_one_resource_type_in_a_function() {
    let mut world = World::new();
    world.linker.resource("a", &HostResourceType::of::<File>());
    world.linker.resource("b", &HostResourceType::of::<File>());
    world.linker.typed_function("f", |_, _: (Own<File>, Own<File>)| Ok(()));
    let refused = world.try_instance(
        r#"(component
            (import "a" (type $a (sub resource)))
            (import "b" (type $b (sub resource)))
            (import "f" (func $f (param "a" (own $a)) (param "b" (own $b)))))"#,
    );
    assert!(matches!(refused, Err(InstantiateError::Imports(_))), "{refused:?}");
}

/// Checks that values of streams are checked when they arrive.
#[test]
fn streams_of_another_type_end_with_an_error() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let file = world.store.resource_type(&HostResourceType::of::<File>()).unwrap();
    let ty = Type::Own(file);
    let (stream, sending) = world.store.stream_of_type(&ty, vec![Own::new(Other)]).unwrap();
    let collecting = world.store.collect(StreamHandle::<Own<Other>>::from(stream.end())).unwrap();
    assert!(world.store.block_on(collecting).unwrap().is_empty());
    let failed = world.store.block_on(sending);
    assert!(matches!(failed, Err(StreamError::Call(CallError::ResourceValue(_)))), "{failed:?}");

    let owned = vec![files.file(1), files.file(2)];
    let (stream, _) = world.store.stream_of_type(&ty, owned).unwrap();
    let collecting = world.store.collect(StreamHandle::<Own<Other>>::from(stream.end())).unwrap();
    let failed = world.store.block_on(collecting);
    assert!(matches!(failed, Err(StreamError::Call(CallError::ResourceValue(_)))), "{failed:?}");
    assert_eq!(files.dropped(), 2);
    drop(instance);
}
