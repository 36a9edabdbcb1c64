//! Resources that are passed, lent, returned and kept.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use weft::abi::Val;
use weft::binding::{Borrow, Own};
use weft::component::HostResourceType;
use weft_tests::world::World;

use super::guests::{File, Files, IN_USE, USES_FILES, export, files};

#[test]
fn a_guest_creates_uses_and_returns_a_file() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    assert_eq!(world.number(&instance, "run", &[Val::U32(7)]), 7);
    assert_eq!(files.dropped(), 1);
}

#[test]
fn constructors_methods_and_static_functions_are_ordinary_functions() {
    let mut world = World::new();
    let files = Files::default();
    let types = world.linker.instance("example:files/types");
    types.resource("file", &HostResourceType::of::<File>());
    let drops = files.clone();
    types.typed_function("[constructor]file", move |_, (id,): (u32,)| Ok(drops.file(id)));
    types.typed_function("[method]file.id", |_, (file,): (Borrow<File>,)| Ok(file.id));
    let drops = files.clone();
    types.typed_function("[static]file.join", move |_, (a, b): (Own<File>, Own<File>)| {
        Ok(drops.file(a.id * 10 + b.id))
    });
    let instance = world.instance(
        r#"(component
            (import "example:files/types" (instance $types
                (export "file" (type $file (sub resource)))
                (export "[constructor]file" (func (param "id" u32) (result (own $file))))
                (export "[method]file.id" (func (param "self" (borrow $file)) (result u32)))
                (export "[static]file.join"
                    (func (param "a" (own $file)) (param "b" (own $file)) (result (own $file))))))
            (core func $new (canon lower (func $types "[constructor]file")))
            (core func $id (canon lower (func $types "[method]file.id")))
            (core func $join (canon lower (func $types "[static]file.join")))
            (core module $Module
                (import "" "new" (func $new (param i32) (result i32)))
                (import "" "id" (func $id (param i32) (result i32)))
                (import "" "join" (func $join (param i32 i32) (result i32)))
                (func (export "run") (result i32)
                    (call $id (call $join (call $new (i32.const 4)) (call $new (i32.const 2))))))
            (core instance $module (instantiate $Module (with "" (instance
                (export "new" (func $new)) (export "id" (func $id)) (export "join" (func $join))))))
            (func (export "run") (result u32) (canon lift (core func $module "run"))))"#,
    );
    assert_eq!(world.number(&instance, "run", &[]), 42);
    assert_eq!(files.dropped(), 2);
}

#[test]
fn the_host_passes_lends_and_receives_the_same_value() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let back = export::<_, (Own<File>,), Own<File>>(&world, &instance, "back");
    let look = export::<_, (Borrow<File>,), u32>(&world, &instance, "look");
    let take = export::<_, (Own<File>,), u32>(&world, &instance, "take");
    let open = export::<_, (u32,), Own<File>>(&world, &instance, "open");

    let file = files.file(3);
    let lent = file.borrow();
    let file = world.store.call(&back, (file,)).unwrap();
    assert_eq!(file.borrow(), lent);
    assert_eq!(world.store.call(&look, (lent,)).unwrap(), 3);
    // It is no longer borrowed.
    let file = file.into_inner().unwrap();
    assert_eq!((file.id, files.dropped()), (3, 0));
    drop(file);

    let opened = world.store.call(&open, (5,)).unwrap();
    assert_eq!((opened.id, files.dropped()), (5, 1));
    assert_eq!(world.store.call(&take, (opened,)).unwrap(), 5);
    assert_eq!(files.dropped(), 2);
}

#[test]
fn a_value_is_taken_out_only_if_it_is_not_borrowed() {
    let (mut world, files) = files();
    let instance = world.instance(USES_FILES);
    let close = export::<_, (Own<File>,), u32>(&world, &instance, "close");
    assert_eq!(world.store.call(&close, (files.file(3),)).unwrap(), 3);
    let file = files.file(4);
    let kept = file.borrow();
    assert_eq!(world.store.call(&close, (file,)).unwrap(), IN_USE);
    assert_eq!((kept.id, files.dropped()), (4, 1));
    drop(kept);
    assert_eq!(files.dropped(), 2);
}

/// Checks that a host function keeps a borrowed value while it waits, and longer.
#[test]
fn an_async_host_function_keeps_a_borrowed_value() {
    let kept = Arc::new(Mutex::new(None));
    let (mut world, files) = files();
    let keep = kept.clone();
    world.linker.typed_async_function("id", move |_, (file,): (Borrow<File>,)| {
        let keep = keep.clone();
        async move {
            let mut is_first = true;
            std::future::poll_fn(|context| {
                if !std::mem::take(&mut is_first) {
                    return std::task::Poll::Ready(());
                }
                context.waker().wake_by_ref();
                std::task::Poll::Pending
            })
            .await;
            let id = file.id;
            *keep.lock().unwrap() = Some(file);
            Ok(id)
        }
    });
    let instance = world.instance(USES_FILES);
    let take = export::<_, (Own<File>,), u32>(&world, &instance, "take");
    assert_eq!(world.store.call(&take, (files.file(9),)).unwrap(), 9);
    // The guest has dropped it.
    let file = kept.lock().unwrap().take().unwrap();
    assert_eq!((file.id, files.dropped()), (9, 0));
    drop(file);
    assert_eq!(files.dropped(), 1);
}

/// Checks a host function that lends a borrowed value to another guest, while its caller waits.
#[test]
fn a_borrowed_value_can_be_lent_on() {
    let (mut world, files) = files();
    let inner = world.instance(USES_FILES);
    let look = export::<_, (Borrow<File>,), u32>(&world, &inner, "look");
    world.linker.typed_function(
        "close",
        move |caller: &mut weft::component::Caller<'_, '_, _, _>, (file,): (Own<File>,)| {
            let first = caller.call(&look, (file.borrow(),))?;
            let second = caller.call(&look, (file.borrow(),))?;
            Ok(first + second + file.into_inner().map_or(IN_USE, |file| file.id))
        },
    );
    let outer = world.instance(USES_FILES);
    let close = export::<_, (Own<File>,), u32>(&world, &outer, "close");
    assert_eq!(world.store.call(&close, (files.file(5),)).unwrap(), 15);
    assert_eq!(files.dropped(), 1);
}

#[test]
fn a_child_keeps_its_parent() {
    struct Entry {
        of: Borrow<File>,
        reads: AtomicU32,
    }
    let files = Files::default();
    let directory = files.file(1);
    let entry = Own::new(Entry { of: directory.borrow(), reads: AtomicU32::new(0) });
    drop(directory);
    entry.reads.fetch_add(entry.of.id, Ordering::Relaxed);
    assert_eq!((entry.reads.load(Ordering::Relaxed), files.dropped()), (1, 0));
    drop(entry);
    assert_eq!(files.dropped(), 1);
}

/// Checks that a value may move from one resource type to another, if both are of its Rust type.
#[test]
fn two_resource_types_of_one_rust_type_stay_distinct() {
    let (mut world, files) = files();
    let first = world.instance(USES_FILES);
    world.linker.resource("file", &HostResourceType::of::<File>());
    let second = world.instance(USES_FILES);
    let back = export::<_, (Own<File>,), Own<File>>(&world, &first, "back");
    let take = export::<_, (Own<File>,), u32>(&world, &second, "take");
    let file = world.store.call(&back, (files.file(8),)).unwrap();
    assert_eq!(world.store.call(&take, (file,)).unwrap(), 8);
    assert_eq!(files.dropped(), 1);
}
