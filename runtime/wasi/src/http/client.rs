//! Sending requests over the network.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::boxed::Box;
use std::net::SocketAddr;
use std::string::ToString as _;
use std::sync::Arc;
use std::vec::Vec;

use ::bytes::Bytes;
use ::http::uri::{Authority, PathAndQuery, Scheme};
use ::http::{Request, Response, Uri};
use ::http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::{Sleep, sleep, timeout};
use weft::binding::BoxFuture;

use super::code::DnsErrorPayload;
use super::error::{code_of, code_of_connecting};
use super::tls::secure;
use super::{Body, ErrorCode, RequestOptions};
use crate::runtime;

/// Sends the requests of guests.
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
    /// Sends a request, whose URI has a scheme and an authority, and returns the response. It is
    /// given up when the future is dropped.
    ///
    /// # Errors
    ///
    /// From the future, the code that the guest gets.
    fn send(
        &self,
        request: Request<Body>,
        options: RequestOptions,
    ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>>;
}

/// Sends nothing: what guests have whose host says nothing.
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

pub(super) type AddressCheck = Arc<dyn Fn(&SocketAddr) -> bool + Send + Sync>;

/// Sends requests that are allowed, each on a connection of its own.
pub(super) struct Client {
    pub(super) is_allowed: UriCheck,
    pub(super) is_address_allowed: AddressCheck,
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
        Box::pin(send(request, options, Arc::clone(&self.is_address_allowed)))
    }
}

/// Sends a request over the network, as [`WasiCtxBuilder::allow_outgoing_http`] does it: for those who
/// [send](SendRequest) some requests otherwise.
///
/// It runs in the caller's runtime of tokio.
///
/// # Errors
///
/// The code that the guest gets.
///
/// [`WasiCtxBuilder::allow_outgoing_http`]: crate::WasiCtxBuilder::allow_outgoing_http
pub async fn send_request(
    request: Request<Body>,
    options: RequestOptions,
) -> Result<Response<Body>, ErrorCode> {
    send(request, options, Arc::new(|_| true)).await
}

async fn send(
    mut request: Request<Body>,
    options: RequestOptions,
    is_allowed: AddressCheck,
) -> Result<Response<Body>, ErrorCode> {
    let is_secure = request.uri().scheme() == Some(&Scheme::HTTPS);
    let authority = request.uri().authority().cloned().ok_or(ErrorCode::HttpRequestUriInvalid)?;
    // A server gets the path alone: the authority is in the header `host`.
    let path = request.uri().path_and_query().cloned();
    *request.uri_mut() = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    let connecting = connect(&authority, is_secure, &is_allowed);
    let stream = within(options.connect(), connecting, ErrorCode::ConnectionTimeout).await?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| code_of(&error))?;
    let connection = GivenUp::on_drop(runtime::spawn(async move {
        // How it ends the response tells, or its body.
        let _ = connection.await;
    }));
    let sending = async { sender.send_request(request).await.map_err(|error| code_of(&error)) };
    let response = within(options.first_byte(), sending, ErrorCode::ConnectionReadTimeout).await?;
    let time = options.between_bytes();
    Ok(response.map(|body| {
        let silence = Box::pin(sleep(time));
        Body::boxed(Received { body, connection, time, silence, is_waiting: false })
    }))
}

async fn within<R>(
    time: Duration,
    future: impl Future<Output = Result<R, ErrorCode>>,
    late: ErrorCode,
) -> Result<R, ErrorCode> {
    timeout(time, future).await.unwrap_or(Err(late))
}

/// A connection of either kind.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

async fn connect(
    authority: &Authority,
    is_secure: bool,
    is_allowed: &AddressCheck,
) -> Result<Box<dyn Connection>, ErrorCode> {
    let host = authority.host();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = authority.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let found = lookup_host((host, port)).await.map_err(|error| dns_error(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(dns_error("there is no address".to_string()));
    }
    let mut failure = ErrorCode::DestinationIpProhibited;
    for address in found.iter().filter(|address| is_allowed(address)) {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A request is written in one go: nothing is gained by waiting for more.
                let _ = stream.set_nodelay(true);
                if is_secure {
                    return secure(host, stream).await;
                }
                return Ok(Box::new(stream));
            }
            Err(error) => failure = code_of_connecting(&error),
        }
    }
    Err(failure)
}

const fn dns_error(message: std::string::String) -> ErrorCode {
    ErrorCode::DnsError(DnsErrorPayload { rcode: Some(message), info_code: None })
}

/// A task that is given up when this is dropped.
struct GivenUp(Option<JoinHandle<()>>);

impl GivenUp {
    const fn on_drop(task: JoinHandle<()>) -> Self {
        Self(Some(task))
    }

    /// Lets the task go on.
    fn keep(&mut self) {
        self.0 = None;
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// The body of a response that comes from the network.
struct Received {
    body: Incoming,
    connection: GivenUp,
    /// The longest time without a byte.
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
                    this.connection.keep();
                }
                Poll::Ready(frame.map(|frame| frame.map_err(|error| code_of(&error))))
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
