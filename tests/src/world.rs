//! A store with one engine, and short functions that load and call components, for the tests of
//! components. Unexpected results are panics.

#![expect(clippy::missing_panics_doc, reason = "all of it panics if a test is wrong")]

use weft::abi::{Lift, Lower, Val};
use weft::component::{
    CallError, Component, EndEvent, Function, ImportError, Instance, InstantiateError, Linker,
    Module, Store,
};
use weft::engine::wasmi::Wasmi;

/// A store with one engine, and the imports of components in it.
#[derive(Debug)]
pub struct World<T: 'static = ()> {
    /// The engine.
    pub engine: Wasmi,
    /// The store.
    pub store: Store<Wasmi, T>,
    /// The imports for the components that the world instantiates.
    pub linker: Linker<Wasmi, T>,
}

impl World {
    /// Creates a world whose store has no data.
    #[must_use]
    pub fn new() -> Self {
        Self::with(())
    }

    /// Creates a world on `engine`, whose store has no data.
    #[must_use]
    pub fn on(engine: Wasmi) -> Self {
        Self { store: Store::new(&engine, ()), linker: Linker::new(), engine }
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> World<T> {
    /// Creates a world whose store has `data`.
    #[must_use]
    pub fn with(data: T) -> Self {
        let engine = Wasmi::default();
        Self { store: Store::new(&engine, data), linker: Linker::new(), engine }
    }

    /// Defines a core module, which components import as `m`.
    pub fn module(&mut self, text: &str) {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let module = Module::new(&self.engine, &bytes);
        let module = module.unwrap_or_else(|error| panic!("{error}\n{text}"));
        self.linker.module("m", &module);
    }

    /// Loads a component from its text.
    pub fn load(&self, text: &str) -> Component<Wasmi> {
        let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        Component::new(&self.engine, &bytes).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }

    /// Instantiates a component, or returns the reason for the failure.
    pub fn try_instance(&mut self, text: &str) -> Result<Instance<Wasmi>, InstantiateError> {
        let component = self.load(text);
        self.store.instantiate(&component, &self.linker)
    }

    /// Instantiates a component.
    pub fn instance(&mut self, text: &str) -> Instance<Wasmi> {
        self.try_instance(text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the mistakes in the imports of a component.
    pub fn import_errors(&mut self, text: &str) -> Vec<ImportError> {
        match self.try_instance(text) {
            Err(InstantiateError::Imports(errors)) => errors,
            other => panic!("{other:?}"),
        }
    }

    /// Returns an exported function of an instance.
    pub fn function(&self, instance: &Instance<Wasmi>, name: &str) -> Function {
        self.store.function(instance, name).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Calls an export, or returns the reason for the failure.
    pub fn try_call(
        &mut self,
        instance: &Instance<Wasmi>,
        name: &str,
        arguments: &[Val],
    ) -> Result<Option<Val>, CallError> {
        let function = self.function(instance, name);
        self.store.call(&function, arguments)
    }

    /// Calls an export.
    pub fn call(
        &mut self,
        instance: &Instance<Wasmi>,
        name: &str,
        arguments: &[Val],
    ) -> Option<Val> {
        self.try_call(instance, name, arguments).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Calls an export that returns a `u32`.
    pub fn number(&mut self, instance: &Instance<Wasmi>, name: &str, arguments: &[Val]) -> u32 {
        match self.call(instance, name, arguments) {
            Some(Val::U32(number)) => number,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the only event of host ends.
    pub fn event(&mut self) -> EndEvent {
        let event = self.store.next_end_event().ok().flatten().expect("an event");
        self.no_event();
        event
    }

    /// Asserts that the host's ends have no event.
    pub fn no_event(&mut self) {
        let event = self.store.next_end_event();
        assert!(matches!(event, Ok(None)), "{event:?}");
    }

    /// Calls the export `f` of a component with one value, and returns the value that comes back.
    pub fn round_trip<V>(&mut self, component: &str, value: V) -> V
    where
        V: Lower + for<'a> Lift<'a> + Send + 'static,
    {
        let instance = self.instance(component);
        let function = self.function(&instance, "f").typed::<(V,), V>();
        let function = function.unwrap_or_else(|error| panic!("{error}"));
        self.store.call(&function, (value,)).unwrap_or_else(|error| panic!("{error}"))
    }
}
