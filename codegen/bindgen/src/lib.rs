//! Rust bindings for hosts, generated from WIT: the library behind `codegen bind`.
//!
//! From WIT to a file of Rust:
//!
//! | module | contents |
//! |---|---|
//! | `options`, `places` | the options, and where each was said |
//! | [`settings`] | options as they are written in TOML or in a macro |
//! | `rules` | what the options say of each function and type |
//! | `files`, `encoded`, `source` | WIT: found and read, decoded from WebAssembly, parsed and resolved |
//! | `world` | the world that is meant |
//! | `features` | the `@unstable` features that WIT has |
//! | `nested_names` | names such as `a:b:c/d`, which the parser does not know |
//! | `complaints`, `closest` | the parser's complaints as a [`Report`], and the names that were perhaps meant |
//! | `limits` | types that there are no bindings for, refused at their places |
//! | `emit` | the order in which the parts of a world become Rust |
//! | `modules`, `names` | the tree of Rust modules with what each imports, and names of Rust |
//! | `facts` | what is known of each type: what it can derive, whether it borrows |
//! | `types`, `errors`, `references` | definitions of types, errors for Rust, and types where they are used |
//! | `functions` | how a host implements each function |
//! | `hosts`, `glue`, `views` | the traits of a host, and what adds it to a linker |
//! | `exports`, `arguments` | the structs for what is exported, and the types of their arguments |
//! | `docs` | WIT comments as Rust ones, which rustdoc and doctests leave alone |
//! | `layout`, `print`, `write` | the text of the file, and writing it whole or not at all |
//!
//! Bindings are small on purpose: they declare types, and call the generics of `weft::binding`, whose
//! documentation says what each of them means to an embedder.

#![forbid(unsafe_code)]

mod arguments;
mod closest;
mod complaints;
mod docs;
mod emit;
mod encoded;
mod errors;
mod exports;
mod facts;
mod features;
mod files;
mod functions;
mod glue;
mod hosts;
mod layout;
mod limits;
mod modules;
mod names;
mod nested_names;
mod options;
mod places;
mod print;
mod references;
mod rules;
pub mod settings;
mod source;
mod types;
mod views;
mod world;
mod write;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub use options::{FunctionRule, Options, Ownership, StoreMode, TypeRule};
pub use places::{OptionPlace, Places};
pub use weft_spec::Report;
pub use write::write_file;

/// Bindings that were generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bindings {
    /// The Rust file.
    pub text: String,
    /// The lines of those WIT files that anything in `text` comes from.
    pub wit_lines: usize,
    /// The lines of `text`.
    pub rust_lines: usize,
    /// The full name of the world, such as `wasi:cli/command@0.3.2`.
    pub world: String,
    /// The files that were read for it.
    pub read: FilesRead,
}

/// The files and folders that bindings come from, as they were named: what makes the bindings
/// stale when it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesRead {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The folders that were searched: a new file in one of them would be read as well.
    pub folders: Vec<PathBuf>,
}

impl FilesRead {
    /// Returns a line `cargo::rerun-if-changed=…` for each file and folder, for a build script to
    /// print.
    pub fn rerun_if_changed(&self) -> String {
        let mut lines = String::new();
        for path in self.files.iter().chain(&self.folders) {
            let _ = writeln!(lines, "cargo::rerun-if-changed={}", path.display());
        }
        lines
    }
}

/// Generates the bindings that `options` ask for.
///
/// Nothing is written: that is the caller's part, or that of [`generate_to`].
///
/// # Errors
///
/// A [`Report`] of everything that is wrong, each with its place: WIT that cannot be read or is
/// not valid, a world that cannot be told, options that mean nothing in it, and constructs that
/// bindings cannot express.
pub fn bind(options: &Options) -> Result<Bindings, Report> {
    let wit = source::read(options)?;
    let mut report = wit.report();
    let rules = rules::Rules::new(options, &wit.resolve, wit.world, &mut report);
    report.sort();
    report.into_result(())?;
    limits::check(&wit, wit.world)?;
    emit::emit(&wit, &rules)
}

/// Generates the bindings that `options` ask for, and writes them to the file `out`.
///
/// The file is written whole or not at all, and only if its content changes. This is for build
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
/// A [`Report`] of what [`bind`] reports, or of why the file cannot be written.
pub fn generate_to(options: &Options, out: &Path) -> Result<FilesRead, Report> {
    let bindings = bind(options)?;
    let is_same = std::fs::read(out).is_ok_and(|there| there == bindings.text.as_bytes());
    if !is_same {
        write_file(out, &bindings.text)?;
    }
    Ok(bindings.read)
}
