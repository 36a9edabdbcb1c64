//! The rows of the report, as they are in its JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::hosts::Host;

/// The hosts' times of one case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Times {
    pub case: String,
    pub title: String,
    pub hosts: BTreeMap<Host, Taken>,
    /// Weft's time divided by that of each other host, as the median of all rounds.
    pub ratios: BTreeMap<Host, f64>,
}

/// The cost of one run of a case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Taken {
    /// The median of all rounds.
    pub nanoseconds: f64,
    /// The smallest of all rounds.
    pub least: f64,
    pub allocations: f64,
}

impl Taken {
    /// Returns the share of one of `count` steps.
    pub fn per(self, count: u32) -> Self {
        let count = f64::from(count);
        Self {
            nanoseconds: self.nanoseconds / count,
            least: self.least / count,
            allocations: self.allocations / count,
        }
    }
}

/// Many tasks that all wait, and then continue; each number is the share of one.
#[derive(Debug, Serialize, Deserialize)]
pub struct Parked {
    pub tasks: u32,
    pub lift: String,
    pub host: Host,
    /// Nanoseconds until it waits.
    pub park: f64,
    /// Nanoseconds from the gate's opening until it has ended.
    pub wake: f64,
    /// Bytes that were allocated and not freed while all waited.
    pub live: f64,
    /// The growth of the process by then, in bytes, if the system reports it.
    pub resident: Option<f64>,
    pub allocations: f64,
}

/// A component that was loaded from a file.
#[derive(Debug, Serialize, Deserialize)]
pub struct Guest {
    pub name: String,
    pub bytes: u64,
    pub host: Host,
    pub nanoseconds: f64,
    /// The largest growth of the process, in bytes, if the system reports it.
    pub memory: Option<f64>,
}

/// One of the smallest hosts.
#[derive(Debug, Serialize, Deserialize)]
pub struct Size {
    pub program: String,
    pub bytes: u64,
}

/// The bindings of a world.
#[derive(Debug, Serialize, Deserialize)]
pub struct Binding {
    pub world: String,
    pub generator: String,
    /// Lines of Rust, if the generator shows them.
    pub lines: Option<u64>,
    /// Processor time of `cargo check` in seconds, if the system reports it.
    pub seconds: Option<f64>,
}

/// The instructions of one run of a case.
#[derive(Debug, Serialize, Deserialize)]
pub struct Instructions {
    pub case: String,
    pub title: String,
    pub hosts: BTreeMap<Host, f64>,
}
