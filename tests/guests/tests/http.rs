//! HTTP servers of WASI 0.2 and 0.3, on the loopback interface.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::thread;

use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;
use weft_wasi::http::HttpServer;

use crate::Fine;
use crate::guest::load;

/// Sends a request, and returns the head and the body of the answer.
fn ask(address: &str, request: &str) -> io::Result<(String, String)> {
    let mut connection = TcpStream::connect(address)?;
    connection.write_all(request.as_bytes())?;
    let answer = io::read_to_string(connection)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Ok((head.to_lowercase(), body.to_owned()))
}

fn serves(guest: &str, ask_all: impl FnOnce(&str) -> Fine) -> Fine {
    let engine = Wasmi::default();
    let component = load(&engine, guest);
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    let server = HttpServer::new(&component, &linker, move || {
        Ok(Store::new(&engine, WasiCtx::builder().inherit_stderr().build()))
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?.to_string();
    let serving = runtime.spawn(async move { server.serve(listener).await });
    let asked = ask_all(&address);
    serving.abort();
    asked
}

#[test]
fn of_rust_for_wasi_0_3() -> Fine {
    serves("service-rust", |address| {
        let (head, body) = ask(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(body.contains("Hello, WASI!"), "{body}");
        // Twenty at once.
        let asking: Vec<_> = (0..20)
            .map(|number| {
                let address = address.to_owned();
                thread::spawn(move || {
                    let text = format!("body {number}");
                    let length = text.len();
                    let head = format!("POST /echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
                    let request = format!("{head}content-length: {length}\r\n\r\n{text}");
                    (text, ask(&address, &request).unwrap())
                })
            })
            .collect();
        for thread in asking {
            let (text, (head, body)) = thread.join().unwrap();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert!(body.contains(&text), "{body}");
        }
        Ok(())
    })
}

#[test]
fn of_rust_for_wasi_0_2() -> Fine {
    serves("proxy-rust", |address| {
        let (head, body) = ask(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?;
        assert!(head.starts_with("http/1.1 200"), "{head}");
        assert!(!body.is_empty());
        Ok(())
    })
}
