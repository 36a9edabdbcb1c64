//! The guests, and the files that they receive.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use weft::abi::{Lift, Lower};
use weft::binding::{Borrow, Own};
use weft::component::{Caller, HostResourceType, Instance, TypedFunction};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

/// A value that counts its drops.
#[derive(Debug)]
pub(super) struct File {
    pub(super) id: u32,
    pub(super) drops: Arc<AtomicU32>,
}

impl Drop for File {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        assert!(self.id != PANICS, "the file does not like to be closed");
    }
}

/// The number of a file that panics when it is dropped.
pub(super) const PANICS: u32 = 666;

/// The number of files that were dropped.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) drops: Arc<AtomicU32>,
}

impl Files {
    pub(super) fn file(&self, id: u32) -> Own<File> {
        Own::new(File { id, drops: self.drops.clone() })
    }

    pub(super) fn dropped(&self) -> u32 {
        self.drops.load(Ordering::Relaxed)
    }
}

/// A guest that uses files in each way.
pub(super) const USES_FILES: &str = r#"
    (component
        (import "file" (type $file (sub resource)))
        (import "open" (func $open (param "id" u32) (result (own $file))))
        (import "id" (func $id (param "self" (borrow $file)) (result u32)))
        (import "close" (func $close (param "self" (own $file)) (result u32)))
        (core func $open (canon lower (func $open)))
        (core func $id (canon lower (func $id)))
        (core func $close (canon lower (func $close)))
        (core func $drop (canon resource.drop $file))
        (core module $Module
            (import "" "open" (func $open (param i32) (result i32)))
            (import "" "id" (func $id (param i32) (result i32)))
            (import "" "close" (func $close (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "open") (param i32) (result i32) (call $open (local.get 0)))
            (func (export "take") (param i32) (result i32) (local $id i32)
                (local.set $id (call $id (local.get 0)))
                (call $drop (local.get 0))
                (local.get $id))
            (func (export "run") (param i32) (result i32)
                (local.set 0 (call $open (local.get 0)))
                (drop (call $id (local.get 0)))
                (call $close (local.get 0)))
            (func (export "keep") (param i32) (result i32) (local.get 0))
            (func (export "id") (param i32) (result i32) (call $id (local.get 0)))
            (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
            (func (export "trap") (param i32) unreachable)
            (func (export "drop") (param i32) (call $drop (local.get 0))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "open" (func $open))
            (export "id" (func $id))
            (export "close" (func $close))
            (export "drop" (func $drop))))))
        (func (export "open") (param "id" u32) (result (own $file))
            (canon lift (core func $module "open")))
        (func (export "back") (param "it" (own $file)) (result (own $file))
            (canon lift (core func $module "keep")))
        (func (export "take") (param "it" (own $file)) (result u32)
            (canon lift (core func $module "take")))
        (func (export "look") (param "it" (borrow $file)) (result u32)
            (canon lift (core func $module "take")))
        (func (export "run") (param "id" u32) (result u32)
            (canon lift (core func $module "run")))
        (func (export "keep") (param "it" (own $file)) (result u32)
            (canon lift (core func $module "keep")))
        (func (export "keep-borrow") (param "it" (borrow $file)) (result u32)
            (canon lift (core func $module "keep")))
        (func (export "close") (param "it" (own $file)) (result u32)
            (canon lift (core func $module "close")))
        (func (export "trap") (param "it" (own $file))
            (canon lift (core func $module "trap")))
        (func (export "id-of") (param "index" u32) (result u32)
            (canon lift (core func $module "id")))
        (func (export "drop") (param "index" u32)
            (canon lift (core func $module "drop"))))
"#;

/// The result of `close` for a file that is borrowed elsewhere.
pub(super) const IN_USE: u32 = 1_000;

/// Returns a world with files.
pub(super) fn files() -> (World<Files>, Files) {
    let files = Files::default();
    let mut world = World::with(files.clone());
    world.linker.resource("file", &HostResourceType::of::<File>());
    world
        .linker
        .typed_function("open", |caller: &mut Caller<'_, '_, Wasmi, Files>, (id,): (u32,)| {
            Ok(caller.data().file(id))
        });
    world.linker.typed_function("id", |_, (file,): (Borrow<File>,)| Ok(file.id));
    world.linker.typed_function("close", |_, (file,): (Own<File>,)| {
        Ok(file.into_inner().map_or(IN_USE, |file| file.id))
    });
    (world, files)
}

/// Returns a guest that passes its argument to the import `f`, and returns the result: values of a
/// type that is flattened to two core values.
pub(super) fn passes(types: &str, ty: &str) -> String {
    format!(
        r#"(component
            (import "file" (type $file (sub resource)))
            {types}
            (import "f" (func $f (param "it" {ty}) (result {ty})))
            (core module $Memory
                (memory (export "memory") 1)
                (global $next (mut i32) (i32.const 1024))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (global.get $next)
                    (global.set $next (i32.add (global.get $next)
                        (i32.and (i32.add (local.get 3) (i32.const 7)) (i32.const -8))))))
            (core instance $memory (instantiate $Memory))
            (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))
                (realloc (core func $memory "realloc"))))
            (core module $Module
                (import "" "f" (func $f (param i32 i32 i32)))
                (func (export "f") (param i32 i32) (result i32)
                    (call $f (local.get 0) (local.get 1) (i32.const 64))
                    (i32.const 64)))
            (core instance $module (instantiate $Module (with "" (instance
                (export "f" (func $f))))))
            (func (export "f") (param "it" {ty}) (result {ty}) (canon lift
                (core func $module "f") (memory (core memory $memory "memory"))
                (realloc (core func $memory "realloc")))))"#
    )
}

/// Returns an export of an instance, with its types.
pub(super) fn export<T: 'static, P, R>(
    world: &World<T>,
    instance: &Instance<Wasmi>,
    name: &str,
) -> TypedFunction<P, R>
where
    P: Lower,
    R: for<'a> Lift<'a> + Send + 'static,
{
    world.store.typed_function(instance, name).unwrap()
}
