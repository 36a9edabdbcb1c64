//! Randomness of a host.

mod building;
mod context;
#[cfg(feature = "std")]
mod system;

pub(crate) use context::Random;
#[cfg(feature = "std")]
pub use system::SystemRandom;

/// A source of random bytes.
///
/// ```
/// use weft_wasi::random::RandomSource;
///
/// /// The same bytes each time, so that a guest's results can be compared.
/// struct Fixed;
///
/// impl RandomSource for Fixed {
///     fn fill(&mut self, bytes: &mut [u8]) {
///         bytes.fill(7);
///     }
/// }
/// ```
pub trait RandomSource: Send + 'static {
    /// Replaces all bytes with random ones.
    fn fill(&mut self, bytes: &mut [u8]);
}
