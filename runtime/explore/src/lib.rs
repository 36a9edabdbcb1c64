//! Shows what components did, and in which order.
//!
//! | module | contents |
//! |---|---|
//! | [`timeline`] | timelines of stores as text, as traces for Perfetto, and as HTML pages |

#![forbid(unsafe_code)]

pub mod timeline;

/// The README, whose example runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
