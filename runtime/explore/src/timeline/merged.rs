//! The timelines of several stores as one: their events in the order of time.

use std::time::Duration;

use weft::timeline::{Timeline, TimelineEvent};

/// A store of a report: its name, and what it has recorded. A single store has no name.
pub(super) type NamedTimeline<'a> = (&'a str, &'a Timeline);

/// The timelines of a report. The place of an event is its position among the events of all.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    pub(super) stores: &'a [NamedTimeline<'a>],
    pub(super) events: Vec<MergedEvent<'a>>,
}

/// An event of one of the stores.
#[derive(Clone, Copy, Debug)]
pub(super) struct MergedEvent<'a> {
    /// The number of the store.
    pub(super) store: usize,
    pub(super) event: &'a TimelineEvent,
    /// The time since the first event, if there is a clock.
    pub(super) time: Option<Duration>,
}

impl<'a> Merged<'a> {
    /// Puts the events of all stores in the order of time. Without clocks, one store follows the
    /// other.
    pub(super) fn of(stores: &'a [NamedTimeline<'a>]) -> Self {
        let of_store = |(store, (_, timeline)): (usize, &NamedTimeline<'a>)| {
            let timeline: &'a Timeline = timeline;
            timeline.events().map(move |event| MergedEvent { store, event, time: event.time })
        };
        let mut events: Vec<_> = stores.iter().enumerate().flat_map(of_store).collect();
        if events.iter().all(|it| it.time.is_some()) {
            events.sort_by_key(|it| it.time);
        }
        let start = events.iter().find_map(|it| it.time).unwrap_or_default();
        for event in &mut events {
            event.time = event.time.map(|time| time.saturating_sub(start));
        }
        Self { stores, events }
    }

    /// Returns the number of events that were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.stores.iter().map(|(_, timeline)| timeline.dropped()).sum()
    }
}
