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

/// The cost of doing a case once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Taken {
    /// The median of all rounds.
    pub nanoseconds: f64,
    /// The least of all rounds.
    pub least: f64,
    pub allocations: f64,
}

impl Taken {
    /// Returns the share of one of `count` things that were done.
    pub fn per(self, count: u32) -> Self {
        let count = f64::from(count);
        Self {
            nanoseconds: self.nanoseconds / count,
            least: self.least / count,
            allocations: self.allocations / count,
        }
    }
}

/// Many tasks that all wait, and then go on: each figure is the share of one.
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
    /// Bytes by which the process has grown by then, as far as the system tells.
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
    /// Bytes by which the process has grown at most, as far as the system tells.
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
    /// Lines of Rust, where the generator shows them.
    pub lines: Option<u64>,
    /// Seconds of processor time of `cargo check`, as far as the system tells.
    pub seconds: Option<f64>,
}

/// The instructions of doing a case once.
#[derive(Debug, Serialize, Deserialize)]
pub struct Instructions {
    pub case: String,
    pub title: String,
    pub hosts: BTreeMap<Host, f64>,
}
