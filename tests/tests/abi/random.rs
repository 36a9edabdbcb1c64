//! Random numbers from a seed.

use weft::chooser::{Choice, Chooser as _, Seeded};

pub struct Random(Seeded);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(Seeded::new(seed))
    }

    /// Returns a number below `count`.
    pub fn below(&mut self, count: u32) -> u32 {
        self.0.choose(Choice::Host, count)
    }

    pub fn index(&mut self, count: usize) -> usize {
        self.below(u32::try_from(count).unwrap()) as usize
    }

    pub fn one_in(&mut self, count: u32) -> bool {
        self.below(count) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.index(from.len())]
    }

    pub fn u32(&mut self) -> u32 {
        self.below(1 << 16) << 16 | self.below(1 << 16)
    }

    pub fn u64(&mut self) -> u64 {
        u64::from(self.u32()) << 32 | u64::from(self.u32())
    }

    /// Returns a number; small ones, and those at the limits of types, are more frequent.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::from(self.below(300)),
            1 => {
                let shift = self.pick(&[7, 8, 15, 16, 28, 31, 32, 63]);
                (1_u64 << shift).wrapping_sub(u64::from(self.below(3))).wrapping_add(1)
            }
            2 => u64::MAX - u64::from(self.below(3)),
            _ => self.u64(),
        }
    }
}
