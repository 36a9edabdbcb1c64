//! The resource `resolve-address-stream`.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::net::IpAddr;
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

use spin::Mutex;

use crate::bytes::Waiters;
use crate::sockets::LookupError;

/// The resource `resolve-address-stream`: the addresses of a name, once they are known.
#[derive(Clone)]
pub struct ResolveAddressStream(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

type Addresses = Result<Vec<IpAddr>, LookupError>;

enum State {
    Going(Pin<Box<dyn Future<Output = Addresses> + Send>>),
    Done(Result<vec::IntoIter<IpAddr>, LookupError>),
}

impl ResolveAddressStream {
    pub(super) fn new(addresses: impl Future<Output = Addresses> + Send + 'static) -> Self {
        let state = Mutex::new(State::Going(Box::pin(addresses)));
        Self(Arc::new(Shared { state, waiters: Arc::default() }))
    }

    /// Waits until the name is looked up, and returns its next address.
    pub(super) fn poll_next(
        &self,
        context: &Context<'_>,
    ) -> Poll<Result<Option<IpAddr>, LookupError>> {
        ready!(self.poll_ready(context));
        match &mut *self.0.state.lock() {
            State::Going(_) => Poll::Pending,
            State::Done(Ok(addresses)) => Poll::Ready(Ok(addresses.next())),
            State::Done(Err(error)) => Poll::Ready(Err(error.clone())),
        }
    }

    pub(super) fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.0.waiters.poll(context, |context| {
            let mut state = self.0.state.lock();
            if let State::Going(addresses) = &mut *state {
                let addresses = ready!(addresses.as_mut().poll(context));
                *state = State::Done(addresses.map(Vec::into_iter));
            }
            Poll::Ready(())
        })
    }
}

impl fmt::Debug for ResolveAddressStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolveAddressStream").finish_non_exhaustive()
    }
}
