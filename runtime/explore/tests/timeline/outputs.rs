//! The three outputs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use weft::abi::Val;
use weft::chooser::Seeded;
use weft::component::{CallError, Component, Linker, Store, WaitingTask};
use weft::engine::wasmi::Wasmi;
use weft::host::ExtendedMachine;
use weft::limits::Heap;
use weft::timeline::Timeline;
use weft_explore::timeline::TimelineReport;

use super::guests::{CIRCLE, STREAMS};

/// The timeline of a component, and its end.
pub(super) struct Recorded {
    pub(super) timeline: Timeline,
    pub(super) waiting: Vec<WaitingTask>,
    pub(super) outcome: String,
}

impl Recorded {
    pub(super) fn report(&self) -> TimelineReport<'_> {
        TimelineReport::new(&self.timeline)
            .with_title("A <test> & more")
            .with_outcome(&self.outcome)
            .with_waiting(&self.waiting)
    }
}

/// Calls `run` of a component, and records the last `capacity` events.
pub(super) fn record(text: &str, arguments: &[Val], capacity: usize, name: &str) -> Recorded {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let mut store = Store::with_chooser(&engine, Box::new(Seeded::new(7)), ());
    let mut linker = Linker::new();
    linker.typed_function(name, |_, (_,): (u32,)| Ok(()));
    store.record_timeline(Timeline::new(capacity)).unwrap();
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let outcome = match store.call(&run, arguments) {
        Err(error @ CallError::Deadlock(_)) => error.to_string(),
        outcome => format!("{outcome:?}"),
    };
    Recorded { waiting: store.waiting(), timeline: store.take_timeline().unwrap(), outcome }
}

/// Returns the data of a page.
fn data_of(page: &str) -> Value {
    let (_, data) = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_text_has_a_line_for_each_event() {
    let recorded = record(STREAMS, &[Val::U32(1)], 1000, "note");
    let text = recorded.report().text();
    insta::assert_snapshot!(text);
    assert_eq!(text.lines().count(), recorded.timeline.events().len() + 1);
}

#[test]
fn a_text_says_how_many_events_are_missing() {
    let recorded = record(STREAMS, &[Val::U32(20)], 5, "note");
    let text = recorded.report().text();
    assert!(text.starts_with(&format!("{} earlier events", recorded.timeline.dropped())), "{text}");
    assert_eq!(text.lines().count(), 1 + 5 + 1);
}

#[test]
fn a_trace_has_slices_points_and_flows_in_known_threads() {
    let recorded = record(STREAMS, &[Val::U32(2)], 1000, "note");
    let trace: Value = serde_json::from_str(&recorded.report().trace_json()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |phase: &str| events.iter().filter(|it| it["ph"] == phase).collect::<Vec<_>>();
    let place = |it: &Value| (it["pid"].as_u64().unwrap(), it["tid"].as_u64().unwrap());
    let named = of("M").into_iter().filter(|it| it["name"] == "thread_name");
    let threads: BTreeSet<_> = named.map(place).collect();
    let (slices, starts, ends) = (of("X"), of("s"), of("f"));
    assert_eq!(of("i").len(), recorded.timeline.events().len());
    assert!(slices.len() > 10 && starts.len() > 5);
    assert_eq!(starts.len(), ends.len());
    for event in slices.iter().chain(&starts).chain(&ends) {
        assert!(threads.contains(&place(event)), "{event}");
        assert!(event["ts"].as_f64().unwrap() >= 0.0);
    }
    for slice in &slices {
        assert!(slice["dur"].as_f64().unwrap() >= 0.0, "{slice}");
    }
    // Slices of a thread don't overlap.
    let mut by_thread: Vec<_> =
        slices.iter().map(|it| (place(it), &it["ts"], &it["dur"])).collect();
    by_thread.sort_by(|a, b| (a.0, a.1.as_f64()).partial_cmp(&(b.0, b.1.as_f64())).unwrap());
    for pair in by_thread.windows(2) {
        let [(place, ts, dur), (next_place, next, _)] = pair else { unreachable!() };
        let end = ts.as_f64().unwrap() + dur.as_f64().unwrap();
        assert!(place != next_place || end <= next.as_f64().unwrap(), "{pair:?}");
    }
    // A flow binds to a slice that contains it.
    for flow in starts.iter().chain(&ends) {
        let at = flow["ts"].as_f64().unwrap();
        let is_inside = by_thread.iter().any(|(thread, ts, dur)| {
            let (from, long) = (ts.as_f64().unwrap(), dur.as_f64().unwrap());
            *thread == place(flow) && from <= at && at <= from + long
        });
        assert!(is_inside, "{flow}");
    }
}

#[test]
fn a_page_has_the_scene_and_loads_nothing() {
    let recorded = record(STREAMS, &[Val::U32(2)], 1000, "note");
    let page = recorded.report().html().unwrap();
    assert!(page.contains("<title>A &#60;test&#62; &#38; more</title>"));
    let data = data_of(&page);
    assert_eq!(data["points"].as_array().unwrap().len(), recorded.timeline.events().len());
    assert_eq!(data["groups"][0], "the host");
    assert!(data["arrows"].as_array().unwrap().iter().any(|it| it[0] == 2), "values move");
    assert!(!data["choices"].as_array().unwrap().is_empty());
    for loads in ["src=", "@import", "fetch(", "XMLHttpRequest", "url(http", "import("] {
        assert!(!page.contains(loads), "{loads}");
    }
    assert!(page.contains("default-src 'none'"));
    // The one link is the empty icon.
    assert_eq!(page.matches("href=").count(), 1);
}

#[test]
fn a_deadlock_is_a_circle_of_the_graph() {
    let recorded = record(CIRCLE, &[], 1000, "note");
    assert!(recorded.outcome.contains("deadlock"), "{}", recorded.outcome);
    let data = data_of(&recorded.report().html().unwrap());
    let nodes = data["waits"]["nodes"].as_array().unwrap();
    let names: BTreeSet<_> = nodes.iter().map(|it| it[0].as_str().unwrap()).collect();
    assert!(names.contains("run") && names.contains("take"), "{names:?}");
    let edges = data["waits"]["edges"].as_array().unwrap();
    let labels: BTreeSet<_> = edges.iter().map(|it| it[2].as_str().unwrap()).collect();
    assert_eq!(labels, BTreeSet::from(["a call of", "a read from a stream of"]));
    assert!(recorded.report().text().contains("deadlock"));
}

/// A name that ends a script, breaks a line, and turns the direction of the text.
const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\n\u{1b}[31m\u{202e}\"'&\u{2028}";

#[test]
fn names_of_guests_are_escaped_everywhere() {
    let mut machine = ExtendedMachine::<Heap>::default();
    machine.record_timeline(Timeline::new(10));
    let instance = machine.new_instance().unwrap();
    machine.timeline_mut().unwrap().names_mut().set_instance(instance, HOSTILE);
    machine.lock_down_instance(instance).unwrap();
    let timeline = machine.take_timeline().unwrap();
    let report = TimelineReport::new(&timeline).with_title(HOSTILE).with_outcome(HOSTILE);
    let page = report.html().unwrap();
    assert!(!page.contains("<img"), "{page}");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(data_of(&page).to_string().contains("onerror"));
    serde_json::from_str::<Value>(&report.trace_json()).unwrap();
    let text = report.text();
    assert_eq!(text.lines().count(), 2 + HOSTILE.lines().count());
    assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn an_empty_timeline_and_one_that_only_counts_can_be_written() {
    let counted = record(STREAMS, &[Val::U32(1)], 0, "note").timeline;
    for timeline in [Timeline::new(10), counted] {
        let report = TimelineReport::new(&timeline);
        data_of(&report.html().unwrap());
        serde_json::from_str::<Value>(&report.trace_json()).unwrap();
        assert!(report.text().lines().count() <= 1);
    }
}

#[test]
fn a_timeline_that_begins_in_the_middle_can_be_drawn() {
    let all = record(STREAMS, &[Val::U32(3)], 10_000, "note").timeline.events().len();
    for capacity in (1..all).step_by(7) {
        let recorded = record(STREAMS, &[Val::U32(3)], capacity, "note");
        let data = data_of(&recorded.report().html().unwrap());
        let points = data["points"].as_array().unwrap();
        assert_eq!(points.len(), capacity);
        let lanes = data["lanes"].as_array().unwrap().len() as u64;
        for span in data["spans"].as_array().unwrap() {
            let (from, to) = (span[1].as_u64().unwrap(), span[2].as_u64().unwrap());
            assert!(span[0].as_u64().unwrap() < lanes && from < to && to <= capacity as u64);
        }
    }
}

/// Makes instances in two stores in turn. Each event is half a minute after the one before.
pub(super) fn in_two_stores() -> [Timeline; 2] {
    let ticks = Arc::new(AtomicU32::new(0));
    let mut machines = [(); 2].map(|()| ExtendedMachine::<Heap>::default());
    for machine in &mut machines {
        let ticks = ticks.clone();
        let clock = move || Duration::from_secs(30) * ticks.fetch_add(1, Ordering::Relaxed);
        machine.record_timeline(Timeline::with_clock(100, clock));
    }
    for name in ["first", "second"] {
        for machine in &mut machines {
            let instance = machine.new_instance().unwrap();
            machine.timeline_mut().unwrap().names_mut().set_instance(instance, name);
        }
    }
    machines.map(|mut machine| machine.take_timeline().unwrap())
}

#[test]
fn stores_are_drawn_together_in_the_order_of_time() {
    let timelines = in_two_stores();
    let report = TimelineReport::of_stores(["a", "b"].into_iter().zip(&timelines));
    assert_eq!(
        report.text(),
        "0  turn 0         0 µs  a, -  instance first is made\n\
         1  turn 0  30000000 µs  b, -  instance first is made\n\
         2  turn 0  60000000 µs  a, -  instance second is made\n\
         3  turn 0  90000000 µs  b, -  instance second is made\n"
    );
    let data = data_of(&report.html().unwrap());
    assert_eq!(data["groups"], json!(["a, the host", "b, the host"]));
    assert_eq!(data["hosts"], json!([0, 1]));
    let points = data["points"].as_array().unwrap();
    let lanes: Vec<_> = points.iter().map(|point| point[1].as_u64().unwrap()).collect();
    assert_eq!((lanes, &points[3][3]), (vec![0, 1, 0, 1], &json!(90e6)));
    let trace: Value = serde_json::from_str(&report.trace_json()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let at = |time: f64| events.iter().filter(|it| it["ph"] == "i" && it["ts"] == time).count();
    assert_eq!([0.0, 30e6, 60e6, 90e6].map(at), [1; 4]);
}

#[test]
fn events_of_one_moment_keep_their_order_in_a_trace() {
    let mut machine = ExtendedMachine::<Heap>::default();
    machine.record_timeline(Timeline::with_clock(10, || Duration::from_secs(5)));
    for _ in 0..3 {
        machine.new_instance().unwrap();
    }
    let timeline = machine.take_timeline().unwrap();
    let trace = TimelineReport::new(&timeline).trace_json();
    let trace: Value = serde_json::from_str(&trace).unwrap();
    let points = trace["traceEvents"].as_array().unwrap().iter().filter(|it| it["ph"] == "i");
    let times: Vec<_> = points.map(|it| it["ts"].as_f64().unwrap()).collect();
    assert!(times[0] < times[1] && times[1] < times[2] && times[2] < 0.1, "{times:?}");
}

#[test]
fn a_clock_that_goes_back_stands_still() {
    let mut machine = ExtendedMachine::<Heap>::default();
    let ticks = AtomicU32::new(0);
    let clock = move || {
        let times = [5, 3, 7, 0, 7, 8];
        Duration::from_secs(times[ticks.fetch_add(1, Ordering::Relaxed) as usize])
    };
    // The last events of before are dropped, and the times still don't go back.
    machine.record_timeline(Timeline::with_clock(2, clock));
    let mut seen = Vec::new();
    for _ in 0..6 {
        machine.new_instance().unwrap();
        let last = machine.timeline_mut().unwrap().events().next_back();
        seen.push(last.and_then(|it| it.time).unwrap().as_secs());
    }
    assert_eq!(seen, [5, 5, 7, 7, 7, 8]);
    let timeline = machine.take_timeline().unwrap();
    let trace: Value = serde_json::from_str(&TimelineReport::new(&timeline).trace_json()).unwrap();
    let points = trace["traceEvents"].as_array().unwrap().iter().filter(|it| it["ph"] == "i");
    let times: Vec<_> = points.map(|it| it["ts"].as_f64().unwrap()).collect();
    assert_eq!(times, [0.0, 1e6]);
}

#[test]
fn a_trace_of_years_has_nanoseconds() {
    let mut machine = ExtendedMachine::<Heap>::default();
    let ticks = AtomicU32::new(0);
    let year = Duration::from_hours(365 * 24);
    let clock = move || year * 10 * ticks.fetch_add(1, Ordering::Relaxed).min(1);
    machine.record_timeline(Timeline::with_clock(10, clock));
    for _ in 0..3 {
        machine.new_instance().unwrap();
    }
    let timeline = machine.take_timeline().unwrap();
    let report = TimelineReport::new(&timeline);
    let trace = report.trace_json();
    for time in ["0.000", "315360000000000.000", "315360000000000.001"] {
        assert!(trace.contains(&format!("\"ts\":{time}")), "{trace}");
    }
    let columns: Vec<_> = report.text().lines().map(|line| line.find(" µs  ")).collect();
    assert!(columns.iter().all(|it| *it == columns[0]), "{}", report.text());
}
