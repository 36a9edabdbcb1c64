//! Connections with TLS.

use core::fmt;
use std::boxed::Box;
use std::io;
use std::string::ToString as _;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::code::ErrorCode;
use super::error::code_of_io;
use super::watched::Connection;

/// The servers that are trusted: `None` for those that browsers trust.
#[derive(Clone)]
pub(super) struct Tls(Option<Arc<Trust>>);

struct Trust {
    roots: RootCertStore,
    /// The configuration, which is made at its first use.
    config: OnceLock<Result<Arc<ClientConfig>, ErrorCode>>,
}

impl Trust {
    const fn of(roots: RootCertStore) -> Self {
        Self { roots, config: OnceLock::new() }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, ErrorCode> {
        let make = || {
            // A program may have more than one provider.
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
    /// Trusts the servers that browsers trust.
    pub(super) const fn new() -> Self {
        Self(None)
    }

    /// Secures a connection to a server, which has to prove that it is `host`.
    pub(super) async fn secure(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> Result<Box<dyn Connection>, ErrorCode> {
        let name = ServerName::try_from(host.to_string());
        let name = name.map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let connector = TlsConnector::from(self.trusted().config()?);
        match connector.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(code_of_io(&error)),
        }
    }

    /// Trusts another certificate.
    pub(super) fn trust(&mut self, certificate: &[u8]) -> io::Result<()> {
        let mut roots = self.trusted().roots.clone();
        let added = roots.add(CertificateDer::from(certificate));
        added.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        self.0 = Some(Arc::new(Trust::of(roots)));
        Ok(())
    }

    fn trusted(&self) -> &Trust {
        static USUAL: OnceLock<Trust> = OnceLock::new();
        let usual = || Trust::of(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() });
        self.0.as_deref().unwrap_or_else(|| USUAL.get_or_init(usual))
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("roots", &self.trusted().roots.len()).finish_non_exhaustive()
    }
}
