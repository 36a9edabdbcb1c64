//! Compiles bindings in a crate of their own, with `weft` as a dependency, as a user's crate does.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The environments of users' crates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Environment {
    /// Without components and `std`, in edition 2024: for bindings without a linker.
    Types,
    /// With components and without `std`, in edition 2024.
    Alloc,
    /// With components and `std`, in edition 2021.
    Std,
    /// With every feature, in edition 2024.
    All,
}

impl Environment {
    /// Returns `true` if bindings for it have the parts that need components.
    pub(crate) fn linker(self) -> bool {
        self != Self::Types
    }

    /// Returns the features, for a manifest.
    fn features(self) -> String {
        let names = match self {
            Self::Types => vec!["alloc".to_owned()],
            Self::Alloc => vec!["component".to_owned()],
            Self::Std => ["std", "component", "tracing"].map(str::to_owned).to_vec(),
            Self::All => all_features(),
        };
        format!("{names:?}")
    }

    fn edition(self) -> &'static str {
        match self {
            Self::Std => "2021",
            Self::Types | Self::Alloc | Self::All => "2024",
        }
    }
}

/// Returns the features of `weft`.
fn all_features() -> Vec<String> {
    let manifest = workspace().join("runtime/component/Cargo.toml");
    let manifest = fs::read_to_string(manifest).unwrap_or_default();
    let (_, features) = manifest.split_once("[features]\n").unwrap_or_default();
    let features = features.lines().take_while(|line| !line.starts_with('['));
    let names = features.filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.to_owned());
    names.collect()
}

/// Checks a crate with a module for each of `bindings`, and `code` that uses them.
///
/// Every second module is public, the others are private, because some lints apply only to items
/// that can be reached from outside. The bindings are called `bindings0`, `bindings1` and so on.
pub(crate) fn compile(
    name: &str,
    environment: Environment,
    bindings: &[String],
    code: &str,
) -> Result<(), String> {
    let folder = scratch().join(name);
    let root = workspace();
    let no_std = match environment {
        Environment::Types | Environment::Alloc => "#![no_std]",
        Environment::Std | Environment::All => "",
    };
    let mut lib = format!(
        "//! Bindings.\n{no_std}\n#![forbid(unsafe_code)]\n\
         #![deny(warnings, missing_docs, missing_debug_implementations, clippy::all)]\n\
         #![deny(rust_2018_idioms, unreachable_pub, unused_qualifications, unused_lifetimes)]\n"
    );
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| error.to_string())?;
    }
    fs::create_dir_all(folder.join("src")).map_err(|error| error.to_string())?;
    for (number, text) in bindings.iter().enumerate() {
        let module = format!("bindings{number}");
        let line = if number % 2 == 0 {
            format!("mod {module};\n")
        } else {
            format!("/// Some.\npub mod {module};\n")
        };
        lib.push_str(&line);
        write(&folder.join("src").join(format!("{module}.rs")), text)?;
    }
    lib.push_str(code);
    write(&folder.join("src/lib.rs"), &lib)?;
    let mut manifest = String::new();
    let _ = writeln!(
        manifest,
        "[package]\nname = \"{name}\"\nedition = \"{}\"\n\n[dependencies]\n\
         weft-runtime = {{ path = \"{}\", default-features = false, features = {} }}\n\n\
         [workspace]",
        environment.edition(),
        root.join("runtime/component").display(),
        environment.features(),
    );
    write(&folder.join("Cargo.toml"), &manifest)?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|error| error.to_string())?;
    cargo(&folder, &["check"])
}

/// Checks the documentation of a crate that compiled, including its private parts.
pub(crate) fn document(name: &str) -> Result<(), String> {
    cargo(&scratch().join(name), &["doc", "--no-deps", "--document-private-items"])
}

/// Returns the folder in which crates are created.
fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("bind")
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments)
        .args(["--quiet", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", scratch().join("target"))
        .env("RUSTDOCFLAGS", "-D warnings")
        .env_remove("RUSTFLAGS")
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(said.chars().take(8000).collect())
}

/// Returns the root of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(weft_spec::DATA).parent().expect("the spec lies in the workspace").to_owned()
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
