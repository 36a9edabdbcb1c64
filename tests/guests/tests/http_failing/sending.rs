//! Guests that send requests, correctly and with mistakes.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::peer::{Peer, ended, head};
use crate::{Guest, leaving_nothing, until};

pub(crate) async fn all(guest: &Guest) {
    leaving_nothing("malformed requests", malformed(guest)).await;
    leaving_nothing("bodies of the wrong length", lengths(guest)).await;
    leaving_nothing("targets", targets(guest)).await;
    leaving_nothing("a request that is given up", request_dropped(guest)).await;
    leaving_nothing("a response that is given up", response_dropped(guest)).await;
}

async fn malformed(guest: &Guest) {
    for (name, value, expected) in [
        ("x-method", "bad method", "refused method"),
        ("x-scheme", "9", "refused scheme"),
        ("x-to", ":80", "refused authority"),
        ("x-to", "[x]:80", "refused authority"),
        ("x-path", "/a b", "refused path"),
        ("x-scheme", "ws", "ErrorCode::HttpProtocolError"),
        ("x-one", "1", "ErrorCode::HttpRequestUriInvalid"),
        ("x-to", "no.such.name.invalid", "ErrorCode::DnsError"),
        ("x-to", "localhost:1", "ErrorCode::ConnectionRefused"),
    ] {
        let mut say = vec![(name, value)];
        if !matches!(name, "x-to" | "x-one") {
            say.push(("x-to", "localhost:1"));
        }
        let said = guest.ask(&say).await;
        assert!(said.starts_with(expected), "{}: {name} {value}: {said}", guest.name);
    }
}

/// Creates a server that keeps the received bytes, and answers at their end.
fn keeping() -> (Peer, Arc<Mutex<Vec<u8>>>) {
    let kept = Arc::new(Mutex::new(Vec::new()));
    let all = Arc::clone(&kept);
    let peer = Peer::new(move |mut stream| {
        let all = Arc::clone(&all);
        async move {
            let head = head(&mut stream).await;
            all.lock().unwrap().extend_from_slice(head.as_bytes());
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1);
            let length =
                length.map_or(usize::MAX, |it| it.lines().next().unwrap().parse().unwrap());
            let mut buffer = [0; 1024];
            let mut count = 0;
            while count < length {
                let read = stream.read(&mut buffer).await.unwrap_or(0);
                let read = buffer.get(..read).unwrap();
                let mut all = all.lock().unwrap();
                all.extend_from_slice(read);
                count += read.len();
                if read.is_empty() || all.ends_with(b"0\r\n\r\n") || all.ends_with(b"\r\n\r\n") {
                    break;
                }
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
            ended(&mut stream).await;
        }
    });
    (peer, kept)
}

async fn lengths(guest: &Guest) {
    for (written, expected) in [
        ("11", "200 0 Ok(None)"),
        ("3", "HttpRequestBodySize(Some(3))"),
        ("0", "HttpRequestBodySize(Some(0))"),
        ("18", "HttpRequestBodySize(Some(18))"),
    ] {
        let (peer, _) = keeping();
        let say = [("x-to", peer.authority.as_str()), ("x-length", "11"), ("x-write", written)];
        let said = guest.ask(&say).await;
        assert!(said.contains(expected), "{}: {written}: {said}", guest.name);
        let (_, sent) = said.split_once(" / ").unwrap();
        let is_told = sent.contains(expected) || written == "11" && !sent.contains("Err");
        assert!(is_told, "{}: {written}: {said}", guest.name);
    }
    let (peer, kept) = keeping();
    let say = [("x-to", peer.authority.as_str()), ("x-trailer", "end"), ("x-write", "5")];
    let said = guest.ask(&say).await;
    assert!(said.starts_with("200 0 Ok(None)"), "{}: {said}", guest.name);
    let kept = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
    assert!(kept.ends_with("0\r\nx-t: end\r\n\r\n"), "{}: {kept:?}", guest.name);
}

async fn targets(guest: &Guest) {
    for (method, path, user, line) in [
        ("GET", Some("/a?b"), "", "GET /a?b HTTP/1.1"),
        ("GET", None, "", "GET / HTTP/1.1"),
        ("GET", Some("?b"), "name:secret@", "GET /?b HTTP/1.1"),
        ("OPTIONS", Some("*"), "", "OPTIONS * HTTP/1.1"),
        ("CONNECT", None, "", "CONNECT 127.0.0.1:"),
        ("PURGE", Some("/"), "", "PURGE / HTTP/1.1"),
    ] {
        let (peer, kept) = keeping();
        let to = format!("{user}{}", peer.authority);
        let mut say = vec![("x-to", to.as_str()), ("x-method", method), ("x-length", "0")];
        say.extend(path.map(|path| ("x-path", path)));
        let said = guest.ask(&say).await;
        assert!(said.starts_with("200 0 "), "{}: {method} {path:?}: {said}", guest.name);
        let kept = String::from_utf8(kept.lock().unwrap().clone()).unwrap();
        assert!(kept.starts_with(line), "{}: {kept}", guest.name);
        assert!(kept.contains(&format!("host: {}\r\n", peer.authority)), "{}: {kept}", guest.name);
    }
}

/// Checks that the server sees no end of the body, if it sees anything.
async fn request_dropped(guest: &Guest) {
    let (peer, kept) = keeping();
    let say = [("x-to", peer.authority.as_str()), ("x-drop", "request"), ("x-write", "5000")];
    let said = guest.ask(&say).await;
    let code = if guest.is_of_0_3() { "LoopDetected" } else { "HttpProtocolError" };
    assert!(said.starts_with(&format!("ErrorCode::{code}")), "{}: {said}", guest.name);
    assert!(!kept.lock().unwrap().ends_with(b"0\r\n\r\n"), "{}", guest.name);
}

/// Checks that the server sees that there is no reader.
async fn response_dropped(guest: &Guest) {
    let is_over = Arc::new(Mutex::new(false));
    let told = Arc::clone(&is_over);
    let peer = Peer::new(move |mut stream| {
        let told = Arc::clone(&told);
        async move {
            head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(&[7; 4096]).await.is_ok() {}
            *told.lock().unwrap() = true;
        }
    });
    let said = guest.ask(&[("x-to", &peer.authority), ("x-drop", "response")]).await;
    assert!(said.starts_with("200 dropped"), "{}: {said}", guest.name);
    until("the server has seen it", || *is_over.lock().unwrap()).await;
}
