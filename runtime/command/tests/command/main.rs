//! The command `weft`, run by a shell.
//!
//! | module | contents |
//! |---|---|
//! | `weft` | running the command in a folder of its own |
//! | `help` | the help, and the completions |
//! | `inspect` | `weft inspect` |
//! | `invoke` | calling functions with calls as text |
//! | `limits` | fuel, time and memory |
//! | `programs` | programs of WASI |
//! | `serve` | `weft serve` |
//! | `services` | services in Rust, as clients see them |
//! | `system` | files, environment and standard streams of a program in Rust |
//! | `timelines` | `weft run --timeline` |
//! | `bad_input` | files that can't be run |
//! | `signals` | Ctrl-C, and a pipe that is closed |
//! | `wast` | `weft wast` |
//! | `explore` | `weft explore` |

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails to set up has failed")]

mod bad_input;
mod explore;
mod help;
mod inspect;
mod invoke;
mod limits;
mod programs;
mod serve;
mod services;
#[cfg(unix)]
mod signals;
mod system;
mod timelines;
mod wast;
mod weft;
