//! `weft serve`.
//!
//! | file | contents |
//! |---|---|
//! | `listening` | listening on an address |
//! | `stopping` | Ctrl-C |

mod listening;
mod stopping;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Builder;
use weft::component::{Component, Store};
use weft::engine::wasmi::Wasmi;
use weft::error::WithCauses;
use weft_spec::Diagnostic;
use weft_wasi::WasiCtx;
use weft_wasi::http::{HttpServer, HttpService, Reuse, ServiceError};

use crate::exit_code::{CANNOT_RUN, NOT_WELL, SUCCESS};
use crate::failure::Failure;
use crate::format::Format;
use crate::guest::{self, LimitArguments, SystemArguments};
use crate::input::Input;
use crate::timeline::{StoreTimelines, TimelineArguments};

use self::stopping::Stopping;

/// The longest time in which stores end after the last response, if a timeline is written.
const LAST_STORES: Duration = Duration::from_secs(2);

/// Serve a component over HTTP: it answers requests with `wasi:http` of WASI 0.2 or 0.3.
///
/// Each request gets its own instance, unless `--reuse` is used. If a guest traps, the response has
/// the status 500; if it takes too long, 504; if there are too many requests at the same time, 503.
///
/// Ctrl-C stops the server after all requests that are under way are answered, with exit code 0. A
/// second Ctrl-C stops it at once, without a timeline.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  weft serve app.wasm
  weft serve app.wasm --addr 0.0.0.0:80 --reuse 1000 --timeout 10s --max-memory 64MiB
  weft serve app.wasm --dir site::/:ro --env LANG=C --outgoing-http
  weft serve app.wasm --timeline served.html")]
pub(crate) struct ServeArguments {
    /// The file: a component in the binary or in the text format.
    file: PathBuf,
    /// The address and port to listen on. With port 0, the system chooses a port.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// Let an instance answer this many requests, one after another or at the same time, before a
    /// new one replaces it. This is faster, but a guest may keep data from one request to the next.
    #[arg(long, value_name = "REQUESTS")]
    reuse: Option<u64>,
    #[command(flatten)]
    system: SystemArguments,
    #[command(flatten)]
    limits: LimitArguments,
    /// Stop a guest that takes longer than this for a response, such as `500ms` or `5s`. Guests run
    /// more slowly then, as they are interrupted to check the time. Without a limit, a guest that
    /// never ends keeps a thread busy forever.
    #[arg(long, value_name = "TIME", value_parser = guest::time, help_heading = "Limits")]
    timeout: Option<Duration>,
    /// The largest number of requests that are under way at the same time.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, help_heading = "Limits")]
    max_requests: usize,
    #[command(flatten)]
    timeline: TimelineArguments,
}

/// Serves a component.
pub(crate) fn serve(arguments: &ServeArguments, format: Format) -> Result<u8, Failure> {
    let stopping = Stopping::watch()?;
    let input = Input::read(&arguments.file)?;
    let engine = match arguments.timeout {
        Some(_) => guest::engine_with_fuel(),
        None => arguments.limits.engine(),
    };
    let component = guest::load(&engine, &input)?;
    if !HttpService::is_service(&component) {
        return Err(no_service(&component, &input.path));
    }
    let timelines = arguments.timeline.file()?.map(StoreTimelines::new).map(Arc::new);
    let server = arguments.server(&engine, &component, &input.path, timelines.as_ref(), format)?;
    let runtime = guest::build_runtime(Builder::new_multi_thread())?;
    let served = runtime.block_on(async {
        let listener = listening::listen(arguments.addr, &input.path, format).await?;
        server.serve_until(listener, stopping.wait(|| server.requests())).await;
        Ok(SUCCESS)
    });
    let Some(timelines) = timelines else {
        // Guests whose responses are no longer wanted may still run.
        runtime.shutdown_background();
        return served;
    };
    // Stores that wait for further requests are dropped now. The server has their timelines, too. A
    // store that takes longer is counted as missing.
    runtime.shutdown_timeout(LAST_STORES);
    let code = served?;
    timelines.write(&input.path, "", &[])?;
    Ok(code)
}

impl ServeArguments {
    fn server(
        &self,
        engine: &Wasmi,
        component: &Component<Wasmi>,
        path: &str,
        timelines: Option<&Arc<StoreTimelines>>,
        format: Format,
    ) -> Result<HttpServer<Wasmi, WasiCtx>, Failure> {
        let linker = guest::link(component, path)?;
        // A folder that can't be opened now can't be opened for a request.
        drop(self.context()?);
        let own = Arc::new(self.clone());
        let engine = engine.clone();
        let recorded = timelines.cloned();
        let make_store = move || {
            let wasi = own.context().map_err(|_| "a folder of the guest can't be opened")?;
            let mut store = Store::new(&engine, wasi);
            own.limits.limit(&mut store);
            if let Some(timelines) = &recorded {
                timelines.record(&mut store);
            }
            Ok(store)
        };
        let server = HttpServer::new(component, &linker, make_store).map_err(|error| {
            let text = guest::in_options(&WithCauses(&error).to_string());
            let message = format!("`{path}` can't be served: {text}");
            Failure::new(CANNOT_RUN, Diagnostic::error("not-served", message))
        })?;
        let server = server.max_at_once(self.max_requests);
        let server = server.on_error(move |error| complain(error, format));
        let server = match timelines.cloned() {
            Some(timelines) => server.on_store_end(move |store| timelines.end(store)),
            None => server,
        };
        let server = match self.timeout {
            Some(time) => server.time_limit(time),
            None => server,
        };
        Ok(match self.reuse {
            Some(requests) => server.reuse(Reuse { requests, ..Reuse::default() }),
            None => server,
        })
    }

    /// Returns the context of a guest.
    fn context(&self) -> Result<WasiCtx, Failure> {
        let builder = WasiCtx::builder().inherit_stdout().inherit_stderr();
        Ok(self.system.give(builder)?.build())
    }
}

fn no_service(component: &Component<Wasmi>, path: &str) -> Failure {
    let message =
        format!("`{path}` does not answer requests: it does not export a handler of `wasi:http`");
    let diagnostic = Diagnostic::error("no-service", message);
    let diagnostic = if guest::is_program(component) {
        diagnostic.help(format!("it is a program: run it with `weft run {path}`"))
    } else {
        diagnostic.help("`weft inspect` shows what it exports")
    };
    Failure::new(CANNOT_RUN, diagnostic)
}

/// Prints the reason why the guest has not answered a request.
fn complain(error: &ServiceError, format: Format) {
    let text = guest::in_options(&WithCauses(error).to_string());
    let message = format!("a request failed: {text}");
    Failure::new(NOT_WELL, Diagnostic::error("request", message)).complain(format);
}
