//! The program's surroundings: arguments, environment, standard streams, exit.

mod building;
mod context;
mod exit;
mod flushing;
#[cfg(all(feature = "std", unix))]
mod readiness;
#[cfg(feature = "std")]
mod standard;
#[cfg(all(feature = "std", not(unix)))]
mod standard_threads;
#[cfg(all(feature = "std", unix))]
mod standard_unix;

pub(crate) use context::Cli;
pub use context::{TerminalInput, TerminalOutput};
pub use exit::Exit;
#[cfg(all(feature = "std", not(unix)))]
pub use standard_threads::ProcessOutput;
#[cfg(all(feature = "std", unix))]
pub use standard_unix::ProcessOutput;
