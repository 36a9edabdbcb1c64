//! Clients of a guest that send too little, too much or nonsense.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weft_wasi::http::{Body, Request};

use crate::peer::headers;
use crate::{Guest, leaving_nothing, until};

pub(crate) async fn all(guest: &Guest) {
    leaving_nothing("bodies of requests", bodies(guest)).await;
    leaving_nothing("bad requests", bad_requests(guest)).await;
    leaving_nothing("clients that go away", going_away(guest)).await;
    leaving_nothing("responses", responses(guest)).await;
}

/// Sends some bytes, and returns the whole answer.
async fn told(authority: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let _ = stream.write_all(bytes).await;
    read(stream).await
}

async fn read(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let reading = stream.read_to_end(&mut all);
    let _ = tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

async fn bodies(guest: &Guest) {
    let (authority, serving) = guest.serve().await;
    for (rest, expected) in [
        ("content-length: 4\r\n\r\nfour", "4 Ok(None)"),
        ("transfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n", "4 Ok(None)"),
        ("transfer-encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\nx: y\r\n\r\n", "4 Ok(Some(1))"),
        ("transfer-encoding: chunked\r\n\r\n4\r\nfour\r\nx\r\n", "HttpProtocolError"),
    ] {
        let head = "POST /count HTTP/1.1\r\nhost: here\r\nconnection: close\r\n";
        let said = told(&authority, format!("{head}{rest}").as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 200"), "{}: {rest:?}: {said}", guest.name);
        assert!(said.contains(expected), "{}: {rest:?}: {said}", guest.name);
    }
    for (error, code) in [
        (io::ErrorKind::UnexpectedEof, "ConnectionTerminated"),
        (io::ErrorKind::ConnectionReset, "ConnectionTerminated"),
        (io::ErrorKind::InvalidData, "HttpProtocolError"),
        (io::ErrorKind::TimedOut, "ConnectionReadTimeout"),
    ] {
        let parts = [Ok(Frame::data(Bytes::from("four"))), Err(io::Error::from(error))];
        let body = Body::new(StreamBody::new(Parts(parts.into_iter())));
        let said = guest.answer(Request::post("http://here/count").body(body).unwrap()).await;
        assert!(said.starts_with("4 ") && said.contains(code), "{}: {said}", guest.name);
    }
    // The bytes after the body are another request.
    let head = "POST /count HTTP/1.1\r\nhost: here\r\ncontent-length: 4\r\n\r\nfour";
    let said = told(&authority, format!("{head} and more\r\n\r\n").as_bytes()).await;
    assert!(said.contains("4 Ok(None)") && said.contains("HTTP/1.1 400"), "{said}");
    // The guest does not read the whole body.
    let head = "POST /half HTTP/1.1\r\nhost: here\r\ncontent-length: 1000000\r\n\r\n";
    let mut stream = TcpStream::connect(&authority).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[7; 100]).await.unwrap();
    let said = read(stream).await;
    assert!(said.contains("dropped"), "{}: {said}", guest.name);
    serving.abort();
}

/// The parts of a body.
struct Parts<I>(I);

impl<I: Iterator + Unpin> Stream for Parts<I> {
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<I::Item>> {
        Poll::Ready(self.0.next())
    }
}

async fn bad_requests(guest: &Guest) {
    let (authority, serving) = guest.serve().await;
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("BAD METHOD / HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n".to_owned(), "400"),
        ("POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n".to_owned(), "400"),
        ("POST / HTTP/1.1\r\ntransfer-encoding: nonsense\r\n\r\n".to_owned(), "400"),
        (format!("GET / HTTP/1.1\r\n{}\r\n", headers(1000)), "431"),
        (format!("GET / HTTP/1.1\r\na: {}\r\n\r\n", "b".repeat(1 << 20)), "431"),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "b".repeat(70_000)), "414"),
    ] {
        let mut stream = TcpStream::connect(&authority).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let mut head = [0; 12];
        // The rest of a long answer may end with a reset, before the answer is read.
        if stream.read_exact(&mut head).await.is_ok() {
            let said = String::from_utf8_lossy(&head);
            let start: String = request.chars().take(40).collect();
            assert_eq!(said, format!("HTTP/1.1 {status}"), "{}: {start:?}", guest.name);
        }
    }
    // The guest has received nothing of it.
    assert!(guest.stderr.contents().is_empty());
    serving.abort();
}

/// Closes connections before the end, at each point.
async fn going_away(guest: &Guest) {
    let (authority, serving) = guest.serve().await;
    let head = "POST /count HTTP/1.1\r\nhost: here\r\ncontent-length: 9\r\n\r\n";
    for bytes in ["", "POST /cou", head, &format!("{head}four")] {
        for is_reset in [false, true] {
            let mut stream = TcpStream::connect(&authority).await.unwrap();
            stream.write_all(bytes.as_bytes()).await.unwrap();
            if bytes.starts_with(head) {
                until("the guest has it", || guest.server.requests() > 0).await;
            }
            if is_reset {
                stream.set_zero_linger().unwrap();
            }
            drop(stream);
            until("it is given up", || guest.server.requests() == 0).await;
        }
    }
    serving.abort();
}

async fn responses(guest: &Guest) {
    let (authority, serving) = guest.serve().await;
    let get = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").into_bytes()
    };
    let said = told(&authority, &get("/long")).await;
    // At most the announced length, and the guest gets an error.
    let body = said.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    assert!(body.len() <= 4, "{}: {said}", guest.name);
    until("the guest knows", || {
        String::from_utf8_lossy(&guest.stderr.contents()).contains("HttpResponseBodySize(Some(10))")
    })
    .await;
    if guest.is_of_0_3() {
        let said = told(&authority, &get("/broken")).await;
        assert!(!said.ends_with("0\r\n\r\n"), "{}: {said}", guest.name);
        until("the guest knows", || {
            String::from_utf8_lossy(&guest.stderr.contents()).contains("LoopDetected")
        })
        .await;
    }
    if guest.is_of_0_3() {
        // An error of the guest's body is reported to the maker of the request; here there is none.
        assert!(told(&authority, &get("/report")).await.starts_with("HTTP/1.1 200"));
    }
    let said = told(&authority, &get("/headers/90")).await;
    assert!(said.contains("x-89: vvv"), "{}: {said}", guest.name);
    let head = "HEAD / HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n";
    let said = told(&authority, head.as_bytes()).await;
    assert!(said.starts_with("HTTP/1.1 200") && said.ends_with("\r\n\r\n"), "{}", guest.name);
    serving.abort();
    let small = Guest::new(guest.name, |wasi| wasi.max_header_size(1000));
    for (count, is_fine) in [(2, true), (20, false)] {
        let request = Request::get(format!("http://here/headers/{count}"));
        let answered = small.server.handle(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answered.is_ok(), is_fine, "{}: {count}", guest.name);
    }
}
