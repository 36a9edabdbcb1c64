//! Many calls of the host's that wait at a gate, all at once, and then go on.

use std::time::Duration;

use crate::clock::resident;
use crate::components::{PARK, STAND};
use crate::hosts::wasmtime::Variant;
use crate::hosts::{Host, wasmtime, weft};
use crate::report::rows::Parked;

/// The best of so many runs is reported.
const RUNS: u32 = 3;

/// What all tasks together took.
#[derive(Clone, Copy, Debug)]
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
pub fn measure() -> Vec<Parked> {
    let kinds: [(&str, &str, &[u32]); 2] =
        [("callback", PARK, &[1, 100, 10_000, 100_000]), ("stackful", STAND, &[1, 100, 10_000])];
    let mut rows = Vec::new();
    for (lift, text, counts) in kinds {
        for &tasks in counts {
            eprintln!("{tasks} parked tasks, {lift}");
            for host in [Host::Weft, Host::Jit, Host::Pulley] {
                let runs: Vec<Taken> = (0..RUNS).map(|_| run(host, text, tasks)).collect();
                rows.push(row(tasks, lift, host, &runs));
            }
        }
    }
    rows
}

fn run(host: Host, text: &str, tasks: u32) -> Taken {
    match host {
        Host::Jit => wasmtime::parked::park(Variant::Jit, text, tasks),
        Host::Pulley => wasmtime::parked::park(Variant::Pulley, text, tasks),
        _ => weft::parked::park(text, tasks),
    }
}

/// The least time of all runs; memory of the first, which finds none that another one has freed.
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
