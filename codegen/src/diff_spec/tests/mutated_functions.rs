//! Small changes of the reference's functions: each is reported, for its function alone.
#![expect(clippy::string_slice, reason = "the reference is ASCII where these texts are cut")]

use std::collections::{BTreeMap, BTreeSet};

use super::functions::{Functions, Renamed};
use super::*;

/// Texts and their replacements. A space at an end keeps parts of longer operators from matching.
const REPLACEMENTS: [(&str, &str); 27] = [
    (" == ", " != "),
    (" != ", " == "),
    (" <= ", " < "),
    (" >= ", " > "),
    (" < ", " <= "),
    (" > ", " >= "),
    (" is not ", " is "),
    (" is ", " is not "),
    (" not in ", " in "),
    (" and ", " or "),
    (" or ", " and "),
    ("not ", ""),
    (" + ", " - "),
    (" - ", " + "),
    (" * ", " + "),
    (" << ", " >> "),
    (" >> ", " << "),
    (" & ", " | "),
    (" += ", " -= "),
    (" -= ", " += "),
    ("True", "False"),
    ("False", "True"),
    ("None", "0"),
    ("self.", "other."),
    ("while ", "if "),
    ("if ", "if not "),
    ("return ", "return not "),
];

/// A changed text of one function or class at the top level.
struct Mutant {
    what: String,
    text: String,
    /// The changed line, counted from 1 in this text.
    line: usize,
}

/// Returns the line without its comment.
fn code(line: &str) -> &str {
    line.split(" #").next().unwrap().trim_end()
}

/// Returns true for a whole statement on a line of its own.
fn is_statement(line: &str) -> bool {
    let code = code(line).trim();
    let count = |bracket| code.matches(bracket).count();
    let starts = [
        "#",
        "def ",
        "class ",
        "@",
        "case ",
        "if ",
        "else",
        "elif ",
        "and ",
        "or ",
        "pass",
        "nonlocal ",
    ];
    !code.is_empty()
        && !code.ends_with([':', ',', '\\', '|'])
        && count('(') == count(')')
        && count('[') == count(']')
        && starts.iter().all(|start| !code.starts_with(start))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Returns true for a line that only has a field with its type.
fn is_field(line: &str) -> bool {
    let code = code(line);
    code.trim().split_once(": ").is_some_and(|(name, _)| name.chars().all(char::is_alphanumeric))
        && !code.contains(" = ")
}

/// Returns the changes of a line.
fn changed_lines(line: &str) -> Vec<(String, String)> {
    let mut changed = Vec::new();
    let end = code(line).len();
    let is_head = line.trim_start().starts_with("def ") || line.trim_start().starts_with('@');
    if line.trim_start().starts_with('#') || is_head || is_field(line) {
        return changed;
    }
    let mut put = |at: usize, length: usize, new: &str, what: String| {
        let mut text = line.to_owned();
        text.replace_range(at..at + length, new);
        changed.push((what, text));
    };
    for (from, to) in REPLACEMENTS {
        for (at, _) in line[..end].match_indices(from) {
            let rest = &line[at + from.len()..];
            let is_word =
                at == 0 || !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let is_longer = from == " is " && rest.starts_with("not ");
            if (is_word || from.starts_with(' ')) && !is_longer {
                put(at, from.len(), to, format!("`{from}` to `{to}`"));
            }
        }
    }
    let mut at = 0;
    while at < end {
        let rest = &line[at..end];
        let before = line[..at].chars().next_back().unwrap_or(' ');
        let inside = before.is_alphanumeric() || before == '_';
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0 && !inside && !rest[digits..].starts_with(['x', '_']) {
            let number: u64 = rest[..digits].parse().unwrap();
            put(at, digits, &(number + 1).to_string(), format!("{number} and one"));
        }
        if rest.starts_with('.') && rest[1..].starts_with(|c: char| c.is_alphabetic()) {
            let name = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
            put(at + 1 + name.unwrap_or(rest.len() - 1), 0, "2", "another attribute".to_owned());
        }
        if rest.starts_with('\'')
            && let Some(length) = rest[1..].find('\'')
        {
            put(at + 1 + length, 0, "x", "another string".to_owned());
            at += 1 + length;
        }
        at += digits.max(1);
    }
    changed
}

/// Returns all changes of a function or class at the top level.
fn mutants(block: &str) -> Vec<Mutant> {
    let lines: Vec<&str> = block.lines().collect();
    let mut mutants = Vec::new();
    let mut put = |what: String, at: usize, with: &dyn Fn(&mut Vec<String>)| {
        let mut changed: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        with(&mut changed);
        mutants.push(Mutant { what, text: changed.join("\n") + "\n", line: at + 1 });
    };
    for (at, line) in lines.iter().enumerate() {
        for (what, changed) in changed_lines(line) {
            put(what, at, &|lines| lines[at].clone_from(&changed));
        }
        let is_inside = at > 0 && is_statement(line);
        if is_inside {
            put("a statement less".to_owned(), at, &|lines| {
                lines[at].replace_range(indent(line).., "pass");
            });
        }
        if let Some(next) = lines.get(at + 1)
            && is_inside
            && is_statement(next)
            && indent(next) == indent(line)
            && next != line
        {
            put("two statements in another order".to_owned(), at, &|lines| {
                lines.swap(at, at + 1);
            });
        }
    }
    mutants
}

/// Returns the functions and classes at the top level with their first lines, counted from 0.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        if !line.starts_with(' ') && !line.is_empty() {
            inside = line.starts_with("def ") || line.starts_with("class ");
            if inside {
                blocks.push((at, String::new()));
            }
        }
        if inside && let Some((_, block)) = blocks.last_mut() {
            *block += line;
            *block += "\n";
        }
    }
    blocks
}

/// Returns the digests of the functions of a text, with their lines; fails if one cannot be read.
fn digests(text: &str) -> Result<BTreeMap<String, (usize, String)>, String> {
    let text = checkout::Text { path: "x.py".to_owned(), text: text.to_owned() };
    let functions = Functions::read(&text).map_err(|report| report.to_string())?;
    let digest = |unit: &functions::Unit| {
        let digest = unit.digest(&Renamed::new()).map_err(|problem| problem.message)?;
        Ok((unit.name.clone(), (unit.line, digest)))
    };
    functions.units.iter().map(digest).collect()
}

/// Returns the names whose digests differ.
fn changed(
    before: &BTreeMap<String, (usize, String)>,
    after: &BTreeMap<String, (usize, String)>,
) -> Vec<String> {
    let digest = |of: &BTreeMap<String, (usize, String)>, name: &str| {
        of.get(name).map(|(_, digest)| digest.clone())
    };
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&String| digest(before, name) != digest(after, name);
    names.into_iter().filter(differs).cloned().collect()
}

#[test]
fn every_mutation_of_a_function_changes_its_digest_alone() {
    let path = pinned().join("design/mvp/canonical-abi/definitions.py");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut seen, mut missed, mut invalid) = (0, Vec::new(), 0);
    let mut functions = BTreeSet::new();
    for (_, block) in blocks(&text) {
        let before = digests(&block).unwrap();
        for mutant in mutants(&block) {
            // A part of a statement over several lines can be no Python without the rest.
            let Ok(after) = digests(&mutant.text) else {
                invalid += 1;
                continue;
            };
            let own = before.iter().filter(|(_, (line, _))| *line <= mutant.line);
            let own = own.max_by_key(|(_, (line, _))| *line).map(|(name, _)| name.clone()).unwrap();
            let changed = changed(&before, &after);
            if changed.len() == 1 && (changed[0] == own || own.starts_with(&changed[0])) {
                seen += 1;
                functions.insert(own);
            } else {
                let line = mutant.text.lines().nth(mutant.line - 1).unwrap();
                missed.push(format!("{own}: {}: `{line}`: {changed:?} changed", mutant.what));
            }
        }
    }
    println!(
        "{seen} of {} mutations seen in {} functions and classes, {invalid} are no Python",
        seen + missed.len(),
        functions.len()
    );
    assert!(seen > 5_000 && functions.len() > 300, "only {seen} in {}", functions.len());
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn a_mutation_in_a_checkout_is_reported_with_both_places() {
    let path = pinned().join("design/mvp/canonical-abi/definitions.py");
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (known, counterparts) = known();
    let all = blocks(&text).into_iter().flat_map(|(first, block)| {
        let length = block.lines().count();
        mutants(&block).into_iter().map(move |mutant| (first, length, mutant))
    });
    let all: Vec<_> = all.filter(|(.., mutant)| digests(&mutant.text).is_ok()).collect();
    for (first, length, mutant) in all.iter().step_by(307) {
        let changed = format!(
            "{}\n{}{}\n",
            lines[..*first].join("\n"),
            mutant.text,
            lines[first + length..].join("\n")
        );
        let text = checkout::Text { path: "definitions.py".to_owned(), text: changed };
        let functions = Functions::read(&text).unwrap();
        let revision = digests::Revision { functions, definitions: text.path, scripts: Vec::new() };
        let mut findings = Findings::new(Source::Reference, &description().1);
        moved::compare_functions(&revision, known, counterparts, &mut findings);
        let [difference] = findings.differences.as_slice() else {
            panic!("{}: {:#?}", mutant.what, findings.differences);
        };
        let place = difference.place.as_ref().unwrap();
        let at = first + mutant.line;
        assert_eq!(difference.change, Some(Change::Changed));
        assert!(place.line <= at && at < place.line + 100, "{at}: {place:?}");
        assert!(difference.described_at.as_ref().is_some_and(|at| at.line > 0));
        let has_reason = without::reason(&difference.subject).is_some();
        assert_eq!(difference.read.is_empty(), has_reason, "{difference:#?}");
    }
}
