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

/// A function that an instance exports, to be what a thread runs: a **host extension**.
/// [`Store::function_reference`] gives it.
#[derive(Clone, Debug)]
pub struct FunctionReference<F = Function> {
    pub(crate) name: Box<str>,
    pub(crate) function: F,
}

impl<F> FunctionReference<F> {
    /// Returns the name that it is exported as.
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
    /// Returns the same function with Rust's own types, as [`Function::typed`].
    ///
    /// # Errors
    ///
    /// [`ThreadError::Signature`] says where they differ.
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

/// A thread that the host has begun in a store, which gives an `R`: a **host extension**.
pub struct SpawnedThread<R = Option<Val>> {
    id: SpawnedThreadId,
    call: CallId<R>,
}

impl<R> SpawnedThread<R> {
    /// Returns the id that the [view of threads](Store::threads) knows it by.
    #[must_use]
    pub const fn id(&self) -> SpawnedThreadId {
        self.id
    }

    /// Returns the call that it is.
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

/// A thread can't be begun, or has no result: of **host extensions**.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ThreadError {
    /// The instance does not export the function as it was asked for.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A table has no function with this number.
    #[error("there is no function {index} in a table of {length}")]
    NoFunctionAt {
        /// The number.
        index: u32,
        /// How many functions are in the table.
        length: usize,
    },
    /// There are as many functions in a table as there are numbers for them.
    #[error("there are too many functions in the table")]
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
    /// [`ExtensionError::AlreadyJoined`], [`ExtensionError::JoinCycle`], or another mistake; or a
    /// limit is reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// Threads: **host extensions**. See [`thread`](crate::thread).
impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns the function that `instance` exports as `name`, to be what a thread runs.
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

    /// Begins a thread: a call of a guest's function, as [`start`](Self::start) begins one. It
    /// runs until it waits for something, and goes on whenever the store runs.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such parent; those of [`start`](Self::start). No thread
    /// is left that could be joined; the values that it was given are destroyed.
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

    /// Waits for the end of a thread, as a future, which any executor polls: polling it lets
    /// everything run. It gives what the thread has returned, when the thread is over and the
    /// destructors of its values have run. Dropped before its end, it leaves the thread to
    /// whoever joins it next.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::AlreadyJoined`], [`Error::Unknown`]. From the future: what
    /// [`take_result`](Self::take_result) says of the call, and [`CallError::Deadlock`] if nothing
    /// can bring the thread to its end, after which it may be cancelled, and joined again.
    /// [`Error::Unknown`]: [`Table::Waitables`], if its result was taken before
    /// ([`take_result`](Self::take_result)) or its call forgotten: the thread is joined all the
    /// same. What traps that the thread has called ends its call, and so the wait for it.
    ///
    /// A thread that fails after it has returned gives what it returned;
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
    /// [`ExtensionError::ThreadEnded`] if it is over, and so is its call, which another thread of
    /// the guest may still have to answer; those of [`cancel`](Self::cancel).
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

    /// Asks all threads to cancel that were begun for a thread and are not over, in the order in
    /// which the host knows them, and says how many.
    ///
    /// # Errors
    ///
    /// Those of [`cancel`](Self::cancel).
    pub fn cancel_children_of_thread(&mut self, thread: SpawnedThreadId) -> Result<usize, Error> {
        let children: Vec<_> = self.threads().children(thread)?.collect();
        let mut cancelled = 0;
        for child in children {
            match self.cancel_thread(child) {
                Ok(()) => cancelled += 1,
                // It was over before, or its result was taken, so that there is none to cancel.
                Err(
                    Error::Extension(ExtensionError::ThreadEnded)
                    | Error::Unknown(Table::Waitables),
                ) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(cancelled)
    }

    /// Makes a destructor for values of threads, and gives the number for
    /// [`Threads::set_local`](crate::thread::Threads::set_local). It is called for each value that
    /// was set with this number when the thread is over, and may call guests. The store keeps it
    /// for as long as it lives, so one is made for values of a kind, not for each value.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there are too many.
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

    /// Returns a destructor that failed: the first that was not taken yet.
    pub fn take_failed_thread_destructor(&mut self) -> Option<ThreadDestructorFailure> {
        self.context().data_mut().thread_destructors.take_failure()
    }
}

/// Threads that are begun inside of a host function: **host extensions**. See
/// [`thread`](crate::thread).
impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {
    /// Returns the function that `instance` exports as `name`, to be what a thread runs.
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

    /// Begins a thread, as [`Store::spawn_thread_ref`]: it runs until it waits for something, and
    /// goes on when the store runs again, after this host function. The thread of the guest
    /// that has called it is [`Threads::current`](crate::thread::Threads::current), which may be
    /// the `parent`.
    ///
    /// # Errors
    ///
    /// Those of [`Store::spawn_thread_ref`]; [`CallError::CallerResumed`] if the thread resumes one
    /// of those that have called this function; [`CallError::Limit`]; [`MachineError::OtherStep`]
    /// in the destructor of a resource that a guest has dropped.
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
            // Nobody else can run before what was interrupted has stopped.
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
    /// Begins a thread; none is left that could be joined if that fails.
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

/// Waits for the end of a thread: [`Store::join_thread_async`] gives it. A **host extension**.
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
    /// Returns something once a thread is over, its values are destroyed and its call has an end;
    /// or once that has failed.
    pub(crate) fn join<R>(&mut self, thread: SpawnedThread<R>) -> Result<Option<()>, CallError> {
        let SpawnedThread { id, call: CallId(call, _) } = thread;
        let has_failed = self.calls.embedder_call(call).is_ok_and(|call| call.has_failed());
        if self.machine.threads().status(id)?.is_active() {
            // What it waits for has trapped, so it will never end.
            return Ok(has_failed.then_some(()));
        }
        let is_destroyed = !self.machine.threads().has_locals(id)?;
        Ok((is_destroyed && (has_failed || !self.is_open(call))).then_some(()))
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns what is waited for by who joins a thread.
    pub(crate) fn target_of_join<R>(&mut self, thread: SpawnedThread<R>) -> Target {
        Target::Thread(self.threads().machine_thread(thread.id).ok().flatten(), thread.call.0)
    }

    /// Ends the wait for a thread that is [ready](State::join) for that, whatever its call has come to.
    pub(crate) fn end_join<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        let SpawnedThread { id, call: CallId(call, _) } = thread;
        let mut cx = self.context();
        let result = cx.data_mut().take_result(call);
        let machine = &mut cx.data_mut().machine;
        if machine.threads().end_join(id)?.is_none() {
            // It waits for something that has trapped, and will for ever.
            machine.threads().give_up(id)?;
        }
        Ok(or_panic(result?.ok_or(Error::from(MachineError::OtherStep))?)?)
    }
}

impl<E: CoreEngine, T: 'static, R: LiftedResult> ThreadJoin<'_, E, T, R> {
    /// Ends the wait for the thread, which is over.
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
            // If nobody knows the thread any more, nobody waits for it, either.
            let _ = self.store.threads().cancel_join(self.thread.id);
        }
    }
}

impl<E: CoreEngine, T: 'static, R> fmt::Debug for ThreadJoin<'_, E, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadJoin").field("thread", &self.thread).finish_non_exhaustive()
    }
}
