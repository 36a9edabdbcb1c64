//! The workspace: its packages, the names in their sources, and the public names themselves.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that fails to set up has failed"
)]

mod layers;
mod names;
mod packages;
