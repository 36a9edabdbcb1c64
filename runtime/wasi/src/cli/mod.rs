//! The program's surroundings: arguments, environment, standard streams, exit.

mod context;
mod exit;
mod flushing;
#[cfg(all(feature = "std", unix))]
mod readiness;
#[cfg(feature = "std")]
mod standard;
#[cfg(all(feature = "std", not(unix)))]
#[path = "standard_threads.rs"]
mod standard_system;
#[cfg(all(feature = "std", unix))]
#[path = "standard_unix.rs"]
mod standard_system;

pub(crate) use context::Cli;
pub use context::{TerminalInput, TerminalOutput};
pub use exit::Exit;
#[cfg(feature = "std")]
pub use standard::ProcessOutput;
