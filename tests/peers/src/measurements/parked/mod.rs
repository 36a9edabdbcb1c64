//! Many calls by the host that all wait at a gate, and then continue.

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
    /// The time until all had parked.
    pub park: Duration,
    /// The time from the gate's opening until all had ended.
    pub wake: Duration,
    /// The bytes in use while they were parked.
    pub live: i64,
    /// The growth of the process by then, in bytes.
    pub resident: Option<i64>,
    pub allocations: u64,
}

/// Returns the growth of the process, in bytes.
pub fn grown(before: Option<u64>) -> Option<i64> {
    Some(resident()?.wrapping_sub(before?).cast_signed())
}

/// Measures tasks that wait in a callback, and tasks that wait inside a call.
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

/// Returns the shortest times of all runs; their allocations are the same.
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
