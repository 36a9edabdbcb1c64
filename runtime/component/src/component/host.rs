//! What the host does in a store, from the outside, with a [`Store`], or from inside of one of its
//! functions that a guest has called, with a [`Caller`].

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

/// Methods that a store has, and a store that is lent to a host function; and the trait of
/// both.
macro_rules! methods {
    ($(
        $(#[$doc:meta])*
        fn $name:ident($cx:ident $(, $argument:ident: $ty:ty)*) -> $result:ty { $body:expr }
    )*) => {
        /// A store: a [`Store`], or the [`Caller`] that a host function gets. Code that is to work
        /// with both is generic over it.
        ///
        /// Both have the same methods of their own, so that the trait is only imported by such code.
        /// A call of a guest is no part of it: from outside of guests it blocks or is awaited
        /// ([`Store::call`], [`Store::call_async`]), and from inside it has to end before the
        /// host function returns ([`Caller::call`]). Views of the **host extensions** come from [`HostExtensions`].
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

            /// Returns the data of the store.
            fn data_mut(&mut self) -> &mut T;

            /// Returns the function that `instance` exports as `name`.
            ///
            /// # Errors
            ///
            /// [`ExportError::Missing`] if the instance exports no such function,
            /// [`ExportError::OtherStore`] if it is in another store.
            fn function(
                &self,
                instance: &Instance<E>,
                name: &str,
            ) -> Result<Function, ExportError>;

            /// Makes an instance of a component, with what `linker` has for its imports.
            ///
            /// # Errors
            ///
            /// [`InstantiateError`]
            fn instantiate(
                &mut self,
                component: &Component<E>,
                linker: &Linker<E, T>,
            ) -> Result<Instance<E>, InstantiateError>;

            /// Drops a resource that the host owns: runs the destructor of its type.
            ///
            /// # Errors
            ///
            /// Those of [`Store::drop_resource`] and [`Caller::drop_resource`].
            fn drop_resource(
                &mut self,
                resource: impl Into<Option<Resource>>,
            ) -> Result<(), CallError>;

            /// Returns what trapped last in the store, and where: see [`Store::last_trap`].
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

/// Implements the trait by the methods that a type has of its own.
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
    /// Returns the number of a resource type of the host in this store: that of the
    /// [`Resource`]s of this type.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]
    fn resource_type(cx, token: &HostResourceType<E, T>) -> Result<TypeIndex, Error> {
        cx.data_mut().resource_type(token)
    }

    /// Makes a stream, of which the host has the readable end and the writable one. The readable
    /// one can be given to a guest, as a [`Val::Stream`].
    ///
    /// Resource types in the type of the elements are the store's; how streams and futures in it
    /// are numbered does not matter.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if a resource type is none; [`Error::Full`].
    fn new_stream(cx, element: Option<&Type>) -> Result<(EndId, EndId), Error> {
        cx.data_mut().new_ends(EndKind::Stream, element)
    }

    /// Makes a future, as [`new_stream`](Self::new_stream) makes a stream.
    ///
    /// # Errors
    ///
    /// Those of [`new_stream`](Self::new_stream).
    fn new_future(cx, value: Option<&Type>) -> Result<(EndId, EndId), Error> {
        cx.data_mut().new_ends(EndKind::Future, value)
    }

    /// Returns the type of what goes through a stream or future, of which this is an end, if it has
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the end is no more.
    fn element_type(cx, end: EndId) -> Result<Option<Type>, Error> {
        cx.data().element_type(end)
    }

    /// Begins to read up to `count` values; 1 of a future. It ends with an
    /// [event](Self::next_end_event), which can be there at once. A read of nothing ends when
    /// there is something to read.
    ///
    /// # Errors
    ///
    /// [`CallError::OtherEnd`] for a writable end; [`MachineError::NotHeld`] if the host doesn't
    /// hold it; [`MachineError::EndBusy`] if a read is under way, or the end is done;
    /// [`MachineError::BufferTooLong`]. If what a guest has written can't be lifted, what it
    /// trapped with; the guest's instance is locked down then.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    /// [`MachineError::BufferTooLong`]: crate::error::MachineError::BufferTooLong
    fn read(cx, end: EndId, count: u32) -> Result<(), CallError> {
        cx.read(end, count)
    }

    /// Begins to write values; one to a future. It ends with an [event](Self::next_end_event),
    /// which can be there at once, and which gives back what nobody has taken. Where the stream
    /// has no element, each value is a [record](Val::Record) of nothing.
    ///
    /// # Errors
    ///
    /// [`CallError::Mismatch`], [`CallError::Handle`] if a value is not of the element's type, or
    /// not the host's to give; those of [`read`](Self::read), of a writable end.
    fn write(cx, end: EndId, values: Vec<Val>) -> Result<(), CallError> {
        cx.write(end, values)
    }

    /// Ends a read or write that is under way, with an [event](Self::next_end_event) that says how
    /// far it has come.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if the host doesn't hold the end; [`MachineError::EndIdle`] if
    /// nothing is under way.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndIdle`]: crate::error::MachineError::EndIdle
    fn cancel_copy(cx, end: EndId) -> Result<(), CallError> {
        Ok(cx.data_mut().machine.cancel_host_copy(end).map_err(Fault::from)?)
    }

    /// Drops an end: whoever has the other one learns of it.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if the host doesn't hold it; [`MachineError::EndBusy`] if a read
    /// or write is under way.
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    /// [`MachineError::EndBusy`]: crate::error::MachineError::EndBusy
    fn drop_end(cx, end: EndId) -> Result<(), Error> {
        cx.data_mut().machine.drop_host_end(end)
    }

    /// Returns what has happened next to an end that the host holds, if anything has: a read or
    /// write has ended, or the other end was dropped.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] from inside of a destructor, where a guest has dropped the
    /// resource.
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    fn next_end_event(cx) -> Result<Option<EndEvent>, CallError> {
        cx.data_mut().next_end_event()
    }

    /// Makes an error context, which the host holds until it gives it to a guest or
    /// [drops it](Self::drop_error_context).
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
    /// [`Error::Unknown`] if it is no more.
    fn debug_message(cx, error_context: ErrorContextId) -> Result<String, Error> {
        cx.data().machine.debug_message(error_context).map(String::from)
    }

    /// Gives up an error context that the host holds.
    ///
    /// # Errors
    ///
    /// [`MachineError::NotHeld`] if it doesn't; [`Error::Unknown`].
    ///
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    fn drop_error_context(cx, error_context: ErrorContextId) -> Result<(), Error> {
        cx.data_mut().machine.drop_error_context(error_context)
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Starts a [host task](crate::task) that is a Rust future: a **host extension**. It begins in
    /// the current [context](crate::context), and is polled whenever the store runs, from the next
    /// time on. It is over when the future is ready. `Ok` is the task's result. An error makes the
    /// task fail, with an error context that has its text.
    ///
    /// [Cancelling](crate::task::Tasks::cancel) the task drops the future. If the future panics,
    /// the task fails, and the panic goes on where the store is driven. It is a [background
    /// trap](Self::take_background_trap), too: [`CallError::Panicked`].
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
    /// Those of [`Tasks::start`](crate::task::Tasks::start).
    pub fn spawn<V: Into<TaskReturn<Heap>>>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, Error> {
        E::data_mut(&mut self.engine_store).spawn(future)
    }

    /// Returns the data of the store.
    pub fn data_mut(&mut self) -> &mut T {
        &mut E::data_mut(&mut self.engine_store).data
    }

    /// Drops a resource that the host owns: runs the destructor of its type.
    ///
    /// `resource` is a [`Resource`], or an [`OwnHandle`](crate::handle::OwnHandle) of one.
    ///
    /// # Errors
    ///
    /// [`CallError::Handle`] if the host doesn't own it; what the destructor fails with;
    /// [`MachineError::GuestHasControl`] if a call that the engine interrupted did not stop. If the
    /// destructor can't be begun, the host owns the resource as before.
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

/// Calling guests from inside of a host function. Nobody else can run meanwhile: if the guest waits, the
/// call is kept for later ([`CallError::Waits`]). An async host function awaits it with
/// [`Access::call`](super::Access::call).
///
/// In a destructor, none of it is possible where a guest has dropped the resource
/// ([`MachineError::OtherStep`]), but all of it where the host has, or nobody took the resource.
///
/// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {
    /// Returns the function that `instance` exports as `name`.
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`] if the instance exports no such function,
    /// [`ExportError::OtherStore`] if it is in another store.
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Result<Function, ExportError> {
        instance.function_in(self.state(), name)
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// [`CallError::Waits`] if the guest waits, which keeps the call; [`CallError::CallerResumed`]
    /// if it resumes one of those that have called this host function; [`CallError::Limit`];
    /// those of [`Store::call`].
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
    /// Those of [`Store::spawn`].
    pub fn spawn<V: Into<TaskReturn<Heap>>>(
        &mut self,
        future: impl Future<Output = Result<V, HostError>> + Send + 'static,
    ) -> Result<SubtaskId, Error> {
        self.cx().data_mut().spawn(future)
    }

    /// Takes how a call has ended, if it has: see [`Store::take_result`].
    ///
    /// # Errors
    ///
    /// Those of [`Store::take_result`].
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
    /// Those of [`Store::forget`].
    pub fn forget<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        self.cx().data_mut().forget(call.0)
    }

    /// Drops a resource that the host owns: runs the destructor of its type.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call), and those of [`Store::drop_resource`].
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

    /// Makes an instance of a component, with what `linker` gives for its imports.
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

    /// Returns what trapped last in the store, and where: see [`Store::last_trap`].
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

    /// Runs something that may be interrupted and go on. Then it is the caller that runs again,
    /// and what it does belongs to the call that it did before.
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
