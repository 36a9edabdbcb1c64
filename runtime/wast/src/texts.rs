//! Whether what Weft says is what a suite means.
//!
//! The official suite's texts of traps are those of Weft. Wasmtime's suite has words of its own for
//! some of the same rules, and for what is wrong with imports; and some texts of what is wrong with
//! components are not those of the parser. These are read here, wherever they stand.

use weft::component::ImportError;

/// How Wasmtime's words for a rule begin, and Weft's words.
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

/// A suite's words for what is wrong with a component, and those of the parser and the validator,
/// where they are others.
const SAME_OF_COMPONENTS: [(&str, &str); 4] = [
    ("unexpected token", "duplicate"),
    ("non-zero reserved byte", "for zero byte"),
    ("invalid boolean value", "for zero byte"),
    ("for canonical function", "unexpected end-of-file"),
];

/// Whether a component is refused for what a suite expects.
pub(super) fn is_refusal(text: &str, expected: &str) -> bool {
    // Names that differ only in case conflict, and either may be named.
    let text = text.to_ascii_lowercase();
    text.contains(&expected.to_ascii_lowercase())
        || SAME_OF_COMPONENTS
            .iter()
            .any(|(theirs, ours)| expected.contains(theirs) && text.contains(ours))
}

/// Whether a trap's text is what a suite expects.
pub(super) fn is_trap(text: &str, expected: &str) -> bool {
    // Some files say that a message is one of a trap, which every message of a trap is.
    let expected = expected.strip_prefix("wasm trap: ").unwrap_or(expected);
    text.contains(expected)
        || SAME.iter().any(|(theirs, ours)| expected.starts_with(theirs) && text.contains(ours))
}

/// Whether one of the things that are wrong with a component's imports is what a suite expects.
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

/// What stands between the two at the ends.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.strip_prefix(start)?.strip_suffix(end)
}

/// Whether the path of an import ends with a name.
fn is_last(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|rest| rest.ends_with('/'))
}

/// What kind of thing a type is of, by the first word that says so.
fn kind(ty: &str) -> &str {
    let mut words = ty.split(|it: char| !it.is_ascii_alphabetic()).filter(|it| !it.is_empty());
    match words.find(|word| !["a", "an", "async", "core", "type"].contains(word)) {
        Some("function") => "func",
        Some(word) => word,
        None => "",
    }
}
