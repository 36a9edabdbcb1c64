//! The operations of a host in a store: from outside of guests, with a [`Store`], and inside of a
//! host function, with a [`Caller`].

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;

use crate::abi::{Resource, Type, Val};
use crate::builtin::TypeIndex;
use crate::component::run::context::{Caller, Context};
use crate::component::run::host_ends::EndEvent;
use crate::component::run::host_resource::HostResourceType;
use crate::component::run::instantiate::error::InstantiateError;
use crate::component::run::lifted_result::LiftedResult;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::HostError;
use crate::component::store::machine::StoreChooser;
use crate::component::store::store_limits::StoreLimit;
use crate::component::store::trap_backtrace::TrapBacktrace;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::host::HostExtensions;
use crate::limits::Heap;
use crate::machine::{EndId, ErrorContextId, SubtaskId};
use crate::task::TaskReturn;
use crate::trap::EndKind;

use super::callee::{Called, Callee};
use super::export_error::ExportError;
use super::instance::{Function, Instance};
use super::linker::Linker;
use super::loading::Component;
use super::raising::or_panic;
use super::stores::{CallId, Store};

mod sealed {
    /// See [`AsContextMut`](super::AsContextMut).
    pub trait AsContextMut {}
}

impl<E: CoreEngine, T: 'static> sealed::AsContextMut for Store<E, T> {}
impl<E: CoreEngine, T: 'static> sealed::AsContextMut for Caller<'_, '_, E, T> {}

/// Defines the methods that a store has in both forms, and the trait that has them.
macro_rules! methods {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($cx:ident $(, $argument:ident: $ty:ty)*) -> $result:ty { $body:expr }
    )*) => {
        /// A store in either form: a [`Store`], or the [`Caller`] of a host function. Use it for
        /// code that has to work with both.
        ///
        /// Both types have the same methods themselves, so that only such code imports the trait.
        /// The trait has no calls of guests, as these differ. Outside of guests, a call blocks or
        /// is awaited ([`Store::call`], [`Store::call_async`]). In a host function, it has to end
        /// before the function returns ([`Caller::call`]). Views of the **host extensions** come
        /// from [`HostExtensions`].
        ///
        /// ```
        /// # #[cfg(feature = "wasmi")] {
        /// use weft::abi::{Resource, Val};
        /// use weft::component::{AsContextMut, HostResourceType, Linker, Store};
        /// use weft::engine::CoreEngine;
        /// use weft::engine::wasmi::Wasmi;
        /// use weft::error::Error;
        ///
        /// /// Makes a word, which is known by its place in the data of the store.
        /// fn new_word<E: CoreEngine>(
        ///     store: &mut impl AsContextMut<E, Vec<String>>,
        ///     words: &HostResourceType<E, Vec<String>>,
        ///     word: &str,
        /// ) -> Result<Resource, Error> {
        ///     let ty = store.resource_type(words)?;
        ///     let representation = store.data().len() as u64;
        ///     store.data_mut().push(word.to_owned());
        ///     Ok(Resource { ty, representation })
        /// }
        ///
        /// let words = HostResourceType::new();
        /// let mut store = Store::new(&Wasmi::default(), Vec::new());
        /// new_word(&mut store, &words, "from outside")?;
        /// let mut linker = Linker::new();
        /// linker.function("new-word", move |caller, _| {
        ///     Ok(Some(Val::Own(new_word(caller, &words, "from inside")?)))
        /// });
        /// # }
        /// # Ok::<(), weft::error::Error>(())
        /// ```
        pub trait AsContextMut<E: CoreEngine, T: 'static>:
            sealed::AsContextMut + HostExtensions<Limits = Heap, Chooser = StoreChooser>
        {
            /// Returns the data of the store.
            fn data(&self) -> &T;

            /// Returns the data of the store, mutably.
            fn data_mut(&mut self) -> &mut T;

            /// Returns the function that `instance` exports as `name`.
            ///
            /// # Errors
            ///
            /// [`ExportError::Missing`] if the instance exports no such function;
            /// [`ExportError::OtherStore`] if the instance is in another store;
            /// [`ExportError::InstanceRemoved`].
            fn function(
                &self,
                instance: &Instance<E>,
                name: &str,
            ) -> Result<Function, ExportError>;

            /// Makes an instance of a component, whose imports are found in `linker`.
            ///
            /// # Errors
            ///
            /// [`InstantiateError`]
            fn instantiate(
                &mut self,
                component: &Component<E>,
                linker: &Linker<E, T>,
            ) -> Result<Instance<E>, InstantiateError>;

            /// Drops a resource that the host owns, and runs the destructor of its type.
            ///
            /// # Errors
            ///
            /// [`CallError::Handle`] if the host doesn't own the resource; the error of the
            /// destructor.
            fn drop_resource(
                &mut self,
                resource: impl Into<Option<Resource>>,
            ) -> Result<(), CallError>;

            /// Returns the last trap in the store, with its backtrace: see [`Store::last_trap`].
            fn last_trap(&self) -> Option<Arc<TrapBacktrace>>;

            $(
                $(#[$doc])*
                fn $name(&mut self $(, $argument: $ty)*) -> $result;
            )*
        }

        as_context! { [] Store<E, T>; $($name($($argument: $ty),*) -> $result)* }
        as_context! { ['a, 'c,] Caller<'a, 'c, E, T>; $($name($($argument: $ty),*) -> $result)* }

        impl<E: CoreEngine, T: 'static> Store<E, T> {$(
            $(#[$doc])*
            pub fn $name(&mut self $(, $argument: $ty)*) -> $result {
                let $cx = &mut Context::<E, T>(E::context(&mut self.engine_store));
                $body
            }
        )*}

        impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {$(
            $(#[$doc])*
            pub fn $name(&mut self $(, $argument: $ty)*) -> $result {
                let $cx = self.cx();
                $body
            }
        )*}
    };
}

/// Implements the trait with the methods of a type.
macro_rules! as_context {
    ([$($lifetimes:tt)*] $store:ty;
        $($name:ident($($argument:ident: $ty:ty),*) -> $result:ty)*) =>
    {
        impl<$($lifetimes)* E: CoreEngine, T: 'static> AsContextMut<E, T> for $store {
            fn data(&self) -> &T {
                self.data()
            }

            fn data_mut(&mut self) -> &mut T {
                self.data_mut()
            }

            fn function(
                &self,
                instance: &Instance<E>,
                name: &str,
            ) -> Result<Function, ExportError> {
                self.function(instance, name)
            }

            fn instantiate(
                &mut self,
                component: &Component<E>,
                linker: &Linker<E, T>,
            ) -> Result<Instance<E>, InstantiateError> {
                self.instantiate(component, linker)
            }

            fn drop_resource(
                &mut self,
                resource: impl Into<Option<Resource>>,
            ) -> Result<(), CallError> {
                self.drop_resource(resource)
            }

            fn last_trap(&self) -> Option<Arc<TrapBacktrace>> {
                self.last_trap()
            }

            $(
                fn $name(&mut self $(, $argument: $ty)*) -> $result {
                    self.$name($($argument),*)
                }
            )*
        }
    };
}

methods! {
    /// Returns the number of a host's resource type in this store, which is the `ty` of its
    /// [`Resource`]s.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]
    fn resource_type(cx, token: &HostResourceType<E, T>) -> Result<TypeIndex, Error> {
        cx.data_mut().resource_type(token)
    }

    /// Makes a stream, and returns its readable end and its writable end, both held by the host. A
    /// guest gets the readable end as a [`Val::Stream`].
    ///
    /// Numbers of resource types in the type of the elements are those of the store. The numbers of
    /// streams and futures in it don't matter.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::abi::{Type, Val};
    /// use weft::code::CopyResult;
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let mut store: Store<Wasmi> = Store::new(&Wasmi::default(), ());
    /// let (readable, writable) = store.new_stream(Some(&Type::U32))?;
    /// store.write(writable, vec![Val::U32(1), Val::U32(2)])?;
    ///
    /// // As a rule, a guest has one of the two ends. Here the host reads, too.
    /// store.read(readable, 10)?;
    /// let event = store.next_end_event()?.ok_or("nothing was read")?;
    /// assert_eq!((event.end, event.result, event.count), (readable, CopyResult::Completed, 2));
    /// assert_eq!(event.values, [Val::U32(1), Val::U32(2)]);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the number of a resource type is not known; [`Error::Full`].
    fn new_stream(cx, element: Option<&Type>) -> Result<(EndId, EndId), Error> {
        cx.data_mut().new_ends(EndKind::Stream, element)
    }

    /// Makes a future, in the same way as [`new_stream`](Self::new_stream) makes a stream.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the number of a resource type is not known; [`Error::Full`].
    fn new_future(cx, value: Option<&Type>) -> Result<(EndId, EndId), Error> {
        cx.data_mut().new_ends(EndKind::Future, value)
    }

    /// Returns the type of the values that go through the stream or future of this end. Returns
    /// `None` if they have no type.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the end no longer exists.
    fn element_type(cx, end: EndId) -> Result<Option<Type>, Error> {
        cx.data().element_type(end)
    }

    /// Begins to read at most `count` values, or the value of a future. The read ends with an
    /// [event](Self::next_end_event), which may be there at once. A read of 0 values ends when
    /// there is something to read.
    ///
    /// # Errors
    ///
    /// [`CallError::OtherEnd`] for a writable end; [`MachineError::NotHeld`] if the host doesn't
    /// hold the end; [`MachineError::EndBusy`] if a read is under way, or the end is done;
    /// [`MachineError::BufferTooLong`]. If the values that a guest has written can't be lifted, the
    /// trap of the guest, whose instance is then locked down.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    /// [`MachineError::BufferTooLong`]: crate::error::MachineError::BufferTooLong
    fn read(cx, end: EndId, count: u32) -> Result<(), CallError> {
        cx.read(end, count)
    }

    /// Begins to write values, or the value of a future. The write ends with an
    /// [event](Self::next_end_event), which may be there at once. The event returns the values that
    /// nobody has read. If the stream has no element type, each value is an empty
    /// [record](Val::Record).
    ///
    /// # Errors
    ///
    /// [`CallError::Mismatch`] if a value is not of the element's type; [`CallError::Handle`] if
    /// the host doesn't hold a handle in a value; [`CallError::OtherEnd`] for a readable end;
    /// [`MachineError::NotHeld`], [`MachineError::EndBusy`] and [`MachineError::BufferTooLong`], as
    /// for [`read`](Self::read).
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    /// [`MachineError::BufferTooLong`]: crate::error::MachineError::BufferTooLong
    fn write(cx, end: EndId, values: Vec<Val>) -> Result<(), CallError> {
        cx.write(end, values)
    }

    /// Finishes a read or write that is under way. The [event](Self::next_end_event) says how many
    /// values were moved.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if the host doesn't hold the end; [`MachineError::EndIdle`] if
    /// neither a read nor a write is under way.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndIdle`]: crate::error::MachineError::EndIdle
    fn cancel_copy(cx, end: EndId) -> Result<(), CallError> {
        Ok(cx.data_mut().machine.cancel_host_copy(end).map_err(Fault::from)?)
    }

    /// Drops an end. The holder of the other end learns of it.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if the host doesn't hold the end; [`MachineError::EndBusy`] if a
    /// read or write is under way.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    fn drop_end(cx, end: EndId) -> Result<(), Error> {
        cx.data_mut().machine.drop_host_end(end)
    }

    /// Returns the next event of an end that the host holds: a read or write has ended, or the
    /// other end was dropped. Returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] inside of a destructor, if a guest has dropped the resource.
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    fn next_end_event(cx) -> Result<Option<EndEvent>, CallError> {
        cx.data_mut().next_end_event()
    }

    /// Makes an error context. The host holds it until it passes it to a guest or [drops
    /// it](Self::drop_error_context).
    ///
    /// # Errors
    ///
    /// [`Error::Full`]
    fn new_error_context(cx, debug_message: &str) -> Result<ErrorContextId, Error> {
        cx.data_mut().machine.new_host_error_context(debug_message)
    }

    /// Returns the debug message of an error context.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the error context no longer exists.
    fn debug_message(cx, error_context: ErrorContextId) -> Result<String, Error> {
        cx.data().machine.debug_message(error_context).map(String::from)
    }

    /// Gives up an error context that the host holds.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if the host doesn't hold it; [`Error::Unknown`] if it no longer
    /// exists.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    fn drop_error_context(cx, error_context: ErrorContextId) -> Result<(), Error> {
        cx.data_mut().machine.drop_error_context(error_context)
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Starts a [host task](crate::task) that is a Rust future: a **host extension**. It begins in
    /// the current [context](crate::context). The future is first polled when the store runs next.
    /// If the future returns `Ok`, its value is the task's result. If it returns an error, the task
    /// fails, and its error context has the text of the error.
    ///
    /// [Cancelling](crate::task::Tasks::cancel) the task drops the future. If the future panics,
    /// the task fails, and the panic continues where the store is driven. The panic is a
    /// [background trap](Self::take_background_trap), too: [`CallError::Panicked`].
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    /// use weft::task::TaskStatus;
    ///
    /// let mut store: Store<Wasmi> = Store::new(&Wasmi::default(), ());
    /// let task = store.spawn(async { Ok(5_u32) })?;
    /// assert_eq!(store.wait_for_task(task)?, TaskStatus::Completed);
    /// let result = store.tasks().result(task)?.and_then(|it| it.value()?.get::<u32>());
    /// assert_eq!(result, Some(5));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Full`]
    pub fn spawn<V: Into<TaskReturn<Heap>>>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, Error> {
        E::data_mut(&mut self.engine_store).spawn(future)
    }

    /// Returns the data of the store, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        &mut E::data_mut(&mut self.engine_store).data
    }

    /// Drops a resource that the host owns, and runs the destructor of its type.
    ///
    /// `resource` is a [`Resource`], or an [`OwnHandle`](crate::handle::OwnHandle) of one.
    ///
    /// # Errors
    ///
    /// [`CallError::Handle`] if the host doesn't own the resource; the error of the destructor;
    /// [`MachineError::GuestHasControl`] if a call that the engine has interrupted did not stop. If
    /// the destructor can't be begun, the host still owns the resource.
    ///
    /// [`MachineError::GuestHasControl`]: crate::error::MachineError::GuestHasControl
    pub fn drop_resource(
        &mut self,
        resource: impl Into<Option<Resource>>,
    ) -> Result<(), CallError> {
        let resource = resource.into();
        self.count_interruptions_anew();
        self.settle(self.turns_per_poll)?;
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        let dropped = match or_panic(cx.drop_resource(resource))? {
            // A destructor doesn't wait.
            Some(call) => or_panic(Caller::new(&mut cx).finish::<Option<Val>>(call)).map(|_| ()),
            None => Ok(()),
        };
        drop(cx);
        self.raise_panic_of_nobody();
        dropped
    }
}

/// Calls of guests from inside of a host function. Nothing else can run meanwhile. If the guest
/// waits, the call is kept for later ([`CallError::Waits`]). An async host function can await it
/// instead, with [`Access::call`](super::Access::call).
///
/// Inside of a destructor, these methods fail with [`MachineError::OtherStep`] if a guest has
/// dropped the resource. They work if the host has dropped it, or if nobody took it.
///
/// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {
    /// Returns the function that `instance` exports as `name`.
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`] if the instance exports no such function;
    /// [`ExportError::OtherStore`] if the instance is in another store;
    /// [`ExportError::InstanceRemoved`].
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Result<Function, ExportError> {
        instance.function_in(self.state(), name)
    }

    /// Calls a function of a guest.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{Component, Linker, Store, TypedFunction};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// # let engine = Wasmi::default();
    /// # let seven = Component::new(&engine, &wat::parse_str(r#"
    /// #     (component
    /// #         (core module $Module (func (export "f") (result i32) (i32.const 7)))
    /// #         (core instance $module (instantiate $Module))
    /// #         (func (export "seven") (result u32) (canon lift (core func $module "f"))))
    /// # "#)?)?;
    /// # let user = Component::new(&engine, &wat::parse_str(r#"
    /// #     (component
    /// #         (import "ask" (func $ask (result u32)))
    /// #         (core func $ask (canon lower (func $ask)))
    /// #         (core module $Module
    /// #             (import "" "ask" (func $ask (result i32)))
    /// #             (func (export "f") (result i32) (call $ask)))
    /// #         (core instance $module (instantiate $Module (with "" (instance
    /// #             (export "ask" (func $ask))))))
    /// #         (func (export "run") (result u32) (canon lift (core func $module "f"))))
    /// # "#)?)?;
    /// // The data of the store has the function of another component.
    /// let mut linker = Linker::<Wasmi, Option<TypedFunction<(), u32>>>::new();
    /// linker.typed_function("ask", |caller, ()| {
    ///     let seven = caller.data().clone().ok_or("there is no function yet")?;
    ///     Ok(2 * caller.call(&seven, ())?)
    /// });
    /// let mut store = Store::new(&engine, None);
    /// let seven = store.instantiate(&seven, &linker)?;
    /// *store.data_mut() = Some(store.typed_function(&seven, "seven")?);
    /// let user = store.instantiate(&user, &linker)?;
    /// let run = store.typed_function::<(), u32>(&user, "run")?;
    /// assert_eq!(store.call(&run, ())?, 14);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError::Waits`] if the guest waits, which keeps the call; [`CallError::CallerResumed`]
    /// if the guest resumes a thread of the callers of this host function; [`CallError::Limit`] if
    /// calls are nested too deeply; [`CallError::Trap`], [`CallError::Core`] and
    /// [`CallError::Host`] if the guest traps or a host function fails;
    /// [`CallError::InstanceTrapped`] and [`CallError::InstanceRemoved`] if it can't run;
    /// [`CallError::Mismatch`], [`CallError::Handle`] and [`CallError::OtherStore`] if the call
    /// can't be begun.
    pub fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        self.check_depth()?;
        let arguments = F::keep_in(self.cx(), arguments);
        or_panic(self.nested(|caller| match function.call(caller.cx(), arguments)? {
            Called::Returned(result) => Ok(result),
            Called::Begun(call) => caller.finish(call),
        }))
    }

    /// Starts a [host task](crate::task) that is a Rust future, as [`Store::spawn`] does, in the
    /// context of the guest's task.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]
    pub fn spawn<V: Into<TaskReturn<Heap>>>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, Error> {
        self.cx().data_mut().spawn(future)
    }

    /// Returns the result of a call and forgets the call, if it has ended: see
    /// [`Store::take_result`].
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before.
    pub fn take_result<R: LiftedResult>(
        &mut self,
        call: CallId<R>,
    ) -> Result<Option<Result<R, CallError>>, Error> {
        self.cx().data_mut().take_result(call.0)
    }

    /// Forgets a call, such as one that [waits](CallError::Waits): see [`Store::forget`].
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before.
    pub fn forget<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        self.cx().data_mut().forget(call.0)
    }

    /// Drops a resource that the host owns, and runs the destructor of its type.
    ///
    /// # Errors
    ///
    /// [`CallError::Handle`] if the host doesn't own the resource; the error of the destructor. The
    /// destructor may be a guest's: then also [`CallError::Waits`] if it waits, which keeps the
    /// call; [`CallError::CallerResumed`] if it resumes a thread of the callers of this host
    /// function; [`CallError::Limit`] if calls are nested too deeply.
    pub fn drop_resource(
        &mut self,
        resource: impl Into<Option<Resource>>,
    ) -> Result<(), CallError> {
        let resource = resource.into();
        self.check_depth()?;
        or_panic(self.nested(|caller| match caller.cx().drop_resource(resource)? {
            Some(call) => caller.finish::<Option<Val>>(call).map(|_| ()),
            None => Ok(()),
        }))
    }

    /// Makes an instance of a component, whose imports are found in `linker`.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate(
        &mut self,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        self.check_depth()?;
        or_panic(linker.instantiate(self.cx(), component))
    }

    /// Returns the last trap in the store, with its backtrace: see [`Store::last_trap`].
    #[must_use]
    pub fn last_trap(&self) -> Option<Arc<TrapBacktrace>> {
        self.state().traps.last().cloned()
    }

    pub(crate) fn check_depth(&self) -> Result<(), CallError> {
        let state = self.state();
        if state.crossing.may_nest() {
            Ok(())
        } else {
            Err(state.settings.limits.reached(StoreLimit::NativeCalls).into())
        }
    }

    /// Runs `run`, which may be interrupted and go on. Afterwards the caller runs again, and its
    /// actions belong to the same call as before.
    pub(crate) fn nested<R>(&mut self, run: impl FnOnce(&mut Self) -> R) -> R {
        let running = self.cx().data().origins.running();
        let result = run(self);
        self.cx().data_mut().origins.set_running(running);
        result
    }

    fn finish<R: LiftedResult>(&mut self, call: SubtaskId) -> Result<R, CallError> {
        loop {
            if let Some(result) = self.cx().data_mut().take_result(call)? {
                return result;
            }
            if self.cx().data().activations.interrupted().is_none() {
                return Err(CallError::Waits(call));
            }
            match self.cx().turn() {
                Ok(_) => {}
                Err(fault) => {
                    self.cx().data_mut().forget(call)?;
                    return Err(fault.into());
                }
            }
        }
    }
}
