//! Methods of the builder for randomness.

use alloc::boxed::Box;

use super::RandomSource;
use crate::WasiCtxBuilder;

/// Randomness. By default, a guest has that of the system.
impl WasiCtxBuilder {
    /// Sets the source of secure random bytes.
    pub fn secure_random(mut self, source: impl RandomSource) -> Self {
        self.context.random.secure = Box::new(source);
        self
    }

    /// Sets the source of insecure random bytes. By default, it is the secure source.
    pub fn insecure_random(mut self, source: impl RandomSource) -> Self {
        self.context.random.insecure = Some(Box::new(source));
        self
    }

    /// Sets the seed of `wasi:random/insecure-seed`.
    pub fn insecure_random_seed(mut self, seed: (u64, u64)) -> Self {
        self.context.random.insecure_seed = Some(seed);
        self
    }

    /// Sets the largest number of random bytes that a guest gets at a time. The default is 64 MiB.
    pub fn max_random_size(mut self, bytes: u64) -> Self {
        self.context.random.max_size = bytes;
        self
    }
}
