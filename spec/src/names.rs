//! The names of rows, and references between rows.
//!
//! Every name is recorded while its row is read, even if the rest of the row is wrong. A mistake in
//! a row is therefore one problem, without another at each place that names the row.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Placed;
use crate::reader::{closest, listed};
use crate::{Diagnostic, Report, Span};

/// The kinds of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Gate,
    Option,
    Constant,
    Code,
    Packing,
    Type,
    Words,
    Trap,
    Guard,
    Builtin,
    Removed,
    Exception,
    /// A field name under which core modules import a built-in.
    Import,
    /// The reference's name of a constant.
    Reference,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Option => "option",
            Self::Constant => "constant",
            Self::Code => "code",
            Self::Packing => "packing",
            Self::Type => "type",
            Self::Words => "list of words",
            Self::Trap => "trap",
            Self::Guard => "guard",
            Self::Builtin => "built-in",
            Self::Removed => "removed built-in",
            Self::Exception => "exception",
            Self::Import => "import name",
            Self::Reference => "name of the reference",
        }
    }

    /// Returns the kind whose names must differ from the names of this one.
    fn namespace(self) -> Self {
        match self {
            Self::Removed => Self::Builtin,
            Self::Packing => Self::Code,
            other => other,
        }
    }
}

/// The names of all rows, and the places that use them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    defined: Vec<(Kind, Placed<String>)>,
    used: Vec<(&'static [Kind], Placed<String>)>,
    /// The kinds of which a name is lost: an undefined name may be one that could not be read.
    lost: BTreeSet<Kind>,
    /// Set if some uses are lost: an unused name may be used there.
    uses_lost: bool,
}

impl Names {
    /// Records that a row of kind `kind` is called `name`.
    pub(crate) fn define(&mut self, kind: Kind, name: &Placed<String>) {
        self.defined.push((kind, name.clone()));
    }

    /// Records that a row names another row, of one of the kinds `among`.
    pub(crate) fn refer(&mut self, among: &'static [Kind], name: Placed<String>) {
        self.used.push((among, name));
    }

    /// Records that the name of a row of kind `kind` could not be read.
    pub(crate) fn lose(&mut self, kind: Kind) {
        self.lost.insert(kind);
        self.uses_lost = true;
    }

    /// Records that uses of names could not be read.
    pub(crate) fn lose_uses(&mut self) {
        self.uses_lost = true;
    }

    /// Returns true if `name` is defined as a `kind` in what has been read so far.
    pub(crate) fn has(&self, kind: Kind, name: &str) -> bool {
        self.defined.iter().any(|(k, known)| *k == kind && known.value == name)
    }

    /// Reports names that are defined twice, undefined or unused.
    pub(crate) fn check(&self, report: &mut Report) {
        self.twice(report);
        self.same_identifier(report);
        let meant = self.undefined(report);
        self.unused(&meant, report);
    }

    fn twice(&self, report: &mut Report) {
        let mut first: BTreeMap<(Kind, &str), &Span> = BTreeMap::new();
        for (kind, name) in &self.defined {
            let kind = kind.namespace();
            let Some(earlier) = first.get(&(kind, name.as_str())) else {
                first.insert((kind, name), &name.span);
                continue;
            };
            let noun = if kind == Kind::Code { "code or packing" } else { kind.noun() };
            let message = format!("the {noun} `{}` is defined twice", name.value);
            let diagnostic = Diagnostic::error("duplicate-name", message)
                .at(name.span.clone(), "here again")
                .and_at((*earlier).clone(), "first here");
            report.push(diagnostic);
        }
    }

    /// Reports names that make one identifier: `waitable-set.new` and `waitable.set-new` do.
    fn same_identifier(&self, report: &mut Report) {
        let mut first: BTreeMap<String, &Placed<String>> = BTreeMap::new();
        for (_, name) in self.defined.iter().filter(|(kind, _)| *kind == Kind::Builtin) {
            let earlier = *first.entry(name.replace('.', "-")).or_insert(name);
            if earlier.value != name.value {
                let message = format!(
                    "`{}` and `{}` become the same identifier in Rust",
                    earlier.value, name.value
                );
                let diagnostic = Diagnostic::error("same-identifier", message)
                    .at(name.span.clone(), "this name")
                    .and_at(earlier.span.clone(), "the other name");
                report.push(diagnostic);
            }
        }
    }

    /// Reports undefined names, each once for all its uses. Returns the places of the names that
    /// were probably meant.
    fn undefined(&self, report: &mut Report) -> Vec<Span> {
        let mut known: BTreeMap<Kind, BTreeMap<&str, &Span>> = BTreeMap::new();
        for (kind, name) in &self.defined {
            let name_of = reference_name(*kind, name);
            known.entry(*kind).or_default().entry(name_of).or_insert(&name.span);
        }
        let is_known = |kind: &Kind, name: &str| {
            self.lost.contains(kind)
                || known.get(kind).is_some_and(|known| known.contains_key(name))
        };
        let mut missing: BTreeMap<(&'static [Kind], &str), Vec<&Span>> = BTreeMap::new();
        for (among, name) in &self.used {
            if !among.iter().any(|kind| is_known(kind, name)) {
                missing.entry((among, name)).or_default().push(&name.span);
            }
        }
        let mut meant = Vec::new();
        for ((among, name), mut places) in missing {
            places.sort_by_key(|span| (span.source, span.range.start));
            let candidates: Vec<(&str, &Span)> = among
                .iter()
                .filter_map(|kind| known.get(kind))
                .flat_map(|known| known.iter().map(|(name, span)| (*name, *span)))
                .collect();
            let (diagnostic, close) = no_such(among, name, &places, &candidates);
            meant.extend(close);
            report.push(diagnostic);
        }
        meant
    }

    /// Reports guards and words that no row uses.
    fn unused(&self, meant: &[Span], report: &mut Report) {
        if self.uses_lost {
            return;
        }
        let used: BTreeSet<(Kind, &str)> = self
            .used
            .iter()
            .flat_map(|(among, name)| among.iter().map(|kind| (*kind, name.as_str())))
            .collect();
        for (kind, name) in &self.defined {
            let is_used = used.contains(&(*kind, name)) || meant.contains(&name.span);
            if matches!(kind, Kind::Guard | Kind::Words) && !is_used {
                let by = if *kind == Kind::Guard { "built-in uses it" } else { "message uses it" };
                let message = format!("the {} `{}` is not used", kind.noun(), name.value);
                let diagnostic = Diagnostic::error("unused", message)
                    .at(name.span.clone(), format!("no {by}"))
                    .help("remove the row, or use it");
                report.push(diagnostic);
            }
        }
    }
}

/// Returns the name that other rows use: the encodings of strings are one option for a built-in.
fn reference_name(kind: Kind, name: &str) -> &str {
    match kind {
        Kind::Option => name.split('=').next().unwrap_or(name),
        _ => name,
    }
}

/// Creates the problem of the undefined `name`, used at `places`, which is none of `known`. Also
/// returns the place of the name that was probably meant.
fn no_such(
    among: &[Kind],
    name: &str,
    places: &[&Span],
    known: &[(&str, &Span)],
) -> (Diagnostic, Option<Span>) {
    /// The largest number of places shown for one name. After a mistake in a name that is used
    /// everywhere, a count is clearer than all places.
    const SHOWN: usize = 3;
    let nouns: Vec<&str> = among.iter().map(|kind| kind.noun()).collect();
    let nouns = nouns.join(" or ");
    let mut message = format!("there is no {nouns} `{name}`");
    if places.len() > SHOWN {
        message = format!("{message}, which is used at {} places", places.len());
    }
    let mut diagnostic = Diagnostic::error("undefined", message);
    for (number, place) in places.iter().take(SHOWN).enumerate() {
        diagnostic = match number {
            0 => diagnostic.at((*place).clone(), "not defined"),
            _ => diagnostic.and_at((*place).clone(), "nor here"),
        };
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let close = closest(name, &names);
    if let Some((close, place)) = known.iter().find(|(name, _)| close == Some(name)) {
        diagnostic = diagnostic
            .and_at((*place).clone(), format!("`{close}` is defined here"))
            .help(format!("did you mean `{close}`?"));
        return (diagnostic, Some((*place).clone()));
    }
    match names.as_slice() {
        [only] => diagnostic = diagnostic.help(format!("there is only `{only}`")),
        [_, _, ..] if names.len() <= 20 => {
            diagnostic = diagnostic.help(format!("there are {}", listed(&names)));
        }
        _ => {}
    }
    (diagnostic, None)
}
