//! Instructions of the processor, which valgrind counts exactly, even on a busy machine.

use std::fs::read_to_string;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::cases::{Case, ROWS, Row};
use crate::hosts::{Host, Operation};
use crate::measurements::child::target;
use crate::report::rows::Instructions;

/// Counts the instructions of the cases whose names begin with `filter`, or returns nothing where
/// there is no valgrind.
pub fn measure(filter: &str, hosts: &[Host]) -> Result<Option<Vec<Instructions>>> {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|it| it.success()) {
        eprintln!("Instructions are left out: there is no `valgrind`, which counts them.");
        return Ok(None);
    }
    // Compilers take minutes for large components under valgrind, and a small one says the same.
    let is_large = |it: &Row| matches!(it.case, Case::Load(functions) if functions > 1_000);
    let rows = ROWS.iter().filter(|it| it.name.starts_with(filter) && !is_large(it));
    rows.map(|row| measure_case(row, hosts)).collect::<Result<_>>().map(Some)
}

fn measure_case(row: &Row, hosts: &[Host]) -> Result<Instructions> {
    eprintln!("{}", row.title);
    let mut counts = std::collections::BTreeMap::new();
    for &host in hosts {
        if host.prepare(row.case).is_some() {
            counts.insert(host, count(row, host)?);
        }
    }
    Ok(Instructions { case: row.name.into(), title: row.title.into(), hosts: counts })
}

/// Returns the instructions of doing a case once.
fn count(row: &Row, host: Host) -> Result<f64> {
    let out = target().join("callgrind.out");
    let times = times(row.case);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*instructions::counted*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["one-count", host.argument(), row.name, &times.to_string()])
        .output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}, {host}: {error}", row.name);
    let text = read_to_string(&out)?;
    let total = text.lines().find_map(|it| it.strip_prefix("totals: ")).context("totals")?;
    Ok(total.trim().parse::<f64>()? / f64::from(times) / f64::from(row.case.things()))
}

/// Returns how often a case is done: rare work shows in many, and valgrind is slow.
fn times(case: Case) -> u32 {
    match case {
        Case::Load(_) | Case::CancelStorm(_) => 1,
        Case::Call(_) | Case::Instantiate(_) | Case::ChainOfStreams(_) => 20,
        _ => 500,
    }
}

/// Does a case in this process, for valgrind.
pub fn do_counted(host: Host, case: &str, times: u32) -> Result<()> {
    let row = ROWS.iter().find(|it| it.name == case).context("no such case")?;
    let mut operation = host.prepare(row.case).context("this host can't do it")?;
    operation(times.min(3));
    counted(&mut operation, times);
    Ok(())
}

/// The function that valgrind looks for.
#[inline(never)]
fn counted(operation: &mut Operation, times: u32) {
    operation(times);
}
