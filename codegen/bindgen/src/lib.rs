//! Generates Rust bindings for hosts from WIT. This is the library used by `codegen bind`.
//!
//! | module | contents |
//! |---|---|
//! | `options` | the options: `fields`, `places`, [`settings`] in their written form, `rules` for each item |
//! | `wit` | reads, decodes, parses and resolves WIT; error messages; types that are refused |
//! | `emit` | generates items of Rust from a world |
//! | `text` | the text of the file: `layout`, `print`, `write` |
//!
//! Bindings are small on purpose: they declare types, and call the generics of `weft::binding`,
//! whose documentation explains each of them to an embedder.

#![forbid(unsafe_code)]

mod emit;
mod options;
mod text;
mod wit;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub use options::fields::{FunctionRule, Options, Ownership, StoreMode, TypeRule};
pub use options::places::{OptionPlace, Places};
pub use options::settings;
pub use text::write::write_file;
pub use weft_spec::Report;

/// Generated bindings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bindings {
    /// The Rust file.
    pub text: String,
    /// The number of lines in the WIT files that `text` uses.
    pub wit_lines: usize,
    /// The number of lines in `text`.
    pub rust_lines: usize,
    /// The full name of the world, such as `wasi:cli/command@0.3.2`.
    pub world: String,
    /// The files that were read.
    pub read: FilesRead,
}

/// The files and folders from which bindings were made, as the options name them. The bindings are
/// stale when one of them changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesRead {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The folders that were searched. A new file in one of them would also be read.
    pub folders: Vec<PathBuf>,
}

impl FilesRead {
    /// Returns a line `cargo::rerun-if-changed=…` for each file and folder, which a build script
    /// prints.
    pub fn rerun_if_changed(&self) -> String {
        let mut lines = String::new();
        for path in self.files.iter().chain(&self.folders) {
            let _ = writeln!(lines, "cargo::rerun-if-changed={}", path.display());
        }
        lines
    }
}

/// Generates the bindings that `options` describe.
///
/// Nothing is written; [`generate_to`] writes a file.
///
/// # Errors
///
/// A [`Report`] of all problems, each with its place: WIT that cannot be read or is invalid, an
/// ambiguous world, names in options that the world does not have, and constructs that bindings
/// cannot express.
pub fn bind(options: &Options) -> Result<Bindings, Report> {
    let wit = wit::source::read(options)?;
    let mut report = wit.report();
    let rules = options::rules::Rules::new(options, &wit.resolve, wit.world, &mut report);
    report.sort();
    report.into_result(())?;
    wit::limits::check(&wit, wit.world)?;
    emit::generator::emit(&wit, &rules)
}

/// Generates the bindings that `options` describe, and writes them to the file `out`.
///
/// The file is written completely or not at all, and only if its content changes. This is for build
/// scripts:
///
/// ```no_run
/// use std::path::Path;
///
/// use weft_bindgen::{Options, generate_to};
///
/// fn main() -> Result<(), weft_bindgen::Report> {
///     let options = Options {
///         wit: vec!["wit".into()],
///         generated_by: "build.rs".into(),
///         // For `include!(concat!(env!("OUT_DIR"), "/bindings.rs"))`.
///         inner_attributes: false,
///         ..Options::default()
///     };
///     let out = std::env::var_os("OUT_DIR").unwrap_or_default();
///     let read = generate_to(&options, &Path::new(&out).join("bindings.rs"))?;
///     print!("{}", read.rerun_if_changed());
///     Ok(())
/// }
/// ```
///
/// # Errors
///
/// A [`Report`] as from [`bind`], or with the reason why the file cannot be written.
pub fn generate_to(options: &Options, out: &Path) -> Result<FilesRead, Report> {
    let bindings = bind(options)?;
    let is_same = std::fs::read(out).is_ok_and(|there| there == bindings.text.as_bytes());
    if !is_same {
        write_file(out, &bindings.text)?;
    }
    Ok(bindings.read)
}
