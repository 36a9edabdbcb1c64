//! From the command line to what it asks for, and what is printed of it.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use weft_spec::{DATA, Report, Spec};

use crate::command::{Bind, Command, CommandLine, Format};
use crate::workspace::{Differences, compare, write, write_file};
use crate::{diff_spec, explain, generate};

/// What a command has to say.
struct Said {
    text: String,
    json: Value,
    /// Whether all is well; if not, the exit code is 1.
    fine: bool,
}

/// Does what the command line asks for, prints what comes of it, and gives the exit code: 0 if
/// all is well, 1 if not.
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
        // Where this cannot be printed either, the exit code still says it.
        let _ = print_to(&mut io::stderr(), &format!("error: cannot print: {error}"));
    }
    if fine && printed.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_json(value: &Value) -> io::Result<()> {
    print_to(&mut io::stdout(), &format!("{value:#}"))
}

/// Prints `text` and a line end. That nobody reads it any more is no reason to fail.
fn print_to(stream: &mut impl io::Write, text: &str) -> io::Result<()> {
    let printed = writeln!(stream, "{}", text.trim_end_matches('\n')).and_then(|()| stream.flush());
    printed.or_else(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(()),
        _ => Err(error),
    })
}

fn command(command_line: &CommandLine) -> Result<Said, Report> {
    let root = command_line.root.clone().unwrap_or_else(default_root);
    let data = root.join("spec");
    match &command_line.command {
        None => generated(&root, &weft_spec::load(&data)?),
        Some(Command::Check) => check(&root, &weft_spec::load(&data)?),
        Some(Command::List) => Ok(explained(explain::list(&weft_spec::load(&data)?))),
        Some(Command::Explain { name }) => {
            explain::explain(&weft_spec::load(&data)?, name).map(explained)
        }
        Some(Command::DiffSpec { path }) => differences(&data, path.as_deref()),
        Some(Command::Bind(arguments)) => bindings(arguments),
    }
}

/// The workspace that this program was built from.
fn default_root() -> PathBuf {
    Path::new(DATA).parent().map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn generated(root: &Path, spec: &Spec) -> Result<Said, Report> {
    let started = Instant::now();
    let outputs = generate::outputs(spec)?;
    let written = write(root, &outputs)?;
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

fn check(root: &Path, spec: &Spec) -> Result<Said, Report> {
    let outputs = generate::outputs(spec)?;
    let differences = compare(root, &outputs)?;
    let text = if differences.is_empty() {
        format!("all {} generated files are up to date", outputs.len())
    } else {
        shown(&differences)
    };
    let fine = differences.is_empty();
    let mut json = json!(differences);
    if !fine && let Some(object) = json.as_object_mut() {
        object.insert("mend".into(), "cargo run -p codegen".into());
    }
    Ok(Said { text, json, fine })
}

fn shown(differences: &Differences) -> String {
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
    text + "\nto mend: cargo run -p codegen\n"
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
    let comparison = diff_spec::diff_spec(&spec, &texts, &sources)?;
    let text = comparison.render(io::stdout().is_terminal());
    Ok(Said { text, json: json!(comparison), fine: comparison.is_clean() })
}

fn bindings(arguments: &Bind) -> Result<Said, Report> {
    let bindings = weft_bindgen::bind(&weft_bindgen::Options {
        wit: vec![arguments.wit.clone()],
        world: arguments.world.clone(),
        features: arguments.features.clone(),
        all_features: arguments.all_features,
        ..weft_bindgen::Options::default()
    })?;
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
