//! Many calls of the host's that wait at a gate, all at once, and then go on.

mod gate;
mod wasmtime;
mod weft;

use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::clock::resident;
use crate::components::{PARK, STAND};
use crate::hosts::Host;
use crate::measurements::child::ask;
use crate::report::rows::Parked;

/// The number of runs, the best of which is reported.
const RUNS: u32 = 3;

/// The cost of all tasks together.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Taken {
    /// Until all had parked.
    pub park: Duration,
    /// From the gate's opening until all had ended.
    pub wake: Duration,
    /// Bytes that lived while they were parked.
    pub live: i64,
    /// Bytes by which the process had grown by then.
    pub resident: Option<i64>,
    pub allocations: u64,
}

/// Returns by how many bytes the process has grown.
pub fn grown(before: Option<u64>) -> Option<i64> {
    Some(resident()?.wrapping_sub(before?).cast_signed())
}

/// Measures tasks that wait in a callback, and tasks that wait where they stand.
pub fn measure() -> Result<Vec<Parked>> {
    let kinds: [(&str, &[u32]); 2] =
        [("callback", &[1, 100, 10_000, 100_000]), ("stackful", &[1, 100, 10_000])];
    let mut rows = Vec::new();
    for (lift, counts) in kinds {
        for &tasks in counts {
            eprintln!("{tasks} parked tasks, {lift}");
            for host in [Host::Weft, Host::Jit, Host::Pulley] {
                let arguments = ["one-parked", host.argument(), lift, &tasks.to_string()];
                let runs: Vec<Taken> = (0..RUNS).map(|_| ask(&arguments)).collect::<Result<_>>()?;
                rows.push(row(tasks, lift, host, &runs));
            }
        }
    }
    Ok(rows)
}

/// Parks tasks in this process.
pub fn park(host: Host, lift: &str, tasks: u32) -> Taken {
    let text = if lift == "stackful" { STAND } else { PARK };
    match host.variant() {
        Some(variant) => wasmtime::park(variant, text, tasks),
        None => weft::park(text, tasks),
    }
}

/// Returns the least time of all runs; what they allocate is the same.
fn row(tasks: u32, lift: &str, host: Host, runs: &[Taken]) -> Parked {
    let per = f64::from(tasks);
    let least = |time: fn(&Taken) -> Duration| {
        runs.iter().map(time).min().unwrap_or_default().as_nanos() as f64 / per
    };
    let first = runs[0];
    Parked {
        tasks,
        lift: lift.into(),
        host,
        park: least(|it| it.park),
        wake: least(|it| it.wake),
        live: first.live as f64 / per,
        resident: first.resident.map(|it| it as f64 / per),
        allocations: first.allocations as f64 / per,
    }
}
