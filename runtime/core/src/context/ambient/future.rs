//! Futures that run in a context.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::boxed::Box;

use crate::limits::Heap;

use super::{AmbientContextScope, AsyncContext};

/// A future that runs in a context: [`AsyncContext::scope`] returns it. A **host extension**.
#[must_use = "nothing runs before the future is polled"]
pub struct InContext<F> {
    future: Pin<Box<F>>,
    /// The context, while the future is not polled.
    context: Option<AsyncContext<Heap>>,
}

impl AsyncContext<Heap> {
    /// Runs a future in this context. This is a **host extension**.
    ///
    /// Each time the future is polled, the context is that of the [thread](super::ambient_context)
    /// that polls it. Changes to the context during one poll are still there in the next.
    ///
    /// The future is `Send` if `future` is.
    ///
    /// ```standalone_crate
    /// # extern crate weft_core as weft;
    /// use weft::context::{AsyncContext, ContextKey, ambient_context};
    ///
    /// #[derive(ContextKey)]
    /// #[context_key(value = u64)]
    /// struct UserId;
    ///
    /// let mut context = AsyncContext::new();
    /// context.set::<UserId>(123)?;
    /// let mut future = Box::pin(context.scope(async {
    ///     std::future::ready(()).await;
    ///     ambient_context(|context| context?.get::<UserId>())
    /// }));
    /// # let mut waker = std::task::Context::from_waker(std::task::Waker::noop());
    /// assert_eq!(future.as_mut().poll(&mut waker), std::task::Poll::Ready(Some(123)));
    /// assert!(ambient_context(|context| context.is_none()));
    /// # use std::future::Future;
    /// # Ok::<(), weft::context::ContextError>(())
    /// ```
    pub fn scope<F: Future>(self, future: F) -> InContext<F> {
        InContext { future: Box::pin(future), context: Some(self) }
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let scope = AmbientContextScope::enter(self.context.take().unwrap_or_default());
        let polled = self.future.as_mut().poll(context);
        self.context = scope.leave();
        polled
    }
}

impl<F> fmt::Debug for InContext<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InContext").field("context", &self.context).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::pin::pin;
    use core::task::Waker;

    use super::*;
    use crate::context::{ContextKey, ambient_context};

    fn count() -> Option<u32> {
        let key = ContextKey::new("count").ok()?;
        ambient_context(|context| {
            let context = context?;
            let before = context.get_value(key).and_then(|it| it.get::<u32>()).unwrap_or(0);
            context.set_value(key, before + 1).ok()?;
            Some(before)
        })
    }

    #[test]
    fn a_future_keeps_its_context_on_any_thread() {
        let mut polls = 0;
        let mut future = Box::pin(AsyncContext::new().scope(poll_fn(move |_| {
            polls += 1;
            if polls < 3 {
                assert_eq!(count(), Some(polls - 1));
            } else {
                return Poll::Ready(count());
            }
            Poll::Pending
        })));
        let mut noop = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut noop).is_pending());
        let thread = std::thread::spawn(move || {
            let mut noop = Context::from_waker(Waker::noop());
            assert!(future.as_mut().poll(&mut noop).is_pending());
            future
        });
        let mut future = thread.join().expect("it did not panic");
        assert_eq!(future.as_mut().poll(&mut noop), Poll::Ready(Some(2)));
        assert_eq!(count(), None);
    }

    #[test]
    fn futures_in_contexts_nest() {
        let inner = AsyncContext::new().scope(async { (count(), count()) });
        let outer = AsyncContext::new().scope(async move { (count(), inner.await, count()) });
        let mut outer = pin!(outer);
        let polled = outer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready((Some(0), (Some(0), Some(1)), Some(1))));
    }
}
