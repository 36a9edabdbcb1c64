//! Processor instructions, which valgrind counts exactly, even on a busy machine.

use std::fs::read_to_string;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::cases::{Case, ROWS, Row};
use crate::hosts::{Host, Operation};
use crate::measurements::child::target;
use crate::report::rows::Instructions;

/// Returns the instructions of the cases whose names begin with `filter`, or nothing if there is no
/// valgrind.
pub fn measure(filter: &str, hosts: &[Host]) -> Option<Vec<Instructions>> {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).status();
    if !version.is_ok_and(|it| it.success()) {
        eprintln!(
            "Instructions are left out, because `valgrind`, which counts them, is not installed."
        );
        return None;
    }
    // Compilers take minutes for large components under valgrind, and a small one shows the same.
    let is_large = |it: &Row| matches!(it.case, Case::Load(functions) if functions > 1_000);
    let rows = ROWS.iter().filter(|it| it.name.starts_with(filter) && !is_large(it));
    Some(rows.map(|row| measure_case(row, hosts)).collect())
}

fn measure_case(row: &Row, hosts: &[Host]) -> Instructions {
    eprintln!("{}", row.title);
    let mut counts = std::collections::BTreeMap::new();
    for &host in hosts {
        if host.prepare(row.case).is_none() {
            continue;
        }
        // Valgrind has less address space than Wasmtime reserves for many memories.
        match count(row, host) {
            Ok(count) => drop(counts.insert(host, count)),
            Err(error) => eprintln!("Left out, because it does not run under valgrind: {error}"),
        }
    }
    Instructions { case: row.name.into(), title: row.title.into(), hosts: counts }
}

/// Returns the instructions of one run of a case.
fn count(row: &Row, host: Host) -> Result<f64> {
    let out = target().join("callgrind.out");
    let times = times(row.case);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*instructions::counted*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .args(["one-count", host.argument(), row.name, &times.to_string()])
        .output()?;
    ensure!(output.status.success(), "{}, {host}: {}", row.name, output.status);
    let text = read_to_string(&out)?;
    let total = text.lines().find_map(|it| it.strip_prefix("totals: ")).context("totals")?;
    Ok(total.trim().parse::<f64>()? / f64::from(times) / f64::from(row.case.things()))
}

/// Returns the number of runs of a case: rare work shows only in many runs, and valgrind is slow.
fn times(case: Case) -> u32 {
    match case {
        Case::Load(_) | Case::CancelStorm(_) => 1,
        Case::Call(_) | Case::Instantiate(_) | Case::ChainOfStreams(_) => 20,
        _ => 500,
    }
}

/// Runs a case in this process, for valgrind.
pub fn do_counted(host: Host, case: &str, times: u32) -> Result<()> {
    let row = ROWS.iter().find(|it| it.name == case).context("no such case")?;
    let mut operation = host.prepare(row.case).context("this host cannot run the case")?;
    operation(times.min(3));
    counted(&mut operation, times);
    Ok(())
}

/// Runs the operation; valgrind counts the instructions of this function.
#[inline(never)]
fn counted(operation: &mut Operation, times: u32) {
    operation(times);
}
