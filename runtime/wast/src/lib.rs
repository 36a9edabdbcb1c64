//! Plays component `.wast` scripts, on any engine.
//!
//! A script is a list of directives. Components are loaded and instantiated, functions are called,
//! and the results are compared with those in the script. All paths, files and lines are treated in
//! the same way.
//!
//! ```
//! use weft::engine::wasmi::Wasmi;
//! use weft_wast::{Verdict, play};
//!
//! let script = r#"
//!     (component
//!         (core module $module (func (export "f") (result i32) (i32.const 7)))
//!         (core instance $instance (instantiate $module))
//!         (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
//!     (assert_return (invoke "seven") (u32.const 7))
//! "#;
//! assert_eq!(play(&Wasmi::default(), script), Verdict::Passed);
//! ```
//!
//! | file | contents |
//! |---|---|
//! | `runner` | executing directives, such as [`play`] and [`explore_script`] do |
//! | `driver` | the store of a script, which calls functions in one run or under every schedule |
//! | `fixtures` | the imports of the suites: [`provide_fixtures`] |
//! | `texts` | comparing Weft's messages with those of the suites |
//! | `values` | converting values of the text format to [`Val`](weft::abi::Val)s, and comparing them |
//! | `files` | the files of a path: [`script_files`] |

#![forbid(unsafe_code)]

mod driver;
mod files;
mod fixtures;
mod runner;
mod texts;
mod values;

pub use files::script_files;
pub use fixtures::{Fixtures, provide_fixtures};
pub use runner::{check_script, explore_script, play, play_with_chooser, record_script};

use std::fmt;

use weft::component::WaitingTask;
use weft::timeline::Timeline;

/// A script that was played, and what has happened in its store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedScript {
    /// The outcome.
    pub verdict: Verdict,
    /// The timeline.
    pub timeline: Timeline,
    /// The tasks that waited at the end.
    pub waiting: Vec<WaitingTask>,
}

/// The error of a text that is not a script.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptError {
    /// The line, from 1.
    pub line: usize,
    /// The message of the parser.
    pub reason: String,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ScriptError {}

/// The outcome of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All results were as in the script.
    Passed,
    /// A directive failed.
    Failed {
        /// The line of the directive, from 1.
        line: usize,
        /// The expected result, and the actual one.
        reason: String,
    },
    /// The engine lacks a capability that the script needs. This is no failure.
    NotApplicable {
        /// The names of the capabilities.
        capability: String,
    },
}

impl Verdict {
    /// Returns `true` if a directive failed. A script that the engine can't play, because it lacks a
    /// capability, has not failed.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(self, Self::Failed { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => f.write_str("ok"),
            Self::Failed { line, reason } => write!(f, "line {line}: {reason}"),
            Self::NotApplicable { capability } => write!(f, "needs {capability}"),
        }
    }
}
