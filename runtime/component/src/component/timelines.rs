//! Timelines of stores.

use alloc::vec::Vec;

use crate::component::store::call_error::CallError;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, MachineError};
use crate::machine::ReadyThread;
use crate::timeline::Timeline;

use super::stores::Store;

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Records into `timeline` what happens in the store from now on, until the timeline is
    /// [taken](Self::take_timeline).
    ///
    /// While the store records, calls take longer, because each gets its records. Calls between
    /// guests that were [linked](super::Component::guest_calls) are linked no longer, even after the
    /// recording. A timeline that was recorded until now is dropped.
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`] while a guest is interrupted. Other errors only after a
    /// fault in Weft. Nothing is recorded then.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    /// use weft::machine::Action;
    /// use weft::timeline::Timeline;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $Module (func (export "answer") (result i32) (i32.const 42)))
    ///         (core instance $module (instantiate $Module))
    ///         (func (export "answer") (result u32) (canon lift (core func $module "answer"))))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
    /// let answer = store.typed_function::<(), u32>(&instance, "answer")?;
    ///
    /// store.record_timeline(Timeline::new(1000))?;
    /// store.call(&answer, ())?;
    /// let timeline = store.take_timeline().unwrap();
    /// let called = timeline.events().find_map(|event| match event.observation.action {
    ///     Action::Called { function, .. } => Some(timeline.names().function(function)),
    ///     _ => None,
    /// });
    /// assert_eq!(called.unwrap(), "answer");
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn record_timeline(&mut self, timeline: Timeline) -> Result<(), CallError> {
        let mut cx = self.context();
        if cx.data().activations.interrupted().is_some() {
            return Err(MachineError::GuestHasControl.into());
        }
        if let Err(fault) = cx.unlink_all() {
            return Err(cx.data().error_of(fault));
        }
        cx.data_mut().record_timeline(timeline);
        Ok(())
    }

    /// Returns the timeline that is recorded.
    pub fn timeline(&self) -> Option<&Timeline> {
        E::data(&self.engine_store).machine.timeline()
    }

    /// Finishes the recording, and returns the timeline.
    pub fn take_timeline(&mut self) -> Option<Timeline> {
        E::data_mut(&mut self.engine_store).machine.take_timeline()
    }

    /// Returns the threads that can run, with their instances. They are in the order in which
    /// [`Choice::Tick`](crate::chooser::Choice::Tick) numbers them.
    ///
    /// # Errors
    ///
    /// [`Error::Inconsistent`] or [`Error::Unknown`] after a fault in Weft.
    pub fn ready_threads(&self) -> Result<Vec<ReadyThread>, Error> {
        let machine = &E::data(&self.engine_store).machine;
        let mut ready = Vec::new();
        machine.visit_ready_threads(|thread| ready.push(thread))?;
        Ok(ready)
    }
}
