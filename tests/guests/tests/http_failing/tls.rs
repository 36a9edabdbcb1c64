//! Servers with valid certificates, and with others.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use crate::certificate::{Identity, Validity};
use crate::peer::{Peer, ended};
use crate::{Guest, leaving_nothing};

pub(crate) async fn all() {
    for name in ["proxy-rust", "service-rust"] {
        let here = Arc::new(Identity::new("localhost", Validity::Now));
        let trusted = here.certificate();
        let guest = Guest::new(name, move |wasi| wasi.trust_certificate(&trusted).unwrap());
        let stranger = Guest::new(name, |wasi| wasi);
        assert!(ask(&guest, "localhost:1").await.starts_with("ErrorCode::ConnectionRefused"));
        leaving_nothing("certificates", certificates(&guest, &stranger, &here)).await;
        leaving_nothing("servers that fail at TLS", failing(&guest, &here)).await;
    }
    let nonsense = weft_wasi::WasiCtx::builder().trust_certificate(b"nonsense");
    assert_eq!(nonsense.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

async fn ask(guest: &Guest, authority: &str) -> String {
    let say =
        [("x-to", authority), ("x-scheme", "https"), ("x-write", "10000"), ("x-first", "9000")];
    guest.ask(&say).await
}

fn settings(identity: &Identity) -> ServerConfig {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    builder.with_single_cert(vec![identity.certificate().into()], identity.key()).unwrap()
}

/// Creates a server that answers over TLS. Its name is `localhost`.
fn secure(settings: ServerConfig) -> (Peer, String) {
    let acceptor = TlsAcceptor::from(Arc::new(settings));
    let peer = Peer::new(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut head = Vec::new();
            while !head.ends_with(b"0\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => return,
                }
            }
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    let authority = peer.authority.replace("127.0.0.1", "localhost");
    (peer, authority)
}

async fn certificates(guest: &Guest, stranger: &Guest, here: &Identity) {
    let (peer, authority) = secure(settings(here));
    let said = ask(guest, &authority).await;
    assert!(said.starts_with("200 4 Ok(None)"), "{}: {said}", guest.name);
    let bad = "ErrorCode::TlsCertificateError";
    // It is not signed by a trusted authority.
    let said = ask(stranger, &authority).await;
    assert!(said.starts_with(bad), "{}: {said}", guest.name);
    // It belongs to another host.
    let said = ask(guest, &peer.authority).await;
    assert!(said.starts_with(bad), "{}: {said}", guest.name);
    for (name, validity) in [("elsewhere", Validity::Now), ("localhost", Validity::Past)] {
        let identity = Identity::new(name, validity);
        let trusted = identity.certificate();
        let trusting =
            Guest::new(guest.name, move |wasi| wasi.trust_certificate(&trusted).unwrap());
        let (_peer, authority) = secure(settings(&identity));
        let said = ask(&trusting, &authority).await;
        assert!(said.starts_with(bad), "{}: {name}: {said}", guest.name);
    }
}

async fn failing(guest: &Guest, here: &Arc<Identity>) {
    // A server without TLS.
    let plain = Peer::new(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        ended(&mut stream).await;
    });
    let said = ask(guest, &plain.authority).await;
    assert!(said.starts_with("ErrorCode::TlsProtocolError"), "{}: {said}", guest.name);
    // A server that closes.
    let closing = Peer::new(|stream| async move { drop(stream) });
    let said = ask(guest, &closing.authority).await;
    assert!(said.starts_with("ErrorCode::ConnectionTerminated"), "{}: {said}", guest.name);
    // A server that sends nothing.
    let silent = Peer::new(|mut stream| async move {
        let mut rest = [0; 1024];
        while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    });
    let say = [("x-to", &*silent.authority), ("x-scheme", "https"), ("x-connect", "50")];
    let said = guest.ask(&say).await;
    assert!(said.starts_with("ErrorCode::ConnectionTimeout"), "{}: {said}", guest.name);
    // A server that requires a certificate of the client: before the end of the handshake, and
    // after it.
    for versions in [&[&version::TLS12], &[&version::TLS13]] {
        let mut roots = RootCertStore::empty();
        roots.add(here.certificate().into()).unwrap();
        let provider = Arc::new(default_provider());
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(versions).unwrap();
        let builder = builder.with_client_cert_verifier(verifier.build().unwrap());
        let chain = vec![here.certificate().into()];
        let (_peer, authority) = secure(builder.with_single_cert(chain, here.key()).unwrap());
        let said = ask(guest, &authority).await;
        let is_alert = said.starts_with("ErrorCode::TlsAlertReceived");
        assert!(is_alert, "{}: {versions:?}: {said}", guest.name);
    }
    // A server that ends without notice: the rest may have been cut off by an attacker.
    let acceptor = TlsAcceptor::from(Arc::new(settings(here)));
    let cut = Peer::new(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut head = [0; 16];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nup to the end").await;
            let _ = stream.flush().await;
            ended(stream.get_mut().0).await;
        }
    });
    let said = ask(guest, &cut.authority.replace("127.0.0.1", "localhost")).await;
    assert!(said.starts_with("200 13 Err") || said.starts_with("200 13 Some(ErrorCode"), "{said}");
    assert!(said.contains("HttpResponseIncomplete"), "{}: {said}", guest.name);
}
