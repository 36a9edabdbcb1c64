//! The formats of output.

use clap::ValueEnum;

/// A format of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people.
    Human,
    /// One JSON value on standard output.
    Json,
}
