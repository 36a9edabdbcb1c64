//! Answers requests, at most a few at a time.

wit_bindgen::generate!({ path: "../../wit/server.wit", world: "server", generate_all });

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use exports::guests::server::handler::{ErrorCode, Guest, Request, Response};
use guests::server::database;
use wit_bindgen::{StreamResult, backpressure_dec, backpressure_inc};

struct Server;

export!(Server);

/// The largest body that a request may have.
const LARGEST: usize = 1 << 16;

static LIMIT: AtomicU32 = AtomicU32::new(u32::MAX);
static RUNNING: AtomicU32 = AtomicU32::new(0);
static PEAK: AtomicU32 = AtomicU32::new(0);

/// A call that the guest works on. While there are as many as allowed, no other one starts.
struct InTheWorks;

impl InTheWorks {
    fn new() -> Self {
        let running = RUNNING.fetch_add(1, Relaxed) + 1;
        PEAK.fetch_max(running, Relaxed);
        if running == LIMIT.load(Relaxed) {
            backpressure_inc();
        }
        Self
    }
}

impl Drop for InTheWorks {
    fn drop(&mut self) {
        if RUNNING.fetch_sub(1, Relaxed) == LIMIT.load(Relaxed) {
            backpressure_dec();
        }
    }
}

impl Guest for Server {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        let in_the_works = InTheWorks::new();
        let Request { id, path, mut body } = request;
        if path == "/trap" {
            panic!("as was asked");
        }
        let found = database::look_up(path).await?;
        let mut bytes = Vec::new();
        loop {
            let (result, read) = body.read(Vec::with_capacity(1024)).await;
            bytes.extend(read);
            if bytes.len() > LARGEST {
                return Err(ErrorCode::TooLarge(bytes.len() as u64));
            }
            if matches!(result, StreamResult::Dropped) {
                break;
            }
        }
        let (mut writer, reader) = wit_stream::new();
        wit_bindgen::spawn_local(async move {
            let _in_the_works = in_the_works;
            writer.write_all(format!("{id}: {found}: ").into_bytes()).await;
            writer.write_all(bytes).await;
        });
        Ok(Response { status: 200, body: reader })
    }

    fn limit(calls: u32) {
        LIMIT.store(calls, Relaxed);
    }

    fn peak() -> u32 {
        PEAK.load(Relaxed)
    }
}
