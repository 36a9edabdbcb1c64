//! `wasi:random`: the randomness of a host.
//!
//! A host can replace the system's randomness, for instance to repeat a run exactly:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use weft_wasi::WasiCtx;
//! use weft_wasi::random::RandomSource;
//!
//! struct Counter(u8);
//!
//! impl RandomSource for Counter {
//!     fn fill(&mut self, bytes: &mut [u8]) {
//!         for byte in bytes {
//!             self.0 = self.0.wrapping_add(1);
//!             *byte = self.0;
//!         }
//!     }
//! }
//!
//! let wasi = WasiCtx::builder().secure_random(Counter(0)).insecure_random_seed((1, 2)).build();
//! # }
//! ```

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
    /// Fills the buffer with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}
