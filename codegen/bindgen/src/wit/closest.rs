//! Names in messages.

use weft_spec::{Diagnostic, closest};

/// The most names that a message lists.
const MOST_LISTED: usize = 12;

/// Names in words: some of them, and how many more there are.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shown = names.get(..MOST_LISTED).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// Adds to `problem` the one of `known` that was probably meant by `name`.
pub(crate) fn did_you_mean(problem: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match closest(name, known).filter(|close| *close != name) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem,
    }
}
