//! The tables, in Markdown.

use std::fmt;

use crate::hosts::Host;
use crate::report::rows::{Binding, Guest, Instructions, Parked, Size, Times};

/// A table with a row of headings.
#[derive(Debug)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} |", self.columns.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.columns.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// Returns the times of all hosts, and Weft's divided by those of some.
pub fn times(rows: &[Times]) -> Table {
    let hosts: Vec<Host> = Host::ALL
        .into_iter()
        .filter(|it| rows.iter().any(|row| row.hosts.contains_key(it)))
        .collect();
    let others: Vec<Host> = [Host::Jit, Host::Pulley, Host::Wasmi, Host::WasmiResumable]
        .into_iter()
        .filter(|it| hosts.contains(it))
        .collect();
    let mut columns = vec!["case".to_owned()];
    columns.extend(hosts.iter().map(ToString::to_string));
    columns.extend(others.iter().map(|it| format!("Weft : {it}")));
    columns.push("allocations: Weft, JIT".into());
    let row = |it: &Times| {
        let mut cells = vec![it.title.clone()];
        cells.extend(
            hosts.iter().map(|host| or_dash(it.hosts.get(host), |it| time(it.nanoseconds))),
        );
        cells.extend(others.iter().map(|host| or_dash(it.ratios.get(host), |it| ratio(*it))));
        let allocations = |host| or_dash(it.hosts.get(&host), |it| count(it.allocations));
        cells.push(format!("{}, {}", allocations(Host::Weft), allocations(Host::Jit)));
        cells
    };
    Table { columns, rows: rows.iter().map(row).collect() }
}

/// Returns what tasks that wait cost.
pub fn parked(rows: &[Parked]) -> Table {
    let columns = [
        "tasks",
        "lift",
        "host",
        "park, each",
        "wake and end, each",
        "live bytes, each",
        "resident bytes, each",
        "allocations, each",
    ];
    let row = |it: &Parked| {
        vec![
            grouped(u64::from(it.tasks)),
            it.lift.clone(),
            it.host.to_string(),
            time(it.park),
            time(it.wake),
            grouped(it.live.max(0.0) as u64),
            or_dash(it.resident.as_ref(), |it| grouped(it.max(0.0) as u64)),
            count(it.allocations),
        ]
    };
    Table { columns: columns.map(Into::into).into(), rows: rows.iter().map(row).collect() }
}

/// Returns what loading components from files took.
pub fn guests(rows: &[Guest]) -> Table {
    let columns = ["guest", "size", "host", "processor time", "memory beside the file"];
    let row = |it: &Guest| {
        vec![
            it.name.clone(),
            mebibytes(it.bytes as f64),
            it.host.to_string(),
            time(it.nanoseconds),
            or_dash(it.memory.as_ref(), |it| mebibytes(*it)),
        ]
    };
    Table { columns: columns.map(Into::into).into(), rows: rows.iter().map(row).collect() }
}

/// Returns the sizes of the smallest hosts, and their differences from the first.
pub fn sizes(rows: &[Size]) -> Table {
    let columns = ["host", "bytes", "more than the first"];
    let first = rows.first().map_or(0, |it| it.bytes);
    let row = |it: &Size| {
        let more = it.bytes.checked_sub(first).filter(|it| *it > 0);
        vec![it.program.clone(), grouped(it.bytes), or_dash(more.as_ref(), |it| grouped(*it))]
    };
    Table { columns: columns.map(Into::into).into(), rows: rows.iter().map(row).collect() }
}

/// Returns what checking the bindings of worlds takes.
pub fn bindings(rows: &[Binding]) -> Table {
    let columns = ["world", "generator", "lines", "`cargo check`, processor time"];
    let row = |it: &Binding| {
        vec![
            it.world.clone(),
            format!("`{}`", it.generator),
            or_dash(it.lines.as_ref(), |it| grouped(*it)),
            or_dash(it.seconds.as_ref(), |it| format!("{it:.2} s")),
        ]
    };
    Table { columns: columns.map(Into::into).into(), rows: rows.iter().map(row).collect() }
}

/// Returns the instructions of doing each case once.
pub fn instructions(rows: &[Instructions]) -> Table {
    let has = |host: &Host| rows.iter().any(|row| row.hosts.contains_key(host));
    let hosts: Vec<Host> = Host::ALL.into_iter().filter(has).collect();
    let mut columns = vec!["case".to_owned()];
    columns.extend(hosts.iter().map(ToString::to_string));
    let row = |it: &Instructions| {
        let mut cells = vec![it.title.clone()];
        let count = |host| or_dash(it.hosts.get(host), |it| grouped(it.round() as u64));
        cells.extend(hosts.iter().map(count));
        cells
    };
    Table { columns, rows: rows.iter().map(row).collect() }
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

fn or_dash<T>(value: Option<&T>, text: impl Fn(&T) -> String) -> String {
    value.map_or_else(|| "–".into(), text)
}

/// Returns a time in a unit that suits it.
pub fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        it if it < 10.0 => format!("{it:.1} ns"),
        it if it < 1e4 => format!("{} ns", grouped(it.round() as u64)),
        it if it < 1e6 => format!("{:.1} µs", it / 1e3),
        it if it < 1e9 => format!("{:.1} ms", it / 1e6),
        it => format!("{:.1} s", it / 1e9),
    }
}

/// Returns a ratio with as many digits as say something.
pub fn ratio(value: f64) -> String {
    match value {
        it if it < 10.0 => format!("{it:.2}"),
        it if it < 100.0 => format!("{it:.1}"),
        it => grouped(it.round() as u64),
    }
}

/// Returns a count of allocations, of which there may be one in many rounds.
fn count(value: f64) -> String {
    if value > 100.0 || (value - value.round()).abs() < 0.05 {
        grouped(value.round() as u64)
    } else {
        format!("{value:.1}")
    }
}

/// Returns a number with commas between groups of three digits.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
