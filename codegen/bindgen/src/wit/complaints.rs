//! Rewrites the parser's errors, so that they lead to the mistake.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use weft_spec::{Diagnostic, Span as Place};
use wit_parser::{
    PackageName, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, SourceMap,
    Stability, UnresolvedPackageGroup,
};

use crate::wit::closest::{did_you_mean, listed};
use crate::wit::features::Features;
use crate::wit::files::{Files, Texts};

/// The types that need no declaration.
const BUILT_IN_TYPES: [&str; 22] = [
    "bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string",
    "list", "option", "result", "tuple", "stream", "future", "map", "own", "borrow",
];

/// Explains the mistakes in the texts of a package.
pub(crate) fn of_parse(
    texts: &Texts,
    numbers: &[usize],
    map: &SourceMap,
    error: &ParseError,
) -> Diagnostic {
    let kind = error.kind();
    let code = match kind {
        ParseErrorKind::Lex(_) | ParseErrorKind::Syntax { .. } => "wit-syntax",
        ParseErrorKind::ItemNotFound { .. } => "wit-unknown-name",
        ParseErrorKind::TypeCycle { .. } => "wit-cycle",
        _ => "wit",
    };
    let problem = explain(texts, code, &kind.to_string(), texts.place(map, kind.span()));
    match kind {
        ParseErrorKind::ItemNotFound { name, kind, .. } => {
            let keywords: &[&str] = if kind.contains("interface") || kind.contains("world") {
                &["interface", "world"]
            } else {
                &["type", "record", "variant", "enum", "flags", "resource"]
            };
            let mut known = declared(texts, numbers, keywords);
            if !keywords.contains(&"interface") {
                known.extend(BUILT_IN_TYPES);
            }
            did_you_mean(problem, name, &known.into_iter().collect::<Vec<_>>())
        }
        _ => problem,
    }
}

/// Returns the names that texts declare with one of `keywords`, or import with `use`.
fn declared<'a>(texts: &'a Texts, numbers: &'a [usize], keywords: &[&str]) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for line in texts.flat(numbers).flat_map(str::lines) {
        let code = line.split("//").next().unwrap_or_default();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let words: Vec<_> = code.split(|c| !is_part(c)).filter(|word| !word.is_empty()).collect();
        let used = words.first().filter(|first| **first == "use").map_or(&[][..], |_| &words);
        let pairs = words.iter().zip(words.iter().skip(1));
        let named = pairs.filter(|(keyword, _)| keywords.contains(keyword)).map(|(_, name)| *name);
        names.extend(named.chain(used.iter().skip(1).copied()));
    }
    names
}

/// Converts the parser's error: its first line is the message, the other lines are help.
fn explain(texts: &Texts, code: &'static str, words: &str, place: Option<Place>) -> Diagnostic {
    let words = texts.nested.restore_text(words);
    let mut lines = words.lines();
    let (message, more) = reworded(lines.next().unwrap_or_default());
    let mut problem = Diagnostic::error(code, message);
    if let Some(place) = place {
        problem = problem.at(place, "");
    }
    let lines = lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    let help: Vec<_> = lines.chain(more).collect();
    if help.is_empty() { problem } else { problem.help(help.join("\n")) }
}

/// Returns better words for misleading ones of the parser, and advice.
fn reworded(words: &str) -> (String, Option<String>) {
    let between = |start: &str, end: &str| words.strip_prefix(start)?.split_once(end);
    if let Some(expected) = words.strip_suffix(", found eof") {
        return (format!("{expected}, found the end of the file"), None);
    }
    if let Some((_, keyword)) = words.split_once(", found keyword ") {
        let name = keyword.trim_matches(['`', '\'']);
        return (words.to_owned(), Some(format!("a name that is a keyword is written `%{name}`")));
    }
    if let Some((package, _)) = between("package [", "] contains a feature gate with a version") {
        return (
            format!("`@since` names a version of the package, and `{package}` has none"),
            Some(format!("add one, as in `package {package}@1.0.0;`")),
        );
    }
    if let Some((since, rest)) =
        between("feature gate cannot reference unreleased version ", " of ")
    {
        let version = rest.rsplit_once("version ").map_or(rest, |(_, it)| it.trim_end_matches(')'));
        let message = format!("`@since` names version {since}, and the package is {version}");
        return (
            message,
            Some(
                "an item cannot be newer than its package: raise the package's version".to_owned(),
            ),
        );
    }
    if let Some((name, _)) = between("no import or export kebab-name `", "`") {
        return (
            format!("no item of the included world has the plain name `{name}`"),
            Some("interfaces with a package's name cannot be renamed".to_owned()),
        );
    }
    if words.starts_with("cannot specify both @deprecated without") {
        return ("`@deprecated` needs `@since` or `@unstable` beside it".to_owned(), None);
    }
    if words.starts_with("package identifier ") {
        let help = "the files of a folder are one package; put dependencies under `deps`";
        return (words.to_owned(), Some(help.to_owned()));
    }
    (words.to_owned(), None)
}

/// The packages, for errors in references between packages.
pub(crate) struct Complaints<'f> {
    files: &'f Files,
    features: Option<String>,
    /// The names and versions of all packages.
    packages: BTreeMap<String, Vec<PackageName>>,
}

impl<'f> Complaints<'f> {
    pub(crate) fn new(
        files: &'f Files,
        features: &Features,
        resolve: &Resolve,
        groups: &[UnresolvedPackageGroup],
    ) -> Self {
        let encoded = resolve.packages.iter().map(|(_, package)| &package.name);
        let texts = groups.iter().flat_map(|group| group.nested.iter().chain([&group.main]));
        let mut packages: BTreeMap<String, Vec<PackageName>> = BTreeMap::new();
        for name in encoded.chain(texts.map(|package| &package.name)) {
            packages.entry(without_version(name)).or_default().push(name.clone());
        }
        for names in packages.values_mut() {
            names.sort();
            names.dedup();
        }
        Self { files, features: features.listed(), packages }
    }

    /// Explains the reason why packages cannot be resolved.
    pub(crate) fn of_resolve(&self, resolve: &Resolve, error: &ResolveError) -> Diagnostic {
        let kind = error.kind();
        let texts = &self.files.texts;
        let place = texts.place(&resolve.source_map, kind.span());
        let explain = |code, words: &str| explain(texts, code, words, place.clone());
        match kind {
            ResolveErrorKind::PackageNotFound { requested, .. } => {
                let message = format!("there is no package `{requested}`");
                self.package(requested, explain("wit-unknown-package", &message))
            }
            ResolveErrorKind::WorldNotFound { requested, package, .. } => {
                let message = format!("`{package}` has no world `{requested}`");
                let names = worlds(resolve, package);
                Self::name("worlds", explain("wit-unknown-name", &message), requested, names)
            }
            ResolveErrorKind::InterfaceNotFound { requested, package, .. } => {
                let message = format!("`{package}` has no interface `{requested}`");
                let names = interfaces(resolve, package);
                Self::name("interfaces", explain("wit-unknown-name", &message), requested, names)
            }
            ResolveErrorKind::DuplicatePackage { span2, .. } => {
                let problem = explain("wit-duplicate-package", &kind.to_string());
                match texts.place(&resolve.source_map, *span2) {
                    Some(other) => problem.and_at(other, "and here"),
                    None => problem,
                }
            }
            ResolveErrorKind::InvalidTransitiveDependency { name, .. } => {
                let message = format!(
                    "`{name}` is exported and reaches an exported interface both directly and \
                     through one that is imported"
                );
                explain("wit", &message).help("also export the interface between them")
            }
            ResolveErrorKind::PackageCycle { .. } => explain("wit-cycle", &kind.to_string()),
            ResolveErrorKind::ItemShadowing { item_type, name, .. } => {
                let message = format!("the world already has another {item_type} `{name}`");
                explain("wit-shadowing", &message)
            }
            ResolveErrorKind::StabilityMismatch { from, into, .. } => {
                let (one, two) = (stability(from), stability(into));
                let message = format!("the same item is {one} in one place and {two} in another");
                explain("wit-stability", &message)
            }
            ResolveErrorKind::Semantic { message, .. } => self.semantic(resolve, message, explain),
            _ => explain("wit", &kind.to_string()),
        }
    }

    fn package(&self, requested: &PackageName, problem: Diagnostic) -> Diagnostic {
        let restored = |name: &PackageName| self.files.texts.nested.restore_text(&name.to_string());
        let name = without_version(requested);
        if let Some(there) = self.packages.get(&name) {
            let there: Vec<_> = there.iter().map(restored).collect();
            let problem = problem.help(format!(
                "another version exists: {}",
                listed(there.iter().map(String::as_str)),
            ));
            return match requested.version {
                Some(_) => problem.help("use that version, or add the one that is used here"),
                None => problem.help("also write the version"),
            };
        }
        if let Some(deps) = &self.files.unread {
            let folder = deps.parent().map(PathBuf::from).unwrap_or_default();
            let folder = if folder.as_os_str().is_empty() { ".".into() } else { folder };
            let (deps, folder) = (deps.display(), folder.display());
            return problem.help(format!("to read `{deps}`, pass the folder `{folder}`"));
        }
        let others: Vec<_> = self.packages.values().flatten().map(restored).collect();
        let others: Vec<_> = others.iter().map(String::as_str).collect();
        // Only one half of the name may be wrong.
        let (namespace, rest) =
            (format!("{}:", requested.namespace), format!(":{}", requested.name));
        let plain = self.packages.keys().map(String::as_str);
        let half = plain.filter(|name| name.starts_with(&namespace) || name.ends_with(&rest));
        let half: Vec<_> = half.map(|name| self.files.texts.nested.restore_text(name)).collect();
        let half: Vec<_> = half.iter().map(String::as_str).collect();
        let problem = did_you_mean(problem, &name, &half);
        problem
            .help(format!("the packages that were read are {}", listed(others)))
            .help("put a package's dependencies into a folder `deps` beside its files")
    }

    /// Adds the names that exist to a problem with one that does not exist.
    fn name(what: &str, problem: Diagnostic, name: &str, known: Vec<&str>) -> Diagnostic {
        let problem = did_you_mean(problem, name, &known);
        if known.is_empty() {
            return problem.help(format!("it has no {what}"));
        }
        problem.help(format!("its {what} are {}", listed(known)))
    }

    fn semantic(
        &self,
        resolve: &Resolve,
        words: &str,
        explain: impl Fn(&'static str, &str) -> Diagnostic,
    ) -> Diagnostic {
        if let Some((what, _)) = words
            .strip_prefix("found a reference to a")
            .and_then(|rest| rest.split_once(" which is excluded due to its feature"))
        {
            let what = what.trim_start_matches(['n', ' ']);
            let problem = explain(
                "wit-feature",
                &format!("this {what} belongs to a feature that is not included"),
            );
            let problem = match &self.features {
                Some(names) => problem.help(format!("the known features are {names}")),
                None => problem,
            };
            return problem.help("include it with `features`, or everything with `all-features`");
        }
        if let Some(name) = words
            .strip_prefix("type `")
            .and_then(|rest| rest.strip_suffix("` not defined in interface"))
        {
            let problem =
                explain("wit-unknown-name", &format!("the interface has no type `{name}`"));
            let types = resolve.types.iter().filter_map(|(_, ty)| ty.name.as_deref());
            return did_you_mean(problem, name, &types.collect::<Vec<_>>());
        }
        explain("wit", words)
    }
}

fn without_version(name: &PackageName) -> String {
    format!("{}:{}", name.namespace, name.name)
}

fn worlds<'r>(resolve: &'r Resolve, package: &PackageName) -> Vec<&'r str> {
    let package = resolve.package_names.get(package).and_then(|id| resolve.packages.get(*id));
    package.into_iter().flat_map(|package| package.worlds.keys()).map(String::as_str).collect()
}

fn interfaces<'r>(resolve: &'r Resolve, package: &PackageName) -> Vec<&'r str> {
    let package = resolve.package_names.get(package).and_then(|id| resolve.packages.get(*id));
    package.into_iter().flat_map(|package| package.interfaces.keys()).map(String::as_str).collect()
}

fn stability(stability: &Stability) -> String {
    match stability {
        Stability::Unknown => "without a version".to_owned(),
        Stability::Unstable { feature, .. } => format!("unstable (`{feature}`)"),
        Stability::Stable { since, .. } => format!("stable since {since}"),
    }
}
