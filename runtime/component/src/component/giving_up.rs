//! Giving up what nobody needs any more: instances, calls, and the store itself.

use crate::component::store::identity::Identity;
use crate::engine::CoreEngine;
use crate::error::{Error, MachineError};

use super::instance::Instance;
use super::remove_error::RemoveError;
use super::stores::Store;

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Removes an instance, and frees all that Weft has for it: its tasks and threads, handles,
    /// functions, types, memories' and tables' numbers. An instance that trapped is removed as any
    /// other.
    ///
    /// The component instances and core instances that it consists of go together. No destructor
    /// is run. Its ends of streams and futures are dropped, so that those who hold the other ends
    /// hear of it. Calls of its functions that have not returned end with
    /// [`CallError::InstanceTrapped`], which says that it was removed, and later ones with
    /// [`CallError::InstanceRemoved`]; guests that import its functions trap when they call one.
    /// Calls that it has made go on, and their results are dropped.
    ///
    /// What the *engine* has for it is freed as soon as the engine can: see
    /// [`release`](crate::engine::CoreContext::release). wasmi frees nothing before its store is
    /// dropped, so there a store is the unit of memory: see the documentation of [`Store`].
    ///
    /// This takes time with the size of the store.
    ///
    /// # Errors
    ///
    /// [`RemoveError`]. Nothing has changed then.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{CallError, Component, Linker, RemoveError, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $module (func (export "trap") unreachable))
    ///         (core instance $instance (instantiate $module))
    ///         (func (export "trap") (canon lift (core func $instance "trap"))))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
    /// let trap = store.function(&instance, "trap")?;
    /// assert!(store.call(&trap, &[]).is_err());
    ///
    /// store.remove_instance(&instance)?;
    /// assert!(matches!(store.call(&trap, &[]), Err(CallError::InstanceRemoved)));
    /// assert_eq!(store.remove_instance(&instance), Err(RemoveError::Removed));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`CallError::InstanceTrapped`]: super::CallError::InstanceTrapped
    /// [`CallError::InstanceRemoved`]: super::CallError::InstanceRemoved
    pub fn remove_instance(&mut self, instance: &Instance<E>) -> Result<(), RemoveError> {
        self.check_identity(&instance.store)?;
        if !instance.is_whole {
            return Err(RemoveError::Part);
        }
        let mut cx = self.context();
        if cx.root_is_gone(instance.root) {
            return Err(RemoveError::Removed);
        }
        match cx.remove_root(instance.root) {
            Err(Error::Machine(MachineError::InstanceRuns)) => Err(RemoveError::Runs),
            removed => Ok(removed?),
        }
    }

    fn check_identity(&self, other: &Identity) -> Result<(), RemoveError> {
        if E::data(&self.engine_store).identity == *other {
            Ok(())
        } else {
            Err(RemoveError::OtherStore)
        }
    }

    /// Drops the store, and returns its data.
    ///
    /// All instances go with it, and so do calls that have not returned. No destructor is run.
    pub fn into_data(self) -> T {
        E::into_data(self.engine_store).data
    }
}
