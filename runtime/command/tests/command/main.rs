//! The command `weft`, as it is run by a shell.
//!
//! | module | contents |
//! |---|---|
//! | `weft` | running the command in a folder of its own |
//! | `help` | the help, and the completions |
//! | `inspect` | `weft inspect` |
//! | `invoke` | calling functions by text |
//! | `limits` | fuel, time and memory |
//! | `bad_input` | files that can't be run |
//! | `signals` | Ctrl-C, and a pipe that is closed |
//! | `wast` | `weft wast` |

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

mod bad_input;
mod help;
mod inspect;
mod invoke;
mod limits;
#[cfg(unix)]
mod signals;
mod wast;
mod weft;
