//! The outcome of the transmission of a message, for the guest that made it.

use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use spin::Mutex;
use tokio::sync::oneshot;
use weft::component::streams::GuestFuture;

use crate::http::ErrorCode;

/// The result of a transmission: known, or a future of the guest that receives the message.
enum Outcome {
    Known(Result<(), ErrorCode>),
    Guest(GuestFuture<Result<(), ErrorCode>>),
}

/// The sender of the outcome of a transmission. Clones are the same sender, and only the first
/// outcome is used. Without an outcome, it was a success: nothing was transmitted.
#[derive(Clone)]
pub(crate) struct Transmission(Arc<Mutex<Option<oneshot::Sender<Outcome>>>>);

/// Returns both ends of a transmission.
pub(crate) fn transmission() -> (Transmission, impl Future<Output = Result<(), ErrorCode>>) {
    let (sender, receiver) = oneshot::channel();
    let ended = async {
        match receiver.await {
            Ok(Outcome::Known(result)) => result,
            Ok(Outcome::Guest(future)) => {
                Settled(future).await.unwrap_or(Err(ErrorCode::ConnectionTerminated))
            }
            Err(_) => Ok(()),
        }
    };
    (Transmission(Arc::new(Mutex::new(Some(sender)))), ended)
}

impl Transmission {
    /// Sets the result.
    pub(crate) fn end(&self, result: Result<(), ErrorCode>) {
        self.tell(Outcome::Known(result));
    }

    /// Takes the result from the guest that receives the message.
    pub(crate) fn follow(&self, future: GuestFuture<Result<(), ErrorCode>>) {
        self.tell(Outcome::Guest(future));
    }

    fn tell(&self, outcome: Outcome) {
        let sender = self.0.lock().take();
        if let Some(sender) = sender {
            // The receiver may be gone.
            let _ = sender.send(outcome);
        }
    }
}

/// A guest's future, or `None` if the guest no longer exists.
struct Settled<V>(GuestFuture<V>);

impl<V> Future for Settled<V> {
    type Output = Option<V>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<V>> {
        Pin::new(&mut self.0).poll(context).map(Result::ok)
    }
}
