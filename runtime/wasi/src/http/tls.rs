//! Connections by TLS.

use core::fmt;
use std::boxed::Box;
use std::io;
use std::string::ToString as _;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

use super::code::{ErrorCode, TlsAlertReceivedPayload};
use super::connection::Connection;
use super::error::code_of_io;
use crate::WasiCtxBuilder;

/// Servers of outgoing requests by TLS.
impl WasiCtxBuilder {
    /// Trusts the servers whose certificates lead to this one, in DER, besides those that browsers
    /// trust: that of an authority, or of one server.
    ///
    /// It has no effect on an [`http_sender`](Self::http_sender).
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput): it is no certificate.
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
    pub fn trust_certificate(mut self, certificate: &[u8]) -> io::Result<Self> {
        let http = &mut self.context.http;
        http.tls.trust(certificate)?;
        if http.is_allowed.is_some() {
            http.make_sender();
        }
        Ok(self)
    }
}

/// The servers that are trusted: `None` is those that browsers trust.
#[derive(Clone)]
pub(super) struct Tls(Option<Arc<Trust>>);

struct Trust {
    roots: RootCertStore,
    /// Made when it is needed.
    config: OnceLock<Result<Arc<ClientConfig>, ErrorCode>>,
}

impl Trust {
    const fn of(roots: RootCertStore) -> Self {
        Self { roots, config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, ErrorCode> {
        let make = || {
            // There may be more than one provider in a program.
            let provider = CryptoProvider::get_default().cloned();
            let provider = provider.unwrap_or_else(|| Arc::new(ring::default_provider()));
            let builder = ClientConfig::builder_with_provider(provider);
            let builder = builder.with_safe_default_protocol_versions();
            let builder = builder.map_err(|_| ErrorCode::ConfigurationError)?;
            let roots = self.roots.clone();
            Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
        };
        self.config.get_or_init(make).clone()
    }
}

impl Tls {
    /// Trusts those that browsers trust.
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Makes a connection secure, to a server that proves that it is `host`.
    pub(super) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<Box<dyn Connection>, ErrorCode> {
        let name = ServerName::try_from(host.to_string());
        let name = name.map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let connector = TlsConnector::from(self.trust_of().config()?);
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(code_of_io(&error)),
        }
    }

    fn trust(&mut self, certificate: &[u8]) -> io::Result<()> {
        let mut roots = self.trust_of().roots.clone();
        let added = roots.add(CertificateDer::from(certificate));
        added.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0 = Some(Arc::new(Trust::of(roots)));
        Ok(())
    }

    fn trust_of(&self) -> &Trust {
        static USUAL: OnceLock<Trust> = OnceLock::new();
        let usual = || Trust::of(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        self.0.as_deref().unwrap_or_else(|| USUAL.get_or_init(usual))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("roots", &self.trust_of().roots.len()).finish_non_exhaustive()
    }
}

/// Returns the code for an error of TLS, if it is one: of a handshake, or later.
pub(super) fn code_of(error: &io::Error) -> Option<ErrorCode> {
    Some(match error.get_ref()?.downcast_ref()? {
        TlsError::InvalidCertificate(_) => ErrorCode::TlsCertificateError,
        TlsError::AlertReceived(alert) => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(std::format!("{alert:?}")),
        }),
        _ => ErrorCode::TlsProtocolError,
    })
}
