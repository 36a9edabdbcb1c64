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
    /// The looks at the time.
    looks: Looks,
    /// The number of timers that have ended.
    ended_timers: u64,
    /// The end of the sleep that was dropped last, and the looks at it, unless an event has happened
    /// since. A guest may begin such a sleep anew for each look.
    dropped: Option<(Duration, Looks)>,
    /// `true` if looks have taken time.
    has_looks_that_take_time: bool,
}

/// The number of looks at one thing since a timer has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Looks {
    number: u32,
    /// The number of timers that had ended at the last look.
    ended_timers: u64,
}

impl Looks {
    /// Returns `true` if the next look takes time.
    const fn take_time(&self, ended_timers: u64) -> bool {
        self.ended_timers == ended_timers && self.number >= MAX_LOOKS
    }

    /// Adds a look. Returns `true` if it takes time.
    const fn count(&mut self, ended_timers: u64) -> bool {
        if self.take_time(ended_timers) {
            return true;
        }
        if self.ended_timers != ended_timers {
            *self = Self { number: 0, ended_timers };
        }
        self.number += 1;
        false
    }
}

impl VirtualClock {
    /// Returns the time, from the beginning of the run.
    pub(crate) const fn now(&self) -> Duration {
        self.now
    }

    /// Lets a guest look at the clock.
    pub(crate) fn look(&mut self) {
        if self.looks.count(self.ended_timers) {
            self.take_time();
        }
    }

    /// Lets a guest ask whether its sleep is over. Only the questions about one sleep count together.
    /// Returns `true` if they take time.
    pub(crate) fn ask(&mut self, asked: &mut Looks) -> bool {
        let takes_time = asked.count(self.ended_timers);
        if takes_time {
            self.take_time();
        }
        takes_time
    }

    /// Notes that a sleep is dropped before its end.
    pub(crate) const fn drop_sleep(&mut self, deadline: Duration, asked: Looks) {
        if asked.number > 0 {
            self.dropped = Some((deadline, asked));
        }
    }

    /// Notes that a host event has happened: guests wait for more than the time.
    pub(crate) const fn forget_dropped(&mut self) {
        self.dropped = None;
    }

    /// Returns the looks at the sleep that was dropped last, if it would have ended at this time.
    pub(crate) fn dropped_looks(&mut self, deadline: Duration) -> Looks {
        let dropped = self.dropped.take_if(|(end, _)| *end == deadline);
        dropped.map_or_else(Looks::default, |(_, looks)| looks)
    }

    fn take_time(&mut self) {
        self.now = self.now.saturating_add(LOOK);
        self.has_looks_that_take_time = true;
    }

    /// Returns `true` if looks take time.
    pub(crate) const fn is_watched(&self) -> bool {
        self.looks.take_time(self.ended_timers)
    }

    /// Returns `true` if looks have taken time in this run.
    pub(crate) const fn has_looks_that_take_time(&self) -> bool {
        self.has_looks_that_take_time
    }

    /// Goes on to the time of a timer that ends.
    pub(crate) fn go_on_to(&mut self, deadline: Duration) {
        self.now = self.now.max(deadline);
        self.ended_timers += 1;
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
        assert!(!clock.has_looks_that_take_time());
        clock.look();
        clock.look();
        assert_eq!(clock.now(), Duration::from_millis(2));
        assert!(clock.is_watched() && clock.has_looks_that_take_time());
        clock.go_on_to(Duration::from_secs(5));
        assert!(!clock.is_watched());
        clock.look();
        assert_eq!(clock.now(), Duration::from_secs(5));
        clock.go_on_to(Duration::from_secs(4));
        assert_eq!(clock.now(), Duration::from_secs(5));
    }

    #[test]
    fn a_sleep_takes_over_the_looks_at_one_that_was_dropped() {
        let mut clock = VirtualClock::default();
        let [end, other] = [1, 2].map(Duration::from_secs);
        let ask_anew = |clock: &mut VirtualClock, end| {
            let mut looks = clock.dropped_looks(end);
            let takes_time = clock.ask(&mut looks);
            clock.drop_sleep(end, looks);
            takes_time
        };
        assert!((0..MAX_LOOKS).all(|_| !ask_anew(&mut clock, end)));
        // A sleep that nobody has asked for changes nothing.
        clock.drop_sleep(other, Looks::default());
        assert!(ask_anew(&mut clock, end) && clock.now() == LOOK);
        assert!(!ask_anew(&mut clock, other) && !ask_anew(&mut clock, end));
        assert!((1..MAX_LOOKS).all(|_| !ask_anew(&mut clock, end)));
        clock.forget_dropped();
        assert!(!ask_anew(&mut clock, end) && clock.now() == LOOK);
    }

    #[test]
    fn questions_about_many_sleeps_take_no_time_and_those_about_one_do() {
        let mut clock = VirtualClock::default();
        let mut sleeps: Vec<Looks> = Vec::new();
        sleeps.resize_with(1_000, Looks::default);
        assert!(sleeps.iter_mut().all(|sleep| !clock.ask(sleep)));
        assert!((1..MAX_LOOKS).all(|_| !clock.ask(&mut sleeps[0])));
        assert_eq!(clock.now(), Duration::ZERO);
        assert!(clock.ask(&mut sleeps[0]));
        assert!(!clock.ask(&mut sleeps[1]) && !clock.is_watched());
        assert_eq!(clock.now(), LOOK);
        clock.go_on_to(Duration::from_secs(1));
        assert!(!clock.ask(&mut sleeps[0]));
        assert_eq!(clock.now(), Duration::from_secs(1));
    }
}
