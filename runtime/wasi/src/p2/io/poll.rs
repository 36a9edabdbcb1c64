//! `wasi:io/poll`: waiting.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};

use spin::Mutex;
use weft::binding::{Borrow, HostAccess, HostError};

use crate::WasiCtx;
use crate::bytes::Waiters;
use crate::p2::bindings::io::wasi::io::poll::{Host, HostPollable};

/// The resource `pollable`: something that a guest can wait for.
///
/// ```
/// use std::task::Poll;
/// use weft_wasi::p2::io::Pollable;
///
/// let at_once = Pollable::new(|_| Poll::Ready(()));
/// let later = Pollable::of_future(async { /* … */ });
/// ```
pub struct Pollable(Box<PollFunction>);

type PollFunction = dyn Fn(&mut Context<'_>) -> Poll<()> + Send + Sync;

impl Pollable {
    /// Makes a pollable from a function that is polled. It may be ready once and not ready later.
    /// Several tasks may wait for it.
    pub fn new(poll: impl Fn(&mut Context<'_>) -> Poll<()> + Send + Sync + 'static) -> Self {
        Self(Box::new(poll))
    }

    /// Makes a pollable that is ready when a future is.
    pub fn of_future(future: impl Future<Output = ()> + Send + 'static) -> Self {
        let future: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(future);
        let future = Mutex::new(Some(future));
        let waiters = Arc::new(Waiters::default());
        Self::new(move |context| {
            waiters.poll(context, |context| {
                let mut state = future.lock();
                let Some(pending) = &mut *state else { return Poll::Ready(()) };
                let polled = pending.as_mut().poll(context);
                if polled.is_ready() {
                    *state = None;
                }
                polled
            })
        })
    }

    /// Polls the pollable.
    pub fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        (self.0)(context)
    }
}

impl fmt::Debug for Pollable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pollable").finish_non_exhaustive()
    }
}

impl HostPollable for WasiCtx {
    fn ready(&mut self, self_: Borrow<Pollable>) -> bool {
        self_.poll(&mut Context::from_waker(core::task::Waker::noop())).is_ready()
    }

    async fn block(_: impl HostAccess<Self>, self_: Borrow<Pollable>) -> Result<(), HostError> {
        poll_fn(|context| self_.poll(context)).await;
        Ok(())
    }
}

impl Host for WasiCtx {
    async fn poll(
        _: impl HostAccess<Self>,
        r#in: Vec<Borrow<Pollable>>,
    ) -> Result<Vec<u32>, HostError> {
        if r#in.is_empty() {
            return Err("`wasi:io/poll#poll` was called with an empty list of pollables".into());
        }
        let ready = |context: &mut Context<'_>| {
            let ready = (0_u32..).zip(&r#in).filter(|(_, it)| it.poll(context).is_ready());
            let ready: Vec<u32> = ready.map(|(index, _)| index).collect();
            if ready.is_empty() { Poll::Pending } else { Poll::Ready(ready) }
        };
        Ok(poll_fn(ready).await)
    }
}
