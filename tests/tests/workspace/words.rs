//! The language of comments, documentation, texts and test names: what can be checked of it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Words that no line of documentation begins with.
const NO_FIRST_WORDS: [&str; 8] =
    ["What", "Who", "Whom", "Whose", "Whoever", "Whether", "Where", "How"];

/// Phrases that are not used, as they are hard to read. An entry is found as whole words.
const NO_PHRASES: [&str; 17] = [
    "function of the host",
    "functions of the host",
    "function of a host",
    "functions of a host",
    "of the host's",
    "gives",
    "behind",
    "whoever",
    "so many",
    "no more",
    "is to be",
    "are to be",
    "as it were",
    "mend",
    "mends",
    "mended",
    "mending",
];

/// Phrases in which one of the words above is right.
const PHRASES_THAT_ARE_RIGHT: [&str; 1] = ["gives up"];

/// Words that end with `s` and are no verbs.
const NO_VERBS: [&str; 25] = [
    "Always",
    "Arguments",
    "As",
    "Bytes",
    "Contents",
    "Counts",
    "Elements",
    "Ends",
    "Flags",
    "Items",
    "Its",
    "Less",
    "Limits",
    "Names",
    "Numbers",
    "Options",
    "Parameters",
    "Perhaps",
    "Results",
    "Tasks",
    "These",
    "This",
    "Thus",
    "Types",
    "Values",
];

const MOST_COLUMNS: usize = 110;

const MOST_LETTERS_OF_A_TEST: usize = 70;

fn is_written(path: &Path) -> bool {
    let generated = ["target", "generated", "bindings", "results"];
    !path.iter().any(|part| generated.iter().any(|it| part == *it))
}

/// Adds the written files below a directory that have text.
fn add_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if !is_written(&path) {
            continue;
        }
        if path.is_dir() {
            add_files(&path, files);
        } else if path.extension().is_some_and(|it| it == "rs" || it == "md" || it == "toml") {
            files.push(path);
        }
    }
}

/// A fault of a line.
struct Fault {
    line: usize,
    rule: &'static str,
}

/// Returns the text of a line that is for a reader: a comment, or the contents of strings.
fn text_of(line: &str, is_rust: bool) -> String {
    let trimmed = line.trim_start();
    if !is_rust {
        return trimmed.to_owned();
    }
    match trimmed.strip_prefix("//") {
        Some(comment) => comment.trim_start_matches(['/', '!']).trim_start().to_owned(),
        None => {
            let strings: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            let comment = line.split_once(" // ").map_or("", |(_, comment)| comment);
            format!("{} {comment}", strings.join(" "))
        }
    }
}

fn has_words(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(start, _)| {
        let is_letter = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
        let (before, rest) = text.split_at(start);
        let is_right = PHRASES_THAT_ARE_RIGHT.iter().any(|it| rest.starts_with(it));
        let after = rest.get(words.len()..).unwrap_or_default();
        !is_right && !before.ends_with(is_letter) && !after.starts_with(is_letter)
    })
}

fn first_word(text: &str) -> &str {
    let text = text.trim_start_matches(['#', '-', '*', '>', '|', ' ', '`', '[']);
    let end = text.find(|it: char| !it.is_alphabetic() && it != '\'' && it != '-');
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// Returns `true` if a first word is a verb in the third person, as far as that can be seen.
fn is_verb(word: &str) -> bool {
    word.ends_with('s') && !word.ends_with("'s") && !NO_VERBS.contains(&word)
}

/// Returns the name of the function that a line of Rust begins.
fn function(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "fn" => {
                let rest = words.next()?;
                return rest.split(['(', '<']).next();
            }
            "pub" | "const" | "async" => {}
            word if word.starts_with("pub(") || word == "crate)" => {}
            _ => return None,
        }
    }
    None
}

/// The state between the lines of a file.
#[derive(Default)]
struct Reading {
    /// The first line of the documentation that the next item has.
    doc: Option<String>,
    is_in_attribute: bool,
    /// Within a block of code, in documentation.
    is_in_code: bool,
}

impl Reading {
    fn read(&mut self, line: &str, is_rust: bool) -> Option<&'static str> {
        let trimmed = line.trim_start();
        let is_comment = !is_rust || trimmed.starts_with("//");
        let text = text_of(line, is_rust);
        if is_comment && text.starts_with("```") {
            self.is_in_code = !self.is_in_code;
        } else if is_rust && !is_comment {
            self.is_in_code = false;
        }
        let of_function = if is_rust { self.read_item(trimmed, &text) } else { None };
        if of_function.is_some() {
            return of_function;
        }
        if is_comment && !self.is_in_code {
            if NO_FIRST_WORDS.contains(&first_word(&text)) {
                return Some("a line does not begin with this word");
            }
            let is_long = line.chars().count() > MOST_COLUMNS;
            if is_rust && is_long && !line.contains('|') && !line.contains("http") {
                return Some("a comment has at most 110 columns");
            }
        }
        let lower = text.to_lowercase();
        let has_phrase = NO_PHRASES.iter().any(|it| has_words(&lower, it));
        (has_phrase && !self.is_in_code).then_some("it has a phrase that is not used")
    }

    /// Reads a line of Rust: documentation, an attribute, or the beginning of an item.
    fn read_item(&mut self, trimmed: &str, text: &str) -> Option<&'static str> {
        if trimmed.starts_with("///") {
            self.doc.get_or_insert_with(|| text.to_owned());
            return None;
        }
        if self.is_in_attribute || trimmed.starts_with("#[") {
            self.is_in_attribute = !trimmed.ends_with(']');
            return None;
        }
        let doc = self.doc.take();
        let name = function(trimmed)?;
        if name.len() > MOST_LETTERS_OF_A_TEST {
            return Some("a name has at most 70 letters");
        }
        // A generator adds to the documentation that it was given.
        let is_told = doc.is_none_or(|doc| doc.is_empty() || is_verb(first_word(&doc)));
        (!is_told).then_some("the documentation of a function begins with a verb: `Returns`")
    }
}

fn faults(text: &str, is_rust: bool) -> Vec<Fault> {
    let mut reading = Reading::default();
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            reading.read(line, is_rust).map(|rule| Fault { line: index + 1, rule })
        })
        .collect()
}

#[test]
fn words_are_plain() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![
        workspace.join("README.md"),
        workspace.join("CONTRIBUTING.md"),
        workspace.join("CHANGELOG.md"),
    ];
    for part in ["runtime", "codegen", "macros", "spec", "tests"] {
        add_files(&workspace.join(part), &mut files);
    }
    let mut report = String::new();
    for path in files.iter().filter(|path| !path.ends_with("workspace/words.rs")) {
        let text = fs::read_to_string(path).unwrap();
        if text.starts_with("// @generated") {
            continue;
        }
        let is_rust = path.extension().is_some_and(|it| it == "rs");
        for Fault { line, rule } in faults(&text, is_rust) {
            writeln!(report, "{}:{line}: {rule}", path.display()).unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn faults_of_words_are_found() {
    let cases = [
        ("/// What it is.\nstruct It;", 1),
        ("// How it is done.", 1),
        ("//! - Whether it is.", 1),
        ("// Somehow it is.", 0),
        ("/// The number.\nfn number() {}", 1),
        ("/// The number.\n#[inline]\npub(crate) const fn number() {}", 1),
        ("/// Returns the number.\npub async fn number() {}", 0),
        ("/// This is it.\nfn number() {}", 1),
        ("/// The number.\nconst NUMBER: u32 = 1;\nfn number() {}", 0),
        ("// It gives a number.", 1),
        ("// It gives up.", 0),
        ("let text = \"it is to be\";", 1),
        ("let gives = behind;", 0),
        ("/// ```\n/// // What it is.\n/// ```", 0),
    ];
    for (text, count) in cases {
        assert_eq!(faults(text, true).len(), count, "{text}");
    }
    let long = format!("// {}", "word ".repeat(30));
    let name = format!("fn {}() {{}}", "a".repeat(71));
    assert_eq!((faults(&long, true).len(), faults(&name, true).len()), (1, 1));
    assert_eq!(faults("## How it is", false).len(), 1);
}
