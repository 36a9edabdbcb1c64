//! Runs the command of a command line, and prints the result.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use weft_bindgen::write_file;
use weft_spec::Report;

use crate::bind::Bind;
use crate::command::{Command, CommandLine, Format};
use crate::root::{Root, data};
use crate::workspace::{Differences, compare, write};
use crate::{diff_spec, explain};

/// The output of a command.
struct Said {
    text: String,
    json: Value,
    /// The success of the command; without it, the exit code is 1.
    fine: bool,
}

/// Runs the command, prints its output, and returns the exit code: 0 for success, otherwise 1.
pub fn run(command_line: &CommandLine) -> ExitCode {
    let format = command_line.format;
    let (printed, fine) = match (command(command_line), format) {
        (Ok(said), Format::Human) => (print_to(&mut io::stdout(), &said.text), said.fine),
        (Ok(said), Format::Json) => (print_json(&said.json), said.fine),
        (Err(report), Format::Human) => {
            (print_to(&mut io::stderr(), &report.render(io::stderr().is_terminal())), false)
        }
        (Err(report), Format::Json) => {
            (print_json(&json!({ "problems": report.to_json() })), false)
        }
    };
    if let Err(error) = &printed {
        // If this cannot be printed either, the exit code still tells.
        let _ = print_to(&mut io::stderr(), &format!("error: cannot print: {error}"));
    }
    if fine && printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_json(value: &Value) -> io::Result<()> {
    print_to(&mut io::stdout(), &format!("{value:#}"))
}

/// Prints `text` and a line end. A closed pipe is not an error.
fn print_to(stream: &mut impl io::Write, text: &str) -> io::Result<()> {
    let printed = writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
    printed.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

fn command(command_line: &CommandLine) -> Result<Said, Report> {
    let given = command_line.root.as_deref();
    match &command_line.command {
        None => generated(&Root::find(given)?),
        Some(Command::Check) => check(&Root::find(given)?),
        Some(Command::List) => Ok(explained(explain::list(&weft_spec::load(&data(given))?))),
        Some(Command::Explain { name }) => {
            explain::explain(&weft_spec::load(&data(given))?, name).map(explained)
        }
        Some(Command::DiffSpec { path }) => differences(&data(given), path.as_deref()),
        Some(Command::Bind(arguments)) => bindings(arguments),
    }
}

fn generated(root: &Root) -> Result<Said, Report> {
    let started = Instant::now();
    let written = write(&root.path, &root.outputs()?, root.folders())?;
    let mut text = String::new();
    for path in &written.written {
        let _ = writeln!(text, "wrote    {path}");
    }
    for path in &written.removed {
        let _ = writeln!(text, "removed  {path}");
    }
    let (new, old, gone) = (written.written.len(), written.unchanged, written.removed.len());
    let time = started.elapsed();
    let _ = writeln!(text, "{new} written, {gone} removed, {old} up to date, in {time:.1?}");
    let json = json!({
        "written": written.written,
        "removed": written.removed,
        "unchanged": written.unchanged,
    });
    Ok(Said { text, json, fine: true })
}

fn check(root: &Root) -> Result<Said, Report> {
    let outputs = root.outputs()?;
    let differences = compare(&root.path, &outputs, root.folders())?;
    let fix = root.command();
    let text = match outputs.len() {
        _ if !differences.is_empty() => shown(&differences, fix),
        1 => "the generated file is up to date".to_owned(),
        number => format!("all {number} generated files are up to date"),
    };
    let fine = differences.is_empty();
    let mut json = json!(differences);
    if !fine && let Some(object) = json.as_object_mut() {
        object.insert("fix".into(), fix.into());
    }
    Ok(Said { text, json, fine })
}

fn shown(differences: &Differences, fix: &str) -> String {
    let mut text = String::new();
    for stale in &differences.stale {
        let _ = writeln!(text, "stale     {}", stale.path);
    }
    for path in &differences.missing {
        let _ = writeln!(text, "missing   {path}");
    }
    for path in &differences.orphaned {
        let _ = writeln!(text, "orphaned  {path}");
    }
    for stale in &differences.stale {
        let _ = write!(text, "\n{}", stale.diff);
    }
    if !differences.stale.is_empty() {
        text += "\na stale file was made from other input, or was edited by hand; lines with `-` will be removed\n";
    }
    text + &format!("\nto fix: {fix}\n")
}

fn explained(explanation: explain::Explanation) -> Said {
    Said { text: explanation.text, json: explanation.json, fine: true }
}

fn differences(data: &Path, path: Option<&Path>) -> Result<Said, Report> {
    let sources = match path {
        Some(path) => path.to_owned(),
        None => crate::pinned::component_model()?,
    };
    let (spec, texts) = weft_spec::load_with_sources(data)?;
    let comparison = diff_spec::diff_spec(&spec, &texts, &sources, data.parent().unwrap_or(data))?;
    let text = comparison.render(io::stdout().is_terminal());
    Ok(Said { text, json: json!(comparison), fine: comparison.is_clean() })
}

fn bindings(arguments: &Bind) -> Result<Said, Report> {
    let bindings = weft_bindgen::bind(&arguments.options())?;
    if arguments.out.as_os_str() == "-" {
        let json = json!({ "world": bindings.world, "text": bindings.text });
        return Ok(Said { text: bindings.text, json, fine: true });
    }
    write_file(&arguments.out, &bindings.text)?;
    let (rust, wit) = (bindings.rust_lines, bindings.wit_lines);
    let (hundredths, world) = (rust * 100 / wit.max(1), bindings.world);
    let out = arguments.out.display().to_string();
    let (whole, part) = (hundredths / 100, hundredths % 100);
    let text = format!(
        "wrote {out} for {world}: {rust} lines of Rust from {wit} lines of WIT, {whole}.{part:02} to 1"
    );
    let json = json!({ "out": out, "world": world, "rust-lines": rust, "wit-lines": wit });
    Ok(Said { text, json, fine: true })
}
