//! Methods of the builder for HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::{HeaderName, Uri};

use super::client::SendRequest;
use crate::WasiCtxBuilder;

/// Outgoing requests. By default, a guest can send none, even if it may use sockets.
impl WasiCtxBuilder {
    /// Allows guests to send requests to anywhere.
    pub fn allow_outgoing_http(self) -> Self {
        self.outgoing_http_check(|_| true)
    }

    /// Allows guests to send the requests for which a function returns `true`. Others fail with
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

    /// Allows guests to send requests only to addresses for which a function returns `true`. It is
    /// called after the look-up of the server's name. If no address is left, the request fails with
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

    /// Sets the sender of guests' requests. The sender replaces the checks: it decides which
    /// requests may be sent.
    pub fn http_sender(mut self, sender: impl SendRequest) -> Self {
        self.context.http.sender = Arc::new(sender);
        self
    }

    /// Adds the name of a header that guests can neither see nor set. Headers that concern a single
    /// connection are forbidden by default: `connection`, `host`, `transfer-encoding` and others.
    pub fn forbidden_header(mut self, name: HeaderName) -> Self {
        Arc::make_mut(&mut self.context.http.fields).forbidden.push(name);
        self
    }

    /// Sets the largest size in bytes of headers that a guest makes. The default is 128 KiB. Names,
    /// values and the memory for each of them are counted.
    pub fn max_header_size(mut self, size: usize) -> Self {
        Arc::make_mut(&mut self.context.http.fields).max_size = size;
        self
    }
}

/// Trust in servers of outgoing HTTPS requests.
#[cfg(feature = "http-tls")]
impl WasiCtxBuilder {
    /// Trusts a certificate in DER: that of an authority, or of one server. Servers whose
    /// certificates lead to it are trusted in addition to those that browsers trust.
    ///
    /// It has no effect on an [`http_sender`](Self::http_sender).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](std::io::ErrorKind::InvalidInput) if it is not a certificate.
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
