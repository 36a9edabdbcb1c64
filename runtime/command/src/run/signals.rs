//! The signals by which a user ends a program.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use elsewhere::Signals;
#[cfg(unix)]
pub(super) use unix::Signals;

/// A signal by which a user ends a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndSignal {
    /// Ctrl-C.
    Interrupt,
    /// What `kill` sends.
    Terminate,
}
