//! Building a scene from events.

use std::collections::HashMap;

use weft::machine::{
    Action, EndId, Observation, ObservedEnd, ObservedThread, SubtaskId, ThreadId, ThreadStop,
    WaitableId,
};
use weft::timeline::TimelineNames;

use super::lanes::Lanes;
use super::phrases::{function_of, party, printable, sentence, stop, thread_name};
use super::scene::{Arrow, ArrowKind, ChoicePoint, LaneGroup, Point, Scene, Span, SpanKind};

/// The lane of the host.
const HOST: usize = 0;

/// The greatest distance of the ends of arrows that mean the same.
const NEAR: usize = 3;

/// A lane, and a place in it.
type LanePlace = (usize, usize);

/// Something in a lane that has not ended.
#[derive(Debug)]
struct Open {
    lane: usize,
    since: usize,
    kind: SpanKind,
    who: String,
    state: String,
}

/// A scene that is being built.
#[derive(Debug)]
pub(super) struct SceneBuilder<'a> {
    names: &'a TimelineNames,
    lanes: Lanes,
    spans: Vec<Span>,
    points: Vec<Point>,
    arrows: Vec<Arrow>,
    choices: Vec<ChoicePoint>,
    threads: HashMap<ThreadId, Open>,
    /// The thread that runs, or that has called the host.
    running: Option<ThreadId>,
    /// The places of calls whose callee has not begun.
    calls: HashMap<SubtaskId, LanePlace>,
    /// The names of the host functions that were called, until they have ended.
    host_functions: HashMap<SubtaskId, String>,
    host_spans: HashMap<SubtaskId, Open>,
    /// The places of events that were set and not delivered.
    events: HashMap<WaitableId, LanePlace>,
    /// The places at which threads became ready that have not gone on.
    ready: HashMap<ThreadId, LanePlace>,
    /// The place at which the last read or write of an end began.
    copies: HashMap<EndId, LanePlace>,
    host_since: Option<usize>,
}

impl<'a> SceneBuilder<'a> {
    /// Creates an empty scene, whose first event is at `begin`.
    pub(super) fn new(names: &'a TimelineNames, begin: usize) -> Self {
        Self {
            names,
            lanes: Lanes::new(),
            spans: Vec::new(),
            points: Vec::new(),
            arrows: Vec::new(),
            choices: Vec::new(),
            threads: HashMap::new(),
            running: None,
            calls: HashMap::new(),
            host_functions: HashMap::new(),
            host_spans: HashMap::new(),
            events: HashMap::new(),
            ready: HashMap::new(),
            copies: HashMap::new(),
            host_since: Some(begin),
        }
    }

    /// Adds an event.
    pub(super) fn add(&mut self, at: usize, observation: &Observation) {
        let lane = self.lane_of_event(at, observation);
        match observation.action {
            Action::TurnEnded => {
                self.call_out(at, "does not run");
                self.running = None;
                self.host_since = Some(at);
            }
            Action::Called { call, callee, function, .. } => {
                self.calls.insert(call, (lane, at));
                if callee.is_none() {
                    let name = printable(&self.names.function(function));
                    self.call_out(at, &format!("is in a call of the host function {name}"));
                    self.host_functions.insert(call, name);
                }
            }
            Action::HostFunctionStarted { call } => self.host_function_starts(at, call),
            Action::HostFunctionReturned { call } => self.host_function_ends(at, call),
            Action::TaskMade { thread, call } => {
                let to = (self.lane_of(&thread, at), at);
                if let Some(from) = call.and_then(|it| self.calls.remove(&it)) {
                    let text = format!("calls {}", function_of(self.names, &thread));
                    self.arrow(ArrowKind::Call, from, to, text);
                }
            }
            Action::ThreadMade { thread } => {
                self.lane_of(&thread, at);
                self.change(&thread, at, SpanKind::IsSuspended, "is suspended".to_owned());
            }
            Action::ThreadResumed { thread } => self.resumed(at, &thread),
            Action::ThreadReady { thread } => {
                self.ready.insert(thread.thread, (lane, at));
                self.change(&thread, at, SpanKind::IsReady, "can go on".to_owned());
            }
            Action::ThreadStopped { thread, reason } => {
                self.change(&thread, at, kind_of(reason), stop(reason));
            }
            Action::ThreadEnded { thread, .. } => self.thread_ended(at, &thread),
            Action::EventSet { waitable, .. } => {
                self.events.entry(waitable).or_insert((lane, at));
            }
            Action::EventDelivered { waitable, .. } => {
                if let Some(from) = self.events.remove(&waitable) {
                    self.arrow(ArrowKind::Wake, from, (lane, at), "an event".to_owned());
                }
            }
            Action::CopyBegan { end, .. } => {
                self.copies.insert(end.end, (lane, at));
            }
            Action::Copied { readable, count } => self.copied(at, lane, &readable, count),
            Action::EndDropped { end } => {
                self.copies.remove(&end.end);
            }
            Action::Chose { choice, count, chosen } => {
                self.choices.push(ChoicePoint { at, choice: choice.to_string(), count, chosen });
            }
            _ => {}
        }
        self.points.push(Point { at, lane, text: sentence(self.names, observation) });
    }

    /// Returns the scene.
    pub(super) fn finish(mut self, end: usize) -> Scene {
        self.end_host(end);
        let threads = std::mem::take(&mut self.threads).into_values();
        for open in threads.chain(std::mem::take(&mut self.host_spans).into_values()) {
            self.close(&open, end);
        }
        self.spans.sort_by_key(|span| (span.lane, span.from));
        let Lanes { groups, all: lanes, .. } = self.lanes;
        let group = |(number, name): (usize, String)| match number {
            0 => LaneGroup { name, host: Some(HOST) },
            _ => LaneGroup { name: format!("instance {name}"), host: None },
        };
        let groups = groups.into_iter().enumerate().map(group).collect();
        let Self { spans, points, arrows, choices, .. } = self;
        Scene { groups, lanes, spans, points, arrows, choices }
    }

    /// Returns the lane in which an event is drawn: that of the thread that it is about, or of the
    /// thread that has caused it, or else the host's.
    fn lane_of_event(&mut self, at: usize, observation: &Observation) -> usize {
        match observation.action {
            Action::ThreadResumed { thread }
            | Action::ThreadStopped { thread, .. }
            | Action::ThreadEnded { thread, .. }
            | Action::TaskMade { thread, .. } => self.lane_of(&thread, at),
            _ => match observation.thread {
                Some(thread) => self.lane_of(&thread, at),
                None => HOST,
            },
        }
    }

    /// Returns the lane of a thread.
    fn lane_of(&mut self, thread: &ObservedThread, at: usize) -> usize {
        if let Some(open) = self.threads.get(&thread.thread) {
            return open.lane;
        }
        let names = self.names;
        let group = self.lanes.group(thread.instance, || party(names, Some(thread.instance)));
        let lane = self.lanes.take(group, &function_of(names, thread));
        let (who, state) = (thread_name(names, thread), "begins".to_owned());
        let open = Open { lane, since: at, kind: SpanKind::Enters, who, state };
        self.threads.insert(thread.thread, open);
        lane
    }

    /// Changes the state of a thread.
    fn change(&mut self, thread: &ObservedThread, at: usize, kind: SpanKind, state: String) {
        self.lane_of(thread, at);
        let who = thread_name(self.names, thread);
        let Some(open) = self.threads.get_mut(&thread.thread) else { return };
        let next = Open { lane: open.lane, since: at, kind, who, state };
        let before = std::mem::replace(open, next);
        self.close(&before, at);
    }

    /// Marks that the running thread is in a call.
    fn call_out(&mut self, at: usize, state: &str) {
        let Some(open) = self.running.and_then(|it| self.threads.get_mut(&it)) else { return };
        if open.kind != SpanKind::Runs {
            return;
        }
        let (who, state) = (open.who.clone(), state.to_owned());
        let next = Open { lane: open.lane, since: at, kind: SpanKind::InCall, who, state };
        let before = std::mem::replace(open, next);
        self.close(&before, at);
    }

    fn resumed(&mut self, at: usize, thread: &ObservedThread) {
        if self.running != Some(thread.thread) {
            self.call_out(at, "is in a call");
        }
        self.end_host(at);
        let to = (self.lane_of(thread, at), at);
        if let Some(from) = self.ready.remove(&thread.thread) {
            self.arrow(ArrowKind::Wake, from, to, "wakes".to_owned());
        }
        self.change(thread, at, SpanKind::Runs, "runs".to_owned());
        self.running = Some(thread.thread);
    }

    fn thread_ended(&mut self, at: usize, thread: &ObservedThread) {
        self.ready.remove(&thread.thread);
        if let Some(open) = self.threads.remove(&thread.thread) {
            self.close(&open, at + 1);
            self.lanes.free(open.lane);
        }
        if self.running == Some(thread.thread) {
            self.running = None;
        }
    }

    fn host_function_starts(&mut self, at: usize, call: SubtaskId) {
        let name = self.host_functions.remove(&call).unwrap_or_else(|| "host function".to_owned());
        let lane = self.lanes.take(HOST, &name);
        if let Some(from) = self.calls.remove(&call) {
            self.arrow(ArrowKind::Call, from, (lane, at), format!("calls {name}"));
        }
        let (who, state) = (format!("{name} (call {call})"), "is under way".to_owned());
        let open = Open { lane, since: at, kind: SpanKind::HostFunction, who, state };
        self.host_spans.insert(call, open);
    }

    fn host_function_ends(&mut self, at: usize, call: SubtaskId) {
        self.host_functions.remove(&call);
        if let Some(open) = self.host_spans.remove(&call) {
            self.close(&open, at + 1);
            self.events.entry(WaitableId::Subtask(call)).or_insert((open.lane, at));
            self.lanes.free(open.lane);
        }
    }

    fn copied(&mut self, at: usize, lane: usize, readable: &ObservedEnd, count: u32) {
        let began = |end: EndId| self.copies.get(&end).copied();
        let to = began(readable.end).unwrap_or((lane, at));
        let from = readable.other.and_then(|(other, _)| began(other)).unwrap_or((HOST, at));
        // The side that was there first waits; the values move now.
        let (from, to) = ((from.0, at), (to.0, at));
        let values = if count == 1 { "value" } else { "values" };
        self.arrow(ArrowKind::Copy, from, to, format!("{count} {values}"));
    }

    fn arrow(&mut self, kind: ArrowKind, from: LanePlace, to: LanePlace, text: String) {
        // A thread that is woken and gets an event for it has one arrow.
        let is_same = self.arrows.last().is_some_and(|last| {
            let near = |a: LanePlace, b: LanePlace| a.0 == b.0 && a.1.abs_diff(b.1) <= NEAR;
            kind == ArrowKind::Wake
                && last.kind == kind
                && near(last.from, from)
                && near(last.to, to)
        });
        if from.0 != to.0 && !is_same {
            self.arrows.push(Arrow { kind, from, to, text });
        }
    }

    fn end_host(&mut self, at: usize) {
        if let Some(since) = self.host_since.take() {
            let (who, state) = ("the host".to_owned(), "has control".to_owned());
            self.close(&Open { lane: HOST, since, kind: SpanKind::Host, who, state }, at);
        }
    }

    /// Adds the span of something that ends before `at`.
    fn close(&mut self, open: &Open, at: usize) {
        if at > open.since {
            let Open { lane, since: from, kind, .. } = *open;
            let (who, state) = (open.who.clone(), open.state.clone());
            self.spans.push(Span { lane, from, to: at, kind, who, state });
        }
    }
}

const fn kind_of(reason: ThreadStop) -> SpanKind {
    match reason {
        ThreadStop::Suspended => SpanKind::IsSuspended,
        ThreadStop::Yielded => SpanKind::IsReady,
        ThreadStop::WaitsToEnter => SpanKind::Enters,
        _ => SpanKind::Waits,
    }
}
