//! Plays component `.wast` scripts, on any engine.
//!
//! A script is a list of directives: components are loaded and instantiated, functions are called,
//! and what comes of it is compared with what the script says. No path, file or line is treated in
//! a way of its own.
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
//! | file | what is in it |
//! |---|---|
//! | `runner` | directives, one after the other: [`play`] |
//! | `fixtures` | what the suites import without defining it: [`provide_fixtures`] |
//! | `texts` | whether what Weft says of a trap or an import is what a suite means |
//! | `values` | the values of the text format as [`Val`](weft::abi::Val)s, and comparing them |
//! | `files` | which files a path names: [`script_files`] |

#![forbid(unsafe_code)]

mod files;
mod fixtures;
mod runner;
mod texts;
mod values;

pub use files::script_files;
pub use fixtures::{Fixtures, provide_fixtures};
pub use runner::play;

use std::fmt;

/// The outcome of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as the script says.
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
