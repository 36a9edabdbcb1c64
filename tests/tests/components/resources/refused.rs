//! Mistakes with resources that are values.

use weft::abi::{Resource, Type, Val};
use weft::binding::{Borrow, Own};
use weft::component::streams::StreamError;
use weft::component::{CallError, Caller, HandleProblem, HostResourceType, InstantiateError};
use weft::engine::wasmi::Wasmi;
use weft::handle::{OwnHandle, StreamHandle};
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

#[test]
fn a_value_of_another_type_is_not_passed() {
    let (mut world, files) = files();
    world.linker.typed_function("open", |_, (_,): (u32,)| Ok(Own::new(Other)));
    let instance = world.instance(USES_FILES);
    let error = world.try_call(&instance, "run", &[Val::U32(1)]).unwrap_err();
    let text = told(&error);
    assert!(text.contains("refused::Other`, found one of `"), "{text}");
    assert!(text.ends_with("guests::File`"), "{text}");

    let instance = world.instance(USES_FILES);
    let take = export::<_, (Own<Other>,), u32>(&world, &instance, "take");
    let error = world.store.call(&take, (Own::new(Other),)).unwrap_err();
    assert!(matches!(error, CallError::ResourceValue(_)), "{error:?}");
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
    world.linker.typed_function("id", |_, (_,): (Borrow<Other>,)| Ok(0_u32));
    let instance = world.instance(USES_FILES);
    let error = world.try_call(&instance, "run", &[Val::U32(1)]).unwrap_err();
    assert!(matches!(error, CallError::ResourceValue(_)), "{error:?}");

    let (mut world, _) = super::guests::files();
    let instance = world.instance(USES_FILES);
    let open = export::<_, (u32,), Own<Other>>(&world, &instance, "open");
    let error = world.store.call(&open, (1,)).unwrap_err();
    assert!(matches!(error, CallError::ResourceValue(_)), "{error:?}");
    // A value that cannot be passed to the caller is dropped when the store runs on.
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");
    let file = world.store.call(&open, (2,)).unwrap();
    assert_eq!(file.id, 2);
    drop(world);
    assert_eq!(files.dropped(), 0);
    assert_eq!(file.drops.load(std::sync::atomic::Ordering::Relaxed), 1);
}

/// Checks that resources that are numbers have no values.
#[test]
fn a_number_is_no_value() {
    let mut world = World::new();
    world.linker.resource("file", &HostResourceType::new());
    world.linker.typed_function("open", |_, (id,): (u32,)| Ok(OwnHandle::<File>::new(id.into())));
    world.linker.typed_function("id", |_, (_,): (Borrow<File>,)| Ok(0_u32));
    world.linker.typed_function("close", |_, (_,): (Own<File>,)| Ok(0_u32));
    let instance = world.instance(USES_FILES);
    let error = world.try_call(&instance, "run", &[Val::U32(1)]).unwrap_err();
    assert!(told(&error).contains("without values"), "{error}");
    let (mut world, files) = files();
    world.linker.resource("file", &HostResourceType::new());
    let instance = world.instance(USES_FILES);
    let error = world.try_call(&instance, "run", &[Val::U32(1)]).unwrap_err();
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
