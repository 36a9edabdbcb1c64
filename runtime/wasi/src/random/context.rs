//! The randomness of one program.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

use super::RandomSource;

/// The default for the largest number of random bytes that a guest gets at a time.
const MAX_SIZE: u64 = 64 << 20;

/// The data of `wasi:random` for a guest.
pub(crate) struct Random {
    pub(super) secure: Box<dyn RandomSource>,
    /// The source of insecure random bytes; `None` for that of secure ones.
    pub(super) insecure: Option<Box<dyn RandomSource>>,
    pub(super) insecure_seed: Option<(u64, u64)>,
    pub(crate) max_size: u64,
}

impl Random {
    pub(crate) fn new(secure: impl RandomSource) -> Self {
        let secure = Box::new(secure);
        Self { secure, insecure: None, insecure_seed: None, max_size: MAX_SIZE }
    }

    pub(crate) fn secure_bytes(&mut self, length: u64) -> Result<Vec<u8>, TooMuchRandom> {
        bytes(&mut *self.secure, length, self.max_size)
    }

    pub(crate) fn insecure_bytes(&mut self, length: u64) -> Result<Vec<u8>, TooMuchRandom> {
        let max_size = self.max_size;
        bytes(self.insecure_source(), length, max_size)
    }

    pub(crate) fn secure_number(&mut self) -> u64 {
        number(&mut *self.secure)
    }

    pub(crate) fn insecure_number(&mut self) -> u64 {
        number(self.insecure_source())
    }

    /// Returns the seed, which is the same each time.
    pub(crate) fn insecure_seed(&mut self) -> (u64, u64) {
        if let Some(seed) = self.insecure_seed {
            return seed;
        }
        let source = self.insecure_source();
        let seed = (number(source), number(source));
        *self.insecure_seed.insert(seed)
    }

    fn insecure_source(&mut self) -> &mut dyn RandomSource {
        self.insecure.as_deref_mut().unwrap_or(&mut *self.secure)
    }
}

fn bytes(
    source: &mut dyn RandomSource,
    length: u64,
    max_size: u64,
) -> Result<Vec<u8>, TooMuchRandom> {
    let too_much = TooMuchRandom { length, max_size };
    if length > max_size {
        return Err(too_much);
    }
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| too_much)?];
    source.fill(&mut bytes);
    Ok(bytes)
}

fn number(source: &mut dyn RandomSource) -> u64 {
    let mut bytes = [0; 8];
    source.fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Random").finish_non_exhaustive()
    }
}

/// The error of a guest that asked for more random bytes than it may get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooMuchRandom {
    length: u64,
    max_size: u64,
}

impl fmt::Display for TooMuchRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { length, max_size } = self;
        write!(
            f,
            "the guest asked for {length} random bytes at once, and may have {max_size}: \
             `WasiCtxBuilder::max_random_size` changes that"
        )
    }
}

impl Error for TooMuchRandom {}
