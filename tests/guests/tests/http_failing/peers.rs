//! Servers that are slow, that close, and that send nonsense.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::peer::{Peer, ended, head, headers};
use crate::{Guest, leaving_nothing};

pub(crate) async fn all(guest: &Guest) {
    leaving_nothing("slow servers", slow(guest)).await;
    leaving_nothing("a server that takes no connection", full(guest)).await;
    leaving_nothing("a server that doesn't read", not_reading(guest)).await;
    leaving_nothing("servers that close", closing(guest)).await;
    leaving_nothing("nonsense", nonsense(guest)).await;
    leaving_nothing("large heads", large_heads(guest)).await;
    leaving_nothing("good but unusual servers", unusual(guest)).await;
}

/// Checks the beginning of the guest's report.
async fn expect(guest: &Guest, peer: &Peer, say: &[(&str, &str)], expected: &str, what: &str) {
    let mut all = vec![("x-to", peer.authority.as_str())];
    all.extend(say);
    let said = guest.ask(&all).await;
    assert!(said.starts_with(expected), "{}: {what}: {said}, not {expected}", guest.name);
}

async fn slow(guest: &Guest) {
    let silent = Peer::stopping_after(b"");
    let late = "ErrorCode::ConnectionReadTimeout";
    expect(guest, &silent, &[("x-first", "50")], late, "no first byte").await;
    let half = Peer::stopping_after(b"HTTP/1.1 200 OK\r\ncontent-le");
    expect(guest, &half, &[("x-first", "50")], late, "half a head").await;
    let slow = Peer::stopping_after(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour");
    let said = guest.ask(&[("x-to", &slow.authority), ("x-between", "50")]).await;
    let is_right = said.starts_with("200 4 ") && said.contains("ConnectionReadTimeout");
    assert!(is_right, "{}: {said}", guest.name);
}

/// Fills the queue of unaccepted connections, so that the next one is never answered.
async fn full(guest: &Guest) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    loop {
        let connecting = TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connecting).await {
            Ok(stream) => waiting.push(stream.unwrap()),
            Err(_) => break,
        }
        // Another system may have a queue without a limit.
        if waiting.len() > 20 {
            return;
        }
    }
    let said = guest.ask(&[("x-to", &address.to_string()), ("x-connect", "50")]).await;
    assert!(said.starts_with("ErrorCode::ConnectionTimeout"), "{}: {said}", guest.name);
}

async fn not_reading(guest: &Guest) {
    let peer = Peer::new(|mut stream| async move {
        head(&mut stream).await;
        // Waits until the other side has disconnected, which is visible without reading everything.
        let _ = tokio::time::timeout(Duration::from_mins(1), gone(&stream)).await;
    });
    // In this time, a busy machine fills the buffers of the connection, too. They can take megabytes.
    let say = [("x-first", "3000"), ("x-write", "64000000")];
    expect(guest, &peer, &say, "ErrorCode::ConnectionWriteTimeout", "not reading").await;
    if guest.is_of_0_3() {
        // The server answers, and does not read the rest. (A guest of 0.2 would first write
        // everything.)
        let peer = Peer::new(|mut stream| async move {
            head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            let _ = tokio::time::timeout(Duration::from_mins(1), gone(&stream)).await;
        });
        let say = [("x-between", "100"), ("x-write", "64000000")];
        expect(guest, &peer, &say, "200 2 Ok(None) / Err", "answering without reading").await;
    }
}

/// Waits until the other side has closed a connection.
async fn gone(stream: &TcpStream) {
    while stream.peer_addr().is_ok() && stream.take_error().is_ok_and(|error| error.is_none()) {
        if stream.ready(tokio::io::Interest::ERROR).await.is_ok_and(tokio::io::Ready::is_error) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn closing(guest: &Guest) {
    let at_once = Peer::new(|stream| async move { drop(stream) });
    let said = guest.ask(&[("x-to", &at_once.authority)]).await;
    let is_known = said.contains("HttpResponseIncomplete") || said.contains("ConnectionTerminated");
    assert!(is_known, "{}: {said}", guest.name);
    for (bytes, expected) in [
        (&b""[..], "ErrorCode::HttpResponseIncomplete"),
        (b"HTTP/1.1 200 OK\r\nconte", "ErrorCode::HttpResponseIncomplete"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour", "200 4 "),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfour\r\n", "200 4 "),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nfour", "200 4 "),
    ] {
        let peer = Peer::answering(bytes);
        let said = guest.ask(&[("x-to", &peer.authority)]).await;
        let is_right = said.starts_with(expected) && said.contains("HttpResponseIncomplete");
        assert!(is_right, "{}: {said} for {}", guest.name, String::from_utf8_lossy(bytes));
    }
    let reset = Peer::new(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        stream.set_zero_linger().unwrap();
    });
    let said = guest.ask(&[("x-to", &reset.authority)]).await;
    assert!(said.contains("ConnectionTerminated"), "{}: {said}", guest.name);
}

async fn nonsense(guest: &Guest) {
    let heads: &[&[u8]] = &[
        b"nonsense\r\n\r\n",
        b"\0\0\0\x04\x04\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\x01",
        b"HTTP/1.1 \r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\na\0b: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nfour",
        b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nfour",
        b"HTTP/1.1 99 OK\r\n\r\n",
    ];
    for bytes in heads {
        let peer = Peer::answering(*bytes);
        let what = String::from_utf8_lossy(bytes);
        expect(guest, &peer, &[], "ErrorCode::HttpProtocolError", &what).await;
    }
    // Before a request was sent.
    let early = Peer::new(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-server\r\n").await;
        ended(&mut stream).await;
    });
    expect(guest, &early, &[], "ErrorCode::HttpProtocolError", "before the request").await;
    let bodies: &[&[u8]] =
        &[b"x\r\nfour\r\n0\r\n\r\n", b"fffffffffffffffff\r\n", b"4\r\nfour0\r\n\r\n"];
    for body in bodies {
        let mut bytes = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        bytes.extend_from_slice(body);
        let peer = Peer::answering(bytes);
        let said = guest.ask(&[("x-to", &peer.authority)]).await;
        let is_right = said.starts_with("200 ") && said.contains("HttpProtocolError");
        assert!(is_right, "{}: {said} for {}", guest.name, String::from_utf8_lossy(body));
    }
}

async fn large_heads(guest: &Guest) {
    let large = "ErrorCode::HttpResponseHeaderSectionSize(None)";
    let one = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(1 << 20));
    expect(guest, &Peer::answering(one), &[], large, "a header of a megabyte").await;
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", headers(1000));
    expect(guest, &Peer::answering(many), &[], large, "a thousand headers").await;
    let good = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{}\r\n", headers(90));
    expect(guest, &Peer::answering(good), &[], "200 0 ", "ninety headers").await;
}

async fn unusual(guest: &Guest) {
    // The bytes after the body belong to no response.
    let longer = Peer::answering(*b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfour and more");
    expect(guest, &longer, &[], "200 4 ", "longer than it says").await;
    let until_end = Peer::answering(*b"HTTP/1.0 200 OK\r\n\r\nup to the end");
    expect(guest, &until_end, &[], "200 13 ", "without a length").await;
    let chunks = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4;x=y\r\nfour\r\n0\r\n";
    let trailed = Peer::answering(format!("{chunks}x-t: 1\r\nx-u: 2\r\n\r\n"));
    expect(guest, &trailed, &[], "200 4 Ok(Some(2))", "trailers").await;
    let bad_trailers = Peer::answering(format!("{chunks}no colon\r\n\r\n"));
    let said = guest.ask(&[("x-to", &bad_trailers.authority)]).await;
    assert!(said.contains("HttpProtocolError"), "{}: {said}", guest.name);
    let interim = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
    let final_one = "HTTP/1.1 204 No Content\r\n\r\n";
    let hints = Peer::answering(format!("{interim}{final_one}"));
    expect(guest, &hints, &[], "204 0 Ok(None)", "interim responses").await;
    // The answer comes before the end of the request, which continues.
    let early = Peer::new(|mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await;
        let mut rest = [0; 4096];
        while stream.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    });
    let large = [("x-write", "300000")];
    expect(guest, &early, &large, "413 2 Ok(None)", "an early answer").await;
}
