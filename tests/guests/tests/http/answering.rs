//! Requests that guests answer.

use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::task::JoinSet;
use weft_wasi::http::{Body, ErrorCode, Request, RequestOptions, ServiceError, send_request};

use super::{answer, get, serve, servers, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guests_answer_correctly_and_with_mistakes() {
    for (name, server) in servers() {
        let is_new = name.starts_with("service");
        let (status, hello) = answer(&server, get("/")).await.unwrap();
        assert_eq!((status, &*hello), (200, &b"Hello, WASI!"[..]), "{name}");
        let (status, info) = answer(&server, get("/info")).await.unwrap();
        let expected =
            r#"Method::Get Some(Scheme::Http) Some("here") Some("/info") host=false x=[[49]]"#;
        assert_eq!((status, &*info), (201, expected.as_bytes()), "{name}");
        assert_eq!(answer(&server, get("/nowhere")).await.unwrap().0, 404, "{name}");
        assert_eq!(answer(&server, get("/sleep")).await.unwrap().1, "slept", "{name}");

        let code = answer(&server, get("/code")).await.unwrap_err();
        assert!(matches!(code, ServiceError::Code(ErrorCode::HttpRequestDenied)), "{name}: {code}");
        assert_eq!(code.to_response().status(), 403);
        let trap = answer(&server, get("/trap")).await.unwrap_err();
        assert!(matches!(trap, ServiceError::Call(_)), "{name}: {trap}");
        // The next request goes to another instance.
        assert_eq!(answer(&server, get("/")).await.unwrap().0, 200, "{name}");
        assert!(answer(&server, get("/trap-late")).await.is_err(), "{name}");
        let short = answer(&server, get("/short")).await.unwrap_err();
        let wrong = ErrorCode::HttpResponseBodySize(Some(4));
        assert!(matches!(&short, ServiceError::Code(code) if *code == wrong), "{name}: {short}");
        if !is_new {
            let none = answer(&server, get("/none")).await.unwrap_err();
            assert!(matches!(none, ServiceError::NoResponse), "{name}: {none}");
            let unfinished = answer(&server, get("/unfinished")).await.unwrap_err();
            assert!(matches!(unfinished, ServiceError::Code(ErrorCode::HttpProtocolError)));
        }
        assert_eq!(answer(&server, get("/")).await.unwrap().0, 200, "{name}");
        assert_eq!(server.requests(), 0, "{name}");
    }
}

/// Returns a body of `chunks` chunks of 10,000 bytes, and a trailer.
fn long_body(chunks: u32) -> Body {
    let chunks = (0..chunks)
        .map(|it| Ok::<_, std::io::Error>(Frame::data(Bytes::from(vec![it as u8; 10_000]))));
    let trailers = [("a".parse().unwrap(), "b".parse().unwrap())].into_iter().collect();
    let frames = chunks.chain([Ok(Frame::trailers(trailers))]);
    Body::new(StreamBody::new(Frames(frames)))
}

struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Frames<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

/// Sends bytes and trailers through the guest and back: without a network, and with one on both
/// sides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_go_through_with_their_trailers() {
    for (name, server) in servers() {
        let paths: &[_] =
            if name.starts_with("service") { &["/echo", "/pass"] } else { &["/echo"] };
        let (authority, serving) = serve(&server).await;
        for (path, over_network) in paths.iter().flat_map(|path| [(path, false), (path, true)]) {
            let uri = format!("http://{authority}{path}");
            let request = Request::post(uri).header("trailer", "a").header("te", "trailers");
            let request = request.body(long_body(300)).unwrap();
            let response = if over_network {
                send_request(request, RequestOptions::default()).await.unwrap()
            } else {
                server.handle(request).await.unwrap()
            };
            assert_eq!(response.status(), 200);
            let body = response.into_body().collect().await.unwrap();
            let trailers = body.trailers().cloned().unwrap_or_default();
            let trailer = if *path == "/echo" { ("x-t", "1") } else { ("a", "b") };
            assert_eq!(trailers.get(trailer.0).unwrap(), trailer.1, "{name} {path}");
            let bytes = body.to_bytes();
            assert_eq!(bytes.len(), 3_000_000, "{name} {path}");
            assert!(bytes.chunks(10_000).zip(0_u32..).all(|(it, n)| it[0] == n as u8));
        }
        serving.abort();
    }
}

/// Sends many requests at once, over connections that are kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_are_all_answered() {
    for (name, server) in servers() {
        let mut asking = JoinSet::new();
        for number in 0..60 {
            let server = server.clone();
            let path = if number % 2 == 0 { "/" } else { "/sleep" };
            asking.spawn(async move { answer(&server, get(path)).await.unwrap().0 });
        }
        assert!(asking.join_all().await.iter().all(|status| *status == 200), "{name}");
        assert_eq!(server.requests(), 0);
    }
}

/// Checks that a small response has its length, because the guest has ended when the head is sent.
#[tokio::test]
async fn the_length_of_a_small_body_is_known() {
    for (name, server) in servers() {
        let response = server.handle(get("/")).await.unwrap();
        let length = http_body::Body::size_hint(response.body()).exact();
        assert_eq!(length, Some(12), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_and_too_slow_requests_are_refused() {
    for (name, server) in servers() {
        let server = server.max_at_once(1).time_limit(Duration::from_millis(300));
        let spinning = tokio::spawn({
            let server = server.clone();
            async move { server.handle(get("/spin")).await.map(drop) }
        });
        super::until("the first has begun", || server.requests() == 1).await;
        let overloaded = server.handle(get("/")).await.unwrap_err();
        assert!(matches!(overloaded, ServiceError::Overloaded), "{name}");
        assert_eq!(overloaded.to_response().status(), 503);
        let late = spinning.await.unwrap().unwrap_err();
        assert!(matches!(late, ServiceError::TimedOut), "{name}: {late}");
        assert_eq!(answer(&server, get("/")).await.unwrap().0, 200, "{name}");
    }
}

/// Checks that the guest of WASI 0.3 learns the result of sending its response.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_learns_that_its_body_was_too_short() {
    let (server, stderr) = told("service-rust");
    assert!(answer(&server, get("/short")).await.is_err());
    super::until("the guest has said so", || {
        String::from_utf8_lossy(&stderr.contents()).contains("HttpResponseBodySize(Some(4))")
    })
    .await;
}
