//! The events of a timeline.

use core::time::Duration;

use crate::id::InstanceId;
use crate::machine::Observation;

/// An event of a timeline: something that has happened, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineEvent {
    /// The number of the event, from 0. Each event has the number after that of the event before,
    /// even if that was dropped.
    pub number: u64,
    /// The turn. It counts how often control has gone from the host to guests, or back, outside of
    /// all calls. So what guests do until the host has control again has one number, and what the
    /// host does after it has the next one.
    pub turn: u64,
    /// The time by the clock of the timeline, if it has one.
    pub time: Option<Duration>,
    /// The thing that has happened.
    pub observation: Observation,
}

impl TimelineEvent {
    /// Returns the instances whose state the machine has read or changed:
    /// [`Observation::instances`].
    ///
    /// Two turns commute if their events touch different instances, and if events of at most one of
    /// them [are of the host](Self::is_of_host).
    pub fn instances(&self) -> impl Iterator<Item = InstanceId> + use<> {
        self.observation.instances()
    }

    /// Returns `true` if the host takes part: [`Observation::is_of_host`].
    #[must_use]
    pub fn is_of_host(&self) -> bool {
        self.observation.is_of_host()
    }
}
