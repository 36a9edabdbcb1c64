//! Waiting for a limited time, by the embedder's clock.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;
use core::time::Duration;

use crate::component::run::lifted_result::LiftedResult;
use crate::component::store::call_error::CallError;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::machine::{SubtaskId, WaitableSetId};
use crate::task::TaskStatus;
use crate::waitable::WaitResult;

use super::stores::{CallId, Store};
use super::threads::{SpawnedThread, ThreadError};

/// An embedder's clock, which makes a future that is ready after a time.
///
/// Weft has no clock of its own, so that it runs on every executor. A function that returns such a
/// future is a clock, as `tokio::time::sleep` is. A type can be one, too:
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use std::time::Duration;
///
/// use weft::component::{Clock, Store};
/// use weft::engine::wasmi::Wasmi;
/// use weft::waitable::WaitResult;
///
/// struct Tokio;
///
/// impl Clock for Tokio {
///     type Sleep = tokio::time::Sleep;
///     fn sleep(&self, time: Duration) -> Self::Sleep {
///         tokio::time::sleep(time)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let mut store: Store<Wasmi> = Store::new(&Wasmi::default(), ());
/// let request = store.tasks().start()?;
/// let set = store.waitable_sets().create_with(&[request])?;
/// let time = Duration::from_millis(5);
/// assert_eq!(store.wait_for_set_within_async(set, time, &Tokio).await?, WaitResult::Timeout);
/// // A function is a clock, too.
/// let clock = tokio::time::sleep;
/// assert_eq!(store.wait_for_task_within_async(request, time, &clock).await?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Clock {
    /// The future that is ready after a time.
    type Sleep: Future<Output = ()>;

    /// Returns a future that is ready after `time`, counted from now.
    fn sleep(&self, time: Duration) -> Self::Sleep;
}

impl<F, S> Clock for F
where
    F: Fn(Duration) -> S,
    S: Future<Output = ()>,
{
    type Sleep = S;

    fn sleep(&self, time: Duration) -> S {
        self(time)
    }
}

/// Methods that wait for a limited time, as futures. The [clock](Clock) that they are given counts
/// the time from the call of the method.
impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until a call has ended, as [`run_async`](Self::run_async) does, for a
    /// limited time. After that time, the future returns `None` and the call is kept. Dropping the
    /// future earlier cancels the call.
    pub fn run_within_async<R: LiftedResult, C: Clock>(
        &mut self,
        call: CallId<R>,
        time: Duration,
        clock: &C,
    ) -> impl Future<Output = Result<Option<R>, CallError>> + use<'_, E, T, R, C> {
        let sleep = clock.sleep(time);
        async move {
            let mut run = self.run_async(call);
            let result = within(Pin::new(&mut run), sleep).await;
            if result.is_none() {
                // Keeping the call does not cancel it.
                run.keep();
            }
            result.transpose()
        }
    }

    /// Waits for a call or host task, as [`wait_for_task_async`](Self::wait_for_task_async) does,
    /// for a limited time. After that time, the future returns `None`.
    pub fn wait_for_task_within_async<C: Clock>(
        &mut self,
        task: SubtaskId,
        time: Duration,
        clock: &C,
    ) -> impl Future<Output = Result<Option<TaskStatus>, CallError>> + use<'_, E, T, C> {
        let sleep = clock.sleep(time);
        async move { within(pin!(self.wait_for_task_async(task)), sleep).await.transpose() }
    }

    /// Waits for an event of a set, as [`wait_for_set_async`](Self::wait_for_set_async) does, for
    /// a limited time. After that time, the future returns [`WaitResult::Timeout`].
    pub fn wait_for_set_within_async<C: Clock>(
        &mut self,
        set: WaitableSetId,
        time: Duration,
        clock: &C,
    ) -> impl Future<Output = Result<WaitResult, CallError>> + use<'_, E, T, C> {
        let sleep = clock.sleep(time);
        async move {
            let result = within(pin!(self.wait_for_set_async(set)), sleep).await;
            result.unwrap_or(Ok(WaitResult::Timeout))
        }
    }

    /// Waits for the end of a thread, as [`join_thread_async`](Self::join_thread_async) does, for
    /// a limited time. After that time, the future returns `None`, and the thread can be joined
    /// again.
    ///
    /// # Errors
    ///
    /// [`ExtensionError::AlreadyJoined`](crate::error::ExtensionError::AlreadyJoined) if the thread
    /// was joined before; [`Error::Unknown`] if there is no such thread. From the future:
    /// [`ThreadError::Call`] if the thread has failed, or with [`CallError::Deadlock`] if nothing
    /// can bring it to its end; [`ThreadError::Error`] with [`Error::Unknown`] if its result was
    /// taken.
    pub fn join_thread_within_async<R: LiftedResult, C: Clock>(
        &mut self,
        thread: SpawnedThread<R>,
        time: Duration,
        clock: &C,
    ) -> Result<impl Future<Output = Result<Option<R>, ThreadError>> + use<'_, E, T, R, C>, Error>
    {
        let sleep = clock.sleep(time);
        let join = self.join_thread_async(thread)?;
        Ok(async move { within(pin!(join), sleep).await.transpose() })
    }
}

/// Waits for the first of two futures. Returns `None` if the sleep is over first.
async fn within<F: Future>(
    mut future: Pin<&mut F>,
    sleep: impl Future<Output = ()>,
) -> Option<F::Output> {
    let mut sleep = pin!(sleep);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => sleep.as_mut().poll(context).map(|()| None),
    })
    .await
}
