//! Requests that guests send.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use weft::binding::BoxFuture;
use weft_wasi::http::{Body, ErrorCode, Request, RequestOptions, Response, SendRequest};

use super::{GUESTS, Server, answer, get, serve, server};

fn free(guest: &str) -> Server {
    server(guest, weft_wasi::WasiCtxBuilder::allow_outgoing_http)
}

/// Returns the guest's report on the answer from an authority.
async fn proxied(server: &Server, authority: &str) -> (u16, String) {
    let (status, bytes) = answer(server, get(&format!("/proxy/{authority}"))).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_sends_requests_to_another() {
    for (guest, other) in [(GUESTS[0], GUESTS[1]), (GUESTS[1], GUESTS[0])] {
        let (authority, serving) = serve(&server(other, |wasi| wasi)).await;
        let (status, text) = proxied(&free(guest), &authority).await;
        assert_eq!(status, 200);
        assert!(
            text.starts_with("201 Ok(") && text.contains(&format!("Some(\"{authority}\")")),
            "{text}"
        );
        serving.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_the_host_does_not_allow_are_denied() {
    for guest in GUESTS {
        let denied = (502, "ErrorCode::HttpRequestDenied".to_owned());
        assert_eq!(proxied(&server(guest, |wasi| wasi), "127.0.0.1:1").await, denied);
        let checked =
            server(guest, |wasi| wasi.outgoing_http_check(|uri| uri.port_u16() == Some(1)));
        assert_eq!(proxied(&checked, "127.0.0.1:2").await, denied);
        assert_eq!(proxied(&checked, "127.0.0.1:1").await.1, "ErrorCode::ConnectionRefused");
        let elsewhere = server(guest, |wasi| {
            wasi.outgoing_http_address_check(|address| !address.ip().is_loopback())
                .allow_outgoing_http()
        });
        let prohibited = proxied(&elsewhere, "localhost:1").await.1;
        assert_eq!(prohibited, "ErrorCode::DestinationIpProhibited");
    }
}

/// Starts a server that answers each connection with some bytes, and closes it. Without bytes it
/// never answers.
async fn answering(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            if bytes.is_empty() {
                kept.push(stream);
            } else {
                let _ = stream.write_all(bytes).await;
            }
        }
    });
    address.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_failure_has_its_code() {
    for guest in GUESTS {
        let server = free(guest);
        let (status, name) = proxied(&server, "no.such.name.invalid").await;
        assert!(status == 502 && name.starts_with("ErrorCode::DnsError"), "{name}");
        for (bytes, expected) in [
            (&b""[..], "502 ErrorCode::ConnectionReadTimeout"),
            (b"nonsense\r\n\r\n", "502 ErrorCode::HttpProtocolError"),
            (b"HTTP/1.1 200 OK\r\ncontent-le", "502 ErrorCode::HttpResponseIncomplete"),
        ] {
            let authority = answering(bytes).await;
            let (status, text) = proxied(&server, &authority).await;
            assert_eq!(format!("{status} {text}"), expected, "{guest}");
        }
        let authority = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour").await;
        let (status, text) = proxied(&server, &authority).await;
        assert!(status == 200 && text.starts_with("200 Err(") && text.ends_with("four"), "{text}");
    }
}

/// A host that answers itself.
struct Here;

impl SendRequest for Here {
    fn send(
        &self,
        request: Request<Body>,
        options: RequestOptions,
    ) -> BoxFuture<'static, Result<Response<Body>, ErrorCode>> {
        let text = format!("{} {:?}", request.uri(), options.first_byte_timeout);
        Box::pin(async { Ok(Response::new(Body::from(text))) })
    }
}

#[tokio::test]
async fn a_host_can_send_requests_itself() {
    for guest in GUESTS {
        let server = server(guest, |wasi| wasi.http_sender(Here));
        let (_, text) = proxied(&server, "example.com").await;
        assert!(text.ends_with("http://example.com/info Some(200ms)"), "{text}");
    }
}

/// Checks an incoming request that is sent on as an outgoing one, without its hop-by-hop headers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_forwarded() {
    let (authority, serving) = serve(&server(GUESTS[0], |wasi| wasi)).await;
    let request =
        Request::get("http://here/forward").header("x-to", &authority).header("x-one", "3");
    let request = request.header("connection", "close").body(Body::empty()).unwrap();
    let (status, bytes) = answer(&free(GUESTS[1]), request).await.unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(status == 201 && text.contains("host=false x=[[51]]"), "{text}");
    serving.abort();
}
