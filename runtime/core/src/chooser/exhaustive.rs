//! All decisions, one run after another.

#[cfg(feature = "alloc")]
pub use with_alloc::Exhaustive;

#[cfg(feature = "alloc")]
mod with_alloc {
    use crate::chooser::{Choice, Chooser, Chosen, REFUSED, Schedule};

    /// A chooser that answers in each run otherwise, until all answers have been tried.
    ///
    /// A run answers as the one before it up to some decision, and takes the next possibility
    /// there. So the runs have to ask the same after the same answers: if one doesn't, the chooser
    /// [refuses](REFUSED) to answer. The number of runs grows exponentially with the number of
    /// decisions; `weft-explore` leaves out runs that only permute independent steps.
    ///
    /// # Example
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::chooser::{Choice, Chooser, Exhaustive};
    ///
    /// let mut chooser = Exhaustive::new();
    /// let mut seen = Vec::new();
    /// loop {
    ///     // A run with one decision, or with two.
    ///     let first = chooser.choose(Choice::Yield, 2);
    ///     let second = if first == 1 { chooser.choose(Choice::Tick, 3) } else { 0 };
    ///     seen.push((first, second));
    ///     if !chooser.next_run() {
    ///         break;
    ///     }
    /// }
    /// assert_eq!(seen, [(0, 0), (1, 0), (1, 1), (1, 2)]);
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Exhaustive {
        run: Schedule,
        asked: usize,
    }

    impl Exhaustive {
        /// Creates the chooser of the first run, which takes the first possibilities.
        #[must_use]
        pub const fn new() -> Self {
            Self { run: Schedule::new(), asked: 0 }
        }

        /// Begins the next run. Returns `false` if all have been made.
        ///
        /// Decisions that the last run did not ask for are left out.
        pub fn next_run(&mut self) -> bool {
            self.run.truncate(self.asked);
            self.asked = 0;
            while let Some(last) = self.run.pop() {
                if last.chosen.saturating_add(1) < last.count {
                    self.run.push(Chosen { chosen: last.chosen + 1, ..last });
                    return true;
                }
            }
            false
        }

        /// Returns the decisions of the current run.
        #[must_use]
        pub const fn schedule(&self) -> &Schedule {
            &self.run
        }
    }

    impl Chooser for Exhaustive {
        fn choose(&mut self, choice: Choice, count: u32) -> u32 {
            self.asked += 1;
            match self.run.chosen().get(self.asked - 1) {
                Some(known) if (known.choice, known.count) == (choice, count) => known.chosen,
                Some(_) => REFUSED,
                None => {
                    self.run.push(Chosen { choice, count, chosen: 0 });
                    0
                }
            }
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::Exhaustive;
    use crate::chooser::{Choice, Chooser as _, REFUSED};

    #[test]
    fn every_sequence_is_taken_once() {
        let mut chooser = Exhaustive::new();
        let mut seen = alloc::collections::BTreeSet::new();
        loop {
            assert!(seen.insert([2, 3, 2].map(|count| chooser.choose(Choice::Tick, count))));
            if !chooser.next_run() {
                break;
            }
        }
        assert_eq!(seen.len(), 12);
        assert!(!Exhaustive::new().next_run());
    }

    #[test]
    fn a_run_that_asks_otherwise_is_refused() {
        let mut chooser = Exhaustive::new();
        chooser.choose(Choice::Tick, 2);
        chooser.choose(Choice::Tick, 2);
        assert!(chooser.next_run());
        assert_eq!(chooser.choose(Choice::Wait, 2), REFUSED);
    }
}
