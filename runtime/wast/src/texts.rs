//! Comparing Weft's messages with those of the suites.
//!
//! Weft's texts of traps are those of the official suite. Wasmtime's suite has other words for some
//! of the same rules, and for errors of imports. Some texts of invalid components differ from those
//! of the parser. These differences are listed here, for all files.

use weft::component::ImportError;

/// The beginnings of Wasmtime's words for a rule, and Weft's words.
const SAME: [(&str, &str); 9] = [
    ("invalid debug message pointer", "pointer out of bounds of memory"),
    ("string pointer not aligned to 2", "unaligned pointer"),
    ("string content out-of-bounds", "string pointer/length out of bounds of memory"),
    ("string content out-of-bounds", "string byte length too large"),
    (
        "cannot read after being notified that the writable end dropped",
        "cannot read from stream after being notified that the writable end dropped",
    ),
    (
        "cannot write after being notified that the readable end dropped",
        "cannot write to stream after being notified that the readable end dropped",
    ),
    (
        "cannot write after being notified that the readable end dropped",
        "cannot write to future after previous write succeeded or readable end dropped",
    ),
    ("discriminant ", "invalid variant discriminant"),
    ("fuel allocated for hostcalls has been exhausted", "a lifted value takes too much memory"),
];

/// A suite's words for errors of components, and those of the parser and the validator, if they
/// differ.
const SAME_OF_COMPONENTS: [(&str, &str); 4] = [
    ("unexpected token", "duplicate"),
    ("non-zero reserved byte", "for zero byte"),
    ("invalid boolean value", "for zero byte"),
    ("for canonical function", "unexpected end-of-file"),
];

/// Returns `true` if a component is refused for the reason that a suite expects.
pub(super) fn is_refusal(text: &str, expected: &str) -> bool {
    // Names that differ only in case conflict, and either may be named.
    let text = text.to_ascii_lowercase();
    text.contains(&expected.to_ascii_lowercase())
        || SAME_OF_COMPONENTS
            .iter()
            .any(|(theirs, ours)| expected.contains(theirs) && text.contains(ours))
}

/// Returns `true` if a trap's text is the one that a suite expects.
pub(super) fn is_trap(text: &str, expected: &str) -> bool {
    // Some files say that the message is that of a trap.
    let expected = expected.strip_prefix("wasm trap: ").unwrap_or(expected);
    text.contains(expected)
        || SAME.iter().any(|(theirs, ours)| expected.starts_with(theirs) && text.contains(ours))
}

/// Returns `true` if one of the errors of a component's imports is the one that a suite expects.
pub(super) fn is_import_error(errors: &[ImportError], expected: &str) -> bool {
    errors.iter().any(|error| is_meant(error, expected) || error.to_string().contains(expected))
}

fn is_meant(error: &ImportError, expected: &str) -> bool {
    match error {
        ImportError::Missing { name, .. } => {
            expected == "was not found"
                || between(expected, "module export `", "` not defined")
                    .is_some_and(|export| is_last(name, export))
        }
        ImportError::Mismatch { name, expected: needed, given } => {
            is_mismatch(name, needed, given, expected)
        }
        _ => false,
    }
}

fn is_mismatch(name: &str, needed: &str, given: &str, expected: &str) -> bool {
    if expected == "mismatched resource types" {
        return needed == "the resource type of another import"
            || [needed, given].iter().all(|ty| ty.contains("own<") || ty.contains("borrow<"));
    }
    if let Some(import) = between(expected, "module import `", "` not defined") {
        return needed == "no such import" && is_last(name, &import.replace("::", "/"));
    }
    if let Some(import) = between(expected, "module import `", "` has the wrong type") {
        return is_last(name, &import.replace("::", "/"));
    }
    if let Some(export) = between(expected, "export `", "` has the wrong type") {
        return is_last(name, export);
    }
    let expected = expected.strip_prefix("expected ").unwrap_or_default();
    let kinds = expected.split_once(" found ").map(|(a, b)| (kind(a), kind(b)));
    kinds == Some((kind(needed), kind(given)))
}

/// Returns the text between a start and an end.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

/// Returns `true` if the path of an import ends with a name.
fn is_last(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

/// Returns the kind of a type, by the first word that names it.
fn kind(ty: &str) -> &str {
    let mut words = ty.split(|it: char| !it.is_ascii_alphabetic()).filter(|it| !it.is_empty());
    match words.find(|word| !["a", "an", "async", "core", "type"].contains(word)) {
        Some("function") => "func",
        Some(word) => word,
        None => "",
    }
}
