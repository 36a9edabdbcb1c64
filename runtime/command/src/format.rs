//! How output is printed.

use clap::ValueEnum;

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// One JSON value on standard output.
    Json,
}
