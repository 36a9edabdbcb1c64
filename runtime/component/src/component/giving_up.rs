//! Giving up what is no longer needed: instances, calls, and the store itself.

use thiserror::Error as ThisError;

use crate::component::store::identity::Identity;
use crate::component::store::interrupts::InterruptHandle;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, MachineError};
use crate::machine::SubtaskId;

use super::instance::Instance;
use super::remove_error::RemoveError;
use super::stores::{CallId, Store};

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Removes an instance, and frees all that Weft has for it: tasks, threads, handles, functions,
    /// types, and the numbers of memories and tables. An instance that trapped can be removed, too.
    ///
    /// The component instances and core instances that it consists of are removed together. No
    /// destructor runs. Its ends of streams and futures are dropped, and the holders of the other
    /// ends learn of it. Calls of its functions that have not returned end with
    /// [`CallError::InstanceTrapped`], which says that the instance was removed. Later calls end
    /// with [`CallError::InstanceRemoved`]. Guests that import its functions trap when they call
    /// one. Calls that it has made go on, and their results are dropped.
    ///
    /// A guest that waits for a call of its functions waits forever: [`abandon`](Self::abandon)
    /// ends such a call. If a waiting host function holds a guest of the instance, all guests
    /// on that stack are given up, as by a trap. If something that is dropped with the instance
    /// panics, the panic continues here after the removal.
    ///
    /// The *engine* frees its own part as soon as it can: see
    /// [`release`](crate::engine::CoreContext::release). wasmi frees nothing before its store is
    /// dropped: see [`Store`].
    ///
    /// The time that this takes grows with the size of the store.
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
        let removed = cx.remove_root(instance.root);
        drop(cx);
        self.raise_panic_of_nobody();
        match removed {
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

    /// Gives up a call whose guest does not react to a cancellation, or does so too late. The call
    /// is forgotten.
    ///
    /// [`cancel`](Self::cancel) asks a guest to end a call, and its instance stays usable. This
    /// method does not ask: it locks down the instances in which the call runs, as a trap does.
    /// Nothing of them runs again. All that they hold of Weft is freed: tasks, threads, handles,
    /// ends of streams and futures, and host functions that they wait for. Other calls in these
    /// instances end with [`CallError::InstanceTrapped`], which says that a call was
    /// [abandoned](super::CallError::Abandoned). Other instances stay usable.
    ///
    /// If the call still waits to start, no instance is locked down. Instances that are locked down
    /// can be [removed](Self::remove_instance).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core func $yield (canon thread.yield))
    ///         (core module $Module
    ///             (import "" "yield" (func $yield (result i32)))
    ///             (func (export "spin") (loop (drop (call $yield)) (br 0))))
    ///         (core instance $module (instantiate $Module (with "" (instance
    ///             (export "yield" (func $yield))))))
    ///         (func (export "spin") async (canon lift (core func $module "spin") async)))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
    /// let spin = store.function(&instance, "spin")?;
    ///
    /// let call = store.start(&spin, &[])?;
    /// store.abandon(call)?;
    /// assert!(store.call(&spin, &[]).is_err());
    /// store.remove_instance(&instance)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`CallError::InstanceTrapped`]: super::CallError::InstanceTrapped
    pub fn abandon<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        let abandoned = self.context().data_mut().abandon_call(call.0);
        self.raise_panic_of_nobody();
        abandoned
    }

    /// Gives up a call that is no longer awaited. If the engine has interrupted its guest, the
    /// guest is given up at once, so that others can run. Otherwise the call is cancelled and
    /// forgotten when the store runs next.
    pub(crate) fn no_longer_awaited(&mut self, call: SubtaskId) {
        let mut cx = self.context();
        let state = cx.data_mut();
        state.calls.add_unwanted(call);
        if state.origins.running() == Some(call) {
            // This fails only if the machine is inconsistent, and there is nobody to tell.
            let _ = state.stop_interrupted();
        }
    }

    /// Sets the slice of fuel: how much fuel guests use before the engine interrupts them. The
    /// engine defines the unit: for wasmi it is about one instruction.
    ///
    /// After each slice, the code that drives the store has control:
    /// [`call_async`](Self::call_async) yields to its executor, so that time-outs fire while guests
    /// spin, and [`poll`](Self::poll) returns. A small slice lets others run sooner, but costs time
    /// in all; 10,000 is a good value.
    /// [`StoreLimits::interruptions`](super::StoreLimits::interruptions) limits the number of
    /// slices since a call was last started or run.
    ///
    /// A start function of a core module can't be interrupted. It traps if it needs more than one
    /// slice.
    ///
    /// # Errors
    ///
    /// [`FuelNotCounted`] if the engine was made without fuel. wasmi counts fuel if it was made
    /// with some: see the example.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::component::{FuelNotCounted, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut store = Store::new(&Wasmi::new(&Default::default(), Some(10_000)), ());
    /// assert_eq!(store.set_fuel_slice(5_000), Ok(()));
    /// let mut store = Store::new(&Wasmi::default(), ());
    /// assert_eq!(store.set_fuel_slice(5_000), Err(FuelNotCounted));
    /// # }
    /// ```
    pub fn set_fuel_slice(&mut self, fuel: u64) -> Result<(), FuelNotCounted> {
        if self.context().set_fuel_slice(fuel) { Ok(()) } else { Err(FuelNotCounted) }
    }

    /// Sets how much fuel all guests of this store together may use from now on. With `None`, there
    /// is no such limit. A guest that needs more ends with
    /// [`CallError::Interrupted`](super::CallError::Interrupted), and its instances are locked
    /// down, as by [`abandon`](Self::abandon).
    ///
    /// A [slice](Self::set_fuel_slice) is the amount until the next interruption. `fuel` is the
    /// amount in all.
    ///
    /// # Errors
    ///
    /// [`FuelNotCounted`] if the engine was made without fuel.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{CallError, Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $Module (func (export "f") (param i32)
    ///             (loop
    ///                 (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    ///                 (br_if 0 (i32.gt_s (local.get 0) (i32.const 0))))))
    ///         (core instance $module (instantiate $Module))
    ///         (func (export "count") (param "n" s32) (canon lift (core func $module "f"))))
    /// "#)?;
    /// let engine = Wasmi::new(&Default::default(), Some(1_000));
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
    /// let count = store.typed_function::<(i32,), ()>(&instance, "count")?;
    ///
    /// store.set_fuel(Some(10_000))?;
    /// store.call(&count, (100,))?;
    /// assert!(store.fuel() < Some(10_000));
    /// assert!(matches!(store.call(&count, (100_000,)), Err(CallError::Interrupted)));
    /// assert_eq!(store.fuel(), Some(0));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_fuel(&mut self, fuel: Option<u64>) -> Result<(), FuelNotCounted> {
        if self.context().set_fuel(fuel) { Ok(()) } else { Err(FuelNotCounted) }
    }

    /// Returns how much fuel the guests of this store may still use, if
    /// [`set_fuel`](Self::set_fuel) has limited it. The result is 0 after a guest needed more than
    /// was left.
    pub fn fuel(&mut self) -> Option<u64> {
        self.context().fuel()
    }

    /// Returns a handle that interrupts the guests of this store from any thread.
    ///
    /// An interrupt has its effect when the engine has [interrupted](Self::set_fuel_slice) a guest,
    /// and before each turn of a guest's thread. The call whose guest runs then ends with
    /// [`CallError::Interrupted`]. If no guest runs, the call for which the store is driven ends.
    /// The instances of that call are locked down, as by [`abandon`](Self::abandon).
    ///
    /// On an engine that counts no fuel, a guest that neither returns nor waits can't be
    /// interrupted.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{CallError, Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $Module (func (export "spin") (loop (br 0))))
    ///         (core instance $module (instantiate $Module))
    ///         (func (export "spin") (canon lift (core func $module "spin"))))
    /// "#)?;
    /// let engine = Wasmi::new(&Default::default(), Some(10_000));
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&Component::new(&engine, &component)?, &Linker::new())?;
    /// let spin = store.function(&instance, "spin")?;
    ///
    /// let handle = store.interrupt_handle();
    /// let watchdog = std::thread::spawn(move || handle.interrupt());
    /// assert!(matches!(store.call(&spin, &[]), Err(CallError::Interrupted)));
    /// watchdog.join().unwrap();
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`CallError::Interrupted`]: super::CallError::Interrupted
    pub fn interrupt_handle(&self) -> InterruptHandle {
        E::data(&self.engine_store).interrupts.clone()
    }

    /// Drops the store, and returns its data.
    ///
    /// All instances are dropped with it, and so are calls that have not returned. No destructor
    /// runs.
    pub fn into_data(self) -> T {
        E::into_data(self.engine_store).data
    }
}

/// The error if the engine of a store counts no fuel: it can't interrupt guests then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("the engine counts no fuel: make it with fuel, as by `Wasmi::new(&config, Some(fuel))`")]
pub struct FuelNotCounted;
