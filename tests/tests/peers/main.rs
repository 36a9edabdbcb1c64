//! The allocations of each case of `tests/peers`, once everything is warm: the same code that is
//! timed there, beside Weft's peers, is counted here.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

// The paths in these files are of a crate that has them in its root, as this one.
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

/// The number of times that each case is done.
const TIMES: u32 = 100;

/// A few allocations that have nothing to do with how often a case is done, such as of the
/// test's own thread.
const STRAY: i64 = 5;

/// The allocations of cases that are done a number of times. Those that aren't named are done
/// [`TIMES`] times, and never allocate.
const EXPECTED: [(&str, u32, i64); 14] = [
    // The string, or the list, which is the host's.
    ("call-text-16", TIMES, 100),
    ("call-text-1024", TIMES, 100),
    ("call-list-out", 10, 10),
    ("host-text", TIMES, 100),
    // The box of the future that the host is given.
    ("async-call-future", TIMES, 100),
    // What the engine allocates where a guest stops: the writer does each second time.
    ("tasks-1", TIMES, 50),
    ("tasks-1024", TIMES, 50),
    // All that instances are made of.
    ("instantiate-1", 1, 29),
    ("instantiate-8", 1, 233),
    // All that a component is made of.
    ("load-small", 1, 863),
    ("load-large", 1, 6_231),
    // What takes long.
    ("call-list-in", 10, 0),
    ("call-fibonacci", 1, 0),
    ("cancel-storm", 1, 0),
];

fn expected(row: &Row) -> (u32, i64) {
    let of_row = EXPECTED.iter().find(|it| it.0 == row.name);
    of_row.map_or((TIMES, 0), |&(_, times, allocations)| (times, allocations))
}

/// Returns how often a case allocates when it is done `times` times more: what is allocated once
/// for all of them doesn't count.
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
fn each_case_allocates_as_often_as_it_has_to() {
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
fn each_expectation_is_of_a_case() {
    for (name, ..) in EXPECTED {
        assert!(ROWS.iter().any(|row| row.name == name), "{name}");
    }
}
