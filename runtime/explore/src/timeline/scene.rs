//! The scene: a timeline as lanes, spans, points and arrows. A trace and a page draw the same scene.

use weft::timeline::Timeline;

use super::lanes::Lane;
use super::scene_builder::SceneBuilder;

/// A scene. Places are positions of events, from 0.
#[derive(Debug)]
pub(super) struct Scene {
    /// The names of the groups of lanes; the first one is the host's.
    pub(super) groups: Vec<String>,
    pub(super) lanes: Vec<Lane>,
    pub(super) spans: Vec<Span>,
    /// The lane and the text of each event.
    pub(super) points: Vec<(usize, String)>,
    pub(super) arrows: Vec<Arrow>,
    pub(super) choices: Vec<ChoicePoint>,
}

/// The state of a thread or host function in a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SpanKind {
    /// It runs.
    Runs,
    /// It is in a call of another guest or of a host function.
    InCall,
    /// It waits.
    Waits,
    /// It can go on.
    IsReady,
    /// It is suspended.
    IsSuspended,
    /// It waits to enter.
    Enters,
    /// A host function is under way.
    HostFunction,
    /// The host has control.
    Host,
}

/// A span of a lane.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) lane: usize,
    pub(super) from: usize,
    /// The place after its last event.
    pub(super) to: usize,
    pub(super) kind: SpanKind,
    /// The thread or host function.
    pub(super) who: String,
    /// Its state, after its name.
    pub(super) state: String,
}

/// The meaning of an arrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArrowKind {
    /// A call.
    Call,
    /// A wake: an event, or a resumption.
    Wake,
    /// Values that move.
    Copy,
}

/// An arrow from one lane to another.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    pub(super) kind: ArrowKind,
    /// The lane and place where it begins.
    pub(super) from: (usize, usize),
    /// The lane and place where it ends.
    pub(super) to: (usize, usize),
    pub(super) text: String,
}

/// A choice of the schedule.
#[derive(Clone, Debug)]
pub(super) struct ChoicePoint {
    pub(super) at: usize,
    pub(super) choice: String,
    pub(super) count: u32,
    pub(super) chosen: u32,
}

impl Scene {
    /// Draws a timeline.
    pub(super) fn of(timeline: &Timeline) -> Self {
        let mut builder = SceneBuilder::new(timeline.names());
        for (at, event) in timeline.events().enumerate() {
            builder.add(at, &event.observation);
        }
        builder.finish(timeline.events().len())
    }
}
