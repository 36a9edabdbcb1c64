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

/// What doing a case once took.
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
