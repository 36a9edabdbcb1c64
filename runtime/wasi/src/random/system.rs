//! The system's randomness.

use super::RandomSource;

/// The system's source of random bytes, which is secure.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    /// # Panics
    ///
    /// If the system has no randomness, as a guest must not get predictable bytes.
    fn fill(&mut self, bytes: &mut [u8]) {
        #[expect(clippy::panic, reason = "there is no other way to stop the guest")]
        if let Err(error) = getrandom::fill(bytes) {
            panic!("the system has no random bytes: {error}");
        }
    }
}
