//! The date, machine and versions of a measurement.

use std::fmt;
use std::fs::read_to_string;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// The circumstances of a measurement.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Environment {
    pub date: String,
    pub machine: String,
    pub versions: Vec<Version>,
}

/// The version of one of the programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    pub name: String,
    pub version: String,
}

impl Environment {
    /// Returns the current environment.
    pub fn now() -> Self {
        let mut versions = vec![Version { name: "Weft".into(), version: weft() }];
        let others = ["wasmtime", "wasmi", "wasm_component_layer"];
        let of = |name: &str| Version { name: name.into(), version: newest(name) };
        versions.extend(others.map(of));
        versions.push(Version { name: "rustc".into(), version: rustc() });
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        Self { date, machine: machine(), versions }
    }
}

impl Environment {
    /// Returns the date and the machine.
    pub fn place(&self) -> String {
        format!("{}, {}", self.date, self.machine)
    }

    /// Returns the versions.
    pub fn versions(&self) -> String {
        let versions = self.versions.iter().map(|it| format!("{} {}", it.name, it.version));
        versions.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.place(), self.versions())
    }
}

/// Returns the name and number of the processors.
fn machine() -> String {
    let text = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|it| it.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or(std::env::consts::ARCH, |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores, {}", std::env::consts::OS)
}

/// Returns the newest version of a package in the lock file.
fn newest(package: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let start = format!("name = \"{package}\"\nversion = \"");
    let versions = lock.split("[[package]]\n").filter_map(|it| it.strip_prefix(&start));
    let version = versions.last().and_then(|it| it.split('"').next());
    version.unwrap_or("?").to_owned()
}

/// Returns Weft's version, with the commit if there is one.
fn weft() -> String {
    let version = newest("weft-runtime");
    match output(Command::new("git").args(["rev-parse", "--short", "HEAD"])) {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    }
}

fn rustc() -> String {
    let text = output(Command::new("rustc").arg("--version")).unwrap_or_default();
    text.split(' ').nth(1).unwrap_or("?").to_owned()
}

/// Returns a command's output if it worked.
fn output(command: &mut Command) -> Option<String> {
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
