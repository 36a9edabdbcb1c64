//! Calls as futures.

use alloc::boxed::Box;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::Val;
use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::turns::Ran;
use crate::component::store::call_error::CallError;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::SubtaskId;

use super::callee::Callee;
use super::stores::{CallId, Store};

/// A call as a future, which any executor can poll: [`Store::call_async`] and [`Store::run_async`]
/// return it.
///
/// Polling it lets everything in the store run. It is woken when a host function can go on. It is
/// woken at once after [the turns of one poll](Store::set_turns_per_poll), and after the engine has
/// interrupted a guest. So other tasks of the executor have their turn, and a time-out fires while
/// guests run.
///
/// While the call waits for the host, as for a write to a stream, the future is pending. The host
/// can [keep](Self::keep) the call, which drops the future, do its part, and await the call again.
///
/// Dropping the future before its end [cancels](Store::cancel) the call. The guest learns of it
/// when the store runs next, before anything else. If the engine had interrupted the guest at that
/// moment, the guest spins and can't be told. It is then given up as by a trap, and its instance
/// can't be entered again: see [`take_background_trap`](Store::take_background_trap).
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{CallError, Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// # let component = wat::parse_str(r#"
/// #     (component
/// #         (core module $Module (func (export "f") (result i32) (i32.const 7)))
/// #         (core instance $module (instantiate $Module))
/// #         (func (export "seven") (result u32) (canon lift (core func $module "f"))))
/// # "#)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&component, &Linker::new())?;
/// let seven = store.typed_function::<(), u32>(&instance, "seven")?;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// assert_eq!(store.call_async(&seven, ()).await?, 7);
///
/// // Begin two calls, and await their results afterwards.
/// let calls = [store.start(&seven, ())?, store.start(&seven, ())?];
/// for call in calls {
///     assert_eq!(store.run_async(call).await?, 7);
/// }
/// # Ok::<(), CallError>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "nothing runs before the future is polled"]
pub struct CallFuture<'s, E: CoreEngine, T: 'static, R = Option<Val>> {
    store: &'s mut Store<E, T>,
    stage: Stage<'s, E, T>,
    result: PhantomData<fn() -> R>,
}

/// Begins a call.
type Begin<'s, E, T> = dyn FnOnce(&mut Store<E, T>) -> Result<SubtaskId, CallError> + Send + 's;

enum Stage<'s, E: CoreEngine, T: 'static> {
    /// The call has not begun.
    New(Box<Begin<'s, E, T>>),
    /// The call has begun.
    Begun(SubtaskId),
    /// It has come to its end.
    Ended,
}

impl<'s, E: CoreEngine, T: 'static, R: LiftedResult> CallFuture<'s, E, T, R> {
    pub(crate) const fn of(store: &'s mut Store<E, T>, call: CallId<R>) -> Self {
        Self { store, stage: Stage::Begun(call.0), result: PhantomData }
    }

    pub(crate) fn new<F>(store: &'s mut Store<E, T>, function: F, arguments: F::Kept) -> Self
    where
        F: Callee<Result = R> + Send + 's,
        F::Kept: Send + 's,
    {
        let begin = move |store: &mut Store<E, T>| store.start_kept(&function, arguments);
        Self { store, stage: Stage::New(Box::new(begin)), result: PhantomData }
    }
}

impl<E: CoreEngine, T: 'static, R> CallFuture<'_, E, T, R> {
    /// Drops the future without cancelling the call, and returns the id of the call. Returns `None`
    /// if the call has not begun, or has ended.
    pub fn keep(mut self) -> Option<CallId<R>> {
        match core::mem::replace(&mut self.stage, Stage::Ended) {
            Stage::Begun(call) => Some(CallId(call, PhantomData)),
            Stage::New(_) | Stage::Ended => None,
        }
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until a call has ended, and returns its result, as a future that any
    /// executor can poll: [`run`](Self::run) without blocking. Dropping the future cancels the
    /// call.
    pub const fn run_async<R: LiftedResult>(&mut self, call: CallId<R>) -> CallFuture<'_, E, T, R> {
        CallFuture::of(self, call)
    }

    /// Calls a function, as a future that any executor can poll. The call begins at the first poll.
    /// Dropping the future cancels the call.
    pub fn call_async<'s, F>(
        &'s mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> CallFuture<'s, E, T, F::Result>
    where
        F: Callee + Clone + Send + 's,
        F::Kept: Send + 's,
    {
        CallFuture::new(self, function.clone(), F::keep(arguments))
    }
}

impl<E: CoreEngine, T: 'static, R: LiftedResult> Future for CallFuture<'_, E, T, R> {
    type Output = Result<R, CallError>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let waker = context.waker();
        if let Stage::New(_) = this.stage
            && this.store.settle(1).is_err()
        {
            waker.wake_by_ref();
            return Poll::Pending;
        }
        let call = match core::mem::replace(&mut this.stage, Stage::Ended) {
            Stage::Begun(call) => call,
            Stage::New(begin) => begin(this.store)?,
            Stage::Ended => return Poll::Ready(Err(Error::Unknown(Table::Waitables).into())),
        };
        this.store.set_driver(waker);
        // If the panic of another call continues meanwhile, dropping this abandons the call.
        this.stage = Stage::Begun(call);
        let result = match this.store.run_until(call) {
            Ok(Ran::ToItsEnd(value)) => Ok(value),
            Err(error) => Err(error),
            Ok(Ran::ForTooLong) => {
                waker.wake_by_ref();
                return Poll::Pending;
            }
            Ok(Ran::UntilItWaits | Ran::UntilHostActs) => return Poll::Pending,
        };
        this.stage = Stage::Ended;
        Poll::Ready(result)
    }
}

impl<E: CoreEngine, T: 'static, R> Drop for CallFuture<'_, E, T, R> {
    fn drop(&mut self) {
        if let Stage::Begun(call) = self.stage {
            self.store.no_longer_awaited(call);
        }
    }
}

impl<E: CoreEngine, T: 'static, R> fmt::Debug for CallFuture<'_, E, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = match self.stage {
            Stage::Begun(call) => Some(call),
            Stage::New { .. } | Stage::Ended => None,
        };
        f.debug_struct("CallFuture").field("call", &call).finish_non_exhaustive()
    }
}
