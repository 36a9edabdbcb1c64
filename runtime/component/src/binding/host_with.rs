//! The results of closures that a host runs where its store is driven.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::component::{HostError, With};

/// The result of a closure that runs where the store is driven: [`HostAccess::with`] and
/// [`HostAccess::with_host`] return it. If it is dropped before the closure runs, the closure never
/// runs.
///
/// It is a [`With`] whose error is a [`HostError`], as all errors of a [`HostAccess`] are. So `?`
/// has to convert only one error type into that of a host.
///
/// [`HostAccess`]: super::HostAccess
/// [`HostAccess::with`]: super::HostAccess::with
/// [`HostAccess::with_host`]: super::HostAccess::with_host
#[must_use = "nobody hears of the result before the future is polled"]
pub struct HostWith<R>(With<R>);

impl<R> From<With<R>> for HostWith<R> {
    fn from(with: With<R>) -> Self {
        Self(with)
    }
}

impl<R> Future for HostWith<R> {
    type Output = Result<R, HostError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(HostError::from)
    }
}

impl<R> fmt::Debug for HostWith<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostWith").finish_non_exhaustive()
    }
}
