//! Bytes as texts from which the bytes can be told.

/// Bytes that come in pieces, and the texts of them. Different bytes lead to different texts.
///
/// A letter that is cut is part of the text of the next piece.
#[derive(Debug, Default)]
pub(crate) struct CutText {
    /// The first bytes of a letter, at most three.
    cut: Vec<u8>,
}

impl CutText {
    /// Adds a piece. Returns the text of all whole letters so far, if there are any.
    pub(crate) fn add(&mut self, piece: &[u8]) -> Option<String> {
        self.cut.extend_from_slice(piece);
        let rest = self.cut.split_off(whole_letters(&self.cut));
        let whole = std::mem::replace(&mut self.cut, rest);
        (!whole.is_empty()).then(|| text_of(&whole))
    }

    /// Returns the text of what is left: the beginning of a letter that never ends.
    pub(crate) fn finish(&mut self) -> Option<String> {
        let cut = std::mem::take(&mut self.cut);
        (!cut.is_empty()).then(|| text_of(&cut))
    }
}

/// Returns the number of bytes before a letter that may go on after them.
fn whole_letters(bytes: &[u8]) -> usize {
    let cut = match bytes.utf8_chunks().last() {
        Some(last)
            if std::str::from_utf8(last.invalid()).is_err_and(|it| it.error_len().is_none()) =>
        {
            last.invalid().len()
        }
        _ => 0,
    };
    bytes.len() - cut
}

/// Returns the text of bytes. If they are UTF-8, it is that text, unless it looks like one with escapes.
fn text_of(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !(text.contains(r"\x") || text.contains(r"\\")) => text.to_owned(),
        _ => {
            let escaped = bytes.utf8_chunks().flat_map(|chunk| {
                let valid = chunk.valid().replace('\\', r"\\");
                let invalid = chunk.invalid().iter().map(|byte| format!(r"\x{byte:02x}"));
                std::iter::once(valid).chain(invalid)
            });
            escaped.collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn texts(pieces: &[&[u8]]) -> Vec<String> {
        let mut cut = CutText::default();
        let mut texts: Vec<String> = pieces.iter().filter_map(|piece| cut.add(piece)).collect();
        texts.extend(cut.finish());
        texts
    }

    #[test]
    fn what_is_utf_8_stays_as_it_is() {
        assert_eq!(texts(&["aé€😀\n\0".as_bytes(), b"C:\\users"]), ["aé€😀\n\0", "C:\\users"]);
        assert_eq!(texts(&[]), [""; 0]);
    }

    #[test]
    fn a_letter_that_is_cut_anywhere_is_joined() {
        let bytes = "é€😀".as_bytes();
        for place in 0..=bytes.len() {
            let (first, second) = bytes.split_at(place);
            assert_eq!(texts(&[first, second]).concat(), "é€😀", "{place}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(texts(&single), ["é", "€", "😀"]);
    }

    #[test]
    fn other_bytes_are_escaped_and_what_looks_so_is_too() {
        assert_eq!(texts(&[b"a\xff\\b"]), [r"a\xff\\b"]);
        assert_eq!(texts(&[br"a\xff\b"]), [r"a\\xff\\b"]);
        assert_eq!(texts(&[b"\xe2\x82", b"x"]), [r"\xe2\x82x"]);
        assert_eq!(texts(&[b"x\xe2\x82"]), ["x", r"\xe2\x82"]);
    }

    #[test]
    fn different_bytes_have_different_texts() {
        let alphabet = [b'\\', b'x', b'f', 0xff, 0xc3, 0xa9];
        let mut known: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for number in 0..6_usize.pow(6) {
            let places = (0..6).map(|digit| number / 6_usize.pow(digit) % 6);
            let bytes: Vec<u8> = places.filter_map(|place| alphabet.get(place).copied()).collect();
            let text = text_of(&bytes);
            let other = known.insert(text.clone(), bytes.clone());
            assert_eq!(other, None, "{text} is that of {bytes:?}, too");
        }
    }
}
