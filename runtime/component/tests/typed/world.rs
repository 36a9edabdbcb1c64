//! A store, and components that give back what they are given.

use weft::abi::{Lift, Lower};
use weft::component::{Component, Function, Instance, InstantiateError, Linker, Store};
use weft::engine::wasmi::Wasmi;

pub(crate) struct World<T: Send + 'static = ()> {
    pub(crate) engine: Wasmi,
    pub(crate) store: Store<Wasmi, T>,
    pub(crate) linker: Linker<Wasmi, T>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(())
    }
}

impl<T: Send + 'static> World<T> {
    pub(crate) fn with(data: T) -> Self {
        let engine = Wasmi::default();
        Self { store: Store::new(&engine, data), linker: Linker::new(), engine }
    }

    pub(crate) fn try_instance(&mut self, text: &str) -> Result<Instance<Wasmi>, InstantiateError> {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let component = Component::new(&self.engine, &bytes).unwrap();
        self.store.instantiate(&component, &self.linker)
    }

    pub(crate) fn instance(&mut self, text: &str) -> Instance<Wasmi> {
        self.try_instance(text).unwrap_or_else(|error| panic!("{error}"))
    }

    pub(crate) fn function(&self, instance: &Instance<Wasmi>, name: &str) -> Function {
        self.store.function(instance, name).unwrap()
    }

    /// Calls the export of a component with one value, and gives what comes back.
    pub(crate) fn round_trip<V>(&mut self, component: &str, value: V) -> V
    where
        V: Lower + for<'a> Lift<'a> + Send + 'static,
    {
        let instance = self.instance(component);
        let function = self.function(&instance, "f").typed::<(V,), V>().unwrap();
        self.store.call(&function, (value,)).unwrap()
    }
}

/// Where arguments go in the guests here.
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

/// Imports `f`, and exports `f`, which calls it; both with the flat parameters and the flat result
/// that core functions of such a type have, and the result in memory if it is not flat.
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
