//! The virtual clock of a run.

use std::time::Duration;

/// The largest number of looks at one moment.
const MAX_LOOKS: u32 = 100;

/// The time of each look after that.
const LOOK: Duration = Duration::from_millis(1);

/// The virtual clock of a run. It stands still until a timer ends, or until a guest has looked at it
/// very often: such a guest waits for a moment without sleeping.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock {
    now: Duration,
    /// The number of looks since a timer has ended.
    looks: u32,
}

impl VirtualClock {
    /// Returns the time, from the beginning of the run.
    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    /// Lets a guest look at the clock.
    pub(crate) fn look(&mut self) {
        if self.is_watched() {
            self.now = self.now.saturating_add(LOOK);
        } else {
            self.looks += 1;
        }
    }

    /// Returns `true` if looks take time.
    pub(crate) const fn is_watched(&self) -> bool {
        self.looks >= MAX_LOOKS
    }

    /// Goes on to the time of a timer that ends.
    pub(crate) fn go_on_to(&mut self, deadline: Duration) {
        self.now = self.now.max(deadline);
        self.looks = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_until_a_timer_ends_or_a_guest_looks_again_and_again() {
        let mut clock = VirtualClock::default();
        for _ in 0..MAX_LOOKS {
            clock.look();
        }
        assert_eq!(clock.now(), Duration::ZERO);
        clock.look();
        clock.look();
        assert_eq!(clock.now(), Duration::from_millis(2));
        clock.go_on_to(Duration::from_secs(5));
        clock.look();
        assert_eq!(clock.now(), Duration::from_secs(5));
        clock.go_on_to(Duration::from_secs(4));
        assert_eq!(clock.now(), Duration::from_secs(5));
    }
}
