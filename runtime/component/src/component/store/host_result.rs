//! The results of host functions.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use crate::abi::Val;

/// The error that a host function fails with.
pub type HostError = Box<dyn core::error::Error + Send + Sync>;

/// The result of a host function.
pub type HostResult = Result<Option<Val>, HostError>;

/// The future result of a host function that waits.
pub type HostFuture = Pin<Box<dyn Future<Output = HostResult> + Send>>;
