//! A hash of a type, computed once.

use core::hash::{Hash, Hasher};

/// The hash function FNV-1a with 64 bits. Types with the same digest are still compared.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    }
}

/// Returns the digest of the parts that a type is written with.
pub(super) fn digest(spelled: impl Hash) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    spelled.hash(&mut hasher);
    hasher.finish()
}
