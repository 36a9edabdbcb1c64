//! A timeline as text.

use std::fmt::Write as _;
use std::time::Duration;

use weft::component::WaitingTask;

use super::merged::{Merged, MergedEvent};
use super::phrases::{party, printable, sentence, thread_name};

/// The greatest width of the column with threads.
const MAX_WIDTH: usize = 40;

/// Returns the text: a line for each event, then the outcome, and the tasks that wait.
pub(super) fn text(merged: &Merged<'_>, outcome: &str, waiting: &[WaitingTask]) -> String {
    let actors: Vec<String> = merged.events.iter().map(|event| actor(merged, event)).collect();
    let width = actors.iter().map(|it| it.chars().count()).max().unwrap_or(0).min(MAX_WIDTH);
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_lines(&mut text, merged, &actors, width);
    for line in outcome.lines() {
        let _ = writeln!(text, "{}", printable_line(line));
    }
    for task in waiting.iter().map(ToString::to_string) {
        // The message of a deadlock has its tasks.
        if !outcome.lines().any(|line| line.strip_prefix("- ") == Some(&task)) {
            let _ = writeln!(text, "waits: {}", printable_line(&task));
        }
    }
    text
}

fn write_lines(
    text: &mut String,
    merged: &Merged<'_>,
    actors: &[String],
    width: usize,
) -> std::fmt::Result {
    let dropped = merged.dropped();
    if dropped > 0 {
        writeln!(text, "{dropped} earlier events were dropped")?;
    }
    let number_width = (dropped + merged.events.len() as u64).to_string().len();
    let turn = merged.events.iter().map(|it| it.event.turn).max().unwrap_or_default();
    let turn_width = turn.to_string().len();
    let micros = |time: Duration| time.as_micros().to_string();
    let times = merged.events.iter().filter_map(|it| it.time);
    let time_width = times.max().map_or(0, |it| micros(it).len()).max(8);
    for ((it, actor), number) in merged.events.iter().zip(actors).zip(dropped..) {
        write!(text, "{number:>number_width$}  turn {:>turn_width$}  ", it.event.turn)?;
        if let Some(time) = it.time {
            write!(text, "{:>time_width$} µs  ", micros(time))?;
        }
        let Some((_, timeline)) = merged.stores.get(it.store) else { continue };
        let sentence = sentence(timeline.names(), &it.event.observation);
        writeln!(text, "{actor:width$}  {sentence}")?;
    }
    Ok(())
}

/// Returns the store, if there are several, and the thread that had control.
fn actor(merged: &Merged<'_>, event: &MergedEvent<'_>) -> String {
    let Some((name, timeline)) = merged.stores.get(event.store) else { return String::new() };
    let names = timeline.names();
    let actor = match &event.event.observation.thread {
        Some(thread) => {
            format!("{}: {}", party(names, Some(thread.instance)), thread_name(names, thread))
        }
        None => "-".to_owned(),
    };
    if name.is_empty() { actor } else { format!("{}, {actor}", printable(name)) }
}

/// Returns a line of any length, without characters that control a terminal.
pub(super) fn printable_line(line: &str) -> String {
    let chunks: Vec<char> = line.chars().collect();
    chunks.chunks(40).map(|chunk| printable(&chunk.iter().collect::<String>())).collect()
}
