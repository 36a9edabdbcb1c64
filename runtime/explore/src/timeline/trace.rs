//! A timeline as a trace in the JSON of Chrome's trace events, which Perfetto opens.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use std::fmt::Write as _;

use super::merged::Merged;
use super::scene::{Arrow, ArrowKind, Scene, Span, SpanKind};
use serde_json::{Value, json};

/// Returns the trace.
pub(super) fn trace(merged: &Merged<'_>, scene: &Scene) -> String {
    let clock = Nanos::of(merged);
    let mut events: Vec<String> = Vec::new();
    for (group, of) in scene.groups.iter().enumerate() {
        events.push(metadata("process_name", group + 1, None, &json!({ "name": of.name })));
        let order = json!({ "sort_index": group });
        events.push(metadata("process_sort_index", group + 1, None, &order));
    }
    for (lane, of) in scene.lanes.iter().enumerate() {
        let name = json!({ "name": of.label });
        events.push(metadata("thread_name", of.group + 1, Some(lane + 1), &name));
    }
    events.extend(scene.spans.iter().map(|span| slice(scene, &clock, span)));
    for point in &scene.points {
        let (pid, tid) = place(scene, point.lane);
        let event = json!({ "ph": "i", "s": "t", "cat": "event", "name": point.text, "pid": pid,
            "tid": tid });
        events.push(with_times(&event, &[("ts", clock.at(point.at))]));
    }
    for (id, arrow) in scene.arrows.iter().enumerate() {
        events.extend(flow(scene, &clock, id, arrow));
    }
    format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[{}]}}", events.join(","))
}

/// The times of events in nanoseconds, each at least one after the time before: a virtual clock stands
/// still, and the order has to be seen.
struct Nanos(Vec<u128>);

impl Nanos {
    /// Returns the times from the first event on, or the positions of the events.
    fn of(merged: &Merged<'_>) -> Self {
        let mut next = 0;
        let times = merged.events.iter().enumerate().map(|(at, event)| {
            let time = event.time.map_or(at as u128 * 1000, |time| time.as_nanos());
            let time = time.max(next);
            next = time + 1;
            time
        });
        Self(times.collect())
    }

    /// Returns the time of an event, or the time after the last one.
    fn at(&self, at: usize) -> u128 {
        let last = || self.0.last().map_or(0, |last| last + 1000);
        self.0.get(at).copied().unwrap_or_else(last)
    }
}

/// Returns an event with times in microseconds, in decimals: a number of `serde_json` has too few
/// digits for the nanoseconds of some months.
fn with_times(event: &Value, times: &[(&str, u128)]) -> String {
    let mut text = event.to_string();
    text.pop();
    for (name, nanos) in times {
        // Writing to a string does not fail.
        let _ = write!(text, ",\"{name}\":{}.{:03}", nanos / 1000, nanos % 1000);
    }
    text.push('}');
    text
}

fn place(scene: &Scene, lane: usize) -> (usize, usize) {
    (scene.lanes.get(lane).map_or(1, |it| it.group + 1), lane + 1)
}

fn metadata(name: &str, pid: usize, tid: Option<usize>, args: &Value) -> String {
    json!({ "ph": "M", "name": name, "pid": pid, "tid": tid.unwrap_or(0), "args": args })
        .to_string()
}

fn slice(scene: &Scene, clock: &Nanos, span: &Span) -> String {
    let (pid, tid) = place(scene, span.lane);
    let (from, to) = (clock.at(span.from), clock.at(span.to));
    let event = json!({ "ph": "X", "cat": category(span.kind), "name": span.state, "pid": pid,
        "tid": tid, "args": { "who": span.who } });
    with_times(&event, &[("ts", from), ("dur", to.saturating_sub(from))])
}

const fn category(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Runs => "runs",
        SpanKind::InCall => "in-call",
        SpanKind::Waits => "waits",
        SpanKind::IsReady => "ready",
        SpanKind::IsSuspended => "suspended",
        SpanKind::Enters => "enters",
        SpanKind::HostFunction => "host-function",
        SpanKind::Host => "host",
    }
}

/// Returns the two events of an arrow.
fn flow(scene: &Scene, clock: &Nanos, id: usize, arrow: &Arrow) -> [String; 2] {
    let name = match arrow.kind {
        ArrowKind::Call => "call",
        ArrowKind::Wake => "wake",
        ArrowKind::Copy => "copy",
    };
    let half = |ph: &str, (lane, at): (usize, usize)| {
        let (pid, tid) = place(scene, lane);
        let mut event = json!({ "ph": ph, "cat": name, "name": name, "id": id, "pid": pid,
            "tid": tid, "args": { "text": arrow.text } });
        if ph == "f"
            && let Some(fields) = event.as_object_mut()
        {
            // It binds to the slice around it.
            fields.insert("bp".to_owned(), json!("e"));
        }
        with_times(&event, &[("ts", clock.at(at))])
    };
    [half("s", arrow.from), half("f", arrow.to)]
}
