//! The results of host functions.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;

use crate::abi::Val;

/// An error of a host function.
pub type HostError = Box<dyn core::error::Error + Send + Sync>;

/// An error of a host function, shared by all calls that failed with it.
///
/// It has the methods of the error, such as `downcast_ref`. Cloning it is cheap.
#[derive(Clone)]
pub struct SharedHostError(Arc<dyn core::error::Error + Send + Sync>);

impl From<HostError> for SharedHostError {
    fn from(error: HostError) -> Self {
        Self(error.into())
    }
}

impl Deref for SharedHostError {
    type Target = dyn core::error::Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Display for SharedHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SharedHostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The result of a host function.
pub type HostResult = Result<Option<Val>, HostError>;

/// The future that an async host function returns.
pub type HostFuture = Pin<Box<dyn Future<Output = HostResult> + Send>>;
