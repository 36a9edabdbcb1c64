//! A record of the decisions that are made.

#[cfg(feature = "alloc")]
pub use with_alloc::Recording;

#[cfg(feature = "alloc")]
mod with_alloc {
    use crate::chooser::{Choice, Chooser, Chosen, Schedule};

    /// A chooser that answers as another one does, and records the answers.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::chooser::{Choice, Chooser, Recording, ScheduleReplay, Seeded};
    ///
    /// let mut recording = Recording::new(Seeded::new(1));
    /// let chosen = [recording.choose(Choice::Tick, 3), recording.choose(Choice::Wait, 2)];
    ///
    /// // The schedule is a text, which leads to the same choices later.
    /// let text = recording.schedule().to_string();
    /// let mut replay = ScheduleReplay::new(text.parse()?);
    /// assert_eq!([replay.choose(Choice::Tick, 3), replay.choose(Choice::Wait, 2)], chosen);
    /// # Ok::<(), weft::chooser::ScheduleError>(())
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Recording<C> {
        chooser: C,
        schedule: Schedule,
    }

    impl<C> Recording<C> {
        /// Creates a chooser that records the answers of `chooser`.
        pub const fn new(chooser: C) -> Self {
            Self { chooser, schedule: Schedule::new() }
        }

        /// Returns the answers so far.
        pub fn chosen(&self) -> &[Chosen] {
            self.schedule.chosen()
        }

        /// Returns the schedule of the answers so far.
        pub const fn schedule(&self) -> &Schedule {
            &self.schedule
        }

        /// Returns the schedule of the answers, without the chooser.
        pub fn into_schedule(self) -> Schedule {
            self.schedule
        }
    }

    impl<C: Chooser> Chooser for Recording<C> {
        fn choose(&mut self, choice: Choice, count: u32) -> u32 {
            let chosen = self.chooser.choose(choice, count);
            self.schedule.push(Chosen { choice, count, chosen });
            chosen
        }

        fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
            let chosen = self.chooser.choose_covered(choice, count, covering);
            self.schedule.push(Chosen { choice, count, chosen });
            chosen
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use crate::chooser::{Choice, Chooser as _, Chosen, Recording, Replaying};

    #[test]
    fn the_recorded_choices_are_those_that_were_made() {
        let mut recording = Recording::new(Replaying::new(&[1]));
        recording.choose(Choice::Yield, 2);
        recording.choose(Choice::Tick, 5);
        let expected = [
            Chosen { choice: Choice::Yield, count: 2, chosen: 1 },
            Chosen { choice: Choice::Tick, count: 5, chosen: 0 },
        ];
        assert_eq!(recording.chosen(), expected);
    }
}
