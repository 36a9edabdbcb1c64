//! The settings of a server.

use core::pin::Pin;
use core::time::Duration;
use std::boxed::Box;
use std::sync::Arc;

use ::http::uri::Scheme;
use tokio::time::{Sleep, sleep};

use super::error::ServiceError;
use crate::runtime;

type OnError = dyn Fn(&ServiceError) + Send + Sync;

/// The reuse of instances.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    /// The number of requests that an instance answers before a new one replaces it.
    pub requests: u64,
    /// The number of requests that an instance answers at the same time. An instance of WASI 0.2
    /// always answers one at a time.
    pub at_once: usize,
    /// The time after which an idle instance is dropped.
    pub idle: Duration,
}

impl Default for Reuse {
    /// Returns 128 requests, 16 at the same time, and one second.
    fn default() -> Self {
        Self { requests: 128, at_once: 16, idle: Duration::from_secs(1) }
    }
}

/// The settings that workers need.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) scheme: Scheme,
    pub(super) idle: Duration,
    pub(super) time_limit: Option<Duration>,
    pub(super) on_error: Option<Arc<OnError>>,
}

impl Settings {
    /// Returns the time limit of a request that begins now.
    pub(super) fn deadline(&self) -> Option<Pin<Box<Sleep>>> {
        self.time_limit.map(|time| runtime::enter(|| Box::pin(sleep(time))))
    }

    pub(super) fn report(&self, error: &ServiceError) {
        if let Some(on_error) = &self.on_error {
            on_error(error);
        }
    }
}
