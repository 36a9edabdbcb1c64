//! The page of results, and the part of the project's README that shows the chart.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::hosts::Host;
use crate::report::comparison::wins_of;
use crate::report::rows::Times;
use crate::report::table::{Table, ratio};
use crate::report::{Part, Report, table};

const BEGIN: &str = "<!-- Written by `cargo peers --publish`: begin -->\n";
const END: &str = "<!-- Written by `cargo peers --publish`: end -->\n";

/// The number of a peer's wins in the project's README.
const SHOWN: usize = 10;

/// Returns the page with all tables.
pub fn page(report: &Report) -> String {
    let mut text = String::from(
        "# Results\n\nWritten by `cargo peers`: [the method and the cases](../README.md).\n\n\
         ![The chart](chart.svg)\n",
    );
    if let Some(part) = &report.times {
        section(&mut text, "Times", part, table::times(&part.rows));
        text.push_str("\n## Where the peers win\n\n");
        for host in Host::PEERS {
            wins(&mut text, host, &part.rows, usize::MAX);
        }
    }
    if let Some(part) = &report.parked {
        section(&mut text, "Parked tasks", part, table::parked(&part.rows));
    }
    if let Some(part) = &report.guests {
        section(&mut text, "Loading large guests", part, table::guests(&part.rows));
    }
    if let Some(part) = &report.sizes {
        section(&mut text, "Sizes of the smallest hosts", part, table::sizes(&part.rows));
    }
    if let Some(part) = &report.bindings {
        section(&mut text, "Bindings", part, table::bindings(&part.rows));
    }
    if let Some(part) = &report.instructions {
        section(&mut text, "Instructions", part, table::instructions(&part.rows));
    }
    text
}

fn section<T>(text: &mut String, title: &str, part: &Part<T>, table: Table) {
    let table = escaped(&table.to_string());
    let environment = escaped(&part.environment.to_string());
    write!(text, "\n## {title}\n\n{environment}.\n\n{table}").expect("a string grows");
}

/// Writes the cases in which a host is faster than Weft, with the factors, at most `most` of them.
fn wins(text: &mut String, host: Host, rows: &[Times], most: usize) {
    let all = rows.iter().filter(|it| it.ratios.contains_key(&host)).count();
    let wins = wins_of(host, rows);
    let number = wins.len();
    let shown = wins.iter().take(most);
    let mut list: Vec<_> =
        shown.map(|(case, lead)| format!("{} ({} ×)", escaped(case), ratio(*lead))).collect();
    if number > most {
        list.push(format!("and {} more, by less", number - most));
    }
    let list = if list.is_empty() { "none".into() } else { list.join("; ") };
    let host = escaped(&host.to_string());
    writeln!(text, "- **{host}**, {number} of {all} cases: {list}.").expect("a string grows");
}

/// Returns a text escaped for Markdown: without HTML and, in names, without emphasis.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace("wasm_component_layer", "`wasm_component_layer`")
}

/// Writes the chart's part of a README between its two marks.
pub fn update(readme: &Path, report: &Report) -> Result<()> {
    let Some(part) = &report.times else { return Ok(()) };
    let text = fs::read_to_string(readme)?;
    let (before, rest) = text.split_once(BEGIN).context("the README has no place for the chart")?;
    let (_, after) = rest.split_once(END).context("the place for the chart has no end")?;
    let mut own = format!(
        "![What Weft takes, divided by what Wasmtime's JIT takes](tests/peers/results/chart.svg)\n\n\
         Measured {}.\n\nWhere the peers are faster than Weft, by a tenth and more:\n\n",
        escaped(&part.environment.to_string())
    );
    for host in [Host::Jit, Host::Pulley] {
        wins(&mut own, host, &part.rows, SHOWN);
    }
    fs::write(readme, format!("{before}{BEGIN}{own}{END}{after}"))?;
    Ok(())
}
