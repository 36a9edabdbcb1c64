//! `weft wast`.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use weft::component::{Awaited, Party, WaitingTask};
use weft::engine::wasmi::Wasmi;
use weft_spec::Diagnostic;
use weft_wast::{Verdict, check_script, play, record_script, script_files};

use crate::exit_code::{CANNOT_RUN, NOT_WELL, SUCCESS};
use crate::failure::Failure;
use crate::format::Format;
use crate::guest;
use crate::input::not_read;
use crate::output;
use crate::progress::Progress;
use crate::timeline::{StoreTimelines, TimelineArguments};

/// Play component scripts (`.wast`), such as the Component Model's test suite.
///
/// The scripts can import everything that the suites of the Component Model and of Wasmtime import.
/// The exit code is 1 if a script fails, and 126 if a file can't be read or is not a script: the others
/// are played all the same. A script has at least one directive. A script that needs a capability
/// which the engine lacks is listed as not applicable, and is no failure.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft wast test.wast
  weft wast component-model/test --format json
  weft wast test.wast --timeline test.html")]
pub(crate) struct WastArguments {
    /// Scripts, and folders with scripts.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    timeline: TimelineArguments,
}

/// Plays scripts, and prints the outcome of each.
pub(crate) fn wast(arguments: &WastArguments, format: Format) -> Result<u8, Failure> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        let found = script_files(path);
        files.extend(found.map_err(|error| not_read(path, &error))?);
    }
    if files.is_empty() {
        let paths = titles(&arguments.paths);
        let diagnostic = Diagnostic::error("no-scripts", format!("no script is in `{paths}`"))
            .help("the name of a script ends with `.wast`");
        return Err(Failure::new(CANNOT_RUN, diagnostic));
    }
    let timelines = arguments.timeline.file()?.map(StoreTimelines::new);
    let mut waiting = Vec::new();
    let engine = Wasmi::default();
    let progress = Progress::of_steps("playing", files.len());
    let mut played = Vec::new();
    let mut are_scripts = true;
    for file in &files {
        let text = read_script(file);
        are_scripts &= text.is_ok();
        let verdict = match text {
            Ok(text) => match &timelines {
                None => play(&engine, &text),
                Some(timelines) => {
                    let recorded = record_script(&engine, &text, timelines.begin());
                    timelines.keep(|_| file.display().to_string(), recorded.timeline);
                    let tasks = recorded.waiting.into_iter();
                    waiting.extend(tasks.map(|task| in_script(task, file, files.len())));
                    recorded.verdict
                }
            },
            Err(verdict) => verdict,
        };
        if format == Format::Human {
            progress.around(|| output::print(&line(file, &verdict)))?;
        }
        progress.step();
        played.push((file, verdict));
    }
    drop(progress);
    if let Some(timelines) = timelines {
        let failed = played.iter().filter(|(_, it)| it.is_failure());
        let outcome: String = failed.map(|(file, it)| line(file, it) + "\n").collect();
        timelines.write(&titles(&arguments.paths), &outcome, &waiting)?;
    }
    let count = |is: fn(&Verdict) -> bool| played.iter().filter(|(_, it)| is(it)).count();
    let passed = count(|it| matches!(it, Verdict::Passed));
    let failed = count(Verdict::is_failure);
    let not_applicable = played.len() - passed - failed;
    match format {
        Format::Human => output::print(&format!(
            "{passed} passed, {failed} failed, {not_applicable} not applicable"
        ))?,
        Format::Json => output::print_json(&json!({
            "passed": passed,
            "failed": failed,
            "not-applicable": not_applicable,
            "files": played.iter().map(|(file, it)| json_of(file, it)).collect::<Vec<_>>(),
        }))?,
    }
    Ok(match failed {
        _ if !are_scripts => CANNOT_RUN,
        0 => SUCCESS,
        _ => NOT_WELL,
    })
}

/// Reads a script. Returns the verdict if the file can't be read, or is not a script.
fn read_script(file: &Path) -> Result<String, Verdict> {
    let failed = |line, reason| Verdict::Failed { line, reason };
    let text = std::fs::read_to_string(file).map_err(|error| failed(1, error.to_string()))?;
    check_script(&text).map_err(|error| failed(error.line, error.reason))?;
    Ok(text)
}

/// Returns the title of a timeline.
fn titles(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

/// Returns a waiting task with the name of its script at the numbers of instances, if there are
/// several scripts.
fn in_script(mut task: WaitingTask, file: &Path, count: usize) -> WaitingTask {
    if count > 1 {
        let extend =
            |instance: &mut String| *instance = format!("{instance} of {}", file.display());
        extend(&mut task.instance);
        for awaited in &mut task.awaits {
            if let Awaited::Exclusive(party)
            | Awaited::Call(party)
            | Awaited::Copy { other: party, .. } = awaited
                && let Party::Task { instance, .. } | Party::Instance(instance) = party
            {
                extend(instance);
            }
        }
    }
    task
}

fn line(file: &Path, verdict: &Verdict) -> String {
    let name = file.display();
    match verdict {
        Verdict::Passed => format!("ok    {name}"),
        Verdict::Failed { line, reason } => {
            format!("FAIL  {name}:{line}: {}", guest::in_options(reason))
        }
        Verdict::NotApplicable { capability } => format!("n/a   {name}: needs {capability}"),
    }
}

fn json_of(file: &Path, verdict: &Verdict) -> Value {
    let file = file.display().to_string();
    match verdict {
        Verdict::Passed => json!({ "file": file, "verdict": "passed" }),
        Verdict::Failed { line, reason } => {
            let reason = guest::in_options(reason);
            json!({ "file": file, "verdict": "failed", "line": line, "reason": reason })
        }
        Verdict::NotApplicable { capability } => {
            json!({ "file": file, "verdict": "not-applicable", "needs": capability })
        }
    }
}
