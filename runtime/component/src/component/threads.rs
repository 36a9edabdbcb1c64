//! Threads that the host begins in a store: **host extensions**. See [`thread`](crate::thread).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use thiserror::Error;

use crate::abi::{Lift, Lower, Val};
use crate::component::definition::function_mismatch::FunctionMismatch;
use crate::component::run::context::{Caller, Context};
use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::state::State;
use crate::component::run::turns::{Ran, Turn};
use crate::component::store::call_error::CallError;
use crate::component::store::calls::EmbedderCall;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::host_result::HostError;
use crate::component::store::thread_destructors::ThreadDestructorFailure;
use crate::component::store::waits_for_host::Target;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, ExtensionError, MachineError};
use crate::limits::{Heap, Table};
use crate::thread::{SpawnedThreadId, ThreadDestructor, ThreadSpawnConfig, ThreadStatus};

use super::callee::Callee;
use super::export_error::ExportError;
use super::instance::{Function, Instance};
use super::raising::{MayBePanic, or_panic};
use super::stores::{CallId, Store};
use super::typed_function::TypedFunction;

/// An exported function that a thread runs: a **host extension**. [`Store::function_reference`]
/// returns it.
#[derive(Clone, Debug)]
pub struct FunctionReference<F = Function> {
    pub(crate) name: Box<str>,
    pub(crate) function: F,
}

impl<F> FunctionReference<F> {
    /// Returns the name under which it is exported.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the function.
    #[must_use]
    pub const fn function(&self) -> &F {
        &self.function
    }
}

impl FunctionReference {
    /// Returns the same function with Rust's own types, as [`Function::typed`] does.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Signature`] says where the types differ.
    pub fn typed<P, R>(&self) -> Result<FunctionReference<TypedFunction<P, R>>, ThreadError>
    where
        P: Lower,
        R: for<'a> Lift<'a> + Send + 'static,
    {
        let function = self.function.typed().map_err(|mismatch| ThreadError::Signature {
            name: self.name.clone(),
            mismatch: Box::new(mismatch),
        })?;
        Ok(FunctionReference { name: self.name.clone(), function })
    }
}

/// A thread that the host has begun in a store, and that returns an `R`: a **host extension**.
pub struct SpawnedThread<R = Option<Val>> {
    id: SpawnedThreadId,
    call: CallId<R>,
}

impl<R> SpawnedThread<R> {
    /// Returns the id of the thread in the [view of threads](Store::threads).
    #[must_use]
    pub const fn id(&self) -> SpawnedThreadId {
        self.id
    }

    /// Returns the call that the thread is.
    #[must_use]
    pub const fn call(&self) -> CallId<R> {
        self.call
    }
}

impl<R> Clone for SpawnedThread<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for SpawnedThread<R> {}

impl<R> fmt::Debug for SpawnedThread<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SpawnedThread").field(&self.id).finish()
    }
}

/// The reasons why a thread can't be begun, or has no result: of **host extensions**.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ThreadError {
    /// The instance does not export the function with that name and type.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A table has no function with this number.
    #[error("the table has no function with the number {index}: it has {length} functions")]
    NoFunctionAt {
        /// The number.
        index: u32,
        /// The number of functions in the table.
        length: usize,
    },
    /// The table has as many functions as there are numbers.
    #[error("the table has as many functions as there are numbers for them")]
    TableFull,
    /// The function is of another type.
    #[error("the function `{name}` has another type")]
    Signature {
        /// The name.
        name: Box<str>,
        /// The difference between the types.
        #[source]
        mismatch: Box<FunctionMismatch>,
    },
    /// The call that the thread is could not be made, or has no result.
    #[error(transparent)]
    Call(#[from] CallError),
    /// [`ExtensionError::AlreadyJoined`], [`ExtensionError::JoinCycle`], another misuse, or a limit
    /// that is reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Threads: **host extensions**. See [`thread`](crate::thread).
impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns the function that `instance` exports as `name`, for a thread to run.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Export`]
    pub fn function_reference(
        &self,
        instance: &Instance<E>,
        name: &str,
    ) -> Result<FunctionReference, ThreadError> {
        Ok(FunctionReference { name: name.into(), function: self.function(instance, name)? })
    }

    /// Begins a thread, which is a call of a guest's function, as [`start`](Self::start) begins
    /// one. It runs until it waits for something, and goes on whenever the store runs.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Error`] with [`Error::Unknown`] if there is no such parent;
    /// [`ThreadError::Call`] if the call can't be begun, or traps at once. No thread is then left
    /// to join, and the values that it was given are destroyed.
    pub fn spawn_thread_ref<F: Callee>(
        &mut self,
        function: &FunctionReference<F>,
        arguments: F::Arguments<'_>,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThread<F::Result>, ThreadError> {
        let arguments = F::keep(arguments);
        self.count_interruptions_anew();
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        or_panic(self.context().spawn_thread(&function.function, arguments, config, parent))
    }

    /// Waits for the end of a thread, as a future that any executor can poll. Polling it lets
    /// everything run. It is ready after the thread has ended and the destructors of its values
    /// have run, and returns the thread's result. If it is dropped before that, the thread can
    /// be joined again.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::AlreadyJoined`] if the thread was joined before; [`Error::Unknown`] if
    /// there is no such thread. From the future: [`ThreadError::Call`] with the error of the call,
    /// if the thread has failed; with [`CallError::Deadlock`], nothing can bring the thread to its
    /// end, and it may be cancelled, and joined again. [`Error::Unknown`] with [`Table::Waitables`]
    /// means that the result was taken by [`take_result`](Self::take_result), or that the call was
    /// forgotten. The thread is joined nevertheless. If something that the thread has called traps,
    /// the call ends, and so does the wait.
    ///
    /// A thread that fails after it has returned still has its result.
    /// [`take_background_trap`](Self::take_background_trap) says why it failed.
    pub fn join_thread_async<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<ThreadJoin<'_, E, T, R>, Error> {
        self.threads().begin_join(thread.id, None)?;
        Ok(ThreadJoin { store: self, thread, is_over: false })
    }

    /// Asks a thread to cancel, as [`cancel`](Self::cancel) asks a call.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::ThreadEnded`] if the thread has ended, even if another thread of the guest
    /// still has to return the result of the call; [`Error::Unknown`];
    /// [`MachineError::GuestHasControl`](crate::error::MachineError::GuestHasControl) if a call
    /// that the engine has interrupted did not stop.
    pub fn cancel_thread(&mut self, thread: SpawnedThreadId) -> Result<(), Error> {
        let (status, call) = (self.threads().status(thread)?, self.threads().call(thread)?);
        let is_open = self.context().data().is_open(call);
        match status {
            ThreadStatus::Cancelled | ThreadStatus::Failed => {
                return Err(ExtensionError::ThreadEnded.into());
            }
            ThreadStatus::Completed if !is_open => return Err(ExtensionError::ThreadEnded.into()),
            _ => {}
        }
        self.cancel(CallId::<()>(call, PhantomData))
    }

    /// Asks the children of a thread to cancel: the threads that were begun with it as their parent
    /// and have not ended, in the order of their ids. Returns the number of threads asked.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`];
    /// [`MachineError::GuestHasControl`](crate::error::MachineError::GuestHasControl) if a call
    /// that the engine has interrupted did not stop.
    pub fn cancel_children_of_thread(&mut self, thread: SpawnedThreadId) -> Result<usize, Error> {
        let children: Vec<_> = self.threads().children(thread)?.collect();
        let mut cancelled = 0;
        for child in children {
            match self.cancel_thread(child) {
                Ok(()) => cancelled += 1,
                // The thread has ended, or its result was taken, so that there is nothing to
                // cancel.
                Err(
                    Error::Extension(ExtensionError::ThreadEnded)
                    | Error::Unknown(Table::Waitables),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cancelled)
    }

    /// Makes a destructor for values of threads, and returns its number, for
    /// [`Threads::set_local`](crate::thread::Threads::set_local). When a thread has ended, the
    /// destructor is called for each of its values that was set with this number. It may call
    /// guests. The store keeps it until the store is dropped, so make one for each kind of value,
    /// not for each value.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there are too many destructors.
    pub fn add_thread_destructor(
        &mut self,
        destructor: impl Fn(&mut Caller<'_, '_, E, T>, &ThreadDestructor<Heap>) -> Result<(), HostError>
        + Send
        + Sync
        + 'static,
    ) -> Result<u32, Error> {
        let mut cx = self.context();
        let state = cx.data_mut();
        let (number, count) = state.thread_destructors.add(Arc::new(destructor))?;
        state.machine.count_destructors(count);
        Ok(number)
    }

    /// Returns the first failure of a destructor that was not taken yet.
    pub fn take_failed_thread_destructor(&mut self) -> Option<ThreadDestructorFailure> {
        self.context().data_mut().thread_destructors.take_failure()
    }
}

/// Threads that are begun inside of a host function: **host extensions**. See
/// [`thread`](crate::thread).
impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {
    /// Returns the function that `instance` exports as `name`, for a thread to run.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Export`]
    pub fn function_reference(
        &self,
        instance: &Instance<E>,
        name: &str,
    ) -> Result<FunctionReference, ThreadError> {
        Ok(FunctionReference { name: name.into(), function: self.function(instance, name)? })
    }

    /// Begins a thread, as [`Store::spawn_thread_ref`] does. It runs until it waits for something,
    /// and goes on when the store runs again, after this host function. The thread of the calling
    /// guest is [`Threads::current`](crate::thread::Threads::current), which may be the `parent`.
    ///
    /// # Errors
    ///
    /// [`ThreadError::Error`] with [`Error::Unknown`] if there is no such parent, or with
    /// [`MachineError::OtherStep`] in the destructor of a resource that a guest has dropped;
    /// [`ThreadError::Call`] if the call can't be begun, or traps at once: with
    /// [`CallError::CallerResumed`] if the thread resumes a thread of the callers of this host
    /// function, and with [`CallError::Limit`] if calls are nested too deeply.
    pub fn spawn_thread_ref<F: Callee>(
        &mut self,
        function: &FunctionReference<F>,
        arguments: F::Arguments<'_>,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThread<F::Result>, ThreadError> {
        self.check_depth()?;
        let arguments = F::keep(arguments);
        or_panic(self.nested(|caller| {
            let thread = caller.cx().spawn_thread(&function.function, arguments, config, parent)?;
            // Nothing else can run before the interrupted call has stopped.
            let mut stopped = Ok(Turn::Progress);
            while stopped.is_ok() && caller.cx().data().activations.interrupted().is_some() {
                stopped = caller.cx().turn();
            }
            let call = thread.call.0;
            let trapped = caller
                .cx()
                .data_mut()
                .calls
                .embedder_call(call)
                .ok()
                .and_then(EmbedderCall::take_error);
            let error = stopped.map_err(CallError::from).err().or(trapped);
            let Some(error) = error else { return Ok(thread) };
            caller.cx().data_mut().forget(call)?;
            caller.cx().data_mut().machine.threads().give_up(thread.id)?;
            Err(error.into())
        }))
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Begins a thread. If that fails, no thread is left to join.
    fn spawn_thread<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Kept,
        config: ThreadSpawnConfig,
        parent: Option<SpawnedThreadId>,
    ) -> Result<SpawnedThread<F::Result>, ThreadError> {
        let id = self.data_mut().machine.threads().prepare(config, parent)?;
        match function.start(self, arguments) {
            Ok(call) => Ok(SpawnedThread { id, call: CallId(call, PhantomData) }),
            Err(error) => {
                self.data_mut().machine.threads().give_up(id)?;
                Err(error.into())
            }
        }
    }
}

/// A wait for the end of a thread: [`Store::join_thread_async`] returns it. A **host extension**.
#[must_use = "nothing runs before the future is polled"]
pub struct ThreadJoin<'s, E: CoreEngine, T: 'static, R = Option<Val>> {
    pub(crate) store: &'s mut Store<E, T>,
    thread: SpawnedThread<R>,
    is_over: bool,
}

impl MayBePanic for ThreadError {
    fn panic(&self) -> Option<&HostPanic> {
        if let Self::Call(error) = self { error.panic() } else { None }
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns `Some` when a thread has ended, its values are destroyed and its call has ended, or
    /// when that has failed.
    pub(crate) fn join<R>(&mut self, thread: SpawnedThread<R>) -> Result<Option<()>, CallError> {
        let SpawnedThread { id, call: CallId(call, _) } = thread;
        let has_failed = self.calls.embedder_call(call).is_ok_and(|call| call.has_failed());
        if self.machine.threads().status(id)?.is_active() {
            // The thread that it waits for has trapped, so the wait will never end.
            return Ok(has_failed.then_some(()));
        }
        let is_destroyed = !self.machine.threads().has_locals(id)?;
        Ok((is_destroyed && (has_failed || !self.is_open(call))).then_some(()))
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns the thread that a join waits for.
    pub(crate) fn target_of_join<R>(&mut self, thread: SpawnedThread<R>) -> Target {
        Target::Thread(self.threads().machine_thread(thread.id).ok().flatten(), thread.call.0)
    }

    /// Finishes the wait for a thread that is [ready to be joined](State::join), whatever the outcome
    /// of its call.
    pub(crate) fn end_join<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        let SpawnedThread { id, call: CallId(call, _) } = thread;
        let mut cx = self.context();
        let result = cx.data_mut().take_result(call);
        let machine = &mut cx.data_mut().machine;
        if machine.threads().end_join(id)?.is_none() {
            // It waits for something that has trapped, so it would wait forever.
            machine.threads().give_up(id)?;
        }
        Ok(or_panic(result?.ok_or(Error::from(MachineError::OtherStep))?)?)
    }
}

impl<E: CoreEngine, T: 'static, R: LiftedResult> ThreadJoin<'_, E, T, R> {
    /// Finishes the wait for the thread, which has ended.
    pub(crate) fn end(&mut self) -> Result<R, ThreadError> {
        self.is_over = true;
        self.store.end_join(self.thread)
    }
}

impl<E: CoreEngine, T: 'static, R: LiftedResult> Future for ThreadJoin<'_, E, T, R> {
    type Output = Result<R, ThreadError>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let (waker, thread) = (context.waker(), this.thread);
        this.store.set_driver(waker);
        let target = this.store.target_of_join(thread);
        match this.store.run_until_ready(target, |state| state.join(thread)) {
            Ok(Ran::ToItsEnd(())) => return Poll::Ready(this.end()),
            Err(error) => return Poll::Ready(Err(error.into())),
            Ok(Ran::ForTooLong) => waker.wake_by_ref(),
            Ok(Ran::UntilItWaits | Ran::UntilHostActs) => {}
        }
        Poll::Pending
    }
}

impl<E: CoreEngine, T: 'static, R> Drop for ThreadJoin<'_, E, T, R> {
    fn drop(&mut self) {
        if !self.is_over {
            // If the thread is no longer known, nobody waits for it.
            let _ = self.store.threads().cancel_join(self.thread.id);
        }
    }
}

impl<E: CoreEngine, T: 'static, R> fmt::Debug for ThreadJoin<'_, E, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadJoin").field("thread", &self.thread).finish_non_exhaustive()
    }
}
