//! The conformance runner: plays component `.wast` files.
//!
//! A file is a list of directives: components are loaded and instantiated, functions are called,
//! and what comes of it is compared with what the file says. No path, file or line is treated in
//! a way of its own.
//!
//! | file | what is in it |
//! |---|---|
//! | `runner` | directives, one after the other: [`run`] |
//! | `fixtures` | what the suites import without defining it: [`provide_fixtures`] |
//! | `texts` | whether what Weft says of a trap or an import is what a suite means |
//! | `values` | the values of the text format as [`Val`](weft::abi::Val)s, and comparing them |
//! | `files` | which files a path names |

mod files;
mod fixtures;
mod runner;
mod texts;
mod values;

pub use files::files;
pub use fixtures::{Fixtures, provide_fixtures};
pub use runner::run;

use std::fmt;

/// What came of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as the file says.
    Passed,
    /// Something was not.
    Failed {
        /// The line of the directive, from 1.
        line: usize,
        /// What was expected and what came.
        reason: String,
    },
    /// The engine lacks what the file needs.
    NotApplicable {
        /// What that is.
        capability: String,
    },
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
