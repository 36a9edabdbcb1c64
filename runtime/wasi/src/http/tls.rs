//! Connections by TLS.

use std::boxed::Box;
use std::string::ToString as _;
use std::sync::{Arc, OnceLock};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, Error as TlsError, RootCertStore};

use super::client::Connection;
use super::code::{ErrorCode, TlsAlertReceivedPayload};

/// Makes a connection secure, to a server that proves that it is `host`.
pub(super) async fn secure(
    host: &str,
    stream: TcpStream,
) -> Result<Box<dyn Connection>, ErrorCode> {
    let name = ServerName::try_from(host.to_string());
    let name = name.map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
    let connector = TlsConnector::from(config());
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(match error.get_ref().and_then(|it| it.downcast_ref::<TlsError>()) {
            Some(TlsError::InvalidCertificate(_)) => ErrorCode::TlsCertificateError,
            Some(TlsError::AlertReceived(alert)) => {
                ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
                    alert_id: Some(u8::from(*alert)),
                    alert_message: Some(std::format!("{alert:?}")),
                })
            }
            _ => ErrorCode::TlsProtocolError,
        }),
    }
}

/// Returns the configuration: the roots are those that browsers trust.
fn config() -> Arc<ClientConfig> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    let make = || {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
    };
    Arc::clone(CONFIG.get_or_init(make))
}
