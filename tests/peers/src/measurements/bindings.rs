//! Bindings of WIT: the time of `cargo check` for those of Wasmtime's macro and of Weft's
//! generator, and their numbers of lines.

use std::fs::{self, File, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::measurements::child::{cargo, package, run, target};
use crate::measurements::times::median;
use crate::report::rows::Binding;

/// The worlds of WASI, and the packages with their WIT.
const WORLDS: [(&str, &str); 4] = [
    ("wasip3", "wasi:cli/command"),
    ("wasip3", "wasi:http/service"),
    ("wasip2", "wasi:cli/command"),
    ("wasip2", "wasi:http/proxy"),
];

const RUNS: usize = 5;

/// One of two packages, with only the bindings of one world.
struct Bound {
    folder: PathBuf,
    lines: Option<u64>,
}

/// Binds each world in both ways, and checks them in turns.
pub fn measure() -> Result<Vec<Binding>> {
    let mut rows = Vec::new();
    for (package, world) in WORLDS {
        let wit = wit(package)?;
        let title = format!("{world} of {package}");
        eprintln!("bindings of {title}");
        let both = [by_weft(&wit, world)?, by_wasmtime(&wit, world)?];
        let mut seconds: [Vec<f64>; 2] = Default::default();
        for _ in 0..RUNS {
            for (bound, seconds) in both.iter().zip(&mut seconds) {
                seconds.extend(check(&bound.folder, &[])?);
            }
        }
        for (generator, (bound, seconds)) in
            ["codegen bind", "bindgen!"].into_iter().zip(both.into_iter().zip(seconds))
        {
            rows.push(Binding {
                world: title.clone(),
                generator: generator.into(),
                lines: bound.lines,
                seconds: (!seconds.is_empty()).then(|| median(seconds)),
            });
        }
    }
    Ok(rows)
}

/// Returns the folder of WASI's WIT, which is in the sources of packages that are never built.
fn wit(name: &str) -> Result<PathBuf> {
    let output = cargo(package())
        .args(["metadata", "--locked", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("packages")?;
    let wasi = packages.iter().find(|it| it["name"] == name).context("the package")?;
    let manifest = wasi["manifest_path"].as_str().context("its manifest")?;
    Ok(Path::new(manifest).with_file_name("wit"))
}

/// Creates a package with this source and these dependencies.
fn make(name: &str, dependency: &str, source: &str) -> Result<PathBuf> {
    let folder = target().join("bindings").join(name);
    fs::create_dir_all(folder.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\n{dependency}\n"
    );
    fs::write(folder.join("Cargo.toml"), manifest)?;
    fs::write(folder.join("src/lib.rs"), source)?;
    fs::copy(package().join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(folder)
}

fn by_weft(wit: &Path, world: &str) -> Result<Bound> {
    let root = package().join("../..");
    let runtime = root.join("runtime/component");
    let dependency = format!("weft-runtime = {{ path = {runtime:?}, features = [\"wasmi\"] }}");
    let source = "#![no_std]\nextern crate alloc;\npub mod bindings;\n";
    let folder = make("weft-bindings", &dependency, source)?;
    let out = folder.join("src/bindings.rs");
    run(cargo(&root)
        .env_remove("CARGO_TARGET_DIR")
        .args(["run", "--quiet", "--package", "codegen", "--", "bind", "--world", world])
        .arg("--wit")
        .arg(wit)
        .arg("--out")
        .arg(&out))?;
    check(&folder, &[])?;
    let lines = read_to_string(&out)?.lines().count() as u64;
    Ok(Bound { folder, lines: Some(lines) })
}

fn by_wasmtime(wit: &Path, world: &str) -> Result<Bound> {
    let dependency = "wasmtime = { version = \"=50.0.1\", default-features = false, \
         features = [\"runtime\", \"component-model\", \"component-model-async\", \"std\"] }";
    let source = format!(
        "#![allow(unused)]\nwasmtime::component::bindgen!({{ path: {wit:?}, world: {world:?} }});\n"
    );
    let folder = make("wasmtime-bindings", dependency, &source)?;
    // The macro can write its output to a file; that run is not timed.
    let start = std::time::SystemTime::now();
    check(&folder, &[("WASMTIME_DEBUG_BINDGEN", "1")])?;
    let lines = newest_expansion(start).map(|it| it.lines().count() as u64);
    check(&folder, &[])?;
    Ok(Bound { folder, lines })
}

/// Returns the output that the macro has written since `start`.
fn newest_expansion(start: std::time::SystemTime) -> Option<String> {
    let packages = fs::read_dir(target().join("debug/build")).ok()?.flatten();
    let macros = packages.filter(|it| {
        it.file_name().to_string_lossy().starts_with("wasmtime-internal-component-macro-")
    });
    let files = macros.flat_map(|it| fs::read_dir(it.path().join("out"))).flatten().flatten();
    let is_new = |path: &Path| {
        let modified = path.metadata().and_then(|it| it.modified());
        path.extension().is_some_and(|it| it == "rs") && modified.is_ok_and(|it| it >= start)
    };
    read_to_string(files.map(|it| it.path()).find(|it| is_new(it))?).ok()
}

/// Checks a package once more, and returns the processor time in seconds, on Linux.
fn check(folder: &Path, variables: &[(&str, &str)]) -> Result<Option<f64>> {
    // This marks its source as changed.
    File::options()
        .append(true)
        .open(folder.join("src/lib.rs"))?
        .set_modified(std::time::SystemTime::now())?;
    let before = time_of_children();
    let variables = variables.iter().copied();
    run(cargo(folder).args(["check", "--quiet", "--ignore-rust-version"]).envs(variables))?;
    Ok(time_of_children().zip(before).map(|(after, before)| after - before))
}

/// Returns the processor time in seconds of all processes for which this one has waited.
fn time_of_children() -> Option<f64> {
    /// Linux counts hundredths of a second.
    const TICKS: f64 = 100.0;
    let text = read_to_string("/proc/self/stat").ok()?;
    // The name of the program, which comes first, can have spaces.
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(13);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}
