//! HTTP: guests of WASI 0.2 and 0.3 answer requests and send some, on loopback.

mod answering;
mod ending;
mod sending;

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use weft::component::{Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::bytes::MemorySink;
use weft_wasi::http::{Body, HttpServer, Request, Response, Reuse, ServiceError};
use weft_wasi::{WasiCtx, WasiCtxBuilder};

use crate::guest::load;

type Server = HttpServer<Wasmi, WasiCtx>;

/// The guests: of WASI 0.2 and 0.3.
const GUESTS: [&str; 2] = ["proxy-rust", "service-rust"];

/// Returns a server of a guest.
fn server(
    guest: &str,
    wasi: impl Fn(WasiCtxBuilder) -> WasiCtxBuilder + Send + Sync + 'static,
) -> Server {
    #[expect(clippy::default_trait_access, reason = "the type is wasmi's")]
    let engine = Wasmi::new(&Default::default(), Some(100_000));
    let component = load(&engine, guest);
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    let make_store = move || {
        let mut store = Store::new(&engine, wasi(WasiCtx::builder()).build());
        store.set_fuel_slice(100_000)?;
        Ok(store)
    };
    HttpServer::new(&component, &linker, make_store).unwrap()
}

/// Returns servers of both guests, with one instance for each request, and with instances that are
/// reused.
fn servers() -> Vec<(String, Server)> {
    let both = |guest: &&str| {
        let once = server(guest, |wasi| wasi);
        let reused = once.clone().reuse(Reuse::default());
        [(format!("{guest}, once"), once), (format!("{guest}, used again"), reused)]
    };
    GUESTS.iter().flat_map(both).collect()
}

fn get(path: &str) -> Request<Body> {
    let request = Request::get(format!("http://here{path}")).header("x-one", "1");
    request.body(Body::empty()).unwrap()
}

/// Returns the status and the bytes of a response, or the error.
async fn answer(server: &Server, request: Request<Body>) -> Result<(u16, Bytes), ServiceError> {
    let response = tokio::time::timeout(Duration::from_secs(20), server.handle(request)).await;
    whole(response.unwrap()?).await.map_err(ServiceError::from)
}

/// Returns the status and the bytes of a response.
async fn whole(response: Response<Body>) -> Result<(u16, Bytes), weft_wasi::http::ErrorCode> {
    let status = response.status().as_u16();
    let body = tokio::time::timeout(Duration::from_secs(20), response.into_body().collect());
    Ok((status, body.await.unwrap()?.to_bytes()))
}

/// Starts a server on loopback. Returns its authority.
async fn serve(server: &Server) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = server.clone();
    (address.to_string(), tokio::spawn(async move { server.serve(listener).await }))
}

/// Waits until a condition holds.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within ten seconds: {what}");
}

/// Returns a server whose guest's standard error is kept.
fn told(guest: &str) -> (Server, MemorySink) {
    let stderr = MemorySink::new(1 << 16);
    let sink = stderr.clone();
    (server(guest, move |wasi| wasi.stderr(sink.clone())), stderr)
}
