//! Decisions by a seed.

use super::{Choice, Chooser};

/// The largest number of possibilities that are all as likely as one another.
const EQUALLY_LIKELY: u32 = 16;

/// The largest number of doublings: there are never more possibilities than that.
const MOST_DOUBLINGS: u32 = 27;

/// A chooser that takes any possibility, by a seed. The same seed leads to the same answers on
/// every platform.
///
/// Possibilities are equally likely, except if there are more than 16 threads or events. Then the
/// first 16 are chosen among half of the time, the first 32 a quarter of the time, and so on. So a
/// decision takes the machine a constant time on average, although a thread that came later takes
/// longer to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    /// Creates the chooser of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Returns the next 64 random bits: `SplitMix64` (Steele, Lea and Flood, 2014).
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl Chooser for Seeded {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let random = self.next();
        let considered = match choice {
            Choice::Tick | Choice::SyncCall | Choice::Cancellation | Choice::Event => {
                let doublings = random.trailing_ones().min(MOST_DOUBLINGS);
                count.min(EQUALLY_LIKELY << doublings)
            }
            _ => count,
        };
        // The high half, scaled to the range.
        let scaled = ((random >> 32) * u64::from(considered)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_reaches_every_possibility_and_only_those() {
        for count in [1, 2, 3, 16, 17, 33, 100] {
            let mut seeded = Seeded::new(7);
            let mut seen = [false; 100];
            for _ in 0..20_000 {
                let chosen = seeded.choose(Choice::Tick, count);
                assert!(chosen < count);
                seen[chosen as usize] = true;
            }
            assert_eq!(seen.iter().filter(|seen| **seen).count(), count as usize);
        }
    }

    #[test]
    fn a_few_possibilities_are_equally_likely() {
        let (mut seeded, mut seen) = (Seeded::new(3), [0_u32; 16]);
        for _ in 0..16_000 {
            seen[seeded.choose(Choice::Tick, 16) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (900..1100).contains(count)), "{seen:?}");
    }

    #[test]
    fn of_many_possibilities_the_first_ones_are_chosen_more_often() {
        let mut seeded = Seeded::new(3);
        let sum: u64 = (0..1000).map(|_| u64::from(seeded.choose(Choice::Tick, 1 << 20))).sum();
        assert!(sum / 1000 < 1000, "{sum}");
    }
}
