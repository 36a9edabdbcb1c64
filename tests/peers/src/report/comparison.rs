//! Weft's use of time, memory and bytes relative to Wasmtime's.

use crate::hosts::Host;
use crate::report::Report;
use crate::report::rows::{Parked, Times};

/// The cases of the chart; those left out show the same as another case.
const CHARTED: &[&str] = &[
    "call-nothing",
    "call-numbers",
    "call-text-16",
    "call-record",
    "call-list-in",
    "host-nothing",
    "host-numbers",
    "host-text",
    "guest-nothing",
    "guest-text",
    "async-call",
    "async-host",
    "async-guest",
    "async-yield",
    "stream-u8-1024",
    "stream-pair-1024",
    "stream-text-1024",
    "tasks-1024",
    "to-host-65536",
    "from-host-65536",
    "chain-calls-64",
    "chain-streams-64",
    "cancel-storm",
    "fan-in-10000",
    "instantiate-1",
    "instantiate-8",
    "load-small",
    "call-fibonacci",
];

/// The number of parked tasks that the chart shows.
const PARKED: u32 = 10_000;

/// A quantity with its ratios.
#[derive(Debug)]
pub struct Comparison {
    pub title: String,
    /// Weft's use of it, divided by that of Wasmtime's JIT.
    pub weft: f64,
    /// The use of Wasmtime's interpreter, divided by the same.
    pub pulley: Option<f64>,
}

/// Returns the lines of the chart.
pub fn charted(report: &Report) -> Vec<Comparison> {
    let times = report.times.iter().flat_map(|it| &it.rows);
    let times = times.filter(|it| CHARTED.contains(&it.case.as_str()));
    let parked = report.parked.iter().flat_map(|it| memory_of_parked(&it.rows));
    times.filter_map(times_of).chain(parked).collect()
}

fn times_of(it: &Times) -> Option<Comparison> {
    let weft = *it.ratios.get(&Host::Jit)?;
    // Both are divided by Weft's.
    let pulley = it.ratios.get(&Host::Pulley).map(|it| weft / it);
    Some(Comparison { title: it.title.clone(), weft, pulley })
}

fn memory_of_parked(rows: &[Parked]) -> Vec<Comparison> {
    let of_lift = |lift: &str| {
        let live = |host| {
            let mut rows = rows.iter().filter(|it| it.tasks == PARKED && it.lift == lift);
            rows.find(|it| it.host == host).map(|it| it.live)
        };
        let jit = live(Host::Jit)?;
        Some(Comparison {
            title: format!("bytes of a parked task, {lift}"),
            weft: live(Host::Weft)? / jit,
            pulley: live(Host::Pulley).map(|it| it / jit),
        })
    };
    ["callback", "stackful"].into_iter().filter_map(of_lift).collect()
}

/// Returns the cases in which a host is faster than Weft by at least a tenth, the largest factor
/// first: titles and factors.
pub fn wins_of(host: Host, rows: &[Times]) -> Vec<(&str, f64)> {
    let lead = |it: &Times| it.ratios.get(&host).copied().filter(|it| *it > 1.1);
    let mut wins: Vec<_> =
        rows.iter().filter_map(|it| Some((it.title.as_str(), lead(it)?))).collect();
    wins.sort_by(|a, b| b.1.total_cmp(&a.1));
    wins
}
