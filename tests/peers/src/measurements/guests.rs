//! Loads components from files, such as the large ones that are made from Python and JavaScript.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clock::{peak_resident, process_time, resident};
use crate::hosts::Host;
use crate::hosts::wasmtime::engine;
use crate::measurements::child::ask;
use crate::measurements::times::median;
use crate::report::rows::Guest;

const RUNS: usize = 3;

/// The cost of loading a component, in a process of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Loading {
    nanoseconds: f64,
    /// The largest growth of the process, in bytes.
    memory: Option<u64>,
}

/// Measures all hosts, each in processes of its own.
pub fn measure(paths: &[PathBuf]) -> Result<Vec<Guest>> {
    let mut rows = Vec::new();
    for path in paths {
        let bytes = fs::metadata(path).with_context(|| path.display().to_string())?.len();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        eprintln!("loading {name}");
        for host in [Host::Weft, Host::Jit, Host::Pulley] {
            rows.push(measure_host(host, path, &name, bytes)?);
        }
    }
    Ok(rows)
}

fn measure_host(host: Host, path: &Path, name: &str, bytes: u64) -> Result<Guest> {
    let file = path.to_string_lossy();
    let mut loadings: Vec<Loading> = Vec::new();
    // Slow loads are not repeated.
    while loadings.len() < RUNS && loadings.last().is_none_or(|it| it.nanoseconds < 1e9) {
        loadings.push(ask(&["one-guest", host.argument(), &file])?);
    }
    let memory: Option<Vec<f64>> = loadings.iter().map(|it| Some(it.memory? as f64)).collect();
    Ok(Guest {
        name: name.into(),
        bytes,
        host,
        nanoseconds: median(loadings.iter().map(|it| it.nanoseconds).collect()),
        memory: memory.map(median),
    })
}

/// Loads a component in this process.
pub fn load(host: Host, path: &Path) -> Result<Loading> {
    let bytes = fs::read(path)?;
    let (time, memory) = (process_time(), resident());
    match host.variant() {
        Some(variant) => {
            drop(wasmtime::component::Component::new(&engine(variant), &bytes).unwrap())
        }
        None => {
            drop(weft::component::Component::new(&weft::engine::wasmi::Wasmi::default(), &bytes)?)
        }
    }
    let nanoseconds = (process_time() - time).as_nanos() as f64;
    let memory = peak_resident().zip(memory).map(|(peak, before)| peak.saturating_sub(before));
    Ok(Loading { nanoseconds, memory })
}
