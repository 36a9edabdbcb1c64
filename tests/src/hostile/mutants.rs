//! A seeded generator of changes.

use weft::chooser::{Choice, Chooser as _, Seeded};

/// A generator of mutants of components, from a seed.
#[derive(Debug)]
pub struct Mutants<'a> {
    seeds: &'a [Vec<u8>],
    random: Seeded,
}

/// The largest total size of the pieces of other components in a mutant.
const LONGEST_PIECE: usize = 512;

impl<'a> Mutants<'a> {
    /// Creates a generator of mutants of these components.
    #[must_use]
    pub const fn new(seeds: &'a [Vec<u8>], seed: u64) -> Self {
        Self { seeds, random: Seeded::new(seed) }
    }

    /// Returns a number below `count`, which is not 0.
    fn below(&mut self, count: usize) -> usize {
        let count = u32::try_from(count).unwrap_or(u32::MAX).max(1);
        self.random.choose(Choice::Host, count) as usize
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap_or_default()
    }

    fn seed(&mut self) -> &'a [u8] {
        let place = self.below(self.seeds.len());
        self.seeds.get(place).map_or(&[], Vec::as_slice)
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let place = self.below(bytes.len());
        match self.below(16) {
            0 => bytes.truncate(place),
            1 => bytes[place] ^= 1 << self.below(8),
            2 => bytes[place] = self.byte(),
            3 => enlarge(bytes, place),
            4 => {
                let value = self.byte();
                bytes.insert(place, value);
            }
            5 => drop(bytes.remove(place)),
            6 => self.move_section(bytes),
            7 => self.splice(bytes, place),
            // This change is often still valid: another index, number or instruction.
            8..12 => bytes[place] = bytes[place].wrapping_add(1),
            12..14 => bytes[place] = bytes[place].wrapping_sub(1),
            _ => self.copy_byte(bytes, place),
        }
    }

    /// Replaces this byte by a byte close to it.
    fn copy_byte(&mut self, bytes: &mut [u8], place: usize) {
        let from = (place + self.below(32)).saturating_sub(16).min(bytes.len() - 1);
        bytes[place] = bytes[from];
    }

    /// Replaces a piece of this component by one of another.
    fn splice(&mut self, bytes: &mut Vec<u8>, place: usize) {
        let other = self.seed();
        let start = self.below(other.len());
        let length = self.below(LONGEST_PIECE).min(other.len().saturating_sub(start));
        let piece = other.get(start..start + length).unwrap_or_default();
        let removed = self.below(LONGEST_PIECE).min(bytes.len() - place);
        bytes.splice(place..place + removed, piece.iter().copied());
    }

    /// Copies a section of this or another component to the start of a section.
    fn move_section(&mut self, bytes: &mut Vec<u8>) {
        let other = self.seed().to_vec();
        let from = if self.below(2) == 0 { bytes.clone() } else { other };
        let sections = sections(&from);
        let section = sections.get(self.below(sections.len())).cloned().unwrap_or_default();
        let places = self::sections(bytes);
        let place = places.get(self.below(places.len())).map_or(bytes.len(), |it| it.start);
        bytes.splice(place..place, from.get(section).unwrap_or_default().iter().copied());
    }
}

impl Iterator for Mutants<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let mut bytes = self.seed().to_vec();
        // With more than one change, there is rarely anything left to run.
        let several = self.below(4) == 0;
        for _ in 0..if several { 3 } else { 1 } {
            self.change(&mut bytes);
        }
        Some(bytes)
    }
}

/// Replaces the number that starts here by a large one of the same length.
fn enlarge(bytes: &mut Vec<u8>, place: usize) {
    let end = bytes[place..].iter().position(|byte| byte & 0x80 == 0);
    let end = end.map_or(bytes.len(), |end| place + end + 1);
    bytes.splice(place..end, [0xff, 0xff, 0xff, 0xff, 0x0f]);
}

/// Returns the ranges of the outermost sections, with their headers, up to the first that cannot be
/// read.
fn sections(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut sections = Vec::new();
    let mut start = 8;
    while start < bytes.len() {
        let (mut length, mut shift, mut at) = (0_usize, 0, start + 1);
        while let Some(byte) = bytes.get(at) {
            length |= usize::from(byte & 0x7f) << shift;
            (at, shift) = (at + 1, shift + 7);
            if byte & 0x80 == 0 || shift > 28 {
                break;
            }
        }
        let end = at.saturating_add(length).min(bytes.len());
        sections.push(start..end);
        start = end;
    }
    sections
}
