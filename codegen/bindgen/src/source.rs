//! The WIT's files: found, read, parsed and resolved, or everything that is wrong with them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use weft_spec::{Diagnostic, Report, Span as Place};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{
    PackageId, ParseError, ParseErrorKind, Resolve, ResolveError, ResolveErrorKind, SourceMap,
    Span, UnresolvedPackageGroup,
};

use super::Options;
use super::nested_names::NestedNames;

/// The most text that is taken: `wit-parser` counts bytes in 32 bits.
const LARGEST_TEXT: usize = 1 << 30;

/// Resolved WIT and the texts it came from.
pub(super) struct Wit {
    /// Every package that was read.
    pub(super) resolve: Resolve,
    /// The package of the path that was given; the others are its dependencies.
    pub(super) main: PackageId,
    /// The path that was given.
    pub(super) path: String,
    texts: Texts,
}

/// The texts, in the order they were read: a text's number is its number in every report.
#[derive(Default)]
struct Texts {
    files: Vec<Text>,
    by_path: HashMap<String, usize>,
    nested: NestedNames,
}

struct Text {
    /// The path as the user would write it.
    path: String,
    /// The path from the folder that was given.
    relative: String,
    content: String,
    /// What the parser reads: the same with nested names flattened.
    flat: String,
    /// Where each line starts.
    lines: Vec<usize>,
}

impl Wit {
    /// A report that can point into the texts.
    pub(super) fn report(&self) -> Report {
        self.texts.report()
    }

    /// The place of `span` for a report, if the item came from a text.
    pub(super) fn place(&self, span: Span) -> Option<Place> {
        self.texts.place(&self.resolve.source_map, span)
    }

    /// The text and line of `span`, as in `deps/clocks.wit:17`, with the text's number.
    pub(super) fn line(&self, span: Span) -> Option<(usize, String)> {
        let place = self.place(span)?;
        let file = self.texts.files.get(place.source)?;
        let line = file.lines.partition_point(|start| *start <= place.range.start);
        Some((place.source, format!("{}:{line}", file.relative)))
    }

    /// How many lines text number `number` has.
    pub(super) fn line_count(&self, number: usize) -> usize {
        self.texts.files.get(number).map_or(0, |file| file.content.lines().count())
    }
}

impl Texts {
    fn report(&self) -> Report {
        let mut report = Report::new();
        for file in &self.files {
            report.add_source(&file.path, &file.content);
        }
        report
    }

    fn add(&mut self, path: &Path, relative: &Path, text: String) {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        let path = path.display().to_string();
        let relative: Vec<_> =
            relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        self.by_path.insert(path.clone(), self.files.len());
        self.files.push(Text {
            path,
            relative: relative.join("/"),
            lines: lines.collect(),
            flat: String::new(),
            content: text,
        });
    }

    /// Makes of each text what the parser can read.
    fn flatten(&mut self, report: &mut Report) {
        for (number, file) in self.files.iter_mut().enumerate() {
            let mut problem = |problem| report.push(problem);
            file.flat = self.nested.flatten(&file.content, number, &mut problem);
        }
    }

    fn place(&self, map: &SourceMap, span: Span) -> Option<Place> {
        let found = map.resolve_span(span)?;
        let source = *self.by_path.get(found.path)?;
        let Range { start, end } = found.range;
        let text = self.files.get(source)?.content.get(start..)?;
        // A span of nothing still deserves a caret.
        let width = text.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        Some(Place { source, range: start..end.max(start + width) })
    }
}

/// One package's part of the input.
enum Part {
    /// The numbers of its texts.
    Texts(Vec<usize>),
    /// A package that is encoded as WebAssembly.
    Encoded { path: PathBuf, bytes: Vec<u8> },
}

/// Reads, parses and resolves what `options` name.
pub(super) fn read(options: &Options) -> Result<Wit, Report> {
    let mut texts = Texts::default();
    let mut problems = Report::new();
    let Some((first, others)) = options.wit.split_first() else {
        return Err(Report::of(Diagnostic::error("wit-empty", "no WIT is given")));
    };
    let (main, mut dependencies) = read_parts(first, &mut texts, &mut problems)?;
    for other in others {
        let (part, more) = read_parts(other, &mut texts, &mut problems)?;
        dependencies.push(part);
        dependencies.extend(more);
    }

    let mut resolve = Resolve { all_features: options.all_features, ..Resolve::default() };
    resolve.features.extend(options.features.iter().cloned());
    let mut report = texts.report();
    report.append(problems);
    texts.flatten(&mut report);
    let mut groups = Vec::new();
    for part in dependencies {
        match part {
            Part::Texts(numbers) => groups.extend(parse(&texts, &numbers, &mut report)),
            Part::Encoded { path, bytes } => {
                merge(&mut resolve, &path, &bytes, &mut report);
            }
        }
    }
    for (_, package) in &resolve.packages {
        if let Some(problem) = texts.nested.refuse_encoded(&package.name) {
            report.push(problem);
        }
    }
    let main = match main {
        Part::Encoded { path, bytes } => merge(&mut resolve, &path, &bytes, &mut report),
        Part::Texts(numbers) => match parse(&texts, &numbers, &mut report) {
            Some(group) if !report.has_errors() => resolve
                .push_groups(group, groups)
                .map_err(|error| {
                    report.push(explain_resolve(&texts, &resolve.source_map, &error));
                })
                .ok(),
            _ => None,
        },
    };
    match main {
        Some(main) if !report.has_errors() => {
            texts.nested.restore(&mut resolve);
            Ok(Wit { resolve, main, path: first.display().to_string(), texts })
        }
        _ => Err(report),
    }
}

/// Reads the files of `path`: the main package's and its dependencies'.
fn read_parts(
    path: &Path,
    texts: &mut Texts,
    problems: &mut Report,
) -> Result<(Part, Vec<Part>), Report> {
    let folder = fs::metadata(path).map_err(|error| Report::of_io("read", path, &error))?;
    if !folder.is_dir() {
        let name = path.file_name().map_or(path, Path::new);
        let part = read_file(path, name, texts)?;
        return Ok((part, Vec::new()));
    }
    let mut numbers = Vec::new();
    read_folder(path, Path::new(""), texts, &mut numbers, problems);
    if numbers.is_empty() && !problems.has_errors() {
        return Err(Report::of(
            Diagnostic::error("wit-empty", format!("`{}` has no WIT file", path.display())).help(
                "a package's `.wit` files lie directly in its folder, its dependencies under `deps`",
            ),
        ));
    }
    let mut dependencies = Vec::new();
    let deps = path.join("deps");
    if deps.is_dir() {
        for entry in entries(&deps, problems) {
            let relative = Path::new("deps").join(entry.file_name().unwrap_or_default());
            let extension = entry.extension().and_then(|e| e.to_str());
            if entry.is_dir() {
                let mut numbers = Vec::new();
                read_folder(&entry, &relative, texts, &mut numbers, problems);
                if !numbers.is_empty() {
                    dependencies.push(Part::Texts(numbers));
                }
            } else if matches!(extension, Some("wit" | "wat" | "wasm")) {
                match read_file(&entry, &relative, texts) {
                    Ok(part) => dependencies.push(part),
                    Err(report) => problems.append(report),
                }
            }
        }
    }
    Ok((Part::Texts(numbers), dependencies))
}

/// The entries of a folder, sorted, so that two runs see the same.
fn entries(folder: &Path, problems: &mut Report) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder)
        .and_then(|found| found.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
    match listed {
        Ok(mut paths) => {
            paths.sort();
            paths
        }
        Err(error) => {
            problems.append(Report::of_io("read", folder, &error));
            Vec::new()
        }
    }
}

/// Reads the `.wit` files directly in `folder`.
fn read_folder(
    folder: &Path,
    relative: &Path,
    texts: &mut Texts,
    numbers: &mut Vec<usize>,
    problems: &mut Report,
) {
    for path in entries(folder, problems) {
        if path.extension().is_some_and(|extension| extension == "wit") && !path.is_dir() {
            match read_file(&path, &relative.join(path.file_name().unwrap_or_default()), texts) {
                Ok(Part::Texts(number)) => numbers.extend(number),
                Ok(Part::Encoded { .. }) => problems.push(Diagnostic::error(
                    "wit-encoded",
                    format!("`{}` is WebAssembly and not WIT text", path.display()),
                )),
                Err(report) => problems.append(report),
            }
        }
    }
}

fn read_file(path: &Path, relative: &Path, texts: &mut Texts) -> Result<Part, Report> {
    let bytes = fs::read(path).map_err(|error| Report::of_io("read", path, &error))?;
    if bytes.len() > LARGEST_TEXT {
        return Err(Report::of(Diagnostic::error(
            "wit-too-large",
            format!("`{}` is larger than {LARGEST_TEXT} bytes", path.display()),
        )));
    }
    if bytes.starts_with(b"\0asm") || path.extension().is_some_and(|e| e == "wat") {
        return Ok(Part::Encoded { path: path.to_owned(), bytes });
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            texts.add(path, relative, text);
            Ok(Part::Texts(vec![texts.files.len() - 1]))
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let lines = error.as_bytes().iter().take(at).filter(|b| **b == b'\n').count();
            let message =
                format!("`{}` is not UTF-8: line {}, byte {at}", path.display(), lines + 1);
            Err(Report::of(Diagnostic::error("wit-not-utf8", message)))
        }
    }
}

/// Parses one package's texts; what is wrong goes into `report`.
///
/// Each text is tried alone first, so that a mistake in one does not hide those in others, and
/// because the parser's places for forbidden characters are those of a single text. Alone, a
/// text may lack names that another text gives: only what is wrong in itself counts.
fn parse(texts: &Texts, numbers: &[usize], report: &mut Report) -> Option<UnresolvedPackageGroup> {
    let map_of = |numbers: &[usize]| {
        let mut map = SourceMap::new();
        for file in numbers.iter().filter_map(|number| texts.files.get(*number)) {
            map.push_str(&file.path, &*file.flat);
        }
        map
    };
    let mut broken = false;
    for number in numbers {
        if let Err((map, error)) = map_of(&[*number]).parse()
            && matches!(error.kind(), ParseErrorKind::Lex(_) | ParseErrorKind::Syntax { .. })
            && error.kind().span().is_known()
        {
            report.push(explain_parse(texts, &map, &error));
            broken = true;
        }
    }
    if broken {
        return None;
    }
    map_of(numbers)
        .parse()
        .map_err(|(map, error)| {
            let mut problem = explain_parse(texts, &map, &error);
            if problem.primary.is_none()
                && let Some(number) = numbers.first()
            {
                problem = problem.at(Place { source: *number, range: 0..0 }, "");
            }
            report.push(problem);
        })
        .ok()
}

/// Adds a package that is encoded as WebAssembly; what is wrong goes into `report`.
fn merge(
    resolve: &mut Resolve,
    path: &Path,
    bytes: &[u8],
    report: &mut Report,
) -> Option<PackageId> {
    let decoded = wat::parse_bytes(bytes)
        .map_err(|error| error.to_string())
        .and_then(|binary| decode(&binary).map_err(|error| format!("{error:#}")));
    let merged = match decoded {
        Ok(DecodedWasm::WitPackage(package, id)) => match resolve.merge(package) {
            Ok(remap) => {
                remap.packages.get(id.index()).copied().ok_or("the package is missing".to_owned())
            }
            Err(error) => Err(format!("{error:#}")),
        },
        Ok(DecodedWasm::Component(..)) => Err("it is a component".to_owned()),
        Err(error) => Err(error),
    };
    merged
        .map_err(|error| {
            let message = format!("`{}` is not a WIT package: {error}", path.display());
            report.push(Diagnostic::error("wit-encoded", message));
        })
        .ok()
}

fn explain_parse(texts: &Texts, map: &SourceMap, error: &ParseError) -> Diagnostic {
    let kind = error.kind();
    let code = match kind {
        ParseErrorKind::Lex(_) | ParseErrorKind::Syntax { .. } => "wit-syntax",
        ParseErrorKind::ItemNotFound { .. } => "wit-unknown-name",
        ParseErrorKind::TypeCycle { .. } => "wit-cycle",
        _ => "wit",
    };
    explain(texts, code, &kind.to_string(), texts.place(map, kind.span()))
}

fn explain_resolve(texts: &Texts, map: &SourceMap, error: &ResolveError) -> Diagnostic {
    let kind = error.kind();
    let code = match kind {
        ResolveErrorKind::PackageNotFound { .. } => "wit-unknown-package",
        ResolveErrorKind::WorldNotFound { .. } | ResolveErrorKind::InterfaceNotFound { .. } => {
            "wit-unknown-name"
        }
        ResolveErrorKind::DuplicatePackage { .. } => "wit-duplicate-package",
        ResolveErrorKind::PackageCycle { .. } => "wit-cycle",
        ResolveErrorKind::ItemShadowing { .. } => "wit-shadowing",
        ResolveErrorKind::StabilityMismatch { .. } => "wit-stability",
        _ => "wit",
    };
    let place = texts.place(map, kind.span());
    match kind {
        ResolveErrorKind::PackageNotFound { requested, known, .. } => {
            let known = known.iter().map(|name| format!("`{name}`"));
            let known: Vec<_> = known.map(|name| texts.nested.restore_text(&name)).collect();
            explain(texts, code, &format!("there is no package `{requested}`"), place).help(
                if known.is_empty() {
                    "a package's dependencies lie in a folder `deps` beside its files".to_owned()
                } else {
                    format!("the packages that were read so far are {}", known.join(", "))
                },
            )
        }
        ResolveErrorKind::DuplicatePackage { span2, .. } => {
            let problem = explain(texts, code, &kind.to_string(), place);
            match texts.place(map, *span2) {
                Some(other) => problem.and_at(other, "and here"),
                None => problem,
            }
        }
        _ => explain(texts, code, &kind.to_string(), place),
    }
}

/// The parser's words: the first line is the message, further ones are help.
fn explain(texts: &Texts, code: &'static str, words: &str, place: Option<Place>) -> Diagnostic {
    let words = texts.nested.restore_text(words);
    let mut lines = words.lines();
    let mut problem = Diagnostic::error(code, lines.next().unwrap_or_default());
    if let Some(place) = place {
        problem = problem.at(place, "");
    }
    let more: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    if more.is_empty() { problem } else { problem.help(more.join("\n")) }
}
