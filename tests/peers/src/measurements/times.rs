//! The time that each case takes each host.
//!
//! The hosts of a case take turns in rounds, and ratios are of the same round, so that what else the
//! machine does matters less.

use std::time::Duration;

use allocation_counter::measure as count_allocations;

use crate::cases::{ROWS, Row};
use crate::clock::thread_time;
use crate::hosts::{Host, Operation};
use crate::report::rows::{Taken, Times};

/// The rounds that are enough for a median.
pub const ROUNDS: usize = 15;

/// The time that a host has in each round.
const SLICE: Duration = Duration::from_millis(8);

/// The rounds of what takes much longer than a slice.
const ROUNDS_OF_LONG: usize = 3;

/// A host that does a case.
struct Contestant {
    host: Host,
    operation: Operation,
    /// The number of times that it does the case in a round.
    count: u32,
    /// Nanoseconds each time, by round.
    nanoseconds: Vec<f64>,
    allocations: f64,
}

impl Contestant {
    fn new(host: Host, row: &Row) -> Option<Self> {
        let mut operation = host.prepare(row.case)?;
        operation(3);
        let count = calibrate(&mut operation);
        let allocated = count_allocations(|| operation(count));
        let allocations = allocated.count_total as f64 / f64::from(count);
        Some(Self { host, operation, count, nanoseconds: Vec::new(), allocations })
    }

    fn take_turn(&mut self) {
        let start = thread_time();
        (self.operation)(self.count);
        let elapsed = thread_time() - start;
        self.nanoseconds.push(elapsed.as_nanos() as f64 / f64::from(self.count));
    }

    fn is_long(&self) -> bool {
        self.nanoseconds.first().is_some_and(|it| *it > 30.0 * SLICE.as_nanos() as f64)
    }
}

/// Returns how often an operation is done in about a slice.
fn calibrate(operation: &mut Operation) -> u32 {
    let mut n = 1;
    loop {
        let start = thread_time();
        operation(n);
        let elapsed = thread_time() - start;
        if elapsed > SLICE / 4 || n > 1 << 24 {
            let scale = SLICE.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
            return ((f64::from(n) * scale) as u32).max(1);
        }
        n *= 4;
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Measures the cases whose names begin with `filter`.
pub fn measure(filter: &str, rounds: usize, without: &[Host]) -> Vec<Times> {
    let rows = ROWS.iter().filter(|it| it.name.starts_with(filter));
    rows.map(|row| measure_case(row, rounds, without)).collect()
}

fn measure_case(row: &Row, rounds: usize, without: &[Host]) -> Times {
    eprintln!("{}", row.title);
    let hosts = Host::ALL.into_iter().filter(|it| !without.contains(it));
    let mut contestants: Vec<_> = hosts.filter_map(|it| Contestant::new(it, row)).collect();
    for round in 0..rounds {
        for contestant in &mut contestants {
            if round < ROUNDS_OF_LONG || !contestant.is_long() {
                contestant.take_turn();
            }
        }
    }
    times(row, &contestants)
}

fn times(row: &Row, contestants: &[Contestant]) -> Times {
    let taken = |it: &Contestant| Taken {
        nanoseconds: median(it.nanoseconds.clone()),
        least: it.nanoseconds.iter().copied().fold(f64::MAX, f64::min),
        allocations: it.allocations,
    };
    let weft = contestants.iter().find(|it| it.host == Host::Weft);
    let ratio = |it: &Contestant| {
        let pairs = weft?.nanoseconds.iter().zip(&it.nanoseconds);
        Some((it.host, median(pairs.map(|(weft, other)| weft / other).collect())))
    };
    let per = row.case.things();
    Times {
        case: row.name.into(),
        title: row.title.into(),
        hosts: contestants.iter().map(|it| (it.host, taken(it).per(per))).collect(),
        ratios: contestants.iter().filter(|it| it.host != Host::Weft).filter_map(ratio).collect(),
    }
}
