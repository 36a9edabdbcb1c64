//! The tokio runtime for timers, sockets and blocking work of the system.

use core::future::Future;
use std::panic::resume_unwind;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};

/// Runs a closure in a tokio runtime: that of the caller, if there is one, or else this crate's,
/// which has one thread for all stores. Timers and sockets that the closure makes can be polled
/// anywhere.
///
/// # Panics
///
/// If the caller's runtime has no timers or sockets, making one panics: build it with `enable_all`.
pub(crate) fn enter<R>(make: impl FnOnce() -> R) -> R {
    let handle = handle();
    let _guard = handle.enter();
    make()
}

/// Runs a closure that may block, on a thread of its own.
pub(crate) fn blocking<R: Send + 'static>(
    run: impl FnOnce() -> R + Send + 'static,
) -> impl Future<Output = R> + Send + 'static {
    let running = handle().spawn_blocking(run);
    async {
        match running.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The runtime was shut down before the closure has run, and the waiter will be shut
            // down, too.
            Err(_) => core::future::pending().await,
        }
    }
}

/// Starts a task.
#[cfg(feature = "http")]
pub(crate) fn spawn<R: Send + 'static>(
    future: impl Future<Output = R> + Send + 'static,
) -> tokio::task::JoinHandle<R> {
    handle().spawn(future)
}

fn handle() -> Handle {
    Handle::try_current().unwrap_or_else(|_| own().handle().clone())
}

/// Returns the runtime of this crate.
#[expect(clippy::expect_used, reason = "without a thread there is nothing that could be done")]
fn own() -> &'static Runtime {
    static OWN: OnceLock<Runtime> = OnceLock::new();
    OWN.get_or_init(|| {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("weft-wasi")
            .enable_all()
            .build()
            .expect("the system can start a thread")
    })
}
