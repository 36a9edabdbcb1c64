//! The observer of a machine with host extensions.

use crate::machine::Observation;

/// An observer that a machine with host extensions may have: a
/// [`Timeline`](crate::timeline::Timeline), or none if there is no allocator.
pub trait Observer {
    /// No observer.
    const NONE: Self;

    /// Returns `true` if there is an observer.
    fn observes(&self) -> bool;

    /// Tells the observer of an observation.
    fn observed(&mut self, observation: &Observation);
}

impl Observer for () {
    const NONE: Self = ();

    fn observes(&self) -> bool {
        false
    }

    fn observed(&mut self, _: &Observation) {}
}
