//! The workspace: its packages, and who names whom in their sources.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails to set up has failed"
)]

mod layers;
mod packages;
