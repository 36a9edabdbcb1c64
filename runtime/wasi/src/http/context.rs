//! The rules for HTTP: what guests may send, and who sends it.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::net::SocketAddr;
use std::panic::resume_unwind;
use std::sync::Arc;

use ::http::uri::Scheme;
use ::http::{HeaderName, Request, Response, Uri};
use tokio::task::JoinHandle;

use super::client::{AddressCheck, Client, Denied, SendRequest, UriCheck};
use super::fields::FieldRules;
use super::{Body, ErrorCode, RequestOptions};
use crate::{WasiCtxBuilder, runtime};

/// What `wasi:http` needs to know.
pub(crate) struct Http {
    pub(crate) fields: Arc<FieldRules>,
    pub(crate) default_scheme: Scheme,
    pub(crate) sender: Arc<dyn SendRequest>,
    is_allowed: Option<UriCheck>,
    is_address_allowed: Option<AddressCheck>,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            fields: Arc::default(),
            default_scheme: Scheme::HTTPS,
            sender: Arc::new(Denied),
            is_allowed: None,
            is_address_allowed: None,
        }
    }
}

impl Http {
    /// Makes the sender that keeps to what the host has said.
    fn make_sender(&mut self) {
        let is_allowed = self.is_allowed.clone().unwrap_or_else(|| Arc::new(|_| true));
        let is_address_allowed =
            self.is_address_allowed.clone().unwrap_or_else(|| Arc::new(|_| true));
        self.sender = Arc::new(Client { is_allowed, is_address_allowed });
    }
}

impl Http {
    /// Sends a request, as a task of its own: so it goes on while the guest does something else. It is
    /// given up when the future is dropped.
    pub(crate) fn send(&self, request: Request<Body>, options: RequestOptions) -> Sending {
        let sender = Arc::clone(&self.sender);
        let task = runtime::spawn(async move { sender.send(request, options).await });
        Sending(task)
    }
}

/// A request that is sent: the response to come.
pub(crate) struct Sending(JoinHandle<Result<Response<Body>, ErrorCode>>);

impl Future for Sending {
    type Output = Result<Response<Body>, ErrorCode>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|joined| match joined {
            Ok(result) => result,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(_) => Err(ErrorCode::ConnectionTerminated),
        })
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("fields", &self.fields)
            .field("default_scheme", &self.default_scheme)
            .finish_non_exhaustive()
    }
}

/// Outgoing requests. Without these a guest can send none, whatever it may do with sockets.
impl WasiCtxBuilder {
    /// Lets guests send requests to anywhere.
    pub fn allow_outgoing_http(self) -> Self {
        self.outgoing_http_check(|_| true)
    }

    /// Lets guests send the requests to whose targets a function says `true`. Others fail with
    /// [`ErrorCode::HttpRequestDenied`](crate::http::ErrorCode::HttpRequestDenied).
    ///
    /// ```
    /// use weft_wasi::WasiCtx;
    ///
    /// let wasi = WasiCtx::builder()
    ///     .outgoing_http_check(|uri| uri.host() == Some("example.com"))
    ///     .build();
    /// ```
    pub fn outgoing_http_check(
        mut self,
        is_allowed: impl Fn(&Uri) -> bool + Send + Sync + 'static,
    ) -> Self {
        let http = &mut self.context.http;
        http.is_allowed = Some(Arc::new(is_allowed));
        http.make_sender();
        self
    }

    /// Lets guests send requests to those addresses only to which a function says `true`: after the
    /// name of the host was looked up. If there are no others, the request fails with
    /// [`ErrorCode::DestinationIpProhibited`](crate::http::ErrorCode::DestinationIpProhibited).
    pub fn outgoing_http_address_check(
        mut self,
        is_allowed: impl Fn(&SocketAddr) -> bool + Send + Sync + 'static,
    ) -> Self {
        let http = &mut self.context.http;
        http.is_address_allowed = Some(Arc::new(is_allowed));
        if http.is_allowed.is_some() {
            http.make_sender();
        }
        self
    }

    /// Sets who sends the requests of guests, and decides which may be sent, in place of the checks.
    pub fn http_sender(mut self, sender: impl SendRequest) -> Self {
        self.context.http.sender = Arc::new(sender);
        self
    }

    /// Adds a name of headers that guests neither see nor set. Those that concern one connection are
    /// such names already: `connection`, `host`, `transfer-encoding` and others.
    pub fn forbidden_header(mut self, name: HeaderName) -> Self {
        Arc::make_mut(&mut self.context.http.fields).forbidden.push(name);
        self
    }

    /// Sets the largest size in bytes of headers that a guest makes: 128 KiB, if it isn't set. Names,
    /// values and what is kept for each of them count.
    pub fn max_header_size(mut self, size: usize) -> Self {
        Arc::make_mut(&mut self.context.http.fields).max_size = size;
        self
    }
}
