//! Methods of the builder for the randomness of a program.

use alloc::boxed::Box;

use super::RandomSource;
use crate::WasiCtxBuilder;

/// Randomness. Without these a guest has the system's.
impl WasiCtxBuilder {
    /// Sets the source of bytes that nobody can guess.
    pub fn secure_random(mut self, source: impl RandomSource) -> Self {
        self.context.random.secure = Box::new(source);
        self
    }

    /// Sets the source of bytes that may be guessed. It is the other one if this isn't called.
    pub fn insecure_random(mut self, source: impl RandomSource) -> Self {
        self.context.random.insecure = Some(Box::new(source));
        self
    }

    /// Sets the seed of `wasi:random/insecure-seed`.
    pub fn insecure_random_seed(mut self, seed: (u64, u64)) -> Self {
        self.context.random.insecure_seed = Some(seed);
        self
    }

    /// Sets the most random bytes that a guest gets at once. It is 64 MiB if this isn't called.
    pub fn max_random_size(mut self, bytes: u64) -> Self {
        self.context.random.max_size = bytes;
        self
    }
}
