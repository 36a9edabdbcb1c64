//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::hosts::Host;
use crate::measurements::{bindings, guests, instructions, parked, sizes, times};
use crate::report::{Part, Report, table};

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
    Times(Times),
    /// The time and memory of tasks that wait, up to 100,000 at once
    Parked,
    /// The time and memory of loading components from files
    Guests {
        /// Components
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// The sizes of the smallest hosts, which are built for it
    Sizes,
    /// The time of `cargo check`, and the lines, of bindings of WASI
    Bindings,
    /// The instructions of each case; needs valgrind
    Instructions(Instructions),
    /// All of these
    All {
        /// Components for `guests`
        files: Vec<PathBuf>,
    },
    /// Makes the tables and the chart from `results.json` again
    Render,
    /// Parks tasks in this process
    #[command(hide = true)]
    OneParked { host: Host, lift: String, tasks: u32 },
    /// Loads a component in this process
    #[command(hide = true)]
    OneGuest { host: Host, file: PathBuf },
    /// Does a case in this process, for valgrind
    #[command(hide = true)]
    OneCount { host: Host, case: String, times: u32 },
}

#[derive(Debug, Args)]
struct Times {
    /// Only cases whose names begin with this; the results are not written then
    #[arg(default_value = "")]
    filter: String,
    /// Rounds, in which the hosts take turns
    #[arg(long, default_value_t = times::ROUNDS)]
    rounds: usize,
    /// A host to leave out; the results are not written then
    #[arg(long, value_enum)]
    without: Vec<Host>,
}

#[derive(Debug, Args)]
struct Instructions {
    /// Only cases whose names begin with this; the results are not written then
    #[arg(default_value = "")]
    filter: String,
    /// The hosts
    #[arg(long, value_enum, default_values = ["weft", "jit", "pulley", "wasmi"])]
    host: Vec<Host>,
}

impl Arguments {
    pub fn run(self) -> Result<()> {
        let results = if self.publish { PUBLISHED.into() } else { self.results };
        let mut report = Report::read(&results)?;
        match self.command {
            None => run_quick(&mut report)?,
            Some(Command::Times(it)) if it.is_part() => {
                println!("{}", table::times(&times::measure(&it.filter, it.rounds, &it.without)));
                return Ok(());
            }
            Some(Command::Times(it)) => run_times(&mut report, it.rounds),
            Some(Command::Parked) => run_parked(&mut report)?,
            Some(Command::Guests { files }) => run_guests(&mut report, &files)?,
            Some(Command::Sizes) => run_sizes(&mut report)?,
            Some(Command::Bindings) => run_bindings(&mut report)?,
            Some(Command::Instructions(it)) if !it.filter.is_empty() => {
                if let Some(rows) = instructions::measure(&it.filter, &it.host) {
                    println!("{}", table::instructions(&rows));
                }
                return Ok(());
            }
            Some(Command::Instructions(it)) => run_instructions(&mut report, &it.host),
            Some(Command::All { files }) => {
                run_quick(&mut report)?;
                if !files.is_empty() {
                    run_guests(&mut report, &files)?;
                }
                run_sizes(&mut report)?;
                run_bindings(&mut report)?;
                run_instructions(&mut report, &[Host::Weft, Host::Jit, Host::Pulley, Host::Wasmi]);
            }
            Some(Command::Render) => {}
            Some(Command::OneParked { host, lift, tasks }) => {
                return print(&parked::park(host, &lift, tasks));
            }
            Some(Command::OneGuest { host, file }) => return print(&guests::load(host, &file)?),
            Some(Command::OneCount { host, case, times }) => {
                return instructions::do_counted(host, &case, times);
            }
        }
        report.write(&results)?;
        println!("The chart, the tables and the JSON are in {}.", results.display());
        if self.publish { report.update_readme() } else { Ok(()) }
    }
}

impl Times {
    /// Returns true if some cases or hosts are left out.
    fn is_part(&self) -> bool {
        !self.filter.is_empty() || !self.without.is_empty()
    }
}

/// Prints the result of a measurement in this process.
fn print(value: &impl Serialize) -> Result<()> {
    println!("{}", serde_json::to_string(value)?);
    Ok(())
}

fn run_quick(report: &mut Report) -> Result<()> {
    run_times(report, times::ROUNDS);
    run_parked(report)
}

fn run_times(report: &mut Report, rounds: usize) {
    let rows = times::measure("", rounds, &[]);
    println!("{}", table::times(&rows));
    report.times = Some(Part::now(rows));
}

fn run_parked(report: &mut Report) -> Result<()> {
    let rows = parked::measure()?;
    println!("{}", table::parked(&rows));
    report.parked = Some(Part::now(rows));
    Ok(())
}

fn run_guests(report: &mut Report, files: &[PathBuf]) -> Result<()> {
    let rows = guests::measure(files)?;
    println!("{}", table::guests(&rows));
    report.guests = Some(Part::now(rows));
    Ok(())
}

fn run_sizes(report: &mut Report) -> Result<()> {
    let rows = sizes::measure()?;
    println!("{}", table::sizes(&rows));
    report.sizes = Some(Part::now(rows));
    Ok(())
}

fn run_bindings(report: &mut Report) -> Result<()> {
    let rows = bindings::measure()?;
    println!("{}", table::bindings(&rows));
    report.bindings = Some(Part::now(rows));
    Ok(())
}

fn run_instructions(report: &mut Report, hosts: &[Host]) {
    if let Some(rows) = instructions::measure("", hosts) {
        println!("{}", table::instructions(&rows));
        report.instructions = Some(Part::now(rows));
    }
}
