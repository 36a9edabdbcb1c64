//! A component in a store, and the ways to end it.

use tokio::runtime::Builder;
use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_wasi::WasiCtx;

use crate::failure::Failure;
use crate::format::Format;
use crate::guest::{self, LimitArguments};
use crate::timeline::TimelineFile;

use super::ending::Ending;
use super::entry::Entry;
use super::program;
use super::stopped::Stopped;

/// A component, with everything that it needs to run.
#[derive(Debug)]
pub(super) struct Running<'a> {
    pub(super) engine: Wasmi,
    pub(super) component: Component<Wasmi>,
    pub(super) linker: Linker<Wasmi, WasiCtx>,
    pub(super) wasi: WasiCtx,
    pub(super) limits: &'a LimitArguments,
    pub(super) ending: Ending,
    /// The file for what the guest does.
    pub(super) timeline: Option<TimelineFile>,
    /// The title of the timeline.
    pub(super) title: String,
}

impl Running<'_> {
    /// Makes an instance, and runs its entry. Returns the exit code.
    ///
    /// # Errors
    ///
    /// It has trapped, was ended, or its result can't be printed.
    pub(super) fn run(self, entry: &Entry, format: Format) -> Result<u8, Failure> {
        let runtime = guest::build_runtime(Builder::new_current_thread())?;
        let done = runtime.block_on(self.enter(entry, format));
        // A thread may still wait for input of the guest.
        runtime.shutdown_background();
        done
    }

    async fn enter(self, entry: &Entry, format: Format) -> Result<u8, Failure> {
        let Self { engine, component, linker, wasi, limits, ending, timeline, title } = self;
        let mut store = Store::new(&engine, wasi);
        limits.limit(&mut store);
        ending.of_guest(store.interrupt_handle());
        if let Some(file) = &timeline {
            file.record(&mut store)?;
        }
        let ended = match entry {
            Entry::Program => program::run(&mut store, &component, &linker).await,
            Entry::Call(function, arguments) => {
                let instance = store.instantiate_async(&component, &linker).await;
                match instance.map_err(Stopped::from) {
                    Ok(instance) => function.call(&mut store, &instance, arguments, format).await,
                    Err(stopped) => Err(stopped),
                }
            }
        };
        if ending.reason().is_none() {
            store.data().flush_outputs().await;
        }
        let written = match timeline {
            Some(file) => {
                ending.timeline_is_written();
                let error = ended.as_ref().err().map(ToString::to_string);
                file.finish(&mut store, &title, error.as_deref())
            }
            None => Ok(()),
        };
        let code = ended.or_else(|stopped| stopped.code(&store, &ending, limits));
        match (written, code) {
            (Err(failure), Ok(_)) => Err(failure),
            (Err(failure), code) => {
                failure.complain(format);
                code
            }
            (Ok(()), code) => code,
        }
    }
}
