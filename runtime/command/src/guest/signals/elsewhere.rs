//! Ctrl-C, on systems without signals.

use std::future::pending;
use std::io;

use super::EndSignal;

/// Ctrl-C, which no longer ends this process by itself.
#[derive(Debug)]
pub(crate) struct Signals;

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// No error.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for Ctrl-C.
    pub(crate) async fn next(&mut self) -> EndSignal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => EndSignal::Interrupt,
            Err(_) => pending().await,
        }
    }
}
