//! Decisions that were made before.

use super::{Choice, Chooser};

#[cfg(feature = "alloc")]
pub use strict::{ReplayMismatch, ScheduleReplay};

/// A chooser that answers with a list, in its order, and with 0 after its end.
///
/// It doesn't look at the decisions. [`ScheduleReplay`](super::ScheduleReplay) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replaying<'a> {
    choices: &'a [u32],
    asked: usize,
}

impl<'a> Replaying<'a> {
    /// Creates a chooser that answers with `choices`.
    #[must_use]
    pub const fn new(choices: &'a [u32]) -> Self {
        Self { choices, asked: 0 }
    }

    /// Returns the number of decisions so far. The number is greater than the length of the list if
    /// this run asks for more decisions than the list has.
    #[must_use]
    pub const fn asked(&self) -> usize {
        self.asked
    }
}

impl Chooser for Replaying<'_> {
    fn choose(&mut self, _: Choice, _: u32) -> u32 {
        let choice = self.choices.get(self.asked).copied().unwrap_or(0);
        self.asked += 1;
        choice
    }
}

#[cfg(feature = "alloc")]
mod strict {
    use thiserror::Error;

    use crate::chooser::{Choice, Chooser, Chosen, REFUSED, Schedule};

    /// A chooser that answers with a schedule, in its order, and with 0 after its end.
    ///
    /// If it is asked for another decision than the schedule has, or among another number of
    /// possibilities, it [refuses](REFUSED) to answer, then and from then on.
    /// [`mismatch`](Self::mismatch) tells where that was.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::chooser::{Choice, Chooser, REFUSED, ScheduleReplay};
    ///
    /// let mut replay = ScheduleReplay::new("tick 2 of 3\nwait 1 of 2".parse()?);
    /// assert_eq!(replay.choose(Choice::Tick, 3), 2);
    /// assert_eq!(replay.choose(Choice::Yield, 2), REFUSED);
    /// assert_eq!(
    ///     replay.mismatch().ok_or("there is a mismatch")?.to_string(),
    ///     "decision 2 of the schedule is `wait 1 of 2`, but this run decides `yield` among 2",
    /// );
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct ScheduleReplay {
        schedule: Schedule,
        asked: usize,
        mismatch: Option<ReplayMismatch>,
    }

    /// The first decision of a run that is not the one of the schedule that it replays.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
    #[error(
        "decision {number} of the schedule is `{expected}`, but this run decides `{choice}` among {count}"
    )]
    pub struct ReplayMismatch {
        /// The number of the decision, from 1.
        pub number: usize,
        /// The decision of the schedule.
        pub expected: Chosen,
        /// The decision of this run.
        pub choice: Choice,
        /// The number of possibilities in this run.
        pub count: u32,
    }

    impl ScheduleReplay {
        /// Creates a chooser that answers with `schedule`.
        #[must_use]
        pub const fn new(schedule: Schedule) -> Self {
            Self { schedule, asked: 0, mismatch: None }
        }

        /// Returns the number of decisions so far. The number is greater than the length of the
        /// schedule if this run asks for more decisions than the schedule has.
        #[must_use]
        pub const fn asked(&self) -> usize {
            self.asked
        }

        /// Returns the first decision that is not the one of the schedule, if there was one.
        #[must_use]
        pub const fn mismatch(&self) -> Option<&ReplayMismatch> {
            self.mismatch.as_ref()
        }

        /// Returns the schedule.
        #[must_use]
        pub const fn schedule(&self) -> &Schedule {
            &self.schedule
        }
    }

    impl Chooser for ScheduleReplay {
        fn choose(&mut self, choice: Choice, count: u32) -> u32 {
            if self.mismatch.is_some() {
                return REFUSED;
            }
            let expected = self.schedule.chosen().get(self.asked).copied();
            self.asked += 1;
            match expected {
                None => 0,
                Some(expected) if (expected.choice, expected.count) == (choice, count) => {
                    expected.chosen
                }
                Some(expected) => {
                    let number = self.asked;
                    self.mismatch = Some(ReplayMismatch { number, expected, choice, count });
                    REFUSED
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_replayed_and_runs_out() {
        let mut replaying = Replaying::new(&[2, 1]);
        let answers = [(); 3].map(|()| replaying.choose(Choice::Event, 3));
        assert_eq!((answers, replaying.asked()), ([2, 1, 0], 3));
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn a_schedule_is_replayed_and_another_decision_is_refused() {
        use crate::chooser::REFUSED;

        let replay = ScheduleReplay::new("tick 1 of 2\nevent 3 of 4".parse().unwrap());
        let mut same = replay.clone();
        assert_eq!(same.choose(Choice::Tick, 2), 1);
        assert_eq!(same.choose(Choice::Event, 4), 3);
        assert_eq!(same.choose(Choice::Event, 9), 0);
        assert_eq!((same.asked(), same.mismatch()), (3, None));

        let mut other = replay;
        assert_eq!(other.choose(Choice::Tick, 2), 1);
        assert_eq!(other.choose(Choice::Event, 3), REFUSED);
        assert_eq!(other.choose(Choice::Event, 4), REFUSED);
        let mismatch = other.mismatch().unwrap();
        assert_eq!((mismatch.number, mismatch.choice, mismatch.count), (2, Choice::Event, 3));
    }
}
