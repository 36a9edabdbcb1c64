//! `weft explore`.
//!
//! | file | contents |
//! |---|---|
//! | `subject` | the explored calls, or the explored script |
//! | `outcomes` | the outcomes, for people and for tools |

mod outcomes;
mod subject;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use weft::chooser::Schedule;
use weft::timeline::Timeline;
use weft_explore::timeline::TimelineReport;
use weft_explore::{Ending, Exploration, Explored};
use weft_spec::Diagnostic;

use crate::exit_code::{CANNOT_RUN, NOT_WELL, SUCCESS, TIME_OUT, USAGE};
use crate::failure::Failure;
use crate::format::Format;
use crate::guest;
use crate::input::read_text;
use crate::progress::Progress;
use crate::timeline::TimelinePath;

use self::outcomes::{print_explored, print_replayed};
use self::subject::{Ended, Subject};

/// Run a component under every schedule that the Component Model allows.
///
/// The calls of `--invoke` are begun one after another in one instance, and are under way together.
/// A script (`.wast`) is played from its beginning to its end. Each run makes other decisions: which
/// thread runs next, which event is delivered first, and so on. Runs that only permute independent
/// steps are left out.
///
/// Each distinct outcome is printed with the shortest schedule that leads to it. The exit code is 1
/// if there are several outcomes, or if one is a failure. A script that needs a capability which the
/// engine lacks is not applicable, as for `weft wast`, and is no failure. An exploration that a bound
/// has cut says so, and is no failure. A run that had not ended when the time was over is no outcome:
/// it is printed with the functions in which its guest was, and with its schedule.
///
/// A component can import WASI. It has no files, no arguments and no network, and its output is part
/// of the outcome. Its clocks are virtual: time goes on only if no guest can, and then jumps to the
/// timer that ends first, so that a sleep of hours takes no time. Timers of the same time end in every
/// order. Each run begins at 2000-01-01, 0:00 UTC, and random numbers are the same in each. A run that
/// waits for something else outside is a failure.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft explore app.wasm --invoke 'put(1)' --invoke 'get()'
  weft explore test.wast --max-schedules 1000 --workers 4
  weft explore app.wasm --invoke 'run()' --timeline failure.html
  weft explore app.wasm --invoke 'run()' --replay schedule.txt")]
pub(crate) struct ExploreArguments {
    /// The file: a component in the binary or in the text format, or a script (`.wast`).
    file: PathBuf,
    /// Begin a call of this exported function, as `weft run --invoke` does. Several calls are begun in
    /// this order.
    #[arg(long, value_name = "CALL")]
    invoke: Vec<String>,
    /// Run at most this number of schedules.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 100_000,
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = "Bounds"
    )]
    max_schedules: u64,
    /// Make at most this number of different decisions in a run. Later ones take the first
    /// possibility.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, help_heading = "Bounds")]
    max_decisions: usize,
    /// Stop a run after this number of steps. In a step, a thread runs until it waits or yields.
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, help_heading = "Bounds")]
    max_steps: usize,
    /// Let a thread go on at this number of yields in a step, at most.
    #[arg(long, value_name = "COUNT", default_value_t = 2, help_heading = "Bounds")]
    max_yields: usize,
    /// Begin no run after this time, such as `500ms`, `5s`, `2m` or `1h`. Runs that are under way then
    /// have a tenth of that time for their ends, and are stopped after it. Guests run more slowly
    /// then, as they are interrupted to check the time.
    #[arg(long, value_name = "TIME", value_parser = some_time, help_heading = "Bounds")]
    max_time: Option<Duration>,
    /// Stop the guest of a run after this much fuel, as `weft run --fuel` does: its call fails. Scripts
    /// have no such limit.
    #[arg(
        long,
        value_name = "UNITS",
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = "Bounds"
    )]
    fuel: Option<u64>,
    /// Also run schedules that only permute independent steps.
    #[arg(long, help_heading = "Bounds")]
    all_orders: bool,
    /// Make runs on this number of threads, at most 256. Unless a bound cuts the exploration, the
    /// outcomes are the same, in another order, perhaps with other schedules.
    #[arg(long, value_name = "COUNT", default_value_t = 1)]
    workers: usize,
    /// Let timers end although a guest can go on, so that a time-out races all work of guests.
    #[arg(long)]
    slow_guests: bool,
    /// Make one run, with the decisions of this schedule, and the first possibilities after its end.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Write what happens in one run, as `weft run --timeline` does: the replayed run, or that of the
    /// first failure. Without a failure, it is a run that was stopped when the time was over, or the
    /// last outcome.
    #[arg(long, value_name = "FILE", value_parser = TimelinePath::parse)]
    timeline: Option<TimelinePath>,
}

/// Explores a component or a script.
pub(crate) fn explore(arguments: &ExploreArguments, format: Format) -> Result<u8, Failure> {
    let has_time_limit = arguments.max_time.is_some();
    let subject =
        Subject::read(&arguments.file, &arguments.invoke, arguments.fuel, has_time_limit)?;
    let runtime = guest::build_runtime(tokio::runtime::Builder::new_current_thread())?;
    let _entered = runtime.enter();
    let exploration = Exploration::new()
        .max_schedules(arguments.max_schedules)
        .max_decisions(arguments.max_decisions)
        .max_steps(arguments.max_steps)
        .max_yields(arguments.max_yields)
        .slow_guests(arguments.slow_guests)
        .workers(arguments.workers)
        .reduce(!arguments.all_orders);
    let exploration = match arguments.max_time {
        Some(time) => exploration.max_time(time),
        None => exploration,
    };
    if let Some(path) = &arguments.replay {
        return replay(arguments, &exploration, &subject, &read_schedule(path)?, format);
    }
    let progress = Progress::of_runs("exploring");
    let explored = {
        let on_progress = |now: weft_explore::Progress| {
            let schedules = outcomes::count(now.schedules, "schedule");
            let found = outcomes::count(now.outcomes as u64, "outcome");
            progress.tell(format!("{schedules}, {found}"));
        };
        exploration.clone().on_progress(&on_progress).run(|explorer| subject.run(explorer))
    };
    drop(progress);
    print_explored(&explored, format)?;
    if let Some(path) = &arguments.timeline
        && let Some(schedule) = outcomes::most_wanted(&explored)
    {
        write_timeline(path, &exploration, &subject, schedule)?;
    }
    Ok(code_of(&explored))
}

/// Parses a time that is longer than none.
fn some_time(text: &str) -> Result<Duration, String> {
    let time = guest::time(text)?;
    if time.is_zero() { Err("no run could begin in no time".to_owned()) } else { Ok(time) }
}

/// Returns the exit code for an exploration.
fn code_of(explored: &Explored<Ended>) -> u8 {
    match explored.outcomes() {
        // A bound has cut it before the first run.
        [] => SUCCESS,
        [one] if !outcomes::is_failure(&one.result) => SUCCESS,
        _ => NOT_WELL,
    }
}

fn replay(
    arguments: &ExploreArguments,
    exploration: &Exploration<'_>,
    subject: &Subject,
    schedule: &Schedule,
    format: Format,
) -> Result<u8, Failure> {
    let replayed = exploration.replay(schedule, |explorer| subject.run(explorer));
    let replayed = replayed.map_err(|error| not_followed(&error))?;
    print_replayed(&replayed, format)?;
    if let Some(path) = &arguments.timeline {
        write_timeline(path, exploration, subject, schedule)?;
    }
    Ok(match &replayed.ending {
        Ending::OutOfTime => TIME_OUT,
        ending if outcomes::is_failure(ending) => NOT_WELL,
        _ => SUCCESS,
    })
}

fn not_followed(error: &weft_explore::ReplayError) -> Failure {
    Failure::new(USAGE, Diagnostic::error("replay", error.to_string()))
}

/// Repeats a schedule, and writes what happens.
fn write_timeline(
    path: &TimelinePath,
    exploration: &Exploration<'_>,
    subject: &Subject,
    schedule: &Schedule,
) -> Result<(), Failure> {
    let replayed = exploration.replay(schedule, |explorer| subject.run(explorer));
    let replayed = replayed.map_err(|error| not_followed(&error))?;
    // Without one, no instance was made, and the outcome is all that there is to show.
    let timeline = replayed.timeline.unwrap_or_else(|| Timeline::new(0));
    let lines = outcomes::lines_of(&replayed.ending).into_iter();
    let outcome = lines.chain(outcomes::output_of(&replayed.notes)).collect::<Vec<_>>().join("\n");
    let is_failure =
        !matches!(replayed.ending, Ending::Returned(_)) || outcomes::is_failure(&replayed.ending);
    let waiting = if is_failure { replayed.waiting.as_slice() } else { &[] };
    let report = TimelineReport::new(&timeline).with_title(&subject.title);
    path.write(&report.with_outcome(&outcome).with_waiting(waiting))
}

fn read_schedule(path: &Path) -> Result<Schedule, Failure> {
    read_text(path)?.parse().map_err(|error: weft::chooser::ScheduleError| {
        let message = format!("`{}` is not a schedule: {error}", path.display());
        Failure::new(CANNOT_RUN, Diagnostic::error("schedule", message))
    })
}
