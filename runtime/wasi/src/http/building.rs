//! What the host says of HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::{HeaderName, Uri};

use super::client::SendRequest;
use crate::WasiCtxBuilder;

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

/// Servers of outgoing requests by TLS.
#[cfg(feature = "http-tls")]
impl WasiCtxBuilder {
    /// Trusts the servers whose certificates lead to this one, in DER, besides those that browsers
    /// trust: that of an authority, or of one server.
    ///
    /// It has no effect on an [`http_sender`](Self::http_sender).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput): it is no certificate.
    ///
    /// ```no_run
    /// use weft_wasi::WasiCtx;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let wasi = WasiCtx::builder()
    ///     .allow_outgoing_http()
    ///     .trust_certificate(&std::fs::read("authority.der")?)?
    ///     .build();
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust_certificate(mut self, certificate: &[u8]) -> std::io::Result<Self> {
        let http = &mut self.context.http;
        http.tls.trust(certificate)?;
        if http.is_allowed.is_some() {
            http.make_sender();
        }
        Ok(self)
    }
}
