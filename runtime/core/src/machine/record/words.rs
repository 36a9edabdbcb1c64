//! Numbers of 64 bits, stored as two words, so that a record with such a number needs only the
//! alignment of a word.

/// Splits a 64-bit number into two words, lower word first.
pub(crate) const fn words(number: u64) -> [u32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    [number as u32, (number >> 32) as u32]
}

/// Returns the number of two [`words`].
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
