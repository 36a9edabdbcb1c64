//! The results of host functions.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;

use crate::abi::Val;

/// The error that a host function fails with.
pub type HostError = Box<dyn core::error::Error + Send + Sync>;

/// The error that a host function failed with, shared by all who hear of it.
///
/// It has the methods of the error, such as `downcast_ref`. Cloning one is cheap.
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

/// The future result of a host function that waits.
pub type HostFuture = Pin<Box<dyn Future<Output = HostResult> + Send>>;
