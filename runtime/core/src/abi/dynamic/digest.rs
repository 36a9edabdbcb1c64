//! A hash of a type, made once.

use core::hash::{Hash, Hasher};

/// 64-bit FNV-1a. A digest only tells types apart; those with the same one are compared.
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

/// The digest of what a type is spelled with.
pub(super) fn digest(spelled: impl Hash) -> u64 {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    spelled.hash(&mut hasher);
    hasher.finish()
}
