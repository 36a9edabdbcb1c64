//! The program's surroundings: arguments, environment, standard streams, exit.

mod context;
mod exit;
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
