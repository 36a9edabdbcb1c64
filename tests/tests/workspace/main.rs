//! The workspace: its packages, the names in their sources, the public names, and plain words.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails to set up has failed"
)]

mod layers;
mod names;
mod packages;
mod words;
