//! An HTTP service: `service ADDRESS`, such as `service 127.0.0.1:8080`. The guest answers. Each of
//! its instances answers up to 100 requests, at most 10 at once.

use std::error::Error;
use std::time::Duration;

use tokio::net::TcpListener;
use weft::component::{Component, Linker, Store, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;
use weft_wasi::http::{HttpServer, Reuse};

/// A server written in Rust with `wit-bindgen`, for WASI 0.3. Your own service would be a file.
const GUEST: &[u8] = include_bytes!("../../../../guests/built/service-rust.wasm");

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let engine = Wasmi::default();
    let component = Component::new(&engine, GUEST)?;
    let mut linker = Linker::new();
    weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);

    let server = HttpServer::new(&component, &linker, move || {
        let mut store = Store::new(&engine, WasiCtx::builder().inherit_stderr().build());
        store.set_limits(StoreLimits::UNTRUSTED);
        Ok(store)
    })?;
    let reuse = Reuse { requests: 100, at_once: 10, idle: Duration::from_secs(1) };
    let server = server.reuse(reuse).time_limit(Duration::from_secs(30));

    let listener = TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    server.serve(listener).await;
    Ok(())
}
