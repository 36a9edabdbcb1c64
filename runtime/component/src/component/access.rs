//! Handles of a store, for code that runs beside it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context as WakerContext, Poll};

use atomic_waker::AtomicWaker;
use concurrent_queue::{ConcurrentQueue, PopError};

use crate::component::run::context::{Caller, Request};
use crate::component::run::lifted_result::LiftedResult;
use crate::component::store::acting::Acting;
use crate::component::store::call_error::{CallError, StoreDropped};
use crate::component::store::carried_values::CarriedValues;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::mailbox::Sender;
use crate::component::store::panics::LatePanics;
use crate::component::store::unwinding::{catch, raise};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::SubtaskId;

use super::callee::Callee;
use super::instance::Function;
use super::stores::Store;

/// A handle of a store, for the future of an async host function, and for other tasks and threads
/// of the host.
///
/// It does not borrow the store: it is `'static`, cheap to clone, and can be sent. Its operations
/// run [where the store is driven](Self::with).
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::abi::Val;
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// # let text = r#"(component
/// #     (import "next" (func $next (result u32)))
/// #     (canon lower (func $next) (core func $next))
/// #     (core module $m
/// #         (import "" "next" (func $next (result i32)))
/// #         (func (export "run") (result i32) (i32.add (call $next) (call $next))))
/// #     (core instance $i (instantiate $m (with "" (instance (export "next" (func $next))))))
/// #     (func (export "run") (result u32) (canon lift (core func $i "run"))))"#;
/// let mut linker = Linker::<Wasmi, u32>::new();
/// linker.async_function("next", |caller, _| {
///     let access = caller.access();
///     async move {
///         // Wait for something here. Then use the store.
///         let next = access.with(|store| {
///             *store.data_mut() += 1;
///             *store.data()
///         });
///         Ok(Some(Val::U32(next.await?)))
///     }
/// });
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &wat::parse_str(text)?)?;
/// let mut store = Store::new(&engine, 0);
/// let instance = store.instantiate(&component, &linker)?;
/// let run = store.function(&instance, "run")?;
/// assert_eq!(store.call(&run, &[])?, Some(Val::U32(3)));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Access<E: CoreEngine, T: 'static = ()> {
    mailbox: Sender<Request<E, T>>,
    acting: Acting,
    late_panics: LatePanics,
}

/// The answer to a closure that runs where a store is driven.
struct Answer<R> {
    /// The result. The queue is closed without one if the store was dropped.
    result: ConcurrentQueue<Result<R, HostPanic>>,
    waker: AtomicWaker,
    is_wanted: AtomicBool,
    late_panics: LatePanics,
}

impl<R> Answer<R> {
    /// Hands the panic of the closure to the store, if nobody awaits the result.
    fn give_up(&self) {
        if let Ok(Err(panic)) = self.result.pop() {
            self.late_panics.add(panic);
        }
    }
}

/// Closes an answer when the closure is dropped, whether or not it has run.
struct Closing<R>(Arc<Answer<R>>);

impl<R> Drop for Closing<R> {
    fn drop(&mut self) {
        self.0.result.close();
        self.0.waker.wake();
    }
}

/// The result of a closure that runs where a store is driven: [`Access::with`] returns it. If it is
/// dropped before the closure runs, the closure never runs.
#[must_use = "nobody hears of the result before the future is polled"]
pub struct With<R> {
    answer: Arc<Answer<R>>,
}

impl<R> Future for With<R> {
    type Output = Result<R, StoreDropped>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let mut popped = self.answer.result.pop();
        if let Err(PopError::Empty) = popped {
            self.answer.waker.register(context.waker());
            popped = self.answer.result.pop();
        }
        match popped {
            Ok(Ok(result)) => Poll::Ready(Ok(result)),
            Ok(Err(panic)) => {
                raise(&panic);
                Poll::Ready(Err(StoreDropped))
            }
            Err(PopError::Empty) => Poll::Pending,
            Err(PopError::Closed) => Poll::Ready(Err(StoreDropped)),
        }
    }
}

impl<R> Drop for With<R> {
    fn drop(&mut self) {
        self.answer.is_wanted.store(false, Ordering::SeqCst);
        self.answer.give_up();
    }
}

impl<R> fmt::Debug for With<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("With").finish_non_exhaustive()
    }
}

impl<E: CoreEngine, T: 'static> Access<E, T> {
    /// Runs a closure where the store is driven, with the store, and returns its result as a
    /// future. The closure is sent at once, not when the future is polled.
    ///
    /// The closure runs at the next turn of the code that drives the store. For a host function,
    /// that is right after its future was polled, without a detour through the executor. If nobody
    /// drives the store, the closure waits.
    ///
    /// For a host function, the current [context](crate::context) is that of the calling task, as
    /// long as that task exists. Calls that the closure makes may enter the instances of the
    /// callers, even if these are held.
    ///
    /// If the closure panics, the panic continues where the future is awaited. If the future was
    /// dropped, it continues where the store is driven.
    ///
    /// # Errors
    ///
    /// [`StoreDropped`], from the future, if the store was dropped before the closure ran.
    pub fn with<R: Send + 'static>(
        &self,
        run: impl FnOnce(&mut Caller<'_, '_, E, T>) -> R + Send + 'static,
    ) -> With<R> {
        let answer = Arc::new(Answer {
            result: ConcurrentQueue::bounded(1),
            waker: AtomicWaker::new(),
            is_wanted: AtomicBool::new(true),
            late_panics: self.late_panics.clone(),
        });
        let closing = Closing(answer.clone());
        let run = Box::new(move |caller: &mut Caller<'_, '_, E, T>| {
            let Closing(answer) = &closing;
            if answer.is_wanted.load(Ordering::Relaxed) {
                // The queue has room, as nobody else answers.
                let _ = answer.result.push(catch(|| run(caller)));
                if !answer.is_wanted.load(Ordering::SeqCst) {
                    answer.give_up();
                }
            }
        });
        self.mailbox.send(Request { acting: self.acting, run });
        With { answer }
    }

    /// Calls a guest's function, which may wait, and returns its result. Dropping the future before
    /// its end cancels the call.
    ///
    /// # Errors
    ///
    /// [`CallError`], from the future; [`CallError::StoreDropped`] if the store was dropped;
    /// [`CallError::Waits`] if the guest waits in an instance that is held until this host function
    /// returns. Nothing of such an instance runs before that, and the call is kept.
    pub async fn call<F>(
        &self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError>
    where
        F: Callee<Result: Send + 'static> + Clone + Send + 'static,
        F::Kept: Send + 'static,
    {
        let (callee, arguments) = (function.clone(), F::keep(arguments));
        let begun =
            self.with(move |caller| caller.begin(|caller| callee.start(caller.cx(), arguments)));
        self.end(begun.await??).await
    }

    /// Calls a guest's function, as [`call`](Self::call) does. The arguments may borrow: they are
    /// copied before this returns.
    pub(crate) fn call_borrowed<F: Callee>(
        &self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> impl Future<Output = Result<F::Result, CallError>> + Send + use<'_, F, E, T> {
        let owned = function.owned(F::keep(arguments));
        self.call_owned(owned)
    }

    /// Calls a guest's function with values.
    async fn call_owned<R: LiftedResult>(
        &self,
        owned: Result<(Function, CarriedValues), CallError>,
    ) -> Result<R, CallError> {
        let (function, arguments) = owned?;
        let begun = self.with(move |caller| {
            caller.begin(|caller| {
                let state = caller.cx().data_mut();
                function.check(state)?;
                let arguments = arguments.settle(&mut state.handles.values)?;
                function.start_with(caller.cx(), arguments, R::lift)
            })
        });
        self.end(begun.await??).await
    }

    /// Waits for the end of a call.
    async fn end<R: LiftedResult>(&self, begun: Begun<R>) -> Result<R, CallError> {
        let mut waiting = match begun {
            Begun::Ended(result) => return result,
            Begun::Waits(call) => Giving { access: self, call: Some(call) },
        };
        loop {
            let waker = poll_fn(|context| Poll::Ready(context.waker().clone())).await;
            let call = waiting.call.ok_or(StoreDropped)?;
            let result = self.with(move |caller| {
                let state = caller.cx().data_mut();
                let result = state.take_result::<R>(call)?;
                if result.is_none() {
                    let late_panics = state.panics.late().clone();
                    state.calls.embedder_call(call)?.wake_at_end(waker, late_panics);
                }
                Ok::<_, CallError>(result)
            });
            if let Some(result) = result.await?? {
                waiting.call = None;
                return result;
            }
            let mut is_woken = false;
            poll_fn(|_| {
                if core::mem::replace(&mut is_woken, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
    }
}

/// A call that was begun.
enum Begun<R> {
    /// It has ended.
    Ended(Result<R, CallError>),
    /// It goes on.
    Waits(SubtaskId),
}

/// A call that is given up when this is dropped.
struct Giving<'a, E: CoreEngine, T: 'static> {
    access: &'a Access<E, T>,
    call: Option<SubtaskId>,
}

impl<E: CoreEngine, T: 'static> Drop for Giving<'_, E, T> {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            let run = Box::new(move |caller: &mut Caller<'_, '_, E, T>| {
                caller.cx().data_mut().calls.add_unwanted(call);
            });
            self.access.mailbox.send(Request { acting: Acting::default(), run });
        }
    }
}

impl<E: CoreEngine, T: 'static> Caller<'_, '_, E, T> {
    /// Returns a handle of the store, which the future of an async host function can use.
    pub fn access(&mut self) -> Access<E, T> {
        let state = self.cx().data_mut();
        Access {
            mailbox: state.inbox.sender(),
            acting: state.acting(),
            late_panics: state.panics.late().clone(),
        }
    }

    /// Begins a call.
    fn begin<R: LiftedResult>(
        &mut self,
        start: impl FnOnce(&mut Self) -> Result<SubtaskId, CallError>,
    ) -> Result<Begun<R>, CallError> {
        self.check_depth()?;
        self.nested(|caller| {
            let call = start(caller)?;
            let state = caller.cx().data_mut();
            if let Some(result) = state.take_result(call)? {
                return Ok(Begun::Ended(result));
            }
            // This call could wait for that host function, which would have to return first.
            if let Some(holder) = state.acting.call
                && state.machine.waits_for_holder(holder, call) == Ok(true)
            {
                return Err(CallError::Waits(call));
            }
            Ok(Begun::Waits(call))
        })
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Returns a handle of the store, for other tasks and threads of the host.
    ///
    /// As long as a handle exists, its holder may let the store go on. So methods that block wait,
    /// and don't return [`CallError::WaitsForHost`] or [`CallError::Deadlock`]. A thread that
    /// blocks must not hold a handle itself, and neither must the store's data: the thread would
    /// wait forever.
    pub fn access(&mut self) -> Access<E, T> {
        let state = E::data_mut(&mut self.engine_store);
        let (mailbox, late_panics) = (state.inbox.sender(), state.panics.late().clone());
        Access { mailbox, acting: Acting::default(), late_panics }
    }
}

impl<E: CoreEngine, T: 'static> Clone for Access<E, T> {
    fn clone(&self) -> Self {
        Self {
            mailbox: self.mailbox.clone(),
            acting: self.acting,
            late_panics: self.late_panics.clone(),
        }
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for Access<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("acting", &self.acting).finish_non_exhaustive()
    }
}
