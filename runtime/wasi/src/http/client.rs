//! Sending requests over the network.

use core::future::poll_fn;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use core::time::Duration;
use std::boxed::Box;
use std::sync::Arc;

use ::bytes::Bytes;
use ::http::uri::{Authority, PathAndQuery, Scheme};
use ::http::{Method, Request, Response, Uri};
use ::http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, timeout};
use weft::binding::BoxFuture;

use super::connection::{AddressCheck, connect};
use super::error::code_of_response;
use super::tls::Tls;
use super::watched::{Fullness, Watched};
use super::{Body, ErrorCode, RequestOptions};
use crate::runtime;

/// A sender of guests' requests.
///
/// ```
/// use weft::binding::BoxFuture;
/// use weft_wasi::WasiCtx;
/// use weft_wasi::http::{Body, ErrorCode, Request, RequestOptions, Response, SendRequest};
///
/// /// Answers each request itself.
/// struct Here;
///
/// impl SendRequest for Here {
///     fn send(
///         &self,
///         request: Request<Body>,
///         _: RequestOptions,
///     ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>> {
///         Box::pin(async move { Ok(Response::new(request.into_body())) })
///     }
/// }
///
/// let wasi = WasiCtx::builder().http_sender(Here).build();
/// ```
pub trait SendRequest: Send + Sync + 'static {
    /// Sends a request, whose URI has a scheme and an authority, and returns the response. Dropping
    /// the future gives up the request.
    ///
    /// # Errors
    ///
    /// From the future, the code for the guest.
    fn send(
        &self,
        request: Request<Body>,
        options: RequestOptions,
    ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>>;
}

/// A sender that refuses all requests: the default of a guest.
pub(super) struct Denied;

impl SendRequest for Denied {
    fn send(
        &self,
        _: Request<Body>,
        _: RequestOptions,
    ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>> {
        Box::pin(async { Err(ErrorCode::HttpRequestDenied) })
    }
}

pub(super) type UriCheck = Arc<dyn Fn(&Uri) -> bool + Send + Sync>;

/// A sender of allowed requests, each on a new connection.
pub(super) struct Client {
    pub(super) is_allowed: UriCheck,
    pub(super) is_address_allowed: AddressCheck,
    pub(super) tls: Tls,
}

impl SendRequest for Client {
    fn send(
        &self,
        request: Request<Body>,
        options: RequestOptions,
    ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>> {
        if !(self.is_allowed)(request.uri()) {
            return Box::pin(async { Err(ErrorCode::HttpRequestDenied) });
        }
        Box::pin(send(request, options, Arc::clone(&self.is_address_allowed), self.tls.clone()))
    }
}

/// Sends a request over the network, as [`WasiCtxBuilder::allow_outgoing_http`] does. It is for
/// [senders](SendRequest) that treat only some requests differently.
///
/// It runs in the caller's tokio runtime.
///
/// # Errors
///
/// The code for the guest.
///
/// [`WasiCtxBuilder::allow_outgoing_http`]: crate::WasiCtxBuilder::allow_outgoing_http
pub async fn send_request(
    request: Request<Body>,
    options: RequestOptions,
) -> Result<Response<Body>, ErrorCode> {
    send(request, options, Arc::new(|_| true), Tls::new()).await
}

async fn send(
    mut request: Request<Body>,
    options: RequestOptions,
    is_allowed: AddressCheck,
    tls: Tls,
) -> Result<Response<Body>, ErrorCode> {
    let is_secure = request.uri().scheme() == Some(&Scheme::HTTPS);
    let authority = request.uri().authority().cloned().ok_or(ErrorCode::HttpRequestUriInvalid)?;
    *request.uri_mut() = target(&request, &authority);
    let connecting = connect(&authority, is_secure.then_some(&tls), &is_allowed);
    let stream = timeout(options.connect(), connecting).await;
    let stream = Watched::new(stream.map_err(|_| ErrorCode::ConnectionTimeout)??);
    let fullness = stream.fullness();
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|error| code_of_response(&error))?;
    let mut connection = GivenUp::on_drop(runtime::spawn(connection));
    let sending = async {
        match sender.send_request(request).await {
            Ok(response) => Ok(response),
            Err(error) => Err(connection.reason(error).await),
        }
    };
    let response = timeout(options.first_byte(), sending).await;
    let response = response.map_err(|_| fullness.code_of_silence())??;
    let time = options.between_bytes();
    Ok(response.map(|body| {
        let silence = Box::pin(sleep(time));
        Body::boxed(Received { body, connection, fullness, time, silence, is_waiting: false })
    }))
}

/// Returns the target in a request. It is only the path, as the authority is in the header `host`.
/// For `CONNECT` it is the authority.
fn target(request: &Request<Body>, authority: &Authority) -> Uri {
    if request.method() == Method::CONNECT {
        return Uri::from(authority.clone());
    }
    let path = request.uri().path_and_query().cloned();
    Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
}

/// The task of a connection. Dropping this ends it.
struct GivenUp(Option<JoinHandle<Result<(), hyper::Error>>>);

impl GivenUp {
    const fn on_drop(task: JoinHandle<Result<(), hyper::Error>>) -> Self {
        Self(Some(task))
    }

    /// Returns the code for a request that has failed. If the connection had ended before the
    /// request was begun, the connection has the reason.
    async fn reason(&mut self, error: hyper::Error) -> ErrorCode {
        if error.is_canceled()
            && let Some(task) = self.0.take()
            && let Ok(Err(reason)) = task.await
        {
            return code_of_response(&reason);
        }
        code_of_response(&error)
    }

    /// Lets the task continue, unless the server does not read for this time.
    fn keep(&mut self, fullness: &Fullness, time: Duration) {
        let Some(mut task) = self.0.take().filter(|task| !task.is_finished()) else { return };
        let fullness = fullness.clone();
        runtime::spawn(async move {
            let mut stuck = pin!(fullness.stuck(time));
            poll_fn(|context| {
                if Pin::new(&mut task).poll(context).is_ready() {
                    return Poll::Ready(());
                }
                stuck.as_mut().poll(context).map(|()| task.abort())
            })
            .await;
        });
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// The body of a response from the network.
struct Received {
    body: Incoming,
    connection: GivenUp,
    fullness: Fullness,
    /// The longest time without bytes.
    time: Duration,
    silence: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl HttpBody for Received {
    type Data = Bytes;
    type Error = ErrorCode;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        let this = self.get_mut();
        match Pin::new(&mut this.body).poll_frame(context) {
            Poll::Ready(frame) => {
                this.is_waiting = false;
                if frame.is_none() {
                    // The rest of the request may still be under way.
                    this.connection.keep(&this.fullness, this.time);
                }
                Poll::Ready(frame.map(|frame| frame.map_err(|error| code_of_response(&error))))
            }
            Poll::Pending => {
                if !core::mem::replace(&mut this.is_waiting, true) {
                    let now = tokio::time::Instant::now();
                    let end = now.checked_add(this.time).unwrap_or(now);
                    this.silence.as_mut().reset(end);
                }
                this.silence
                    .as_mut()
                    .poll(context)
                    .map(|()| Some(Err(ErrorCode::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
