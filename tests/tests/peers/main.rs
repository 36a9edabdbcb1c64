//! The allocations of each case of `tests/peers`, after a warm-up. The same code is timed there,
//! beside Weft's peers.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

// The paths in these files start at the root of that crate, as in this one.
#[allow(clippy::pedantic, dead_code, unreachable_pub, reason = "not of this workspace")]
#[path = "../../peers/src/cases.rs"]
mod cases;
#[allow(
    clippy::pedantic,
    clippy::expect_used,
    clippy::string_slice,
    dead_code,
    unreachable_pub,
    reason = "not of this workspace"
)]
#[path = "../../peers/src/components.rs"]
mod components;

mod hosts;

use allocation_counter::measure;
use cases::{Case, ROWS, Row};

/// The number of times that each case is run.
const TIMES: u32 = 100;

/// The largest number of allocations that are independent of the number of runs, such as those of
/// the test's own thread.
const STRAY: i64 = 5;

/// The allocations of cases that are run a number of times. Other cases are run [`TIMES`] times,
/// and never allocate.
const EXPECTED: [(&str, u32, i64); 14] = [
    // The string, or the list, which the host owns.
    ("call-text-16", TIMES, 100),
    ("call-text-1024", TIMES, 100),
    ("call-list-out", 10, 10),
    ("host-text", TIMES, 100),
    // The box of the future that the host returns.
    ("async-call-future", TIMES, 100),
    // The engine allocates where a guest stops, which the writer does every second time.
    ("tasks-1", TIMES, 50),
    ("tasks-1024", TIMES, 50),
    // All parts of instances.
    ("instantiate-1", 1, 29),
    ("instantiate-8", 1, 233),
    // All parts of a component.
    ("load-small", 1, 863),
    ("load-large", 1, 6_231),
    // Slow cases.
    ("call-list-in", 10, 0),
    ("call-fibonacci", 1, 0),
    ("cancel-storm", 1, 0),
];

fn expected(row: &Row) -> (u32, i64) {
    let of_row = EXPECTED.iter().find(|it| it.0 == row.name);
    of_row.map_or((TIMES, 0), |&(_, times, allocations)| (times, allocations))
}

/// Returns the allocations of a case for `times` more runs. Allocations that are shared by all runs
/// don't count.
fn allocations(case: Case, times: u32) -> i64 {
    let mut operation = hosts::weft::prepare(case).unwrap();
    for _ in 0..2 {
        operation(2 * times);
    }
    let mut total = |times| measure(|| operation(times)).count_total.cast_signed();
    let once = total(times);
    total(2 * times) - once
}

#[test]
fn each_case_has_the_expected_allocations() {
    let differ = ROWS.iter().filter_map(|row| {
        let (times, expected) = expected(row);
        let found = allocations(row.case, times);
        let differs = (found - expected).abs() > STRAY;
        differs.then(|| format!("{}, {times} times: {found}, not {expected}", row.name))
    });
    let differ: Vec<_> = differ.collect();
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn each_expectation_belongs_to_a_case() {
    for (name, ..) in EXPECTED {
        assert!(ROWS.iter().any(|row| row.name == name), "{name}");
    }
}
