//! Services in Rust, of both versions, as clients see them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;

use crate::serve::Server;
use crate::weft::Folder;

macro_rules! guest {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/guests/built/", $name))
    };
}

/// Equal services, of WASI 0.2 and 0.3.
const SERVICES: [&[u8]; 2] = [guest!("proxy-rust.wasm"), guest!("service-rust.wasm")];

/// More than the guest's memory.
const LARGE: usize = 16 << 20;

fn start(service: &[u8], options: &[&str]) -> Server {
    Server::start_in(Folder::with(&[("app.wasm", service)]), "app.wasm", options)
}

/// Gets a path, and returns the response.
fn get(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    text
}

#[test]
fn services_of_both_versions_answer() {
    for service in SERVICES {
        let server = start(service, &[]);
        let hello = get(&server, "/");
        assert!(hello.starts_with("HTTP/1.1 200"), "{hello}");
        assert!(hello.ends_with("Hello, WASI!"), "{hello}");
        assert!(get(&server, "/trap").starts_with("HTTP/1.1 500"));
        assert!(get(&server, "/").ends_with("Hello, WASI!"));
    }
}

#[test]
fn a_body_that_is_larger_than_the_memory_passes_through() {
    for service in SERVICES {
        let server = start(service, &["--max-memory", "4MiB"]);
        let mut stream = TcpStream::connect(&server.address).unwrap();
        let mut writing = stream.try_clone().unwrap();
        let writer = thread::spawn(move || {
            let head = "POST /echo HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length:";
            write!(writing, "{head} {LARGE}\r\n\r\n").unwrap();
            let part = vec![b'#'; 1 << 16];
            for _ in 0..LARGE / part.len() {
                writing.write_all(&part).unwrap();
            }
        });
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        writer.join().unwrap();
        assert_eq!(String::from_utf8_lossy(&response).matches('#').count(), LARGE);
    }
}

#[test]
fn requests_are_sent_only_if_that_is_allowed() {
    let other = start(SERVICES[0], &[]);
    let path = format!("/proxy/{}", other.address);
    let denied = get(&start(SERVICES[0], &[]), &path);
    assert!(denied.contains("HttpRequestDenied"), "{denied}");
    let sent = get(&start(SERVICES[0], &["--outgoing-http"]), &path);
    assert!(sent.contains("201"), "{sent}");
}
