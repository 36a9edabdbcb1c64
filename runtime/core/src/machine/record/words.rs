//! Numbers of 64 bits that are kept as two words, so that what they are in needs no more
//! alignment than a word.

/// A 64-bit number as two words, so that it doesn't widen what it is stored in.
pub(crate) const fn words(number: u64) -> [u32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    [number as u32, (number >> 32) as u32]
}

/// The number of two [`words`].
pub(crate) const fn number([low, high]: [u32; 2]) -> u64 {
    low as u64 | (high as u64) << 32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_two_words() {
        for it in [0, 1, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            assert_eq!(number(words(it)), it);
        }
    }
}
