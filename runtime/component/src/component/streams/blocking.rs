//! Driving a store until a Rust future is ready, on this thread.

use core::future::Future;
use core::task::{Context as WakerContext, Poll, Waker};

use crate::component::block::Unpark;
use crate::component::stores::Store;
use crate::engine::CoreEngine;

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until `future` is ready, as [`drive`](Self::drive) does, and returns its
    /// value: **blocks**. The thread is parked while nothing can go on.
    ///
    /// The future is polled without a runtime. For futures that need tokio's, use
    /// [`drive`](Self::drive).
    pub fn block_on<F: Future>(&mut self, future: F) -> F::Output {
        let waker = Waker::from(alloc::sync::Arc::new(Unpark(std::thread::current())));
        let mut context = WakerContext::from_waker(&waker);
        let mut driven = core::pin::pin!(self.drive(future));
        loop {
            match driven.as_mut().poll(&mut context) {
                Poll::Ready(value) => return value,
                Poll::Pending => std::thread::park(),
            }
        }
    }
}
