//! Failures of HTTP, on loopback: servers and clients that are slow, disconnect or break the rules,
//! with guests of WASI 0.2 and 0.3. Each ends with the right code, and leaves no task and no
//! descriptor open.
//!
//! It is a program of its own, because it counts open descriptors.
//!
//! | module | failures of |
//! |---|---|
//! | [`peers`] | servers: slow ones, ones that close, ones that send nonsense |
//! | [`sending`] | guests that send requests |
//! | [`clients`] | clients of a guest |
//! | [`tls`] | servers with certificates |
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[cfg(feature = "tls")]
mod certificate;
mod clients;
mod peer;
mod peers;
mod sending;
#[cfg(feature = "tls")]
mod tls;

use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_guest_tests::Guests;
use weft_wasi::bytes::MemorySink;
use weft_wasi::http::{Body, HttpServer, Request};
use weft_wasi::{WasiCtx, WasiCtxBuilder};

type Server = HttpServer<Wasmi, WasiCtx>;

/// A guest, as a server.
struct Guest {
    name: &'static str,
    server: Server,
    stderr: MemorySink,
}

impl Guest {
    fn new(
        name: &'static str,
        wasi: impl Fn(WasiCtxBuilder) -> WasiCtxBuilder + Send + Sync + 'static,
    ) -> Self {
        #[expect(clippy::default_trait_access, reason = "the type is wasmi's")]
        let engine = Wasmi::new(&Default::default(), Some(100_000));
        let file = Guests::read().unwrap().get(name).unwrap().file();
        let component = Component::new(&engine, &std::fs::read(file).unwrap()).unwrap();
        let mut linker = Linker::new();
        weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        weft_wasi::http::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        let stderr = MemorySink::new(1 << 16);
        let sink = stderr.clone();
        let make_store = move || {
            let builder = WasiCtx::builder().stderr(sink.clone()).allow_outgoing_http();
            let mut store = Store::new(&engine, wasi(builder).build());
            store.set_fuel_slice(100_000)?;
            Ok(store)
        };
        Self { name, server: HttpServer::new(&component, &linker, make_store).unwrap(), stderr }
    }

    /// Loads both guests: of WASI 0.2 and 0.3.
    fn both() -> [Self; 2] {
        ["proxy-rust", "service-rust"].map(|name| Self::new(name, |wasi| wasi))
    }

    fn is_of_0_3(&self) -> bool {
        self.name.starts_with("service")
    }

    /// Lets the guest send the request in the headers `say`, and returns the ends of the response
    /// and the request.
    async fn ask(&self, say: &[(&str, &str)]) -> String {
        let mut request = Request::get("http://here/ask");
        for (name, value) in say {
            request = request.header(*name, *value);
        }
        self.answer(request.body(Body::empty()).unwrap()).await
    }

    /// Returns the body of the guest's answer.
    async fn answer(&self, request: Request<Body>) -> String {
        let answering = async {
            let response = self.server.handle(request).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        };
        let bytes = tokio::time::timeout(Duration::from_secs(30), answering).await.unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Lets the guest serve on loopback. Returns its authority.
    async fn serve(&self) -> (String, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = self.server.clone();
        (address.to_string(), tokio::spawn(async move { server.serve(listener).await }))
    }
}

/// Returns the number of open descriptors, or 0 if the system does not report it.
fn open_descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Runs a scenario, and waits until everything that it has started is gone.
async fn leaving_nothing(what: &str, scenario: impl Future<Output = ()>) {
    let open = || (open_descriptors(), Handle::current().metrics().num_alive_tasks());
    let before = open();
    scenario.await;
    until(&format!("nothing is left of: {what}"), || {
        let (descriptors, tasks) = open();
        descriptors <= before.0 && tasks <= before.1
    })
    .await;
}

/// Waits until a condition holds.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 15 seconds: {what}");
}

/// Runs all scenarios, one after the other, because open descriptors are counted between them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_failure_has_its_code_and_leaves_nothing() {
    for guest in Guest::both() {
        // Everything that is created only once is created here.
        let warm = guest.ask(&[("x-to", "localhost:1")]).await;
        assert!(warm.starts_with("ErrorCode::ConnectionRefused"), "{warm}");
        peers::all(&guest).await;
        sending::all(&guest).await;
        clients::all(&guest).await;
    }
    #[cfg(feature = "tls")]
    tls::all().await;
}
