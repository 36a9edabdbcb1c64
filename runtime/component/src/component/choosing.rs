//! The chooser of a store, which the embedder sets and gets back.

use alloc::boxed::Box;
use core::any::Any;

use crate::chooser::Chooser;
use crate::component::store::machine::{AnyChooser, StoreChooser};
use crate::engine::CoreEngine;

use super::stores::Store;

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Makes an empty store with a [chooser](crate::chooser), which decides what the spec leaves
    /// open.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::chooser::{Recording, ScheduleReplay, Seeded};
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// # let component = wat::parse_str(r#"
    /// #     (component
    /// #         (core func $yield (canon thread.yield))
    /// #         (core func $return (canon task.return (result u32)))
    /// #         (core module $Module
    /// #             (import "" "yield" (func $yield (result i32)))
    /// #             (import "" "return" (func $return (param i32)))
    /// #             (func (export "f") (drop (call $yield)) (call $return (i32.const 7))))
    /// #         (core instance $module (instantiate $Module (with "" (instance
    /// #             (export "yield" (func $yield)) (export "return" (func $return))))))
    /// #         (func (export "seven") async (result u32)
    /// #             (canon lift (core func $module "f") async)))
    /// # "#)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let linker = Linker::new();
    ///
    /// // A run whose decisions depend on a seed, and are recorded.
    /// let chooser = Recording::new(Seeded::new(7));
    /// let mut store = Store::with_chooser(&engine, Box::new(chooser), ());
    /// let instance = store.instantiate(&component, &linker)?;
    /// let seven = store.typed_function::<(), u32>(&instance, "seven")?;
    /// assert_eq!(store.call(&seven, ())?, 7);
    /// let recording = store.chooser::<Recording<Seeded>>().ok_or("another chooser")?;
    /// let text = recording.schedule().to_string();
    /// assert!(text.starts_with("yield "));
    ///
    /// // This replays the run. The call fails if the guest needs another decision.
    /// let replay = ScheduleReplay::new(text.parse()?);
    /// let mut store = Store::with_chooser(&engine, Box::new(replay), ());
    /// let instance = store.instantiate(&component, &linker)?;
    /// let seven = store.typed_function::<(), u32>(&instance, "seven")?;
    /// assert_eq!(store.call(&seven, ())?, 7);
    /// assert_eq!(store.chooser::<ScheduleReplay>().and_then(|replay| replay.mismatch()), None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_chooser(engine: &E, chooser: Box<dyn AnyChooser>, data: T) -> Self {
        Self::chosen_by(engine, StoreChooser::new(chooser), data)
    }

    /// Returns the chooser of the store if it is a `C`. A store that was given none has a
    /// [`FirstInFirstOut`](crate::chooser::FirstInFirstOut).
    pub fn chooser<C: Chooser + Any>(&self) -> Option<&C> {
        E::data(&self.engine_store).machine.chooser().get()
    }

    /// Returns the chooser of the store if it is a `C`, to change it.
    pub fn chooser_mut<C: Chooser + Any>(&mut self) -> Option<&mut C> {
        E::data_mut(&mut self.engine_store).machine.chooser_mut().get_mut()
    }

    /// Sets the chooser of the store from now on, and returns the one before.
    ///
    /// Instances keep the linked calls that they were made with: see
    /// [`guest_calls`](super::Component::guest_calls).
    pub fn set_chooser(&mut self, chooser: Box<dyn AnyChooser>) -> Box<dyn AnyChooser> {
        E::data_mut(&mut self.engine_store).machine.chooser_mut().replace(chooser)
    }
}
