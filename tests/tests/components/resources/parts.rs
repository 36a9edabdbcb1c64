//! Resources in other values, in streams and in futures.

use weft::abi::{ComponentType, Lift, Lower, Type, Val};
use weft::binding::Own;
use weft::component::{CallError, HostResourceType, Instance};
use weft::engine::wasmi::Wasmi;
use weft::handle::{FutureHandle, StreamHandle};
use weft_tests::world::World;

use super::guests::{File, Files, export, files, passes};

/// Passes a value from the host to a guest, which passes it to a host function, and back.
fn round_trip<V>(types: &str, ty: &str, make: impl Fn(&Files) -> V) -> V
where
    V: Lower + for<'a> Lift<'a> + Send + 'static,
{
    let (mut world, files) = files();
    world.linker.typed_function("f", |_, (value,): (V,)| Ok(value));
    let instance = world.instance(&passes(types, ty));
    let f = export::<_, (V,), V>(&world, &instance, "f");
    let value = world.store.call(&f, (make(&files),)).unwrap();
    assert_eq!(files.dropped(), 0);
    value
}

#[test]
fn resources_are_parts_of_other_values() {
    let files =
        round_trip("", "(list (own $file))", |files| [1, 2, 3].map(|it| files.file(it)).into());
    let files: Vec<Own<File>> = files;
    assert!(files.iter().map(|file| file.id).eq([1, 2, 3]));
    let some = round_trip("", "(option (own $file))", |files| Some(files.file(4)));
    assert_eq!(some.unwrap().id, 4);
    let none = round_trip("", "(option (own $file))", |_| None::<Own<File>>);
    assert!(none.is_none());
    let tuple = round_trip("", "(tuple (own $file) u32)", |files| (files.file(5), 6_u32));
    assert_eq!((tuple.0.id, tuple.1), (5, 6));
    let ok =
        round_trip("", "(result (own $file) (error u32))", |files| Ok::<_, u32>(files.file(7)));
    assert_eq!(ok.unwrap().id, 7);
    let pair = round_trip("", "(tuple (own $file) (own $file))", |it| (it.file(1), it.file(2)));
    assert_eq!((pair.0.id, pair.1.id), (1, 2));
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(handles)]
struct Opened {
    file: Own<File>,
    count: u32,
}

#[derive(Debug, ComponentType, Lift, Lower)]
#[component(variant, handles)]
enum Found {
    #[component(name = "nothing")]
    Nothing,
    #[component(name = "file")]
    File(Own<File>),
}

#[test]
fn derived_types_have_resources() {
    let types = r#"(type $inner (record (field "file" (own $file)) (field "count" u32)))
        (import "it" (type $it (eq $inner)))"#;
    let opened = round_trip(types, "$it", |files| Opened { file: files.file(4), count: 2 });
    assert_eq!((opened.file.id, opened.count), (4, 2));
    let types = r#"(type $inner (variant (case "nothing") (case "file" (own $file))))
        (import "it" (type $it (eq $inner)))"#;
    let found = round_trip(types, "$it", |files| Found::File(files.file(5)));
    assert!(matches!(found, Found::File(file) if file.id == 5));
    assert!(matches!(round_trip(types, "$it", |_| Found::Nothing), Found::Nothing));
}

/// Returns a world whose guest has streams of resources.
fn streams() -> (World<Files>, Files, Instance<Wasmi>) {
    let (mut world, files) = files();
    let text = crate::linking::guests::has_streams("(own $file)").replacen(
        "(component",
        "(component (import \"file\" (type $file (sub resource)))",
        1,
    );
    let instance = world.instance(&text);
    (world, files, instance)
}

#[test]
fn resources_go_through_streams_of_an_inferred_type() {
    let (mut world, files, instance) = streams();
    let owned = vec![files.file(1), files.file(2), files.file(3)];
    let (stream, _) = world.store.stream_from(owned).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(2)]), 2 << 4);
    assert_eq!(files.dropped(), 0);
    // The guest has two of them, and the source has the third.
    world.store.remove_instance(&instance).unwrap();
    assert_eq!(files.dropped(), 2);
    drop(world);
    assert_eq!(files.dropped(), 3);
}

#[test]
fn a_host_stream_of_resources_comes_back_as_values() {
    let (mut world, files, instance) = streams();
    let owned = vec![files.file(1), files.file(2), files.file(3)];
    let (stream, _) = world.store.stream_from(owned).unwrap();
    let collecting = world.store.collect(stream).unwrap();
    let mut owned: Vec<Own<File>> = world.store.block_on(collecting).unwrap();
    assert!(owned.iter().map(|file| file.id).eq([1, 2, 3]));
    assert_eq!(owned.pop().unwrap().into_inner().unwrap().id, 3);
    assert_eq!(files.dropped(), 1);
    // A guest writes them.
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let collecting = world.store.collect(StreamHandle::<Own<File>>::from(end)).unwrap();
    world.call(&instance, "drop-writable", &[]);
    assert!(world.store.block_on(collecting).unwrap().is_empty());
}

/// Checks a host future whose type contains a resource, as the trailers of WASI's http do.
#[test]
fn a_future_has_a_resource_deep_in_its_type() {
    type Trailers = Result<Option<Own<File>>, u32>;
    let (mut world, files) = files();
    let instance = world.instance(
        r#"(component
            (import "file" (type $file (sub resource)))
            (import "id" (func $id (param "self" (borrow $file)) (result u32)))
            (type $future (future (result (option (own $file)) (error u32))))
            (core module $Memory (memory (export "memory") 1))
            (core instance $memory (instantiate $Memory))
            (alias core export $memory "memory" (core memory $mem))
            (core func $read (canon future.read $future (memory (core memory $memory "memory"))))
            (core func $id (canon lower (func $id)))
            (core module $Module
                (import "" "memory" (memory 1))
                (import "" "read" (func $read (param i32 i32) (result i32)))
                (import "" "id" (func $id (param i32) (result i32)))
                (func (export "read") (param i32) (result i32)
                    (drop (call $read (local.get 0) (i32.const 16)))
                    (if (i32.load8_u (i32.const 16)) (then unreachable))
                    (if (i32.eqz (i32.load8_u (i32.const 20))) (then (return (i32.const 0))))
                    (call $id (i32.load (i32.const 24)))))
            (core instance $module (instantiate $Module (with "" (instance
                (export "memory" (memory $mem))
                (export "read" (func $read)) (export "id" (func $id))))))
            (func (export "read") async (param "it" $future) (result u32)
                (canon lift (core func $module "read"))))"#,
    );
    let read = export::<_, (FutureHandle<Trailers>,), u32>(&world, &instance, "read");
    let trailers: Trailers = Ok(Some(files.file(6)));
    let (future, sending) = world.store.future_from(std::future::ready(trailers)).unwrap();
    assert_eq!(world.store.call(&read, (future,)).unwrap(), 6);
    world.store.block_on(sending).unwrap();
    let (future, _) = world.store.future_from(std::future::ready(Trailers::Ok(None))).unwrap();
    assert_eq!(world.store.call(&read, (future,)).unwrap(), 0);
    assert_eq!(files.dropped(), 0);
    world.store.remove_instance(&instance).unwrap();
    assert_eq!(files.dropped(), 1);
}

#[test]
fn an_ambiguous_type_of_a_stream_must_be_named() {
    let (mut world, files, instance) = streams();
    let other = HostResourceType::of::<File>();
    let number = world.store.resource_type(&other).unwrap();
    let ambiguous = world.store.stream_from(vec![files.file(1)]);
    assert!(matches!(ambiguous, Err(CallError::ElementType(_))));
    assert_eq!(files.dropped(), 1);
    let unknown = world.store.stream_from(vec![Own::new(1_u32)]);
    assert!(matches!(unknown, Err(CallError::ElementType(_))));
    let ty = Type::Own(number);
    let (stream, _) = world.store.stream_of_type(&ty, vec![files.file(2)]).unwrap();
    let refused = world.try_call(&instance, "take", &[Val::Stream(stream.end())]);
    assert!(matches!(refused, Err(CallError::Handle(_))), "{refused:?}");
}
