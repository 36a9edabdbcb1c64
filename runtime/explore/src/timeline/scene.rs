//! The scene: a timeline as lanes, spans, points and arrows. A trace and a page draw the same scene.

use super::lanes::Lane;
use super::merged::Merged;
use super::phrases::printable;
use super::scene_builder::SceneBuilder;

/// A scene. Places are positions of events, from 0.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// The groups of lanes.
    pub(super) groups: Vec<LaneGroup>,
    pub(super) lanes: Vec<Lane>,
    pub(super) spans: Vec<Span>,
    /// A point for each event.
    pub(super) points: Vec<Point>,
    pub(super) arrows: Vec<Arrow>,
    pub(super) choices: Vec<ChoicePoint>,
}

/// A group of lanes.
#[derive(Clone, Debug)]
pub(super) struct LaneGroup {
    pub(super) name: String,
    /// The first lane, if the group is that of a host.
    pub(super) host: Option<usize>,
}

/// An event.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) at: usize,
    pub(super) lane: usize,
    pub(super) text: String,
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
    /// Draws the timelines of all stores.
    pub(super) fn of(merged: &Merged<'_>) -> Self {
        let mut places = vec![Vec::new(); merged.stores.len()];
        for (at, event) in merged.events.iter().enumerate() {
            if let Some(places) = places.get_mut(event.store) {
                places.push(at);
            }
        }
        let mut scene = Self::default();
        for ((name, timeline), places) in merged.stores.iter().zip(places) {
            let begin = places.first().copied().unwrap_or_default();
            let mut builder = SceneBuilder::new(timeline.names(), begin);
            for (at, event) in places.iter().zip(timeline.events()) {
                builder.add(*at, &event.observation);
            }
            scene.append(builder.finish(places.last().map_or(begin, |last| last + 1)), name);
        }
        scene.points.sort_by_key(|point| point.at);
        scene.choices.sort_by_key(|choice| choice.at);
        scene
    }

    /// Adds the scene of another store.
    fn append(&mut self, mut other: Self, name: &str) {
        let (groups, lanes) = (self.groups.len(), self.lanes.len());
        for group in &mut other.groups {
            if !name.is_empty() {
                group.name = format!("{}, {}", printable(name), group.name);
            }
            group.host = group.host.map(|lane| lane + lanes);
        }
        other.lanes.iter_mut().for_each(|lane| lane.group += groups);
        other.spans.iter_mut().for_each(|span| span.lane += lanes);
        other.points.iter_mut().for_each(|point| point.lane += lanes);
        for arrow in &mut other.arrows {
            arrow.from.0 += lanes;
            arrow.to.0 += lanes;
        }
        self.groups.append(&mut other.groups);
        self.lanes.append(&mut other.lanes);
        self.spans.append(&mut other.spans);
        self.points.append(&mut other.points);
        self.arrows.append(&mut other.arrows);
        self.choices.append(&mut other.choices);
    }
}
