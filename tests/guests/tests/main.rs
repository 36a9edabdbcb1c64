//! Guests that were built with other toolchains, on wasmi, with hosts as a user writes them.
//!
//! | module | tested |
//! |---|---|
//! | [`built`] | the list of guests: none is older than its sources, none has a path in it |
//! | [`cli`] | programs: arguments, environment, standard streams, exit codes, files, TCP |
//! | [`echo`] | every WIT type, lifted and lowered by Rust, C, JavaScript and Python |
//! | [`http`] | requests answered and sent, by guests of WASI 0.2 and 0.3, rightly and wrongly |
//! | [`lists`] | lists of fixed lengths, maps |
//! | [`resources`] | resources of both sides, with methods |
//! | [`random`] | the random values that they echo |
//! | [`pipes`] | async functions, streams and futures in every position, cancellation, error codes |
//! | [`pipeline`] | three components in a row, in three languages |
//! | [`shop`] | Python and JavaScript with WASI 0.2 |
//! | [`server`] | 500 calls at once, back-pressure |
//!
//! Ignored tests need guests of many megabytes, which `tests/guests/build` builds.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::many_single_char_names,
    reason = "values and names of no meaning"
)]

mod bindings;
mod built;
mod cli;
mod echo;
mod guest;
mod http;
mod lists;
mod pipeline;
mod pipes;
mod random;
mod resources;
mod server;
mod shop;

/// The result of a test.
type Fine = Result<(), Box<dyn std::error::Error>>;
