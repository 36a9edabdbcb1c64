//! Clients that disconnect.

use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use weft_wasi::http::Reuse;

use super::{GUESTS, answer, get, serve, servers, told, until};

/// Checks that a guest that writes without end learns that there is no reader, and ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_learns_that_its_body_is_not_read() {
    for guest in GUESTS {
        for is_reused in [false, true] {
            let (mut server, stderr) = told(guest);
            if is_reused {
                server = server.reuse(Reuse::default());
            }
            let mut body = server.handle(get("/endless")).await.unwrap().into_body();
            let mut count = 0;
            while count < 300_000 {
                count += body.frame().await.unwrap().unwrap().into_data().unwrap().len();
            }
            assert!(stderr.contents().is_empty());
            drop(body);
            until("the guest has stopped", || stderr.contents().starts_with(b"stopped")).await;
            assert_eq!(answer(&server, get("/")).await.unwrap().0, 200);
        }
    }
}

/// Checks the same with a connection that is closed; and with one that is closed before there is an
/// answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_connections_end_their_requests() {
    for guest in GUESTS {
        let (server, stderr) = told(guest);
        let (authority, serving) = serve(&server).await;
        let mut stream = TcpStream::connect(&authority).await.unwrap();
        stream.write_all(b"GET /endless HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        let mut some = vec![0; 200_000];
        stream.read_exact(&mut some).await.unwrap();
        assert!(some.starts_with(b"HTTP/1.1 200 OK\r\n"));
        drop(stream);
        until("the guest has stopped", || stderr.contents().starts_with(b"stopped")).await;

        let mut stream = TcpStream::connect(&authority).await.unwrap();
        stream.write_all(b"GET /spin HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        until("the guest spins", || server.requests() == 1).await;
        drop(stream);
        until("it does no longer", || server.requests() == 0).await;
        serving.abort();
    }
}

/// Checks that a dropped request also drops its guest, even one that ignores cancellation.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_request_leaves_nothing() {
    for (name, server) in servers() {
        for path in ["/sleep", "/spin"] {
            let asked = tokio::time::timeout(Duration::from_millis(10), server.handle(get(path)));
            // On a slow machine the nap may end first, or the instance that both requests share is given
            // up because of the nap. There is never a response of the one that spins.
            assert!(!matches!(asked.await, Ok(Ok(_))) || path == "/sleep", "{name}");
        }
        assert_eq!(server.requests(), 0, "{name}");
        let asked = tokio::time::timeout(Duration::from_secs(10), answer(&server, get("/")));
        assert_eq!(asked.await.unwrap().unwrap().0, 200, "{name}");
    }
}

/// Checks that a response that was cut off is also cut off for its client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_sees_that_a_body_was_cut_off() {
    for guest in GUESTS {
        let (server, _) = told(guest);
        let (authority, serving) = serve(&server).await;
        let mut stream = TcpStream::connect(&authority).await.unwrap();
        stream.write_all(b"GET /short HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        let mut all = Vec::new();
        // Either an end without the whole body, or a reset.
        let _ = stream.read_to_end(&mut all).await;
        let text = String::from_utf8_lossy(&all);
        assert!(!text.contains("content-length: 4\r\n") && !text.ends_with("0\r\n\r\n"), "{text}");
        serving.abort();
    }
}
