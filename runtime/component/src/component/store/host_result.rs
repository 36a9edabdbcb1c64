//! The results of host functions.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

use crate::abi::Val;

/// What a function of the host fails with.
pub type HostError = Box<dyn core::error::Error + Send + Sync>;

/// What a call of a function of the host comes to, sooner or later.
pub type HostResult = Result<Option<Val>, HostError>;

/// What a function of the host that waits is waiting for.
pub type HostFuture = Pin<Box<dyn Future<Output = HostResult> + Send>>;
