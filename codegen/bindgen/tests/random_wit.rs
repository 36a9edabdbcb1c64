//! Random WIT packages become bindings, and these compile.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::fs;
use std::path::Path;

use arbitrary::{Arbitrary as _, Unstructured};
use weft_bindgen::{Bindings, Options, bind};
use wit_parser::decoding::decode;
use wit_parser::{PackageId, Resolve};

#[allow(dead_code, reason = "each test program uses some of it")]
#[path = "bind/compile.rs"]
mod compile;

use compile::{Environment, compile};

/// The number of random packages that become bindings.
const PACKAGES: usize = 300;

/// The number of them that are compiled.
const COMPILED: usize = 20;

/// The largest number of lines of a package's bindings that are compiled.
const LINES: usize = 4_000;

/// Returns a random package, encoded; nothing if the seed makes none.
fn package(seed: u64) -> Option<Vec<u8>> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let bytes = std::iter::repeat_with(|| {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // An odd byte makes the generator go on; with as many even ones, packages would end at
        // once.
        (mixed ^ (mixed >> 31) | 0x0100_0101_0101_0001).to_le_bytes()
    });
    let bytes: Vec<u8> = bytes.take(1 << 13).flatten().collect();
    let mut bytes = Unstructured::new(&bytes);
    let mut config = wit_smith::Config::arbitrary(&mut bytes).ok()?;
    // A very small package tests nothing, and one that takes rustc a minute tests little more.
    config.max_type_size = config.max_type_size.clamp(20, 100);
    config.max_interface_items = config.max_interface_items.max(6);
    config.max_world_items = config.max_world_items.max(4);
    config.max_pkg_items = config.max_pkg_items.max(4);
    config.max_packages = config.max_packages.min(4);
    wit_smith::smith(&config, &mut bytes).ok()
}

/// Formats a package as text, for people.
fn text_of(resolve: &Resolve, package: PackageId) -> String {
    let mut printer = wit_component::WitPrinter::default();
    let others: Vec<_> =
        resolve.packages.iter().map(|(id, _)| id).filter(|id| *id != package).collect();
    match printer.print(resolve, package, &others) {
        Ok(()) => printer.output.to_string(),
        Err(error) => format!("it cannot be printed: {error}"),
    }
}

/// Returns the bindings of each world of the package in `path`. Panics with the WIT if there is a
/// mistake.
fn bind_all(seed: u64, path: &Path, bytes: &[u8]) -> Vec<Bindings> {
    fs::write(path, bytes).expect("writable");
    let decoded = decode(bytes).expect("it was just encoded");
    let (resolve, package) = (decoded.resolve(), decoded.package());
    let worlds = resolve.worlds.iter();
    let bound = worlds.map(|(_, world)| {
        let name = resolve.id_of_name(world.package.unwrap_or(package), &world.name);
        let options = Options {
            wit: vec![path.to_owned()],
            world: Some(name.clone()),
            all_features: true,
            ..Options::default()
        };
        bind(&options).unwrap_or_else(|report| {
            panic!("seed {seed}: {name}: {report}\n\n{}", text_of(resolve, package))
        })
    });
    bound.collect()
}

#[test]
fn random_packages_become_bindings_that_compile() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.wasm");
    let (mut packages, mut worlds, mut lines) = (0, 0, 0);
    let mut compiled = Vec::new();
    let mut seeds = Vec::new();
    for seed in 0.. {
        if packages == PACKAGES {
            break;
        }
        let Some(bytes) = package(seed) else { continue };
        let bindings = bind_all(seed, &path, &bytes);
        packages += usize::from(!bindings.is_empty());
        worlds += bindings.len();
        let length: usize = bindings.iter().map(|it| it.rust_lines).sum();
        lines += length;
        if seeds.len() < COMPILED && (200..LINES).contains(&length) {
            seeds.push((seed, compiled.len()));
            compiled.extend(bindings.into_iter().map(|it| it.text));
        }
    }
    println!(
        "{packages} packages, {worlds} worlds, {lines} lines; {} worlds compiled",
        compiled.len()
    );
    assert_eq!(seeds.len(), COMPILED);
    compile("random", Environment::All, &compiled, "").unwrap_or_else(|said| {
        panic!("{said}\nseeds and the first number of their bindings: {seeds:?}")
    });
}
