//! Timelines as text, as traces, and as pages: what they contain, whatever the names are, and what a
//! browser makes of a page.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

mod browser;
mod guests;
mod outputs;
