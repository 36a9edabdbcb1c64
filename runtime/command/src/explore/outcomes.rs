//! The outcomes, for people and for tools.

use serde_json::{Value, json};
use weft::chooser::Schedule;
use weft_explore::{AnnotatedSchedule, Ending, Explored, ExploredOutcome, Replayed, UnfinishedRun};

use crate::failure::Failure;
use crate::format::Format;
use crate::output;

use super::subject::{Ended, EndedKind};

/// Returns the kind of a run's end.
const fn kind_of(ending: &Ending<Ended>) -> EndedKind {
    match ending {
        Ending::Returned(ended) => ended.kind,
        _ => EndedKind::Failure,
    }
}

/// Returns `true` if a run has failed.
pub(super) fn is_failure(ending: &Ending<Ended>) -> bool {
    kind_of(ending) == EndedKind::Failure
}

/// Returns `true` if the engine lacks a capability that the script needs.
fn is_not_applicable(ending: &Ending<Ended>) -> bool {
    kind_of(ending) == EndedKind::NotApplicable
}

/// Returns the schedule of the first failure, of a run that was stopped because the time was over, or of
/// the last outcome.
pub(super) fn most_wanted(explored: &Explored<Ended>) -> Option<&Schedule> {
    let failure = explored.outcomes().iter().find(|it| is_failure(&it.result));
    let failure = failure.map(|it| &it.schedule);
    let unfinished = || explored.unfinished().first().map(|it| &it.schedule);
    let last = || explored.outcomes().last().map(|it| &it.schedule);
    failure.or_else(unfinished).or_else(last).map(AnnotatedSchedule::schedule)
}

/// Returns the lines for the end of a run.
pub(super) fn lines_of(ending: &Ending<Ended>) -> Vec<String> {
    match ending {
        Ending::Returned(ended) => ended.lines.clone(),
        Ending::Panicked(message) => vec![format!("the host has failed: {message}")],
        Ending::OutOfTime => vec!["stopped when the time was over".to_owned()],
        _ => vec!["stopped after too many steps".to_owned()],
    }
}

/// Returns the lines that a guest has written.
pub(super) fn output_of(notes: &[String]) -> impl Iterator<Item = String> {
    // Quoted: a guest chooses the text.
    notes.iter().map(|text| format!("output: {text:?}"))
}

/// Prints the end of a replayed run.
pub(super) fn print_replayed(replayed: &Replayed<Ended>, format: Format) -> Result<(), Failure> {
    let ending = &replayed.ending;
    match format {
        Format::Human => {
            let lines = lines_of(ending).into_iter().chain(output_of(&replayed.notes));
            output::print(&lines.collect::<Vec<_>>().join("\n"))
        }
        Format::Json => output::print_json(&json!({
            "failure": is_failure(ending),
            "not-applicable": is_not_applicable(ending),
            "result": lines_of(ending),
            "output": replayed.notes,
        })),
    }
}

/// Prints the outcomes of an exploration.
pub(super) fn print_explored(explored: &Explored<Ended>, format: Format) -> Result<(), Failure> {
    match format {
        Format::Human => output::print(&text_of(explored)),
        Format::Json => output::print_json(&json!({
            "schedules": explored.num_schedules(),
            "redundant": explored.num_redundant(),
            "steps": explored.num_steps(),
            "bound": explored.bound().map(|bound| bound.to_string()),
            "outcomes": explored.outcomes().iter().map(json_of).collect::<Vec<_>>(),
            "unfinished": explored.unfinished().iter().map(json_of_unfinished).collect::<Vec<_>>(),
        })),
    }
}

/// Returns a number of things, such as `1 outcome` or `2 outcomes`.
pub(super) fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

fn text_of(explored: &Explored<Ended>) -> String {
    let bound = match explored.bound() {
        None => "every schedule was explored".to_owned(),
        Some(bound) => bound.to_string(),
    };
    let mut lines = vec![format!(
        "{}, {}, {}: {bound}",
        count(explored.num_schedules(), "schedule"),
        count(explored.num_steps(), "step"),
        count(explored.outcomes().len() as u64, "outcome"),
    )];
    for (outcome, number) in explored.outcomes().iter().zip(1..) {
        let kind = match kind_of(&outcome.result) {
            EndedKind::Success => "a success",
            EndedKind::Failure => "a failure",
            EndedKind::NotApplicable => "not applicable",
        };
        let schedules = count(outcome.num_schedules, "schedule");
        lines.push(format!("\noutcome {number}, {kind}, of {schedules}:"));
        let ended = lines_of(&outcome.result).into_iter().chain(output_of(&outcome.notes));
        lines.extend(ended.map(|line| format!("  {line}")));
        lines.extend(lines_of_schedule(&outcome.schedule));
    }
    for run in explored.unfinished() {
        lines.push(format!("\n{run}:"));
        let stopped = run.backtrace.iter().cloned().chain(output_of(&run.notes));
        lines.extend(stopped.map(|line| format!("  {line}")));
        lines.extend(lines_of_schedule(&run.schedule));
    }
    lines.join("\n")
}

fn lines_of_schedule(schedule: &AnnotatedSchedule) -> Vec<String> {
    let text = schedule.to_string();
    let title = if text.is_empty() {
        "its schedule: the first possibility of each decision"
    } else {
        "its schedule, and the first possibilities after it:"
    };
    let decisions = text.lines().map(|line| format!("  {line}"));
    std::iter::once(title.to_owned()).chain(decisions).collect()
}

fn json_of(outcome: &ExploredOutcome<Ended>) -> Value {
    json!({
        "failure": is_failure(&outcome.result),
        "not-applicable": is_not_applicable(&outcome.result),
        "result": lines_of(&outcome.result),
        "output": outcome.notes,
        "schedules": outcome.num_schedules,
        "schedule": outcome.schedule.to_string(),
    })
}

fn json_of_unfinished(run: &UnfinishedRun) -> Value {
    json!({
        "seconds": run.time.as_secs_f64(),
        "steps": run.num_steps,
        "backtrace": run.backtrace,
        "output": run.notes,
        "schedule": run.schedule.to_string(),
    })
}
