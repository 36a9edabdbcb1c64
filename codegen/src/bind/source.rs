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
}

struct Text {
    /// The path as the user would write it.
    path: String,
    /// The path from the folder that was given.
    relative: String,
    text: String,
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
        self.texts.files.get(number).map_or(0, |file| file.text.lines().count())
    }
}

impl Texts {
    fn report(&self) -> Report {
        let mut report = Report::new();
        for file in &self.files {
            report.add_source(&file.path, &file.text);
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
            text,
        });
    }

    fn place(&self, map: &SourceMap, span: Span) -> Option<Place> {
        let found = map.resolve_span(span)?;
        let source = *self.by_path.get(found.path)?;
        let Range { start, end } = found.range;
        let text = self.files.get(source)?.text.get(start..)?;
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
    let (main, dependencies) = read_parts(&options.wit, &mut texts, &mut problems)?;

    let mut resolve = Resolve { all_features: options.all_features, ..Resolve::default() };
    resolve.features.extend(options.features.iter().cloned());
    let mut report = texts.report();
    report.append(problems);
    let mut groups = Vec::new();
    for part in dependencies {
        match part {
            Part::Texts(numbers) => groups.extend(parse(&texts, &numbers, &mut report)),
            Part::Encoded { path, bytes } => {
                if let Err(problem) = merge(&mut resolve, &path, &bytes) {
                    report.push(problem);
                }
            }
        }
    }
    let resolved = match main {
        Part::Encoded { path, bytes } => merge(&mut resolve, &path, &bytes),
        Part::Texts(numbers) => match parse(&texts, &numbers, &mut report) {
            Some(group) if !report.has_errors() => resolve
                .push_groups(group, groups)
                .map_err(|error| explain_resolve(&texts, &resolve.source_map, &error)),
            _ => return Err(report),
        },
    };
    match resolved {
        Ok(main) if !report.has_errors() => {
            Ok(Wit { resolve, main, path: options.wit.display().to_string(), texts })
        }
        Ok(_) => Err(report),
        Err(problem) => {
            report.push(problem);
            Err(report)
        }
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
            map.push_str(&file.path, &*file.text);
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

/// Adds a package that is encoded as WebAssembly.
fn merge(resolve: &mut Resolve, path: &Path, bytes: &[u8]) -> Result<PackageId, Diagnostic> {
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("`{}` is not a WIT package: {error}", path.display());
        Diagnostic::error("wit-encoded", message)
    };
    let binary = wat::parse_bytes(bytes).map_err(|error| failed(&error))?;
    match decode(&binary).map_err(|error| failed(&format!("{error:#}")))? {
        DecodedWasm::WitPackage(package, id) => {
            let remap = resolve.merge(package).map_err(|error| failed(&format!("{error:#}")))?;
            remap
                .packages
                .get(id.index())
                .copied()
                .ok_or_else(|| failed(&"the package is missing"))
        }
        DecodedWasm::Component(..) => Err(failed(&"it is a component")),
    }
}

fn explain_parse(texts: &Texts, map: &SourceMap, error: &ParseError) -> Diagnostic {
    let kind = error.kind();
    let code = match kind {
        ParseErrorKind::Lex(_) | ParseErrorKind::Syntax { .. } => "wit-syntax",
        ParseErrorKind::ItemNotFound { .. } => "wit-unknown-name",
        ParseErrorKind::TypeCycle { .. } => "wit-cycle",
        _ => "wit",
    };
    let place = texts.place(map, kind.span());
    let mut problem = explain(code, &kind.to_string(), place.clone());
    if place.is_some_and(|place| texts.is_nested_name(&place)) {
        problem = problem.help(
            "a package name has one namespace and one name: nested ones, as in `a:b:c/d`, \
             cannot be read yet",
        );
    }
    problem
}

impl Texts {
    /// Whether what the parser did not want at `place` continues a package name.
    fn is_nested_name(&self, place: &Place) -> bool {
        let around = self.files.get(place.source).and_then(|file| {
            let (before, rest) = file.text.split_at_checked(place.range.start)?;
            Some((before.rsplit(['\n', ';', '{']).next()?, rest.chars().next()?))
        });
        matches!(around, Some((before, ':' | '/'))
            if before.contains(':')
                && ["package", "use", "import", "export", "include"]
                    .iter()
                    .any(|word| before.trim_start().starts_with(word)))
    }
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
    let mut problem = explain(code, &kind.to_string(), texts.place(map, kind.span()));
    if let ResolveErrorKind::DuplicatePackage { span2, .. } = kind
        && let Some(other) = texts.place(map, *span2)
    {
        problem = problem.and_at(other, "and here");
    }
    problem
}

/// The parser's words: the first line is the message, further ones are help.
fn explain(code: &'static str, words: &str, place: Option<Place>) -> Diagnostic {
    let mut lines = words.lines();
    let mut problem = Diagnostic::error(code, lines.next().unwrap_or_default());
    if let Some(place) = place {
        problem = problem.at(place, "");
    }
    let more: Vec<_> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    if more.is_empty() { problem } else { problem.help(more.join("\n")) }
}
