//! Catching panics of the host, and raising them again. This needs `std`.

#[cfg(feature = "std")]
mod with_std;
#[cfg(not(feature = "std"))]
mod without_std;

#[cfg(feature = "std")]
pub(crate) use with_std::{catch, raise};
#[cfg(not(feature = "std"))]
pub(crate) use without_std::{catch, raise};
