//! Recording a timeline.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::host::observer::Observer;
use crate::machine::{Action, Hooks, Observation};

use super::event::TimelineEvent;
use super::names::TimelineNames;

/// A timeline: the last events of a machine, with their names.
///
/// The [module](crate::timeline) describes how it is recorded.
#[derive(Clone)]
pub struct Timeline {
    events: VecDeque<TimelineEvent>,
    capacity: usize,
    /// The number of the next event.
    next: u64,
    turn: u64,
    clock: Option<Arc<TimelineClock>>,
    names: TimelineNames,
}

/// A clock for events.
type TimelineClock = dyn Fn() -> Duration + Send + Sync;

impl Timeline {
    /// Creates an empty timeline that keeps the last `capacity` events, and no times.
    #[must_use]
    pub const fn new(capacity: usize) -> Self {
        Self {
            events: VecDeque::new(),
            capacity,
            next: 0,
            turn: 0,
            clock: None,
            names: TimelineNames::new(capacity),
        }
    }

    /// Creates an empty timeline whose events have the times of `clock`: the times since any moment,
    /// which is the same for all timelines of a report. It is called for each event, and must not
    /// panic. If the clock goes back, the times stand still until it is where it was.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use std::time::Instant;
    ///
    /// use weft::timeline::Timeline;
    ///
    /// let start = Instant::now();
    /// let timeline = Timeline::with_clock(1000, move || start.elapsed());
    /// assert_eq!(timeline.events().len(), 0);
    /// ```
    #[must_use]
    pub fn with_clock(
        capacity: usize,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        let mut timeline = Self::new(capacity);
        timeline.clock = Some(Arc::new(clock));
        timeline
    }

    /// Returns the events, the oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &TimelineEvent> + ExactSizeIterator {
        self.events.iter()
    }

    /// Returns the events from a [number](TimelineEvent::number) on, the oldest first. Events that
    /// were dropped are missing.
    pub fn events_since(
        &self,
        number: u64,
    ) -> impl DoubleEndedIterator<Item = &TimelineEvent> + ExactSizeIterator {
        let skipped = number.saturating_sub(self.dropped());
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(self.events.len());
        self.events.range(skipped..)
    }

    /// Returns the number of the next event, which is the number of all events until now.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// Returns the number of events that were dropped, because there was no room for more.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.next.saturating_sub(self.events.len() as u64)
    }

    /// Returns the greatest number of events that it keeps.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    /// Returns the names of the instances and functions in it.
    #[must_use]
    pub const fn names(&self) -> &TimelineNames {
        &self.names
    }

    /// Returns the names of the instances and functions in it, to add others.
    #[must_use]
    pub const fn names_mut(&mut self) -> &mut TimelineNames {
        &mut self.names
    }

    /// Adds an event.
    fn add(&mut self, observation: &Observation) {
        let action = observation.action;
        if action == Action::TurnBegan {
            self.turn = self.turn.saturating_add(1);
        }
        // A clock that goes back stands still.
        let last = self.events.back().and_then(|event| event.time).unwrap_or_default();
        let time = self.clock.as_ref().map(|clock| clock().max(last));
        let event =
            TimelineEvent { number: self.next, turn: self.turn, time, observation: *observation };
        if action == Action::TurnEnded {
            self.turn = self.turn.saturating_add(1);
        }
        self.next = self.next.saturating_add(1);
        if self.events.len() >= self.capacity || self.events.try_reserve(1).is_err() {
            self.events.pop_front();
        }
        if self.events.len() < self.events.capacity().min(self.capacity) {
            self.events.push_back(event);
        }
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline")
            .field("events", &self.events.len())
            .field("dropped", &self.dropped())
            .finish_non_exhaustive()
    }
}

impl Hooks for Timeline {
    const EAGER: bool = true;

    fn hears_of_next_task(&self) -> bool {
        false
    }

    fn hears_of_next_call(&self) -> bool {
        false
    }

    fn observes(&self) -> bool {
        true
    }

    fn observed(&mut self, observation: &Observation) {
        self.add(observation);
    }
}

impl Observer for Option<Box<Timeline>> {
    const NONE: Self = None;

    #[inline]
    fn observes(&self) -> bool {
        self.is_some()
    }

    fn observed(&mut self, observation: &Observation) {
        if let Some(timeline) = self {
            timeline.add(observation);
        }
    }
}
