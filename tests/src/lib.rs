//! Tests that need more than one of Weft's crates, or the pinned sources; and the README, whose
//! examples run as tests of this crate.
#![doc = include_str!("../../README.md")]
