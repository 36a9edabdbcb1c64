//! A timeline as text.

use std::fmt::Write as _;

use weft::component::WaitingTask;
use weft::timeline::{Timeline, TimelineEvent};

use super::phrases::{party, printable, sentence, thread_name};

/// The greatest width of the column with threads.
const MAX_WIDTH: usize = 40;

/// Returns the text: a line for each event, then the outcome, and the tasks that wait.
pub(super) fn text(timeline: &Timeline, outcome: &str, waiting: &[WaitingTask]) -> String {
    let actors: Vec<String> = timeline.events().map(|event| actor(timeline, event)).collect();
    let width = actors.iter().map(|it| it.chars().count()).max().unwrap_or(0).min(MAX_WIDTH);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_lines(&mut text, timeline, &actors, width);
    for line in outcome.lines() {
        let _ = writeln!(text, "{}", printable_line(line));
    }
    if outcome.is_empty() {
        for task in waiting {
            let _ = writeln!(text, "waits: {}", printable_line(&task.to_string()));
        }
    }
    text
}

fn write_lines(
    text: &mut String,
    timeline: &Timeline,
    actors: &[String],
    width: usize,
) -> std::fmt::Result {
    if timeline.dropped() > 0 {
        writeln!(text, "{} earlier events were dropped", timeline.dropped())?;
    }
    let number_width = timeline.next_number().to_string().len();
    let turn_width = timeline.events().next_back().map_or(1, |it| it.turn.to_string().len());
    let start = timeline.events().next().and_then(|event| event.time).unwrap_or_default();
    for (event, actor) in timeline.events().zip(actors) {
        write!(text, "{:>number_width$}  turn {:>turn_width$}  ", event.number, event.turn)?;
        if let Some(time) = event.time {
            let micros = time.saturating_sub(start).as_nanos() / 1000;
            write!(text, "{micros:>8} µs  ")?;
        }
        let sentence = sentence(timeline.names(), &event.observation);
        writeln!(text, "{actor:width$}  {sentence}")?;
    }
    Ok(())
}

/// Returns the thread that had control.
fn actor(timeline: &Timeline, event: &TimelineEvent) -> String {
    let names = timeline.names();
    match &event.observation.thread {
        Some(thread) => {
            format!("{}: {}", party(names, Some(thread.instance)), thread_name(names, thread))
        }
        None => "-".to_owned(),
    }
}

/// Returns a line of any length, without characters that control a terminal.
pub(super) fn printable_line(line: &str) -> String {
    let chunks: Vec<char> = line.chars().collect();
    chunks.chunks(40).map(|chunk| printable(&chunk.iter().collect::<String>())).collect()
}
