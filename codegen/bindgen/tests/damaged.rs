//! Damaged WIT and arbitrary options become bindings that parse, or a report whose places are in
//! the text; never a panic.
//!
//! `WEFT_CASES` sets the number of cases, and `WEFT_SEED` the first one. A case is a seed.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails panics"
)]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use weft_bindgen::{FunctionRule, Options, Ownership, StoreMode, TypeRule, bind};

/// The time after which a case counts as endless. Most take milliseconds.
const LIMIT: Duration = Duration::from_mins(2);

/// The pieces of text that are inserted as damage.
const PIECES: [&str; 64] = [
    "stream<",
    "future<",
    "stream",
    "future",
    "own<",
    "borrow<",
    "list<",
    "list<u8, 4>",
    "list<u8, 4294967295>",
    "option<",
    "result<_, ",
    "result",
    "tuple<",
    "map<string, ",
    "map<f32, u8>",
    "u8",
    "u64",
    "f32",
    "char",
    "string",
    "error-context",
    "async ",
    "static ",
    "constructor(",
    "func(",
    "func() -> ",
    "resource r ",
    "record r { ",
    "variant v { ",
    "enum e { ",
    "flags f { ",
    "type t = ",
    "interface i { ",
    "world w { ",
    "import ",
    "export ",
    "include ",
    "use a:b/i.{t};",
    "use i.{t as u};",
    "package a:b@1.0.0;",
    "package c:d { ",
    "@since(version = 1.0.0)",
    "@unstable(feature = x)",
    "@deprecated(version = 2.0.0)",
    "@external-id(\"x\")",
    "%",
    "%type",
    "%self",
    "_",
    "self",
    "-",
    "a-b",
    "A",
    "é",
    "🦊",
    "\u{202e}",
    "\0",
    "/// `<T>` [x](y)\n",
    "/*",
    "*/",
    ">",
    "}",
    ";",
    "\n",
];

/// Values for options that are names, patterns or paths.
const TEXTS: [&str; 28] = [
    "",
    "*",
    "a:b",
    "a:b/i",
    "a:b/i/f",
    "a:b/i@1.0.0/f",
    "i/f",
    "f",
    "r",
    "[method]r.f",
    "[static]r.f",
    "[constructor]r",
    "root",
    "w",
    "::weft",
    "crate::host",
    "self",
    "Self",
    "serde::Serialize",
    "Hash",
    "Copy",
    "a b",
    "pub(crate)",
    "pub",
    "fn x() {}",
    "1",
    "🦊",
    "a::<b>",
];

/// A generator of numbers: `SplitMix64`.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let number = usize::try_from((mixed ^ (mixed >> 31)) >> 16).unwrap_or(0);
        number.checked_rem(count).unwrap_or(0)
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let at = self.below(from.len());
        from.get(at).copied().unwrap_or_default()
    }

    fn text(&mut self, known: &[String]) -> String {
        if self.one_in(3) || known.is_empty() {
            return self.pick(&TEXTS).to_owned();
        }
        let at = self.below(known.len());
        known.get(at).cloned().unwrap_or_default()
    }

    fn texts(&mut self, known: &[String]) -> Vec<String> {
        let count = if self.one_in(3) { 1 + self.below(2) } else { 0 };
        (0..count).map(|_| self.text(known)).collect()
    }
}

/// Returns the WIT files that are damaged.
fn seeds() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folders = ["bind/wit", "limits"].map(|name| folder.join(name));
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "wit"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("a file")).collect()
}

/// Splits text into words, numbers and single other characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut is_word = false;
    for character in text.chars() {
        let continues = character.is_alphanumeric() || character == '-';
        match tokens.last_mut() {
            Some(last) if is_word && continues => last.push(character),
            _ => tokens.push(character.to_string()),
        }
        is_word = continues;
    }
    tokens
}

/// Damages text, or leaves it as it is.
fn damage(random: &mut Random, text: &str) -> String {
    let mut tokens = tokens(text);
    for _ in 0..random.below(5) {
        if tokens.is_empty() {
            break;
        }
        let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
        match random.below(8) {
            0 => drop(tokens.remove(at)),
            1 => tokens.swap(at, other),
            2 => tokens.insert(at, tokens[other].clone()),
            3 => {
                let token = tokens[other].clone();
                tokens[at] = token;
            }
            4 => tokens.truncate(at),
            5 => {
                let end = (at + random.below(30)).min(tokens.len());
                let piece = tokens[at..end].to_vec();
                tokens.splice(other..other, piece);
            }
            6 => random.pick(&PIECES).clone_into(&mut tokens[at]),
            _ => tokens.insert(at, random.pick(&PIECES).to_owned()),
        }
    }
    tokens.concat()
}

fn options(random: &mut Random, text: String) -> Options {
    let words: Vec<String> =
        tokens(&text).into_iter().filter(|it| it.starts_with(char::is_alphabetic)).collect();
    let mut options = Options { all_features: !random.one_in(4), ..Options::default() };
    options.inline = Some(text);
    if random.one_in(2) {
        return options;
    }
    let known = &words[..];
    if random.one_in(3) {
        options.world = Some(random.text(known));
    }
    options.interfaces = random.texts(known);
    options.exported_interfaces = random.texts(known);
    options.features = random.texts(known);
    options.derives = random.texts(&[]);
    options.with = random.texts(known).into_iter().map(|it| (it, random.text(&[]))).collect();
    options.errors = random.texts(known).into_iter().map(|it| (it, random.text(&[]))).collect();
    let modes = [None, Some(StoreMode::None), Some(StoreMode::Caller), Some(StoreMode::Async)];
    let owners = [Ownership::Owning, Ownership::Borrowing, Ownership::BorrowingDuplicates];
    options.functions = random
        .texts(known)
        .into_iter()
        .map(|pattern| FunctionRule {
            pattern,
            store: modes[random.below(4)],
            traps: [None, Some(false), Some(true)][random.below(3)],
            traced: [None, Some(false), Some(true)][random.below(3)],
            default: [None, Some(false), Some(true)][random.below(3)],
        })
        .collect();
    options.types = random
        .texts(known)
        .into_iter()
        .map(|pattern| TypeRule {
            pattern,
            derives: random.texts(&[]),
            without_derives: random.texts(&[]),
            name: random.one_in(3).then(|| random.text(known)),
            ownership: random.one_in(3).then(|| owners[random.below(3)]),
        })
        .collect();
    options.ownership = owners[random.below(3)];
    if random.one_in(6) {
        options.crate_path = random.text(&[]);
    }
    if random.one_in(6) {
        options.visibility = random.text(&[]);
    }
    options.views = random.one_in(3);
    options.linker = !random.one_in(3);
    options.inner_attributes = random.one_in(2);
    options
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |it| it.parse().expect("a number"))
}

#[test]
fn damaged_wit_becomes_bindings_that_parse_or_a_report() {
    let seeds = seeds();
    let first = number("WEFT_SEED", 0);
    let (mut bound, mut refused) = (0, 0);
    for case in first..first + number("WEFT_CASES", 400) {
        let mut random = Random(case);
        let seed = &seeds[random.below(seeds.len())];
        let text = damage(&mut random, seed);
        let options = options(&mut random, text);
        let started = Instant::now();
        let bind = || bind(&options).map_err(|report| report.to_string());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(bind));
        match caught.unwrap_or_else(|_| panic!("case {case} panics: {options:#?}")) {
            Ok(bindings) => {
                bound += 1;
                if let Err(error) = syn::parse_file(&bindings.text) {
                    panic!("case {case}: {error}\n{options:#?}\n{}", bindings.text);
                }
            }
            Err(report) => {
                refused += 1;
                assert!(report.contains("error"), "case {case}: {report}");
            }
        }
        assert!(started.elapsed() < LIMIT, "case {case} takes {:?}", started.elapsed());
    }
    println!("{bound} became bindings, {refused} were refused");
    assert!(bound > 0 && refused > 0);
}

// The inputs with which the fuzz target `wit` begins.
#[test]
fn inputs_of_the_fuzz_target_become_bindings_that_parse_or_a_report() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/wit");
    let (mut bound, mut refused) = (0, 0);
    for entry in fs::read_dir(corpus).expect("the corpus") {
        let path = entry.expect("an entry").path();
        let text = fs::read_to_string(&path).expect("text");
        let options = Options { inline: Some(text), all_features: true, ..Options::default() };
        match bind(&options) {
            Ok(bindings) => {
                bound += 1;
                syn::parse_file(&bindings.text).expect("Rust");
            }
            Err(report) => {
                refused += 1;
                println!("{}: {report}", path.display());
                assert!(report.to_string().contains("error"));
            }
        }
    }
    assert!(bound >= 4 && refused >= 2, "{bound} bound, {refused} refused");
}
