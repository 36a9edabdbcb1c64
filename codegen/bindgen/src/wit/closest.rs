//! Lists and suggestions of names in messages.

use weft_spec::{Diagnostic, closest};

/// The largest number of names in a list.
const MOST_LISTED: usize = 12;

/// Returns names as words: the first ones, and the number of the others.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let shown = names.get(..MOST_LISTED).unwrap_or(&names).join(", ");
    match names.len().saturating_sub(MOST_LISTED) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    }
}

/// Adds a suggestion to `problem`: the name among `known` that was probably meant by `name`.
pub(crate) fn did_you_mean(problem: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match closest(name, known).filter(|close| *close != name) {
        Some(close) => problem.help(format!("did you mean `{close}`?")),
        None => problem,
    }
}
