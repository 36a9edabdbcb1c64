//! Responses to come.

use core::fmt;
use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::sync::Arc;

use ::http::{Request, Response};
use spin::Mutex;
use tokio::sync::oneshot;
use weft::binding::Own;
use weft::component::CallError;

use super::error::ServiceError;
use crate::http::{Body, ErrorCode};
use crate::p3::http::Response as GuestResponse;

pub(super) type Answered = Result<Response<Body>, ServiceError>;

/// The outcome of a request.
#[derive(Debug)]
pub(super) enum Reply {
    Answer(Answered),
    /// It was not begun, and is returned.
    Back(Request<Body>),
}

/// The destination of the response to one request. Clones are the same destination, and only the
/// first response is used.
#[derive(Clone, Debug)]
pub(crate) struct Answer(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// `None` after the response was sent.
    sender: Option<oneshot::Sender<Reply>>,
    /// The response, until it is sent.
    ready: Option<Answered>,
    /// `true` if the response is sent at once.
    is_direct: bool,
}

/// The future response of a guest: [`HttpService::start`](super::HttpService::start) returns it.
pub struct ResponseFuture(oneshot::Receiver<Reply>);

impl Answer {
    /// Makes one whose response is sent at once.
    pub(super) fn direct() -> (Self, ResponseFuture) {
        Self::of(true)
    }

    /// Makes one whose response is sent by [`deliver`](Self::deliver).
    ///
    /// A guest usually sends more than the head, and returns before others have their turn. The
    /// length of the body is then known.
    pub(super) fn deferred() -> (Self, ResponseFuture) {
        Self::of(false)
    }

    fn of(is_direct: bool) -> (Self, ResponseFuture) {
        let (sender, receiver) = oneshot::channel();
        let state = State { sender: Some(sender), ready: None, is_direct };
        (Self(Arc::new(Mutex::new(state))), ResponseFuture(receiver))
    }

    /// Sets the response, if there is none.
    pub(crate) fn put(&self, answered: Answered) {
        let mut state = self.0.lock();
        if state.ready.is_none() && state.sender.is_some() {
            state.ready = Some(answered);
        }
        let is_direct = state.is_direct;
        drop(state);
        if is_direct {
            self.deliver(core::convert::identity);
        }
    }

    /// Replaces the response by an error. Returns `true` if it is received.
    pub(super) fn fail(&self, error: ServiceError) -> bool {
        let mut state = self.0.lock();
        let sender = state.sender.take();
        let ready = state.ready.take();
        drop((state, ready));
        sender.is_some_and(|sender| sender.send(Reply::Answer(Err(error))).is_ok())
    }

    /// Sends the response, if there is one that was not sent. `prepare` changes its body.
    pub(super) fn deliver(&self, prepare: impl FnOnce(Body) -> Body) {
        let mut state = self.0.lock();
        let Some(ready) = state.ready.take() else { return };
        let sender = state.sender.take();
        drop(state);
        if let Some(sender) = sender {
            // If nobody waits for it, it is dropped.
            let answered = ready.map(|response| response.map(prepare));
            let _ = sender.send(Reply::Answer(answered));
        }
    }

    /// Returns a request that was not begun.
    pub(super) fn give_back(&self, request: Request<Body>) {
        let sender = self.0.lock().sender.take();
        if let Some(sender) = sender {
            // If nobody waits for the response, the request is dropped.
            let _ = sender.send(Reply::Back(request));
        }
    }

    /// Sends the response of a guest of WASI 0.3. The call is given up when nobody waits for the
    /// response any longer.
    pub(super) async fn answer_with(
        self,
        handling: impl Future<Output = Result<Result<Own<GuestResponse>, ErrorCode>, CallError>>,
    ) {
        let mut handling = pin!(handling);
        let handled = poll_fn(|context| {
            if self.poll_unwanted(context).is_ready() {
                return Poll::Ready(None);
            }
            handling.as_mut().poll(context).map(Some)
        });
        if let Some(handled) = handled.await {
            self.put(answer_of(handled));
        }
    }

    /// Waits until nobody waits for the response any longer, unless it was sent.
    pub(super) fn poll_unwanted(&self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0.lock().sender {
            Some(sender) => sender.poll_closed(context),
            None => Poll::Pending,
        }
    }
}

/// Converts the result of a call to an answer.
pub(super) fn answer_of(
    handled: Result<Result<Own<GuestResponse>, ErrorCode>, CallError>,
) -> Answered {
    Ok(GuestResponse::response(handled??))
}

impl Future for ResponseFuture {
    type Output = Answered;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answered> {
        self.poll_reply(context).map(|reply| match reply {
            Reply::Answer(answered) => answered,
            Reply::Back(_) => Err(ServiceError::Gone),
        })
    }
}

impl ResponseFuture {
    /// Waits for the outcome of the request.
    pub(super) fn poll_reply(&mut self, context: &mut Context<'_>) -> Poll<Reply> {
        let received = Pin::new(&mut self.0).poll(context);
        received.map(|received| received.unwrap_or(Reply::Answer(Err(ServiceError::Gone))))
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
