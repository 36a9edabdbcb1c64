//! Giving up what nobody needs any more: instances, calls, and the store itself.

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
    /// Guests that wait for a call of its functions wait forever; [`abandon`](Self::abandon) gives
    /// them up. If a host function that waits holds a guest of it, all guests on that stack are given
    /// up, as by a trap. A panic in what is dropped with the instance goes on here, when all is done.
    ///
    /// The *engine* frees its own part as soon as it can: see
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

    /// Gives a call up whose guest doesn't listen, or takes too long to. The call is forgotten.
    ///
    /// [`cancel`](Self::cancel) asks a guest to end a call, and its instance lives on. This asks
    /// nobody: the instances in which the call runs are locked down, as by a trap. Nothing of them
    /// runs again, and all that they hold of Weft's is freed: tasks and threads, handles, ends of
    /// streams and futures, host functions that they wait for. Other calls in these instances end
    /// with [`CallError::InstanceTrapped`], which says that a call was
    /// [abandoned](super::CallError::Abandoned). Other instances live on.
    ///
    /// A call that still waits to start locks nothing down. The instances can then be
    /// [removed](Self::remove_instance).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or its end was taken already.
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

    /// Gives a call up that is no longer awaited. If the engine has interrupted its guest, that is
    /// given up at once, so that others can run. If not, the call is cancelled and forgotten as soon
    /// as the store runs.
    pub(crate) fn no_longer_awaited(&mut self, call: SubtaskId) {
        let mut cx = self.context();
        let state = cx.data_mut();
        state.calls.add_unwanted(call);
        if state.origins.running() == Some(call) {
            // It fails only if the machine is inconsistent, and here is nobody to tell.
            let _ = state.stop_interrupted();
        }
    }

    /// Sets how much fuel guests use before the engine interrupts them. What fuel is, is the
    /// engine's matter: for wasmi it is about an instruction.
    ///
    /// After each slice, who drives the store has control: [`call_async`](Self::call_async) yields
    /// to its executor, so that time-outs fire while guests spin, and [`poll`](Self::poll) returns.
    /// A small slice lets others have their turn sooner, and takes more time in all: 10,000 is a
    /// good one. [`StoreLimits::interruptions`](super::StoreLimits::interruptions) says how many
    /// slices a call may use.
    ///
    /// A start function of a core module can't be interrupted. It traps if it takes more than one
    /// slice.
    ///
    /// # Errors
    ///
    /// [`FuelNotCounted`] if the engine was made without fuel. wasmi counts it if the engine was
    /// made with some.
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

    /// Sets how much fuel the guests of this store may use from now on, all together; with `None`, as
    /// much as they need. A guest that needs more ends with
    /// [`CallError::Interrupted`](super::CallError::Interrupted), and its instances are locked down,
    /// as by [`abandon`](Self::abandon).
    ///
    /// A [slice](Self::set_fuel_slice) is what guests use at a time; this is an end to all slices.
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
    /// [`set_fuel`](Self::set_fuel) has limited it; 0 after one needed more than was left.
    pub fn fuel(&mut self) -> Option<u64> {
        self.context().fuel()
    }

    /// Returns a handle that interrupts what runs in this store, from any thread.
    ///
    /// An interrupt is heard when the engine has [interrupted](Self::set_fuel_slice) a guest, and
    /// before each turn of a guest's thread. The call whose guest runs then ends with
    /// [`CallError::Interrupted`]; if no guest runs, the call that the store is driven for does.
    /// Its instances are locked down, as by [`abandon`](Self::abandon).
    ///
    /// On an engine that counts no fuel, a guest that neither returns nor waits hears nothing.
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
    /// All instances go with it, and so do calls that have not returned. No destructor is run.
    pub fn into_data(self) -> T {
        E::into_data(self.engine_store).data
    }
}

/// The engine of a store counts no fuel, so that it interrupts nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
#[error("the engine counts no fuel: it was made without")]
pub struct FuelNotCounted;
