//! A timeline as a trace in the JSON of Chrome's trace events, which Perfetto opens.
//!
//! <https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU>

use super::merged::Merged;
use super::scene::{Arrow, ArrowKind, Scene, Span, SpanKind};
use serde_json::{Value, json};

/// Returns the trace.
pub(super) fn trace(merged: &Merged<'_>, scene: &Scene) -> String {
    let clock = Micros::of(merged);
    let mut events: Vec<Value> = Vec::new();
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
        let ts = clock.at(point.at);
        events.push(json!({ "ph": "i", "s": "t", "cat": "event", "name": point.text, "pid": pid,
            "tid": tid, "ts": ts }));
    }
    for (id, arrow) in scene.arrows.iter().enumerate() {
        events.extend(flow(scene, &clock, id, arrow));
    }
    json!({ "displayTimeUnit": "ns", "traceEvents": events }).to_string()
}

/// The shortest time between two events, in microseconds. A virtual clock stands still, and the order
/// has to be seen.
const SHORTEST: f64 = 1e-3;

/// The times of events in microseconds.
struct Micros(Vec<f64>);

impl Micros {
    /// Returns the times from the first event on, or the positions of the events.
    fn of(merged: &Merged<'_>) -> Self {
        let mut next = 0.0_f64;
        let times = merged.events.iter().enumerate().map(|(at, event)| {
            let time = event.time.map_or_else(|| position(at), |time| time.as_secs_f64() * 1e6);
            let time = time.max(next);
            next = time + SHORTEST;
            time
        });
        Self(times.collect())
    }

    /// Returns the time of an event, or the time after the last one.
    fn at(&self, at: usize) -> f64 {
        let last = || self.0.last().map_or(0.0, |last| last + 1.0);
        self.0.get(at).copied().unwrap_or_else(last)
    }
}

fn position(at: usize) -> f64 {
    u32::try_from(at).map_or(f64::from(u32::MAX), f64::from)
}

fn place(scene: &Scene, lane: usize) -> (usize, usize) {
    (scene.lanes.get(lane).map_or(1, |it| it.group + 1), lane + 1)
}

fn metadata(name: &str, pid: usize, tid: Option<usize>, args: &Value) -> Value {
    json!({ "ph": "M", "name": name, "pid": pid, "tid": tid.unwrap_or(0), "args": args })
}

fn slice(scene: &Scene, clock: &Micros, span: &Span) -> Value {
    let (pid, tid) = place(scene, span.lane);
    let (from, to) = (clock.at(span.from), clock.at(span.to));
    json!({ "ph": "X", "cat": category(span.kind), "name": span.state, "pid": pid, "tid": tid,
        "ts": from, "dur": (to - from).max(0.0), "args": { "who": span.who } })
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
fn flow(scene: &Scene, clock: &Micros, id: usize, arrow: &Arrow) -> [Value; 2] {
    let name = match arrow.kind {
        ArrowKind::Call => "call",
        ArrowKind::Wake => "wake",
        ArrowKind::Copy => "copy",
    };
    let half = |ph: &str, (lane, at): (usize, usize)| {
        let (pid, tid) = place(scene, lane);
        let mut event = json!({ "ph": ph, "cat": name, "name": name, "id": id, "pid": pid,
            "tid": tid, "ts": clock.at(at), "args": { "text": arrow.text } });
        if ph == "f"
            && let Some(fields) = event.as_object_mut()
        {
            // It binds to the slice around it.
            fields.insert("bp".to_owned(), json!("e"));
        }
        event
    };
    [half("s", arrow.from), half("f", arrow.to)]
}
