//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::hosts::Host;
use crate::measurements::{parked, times};
use crate::report::Report;

/// The folder of the results that are committed.
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/results");

/// Measures Weft beside its peers. Without a command: `times` and `parked`.
#[derive(Debug, Parser)]
#[command(name = "cargo peers", bin_name = "cargo peers")]
pub struct Arguments {
    /// The folder of the results: `results.json`, `chart.svg` and `README.md`
    #[arg(long, global = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/results"))]
    results: PathBuf,

    /// Writes the results that are committed, and the project's README
    #[arg(long, global = true, conflicts_with = "results")]
    publish: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The time that each case takes each host
    Times {
        /// Only cases whose names begin so; the results are not written then
        #[arg(default_value = "")]
        filter: String,
        /// Rounds, in which the hosts take turns
        #[arg(long, default_value_t = times::ROUNDS)]
        rounds: usize,
        /// A host that takes no part; the results are not written then
        #[arg(long, value_enum)]
        without: Vec<Host>,
    },
    /// The time and memory of tasks that wait, up to 100,000 at once
    Parked,
    /// Makes the tables and the chart from `results.json` again
    Render,
}

impl Arguments {
    pub fn run(self) -> Result<()> {
        let results = if self.publish { PUBLISHED.into() } else { self.results };
        let mut report = Report::read(&results)?;
        match self.command {
            None => {
                report.set_times(times::measure("", times::ROUNDS, &[]));
                report.set_parked(parked::measure());
            }
            Some(Command::Times { filter, rounds, without }) => {
                let rows = times::measure(&filter, rounds, &without);
                if !filter.is_empty() || !without.is_empty() {
                    println!("{}", crate::report::table::times(&rows));
                    return Ok(());
                }
                report.set_times(rows);
            }
            Some(Command::Parked) => report.set_parked(parked::measure()),
            Some(Command::Render) => {}
        }
        report.write(&results)?;
        println!("The chart, the tables and the JSON are in {}.", results.display());
        if self.publish { report.update_readme() } else { Ok(()) }
    }
}
