//! The functions of `definitions.py` and the scripts of the official suite that are not as they were
//! in the revision that Weft follows.

use std::collections::{BTreeMap, BTreeSet};

use super::counterpart::{Counterpart, Counterparts};
use weft_spec::Report;

use super::difference::{Change, Comparison, Findings, Moved, Place, Source};
use super::digests::{self, Digests, Revision, Row};
use super::functions::{Renamed, Unit};

/// The number of times that renamed functions are looked for. One that calls a renamed one is found
/// in the next time.
const MOST_ROUNDS: usize = 8;

/// A function or class of the checkout, as it is now.
struct Now<'a> {
    unit: &'a Unit,
    /// Its name with the old names of its classes and of itself.
    name: String,
    /// The row, or the reason why it cannot be read.
    row: Result<Row, String>,
}

impl Revision {
    /// Compares the functions and scripts with those of the revision that Weft follows.
    pub(super) fn compare(
        &self,
        digests: &Digests,
        counterparts: &Counterparts,
        texts: &Report,
        comparison: &mut Comparison,
    ) {
        let mut findings = Findings::new(Source::Reference, texts);
        compare_functions(self, digests, counterparts, &mut findings);
        comparison.add(findings);
        let mut findings = Findings::new(Source::Suite, texts);
        compare_scripts(self, digests, &mut findings);
        comparison.add(findings);
    }
}

/// Compares the functions of a checkout with the digests.
pub(super) fn compare_functions(
    revision: &Revision,
    digests: &Digests,
    counterparts: &Counterparts,
    findings: &mut Findings<'_>,
) {
    let mut renamed = Renamed::new();
    let mut pairs = BTreeMap::new();
    for _ in 0..MOST_ROUNDS {
        let now = read(revision, &renamed);
        pairs = same_under_another_name(&now, &digests.functions);
        let known = renamed.len();
        add_renamed(&mut renamed, &pairs, &now, &digests.functions);
        if renamed.len() == known {
            break;
        }
    }
    let now = read(revision, &renamed);
    for found in &now {
        let old_name = pairs.get(&found.unit.name).unwrap_or(&found.name);
        let before = digests.functions.iter().find(|row| row.name == *old_name);
        compare_function(found, before, revision, digests, counterparts, findings);
    }
    let taken: BTreeSet<&str> =
        now.iter().map(|now| pairs.get(&now.unit.name).unwrap_or(&now.name).as_str()).collect();
    for row in digests.functions.iter().filter(|row| !taken.contains(row.name.as_str())) {
        findings.moved(Moved {
            subject: &row.name,
            what: kind_of(row),
            change: Some(Change::Removed),
            described: Some((row.text(), digests.place(row))),
            found: None,
            read: counterparts.of(&row.name),
        });
    }
}

/// Returns the functions and classes with their rows under old names.
fn read<'a>(revision: &'a Revision, renamed: &Renamed) -> Vec<Now<'a>> {
    let units = revision.functions.units.iter();
    let rows = units.map(|unit| {
        let row = digests::row(unit, renamed);
        let row =
            row.map_err(|p| format!("syntax that is not known in line {}: {}", p.line, p.message));
        let old = |name: &str| renamed.get(name).cloned().unwrap_or(name.to_owned());
        let name = unit.name.split('.').map(old).collect::<Vec<_>>().join(".");
        Now { unit, name, row }
    });
    rows.collect()
}

/// Returns the new names, with the old ones, of the functions and classes that have the digest of
/// one that is gone, if no other has it.
fn same_under_another_name(now: &[Now<'_>], before: &[Row]) -> BTreeMap<String, String> {
    let is_known = |name: &str| before.iter().any(|row| row.name == name);
    let is_there = |name: &str| now.iter().any(|now| now.name == name);
    let gone: Vec<&Row> = before.iter().filter(|row| !is_there(&row.name)).collect();
    let new: Vec<_> = now.iter().filter(|now| !is_known(&now.name)).collect();
    let digest = |now: &Now<'_>| now.row.as_ref().ok().map(|row| row.digest.clone());
    let mut pairs = BTreeMap::new();
    for candidate in &new {
        let Some(own) = digest(candidate) else { continue };
        let mut same = gone.iter().filter(|row| row.digest == own);
        let is_only = new.iter().filter(|now| digest(now).as_ref() == Some(&own)).count() == 1;
        if let (Some(old), None, true) = (same.next(), same.next(), is_only) {
            pairs.insert(candidate.unit.name.clone(), old.name.clone());
        }
    }
    pairs
}

/// Adds the names that changed to `renamed`, unless one of them has another meaning before or after:
/// then, a function that uses it may have changed.
fn add_renamed(
    renamed: &mut Renamed,
    pairs: &BTreeMap<String, String>,
    now: &[Now<'_>],
    before: &[Row],
) {
    for (new, old) in pairs {
        let (new, old) = (last(new), last(old));
        let is_old_there = now.iter().any(|now| last(&now.unit.name) == old);
        let was_new_there = before.iter().any(|row| last(&row.name) == new);
        if !is_old_there && !was_new_there {
            renamed.insert(new.to_owned(), old.to_owned());
        }
    }
}

/// Returns the name without the classes around it.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

fn compare_function(
    now: &Now<'_>,
    before: Option<&Row>,
    revision: &Revision,
    digests: &Digests,
    counterparts: &Counterparts,
    findings: &mut Findings<'_>,
) {
    let new_name = &now.unit.name;
    let place = Place { file: revision.definitions.clone(), line: now.unit.line };
    let text = now.row.as_ref().map_or_else(Clone::clone, Row::text);
    let (change, found) = match (before, &now.row) {
        (None, _) => (Some(Change::Added), text),
        (Some(_), Err(_)) => (Some(Change::Changed), text),
        (Some(before), Ok(row)) => {
            // A function is not renamed with its class.
            let is_renamed = before.name != now.name || last(&before.name) != last(new_name);
            let change = match (before.signature == row.signature, before.digest == row.digest) {
                (true, true) => is_renamed.then_some(Change::Renamed),
                (false, true) => Some(Change::Signature),
                (true, false) => Some(Change::Changed),
                (false, false) => Some(Change::SignatureAndChanged),
            };
            (change, if is_renamed { format!("`{new_name}` {text}") } else { text })
        }
    };
    let subject = before.map_or(new_name, |before| &before.name);
    findings.moved(Moved {
        subject,
        what: now.unit.kind(),
        change,
        described: before.map(|before| (before.text(), digests.place(before))),
        found: Some((found, place)),
        read: if change.is_some() { counterparts.of(subject) } else { Vec::new() },
    });
}

/// Returns the kind of a row's unit, for people.
fn kind_of(row: &Row) -> &str {
    if row.signature.starts_with('(') { "function" } else { &row.signature }
}

/// Compares the scripts of a checkout with the digests.
fn compare_scripts(revision: &Revision, digests: &Digests, findings: &mut Findings<'_>) {
    let scripts = || revision.scripts.iter();
    let gone = |row: &&Row| !scripts().any(|(_, now)| now.name == row.name);
    let mut moved = BTreeSet::new();
    for (path, now) in scripts() {
        let mut before = digests.scripts.iter().find(|row| row.name == now.name);
        let mut change = match before {
            None => Some(Change::Added),
            Some(before) => (before.digest != now.digest).then_some(Change::Changed),
        };
        let mut found = now.text();
        if change == Some(Change::Added) {
            let mut same = digests.scripts.iter().filter(|row| row.digest == now.digest);
            if let Some(old) = same.find(gone).filter(|old| moved.insert(old.name.clone())) {
                (before, change) = (Some(old), Some(Change::Renamed));
                found = format!("`{}` {found}", now.name);
            }
        }
        findings.moved(Moved {
            subject: before.map_or(&now.name, |before| &before.name),
            what: "script",
            change,
            described: before.map(|before| (before.text(), digests.place(before))),
            found: Some((found, Place { file: path.clone(), line: 0 })),
            read: Vec::new(),
        });
    }
    for row in digests.scripts.iter().filter(gone).filter(|row| !moved.contains(&row.name)) {
        findings.moved(Moved {
            subject: &row.name,
            what: "script",
            change: Some(Change::Removed),
            described: Some((row.text(), digests.place(row))),
            found: None,
            read: Vec::<Counterpart>::new(),
        });
    }
}
