//! Reads the files of the data.

use std::fs;
use std::path::Path;

use crate::check::check;
use crate::names::{Kind, Names};
use crate::reader::{Reader, Row, listed, touch};
use crate::rows::{self, Draft};
use crate::{Diagnostic, Report, Span, Spec};

/// The families of built-ins, in the order of the reference; each is a file in `builtins/`.
const FAMILIES: [&str; 10] = [
    "resource",
    "context",
    "backpressure",
    "task",
    "subtask",
    "waitable",
    "stream",
    "future",
    "error-context",
    "thread",
];

/// The largest file that is read, in bytes. It is ten times the largest file of the data; a larger
/// one is a mistake.
const LARGEST_FILE: u64 = 1 << 18;

/// The largest number of problems in a report.
const MOST_PROBLEMS: usize = 200;

/// Reads and checks the data in the folder `directory`.
///
/// # Errors
///
/// Returns a [`Report`] of all problems: files that cannot be read, syntax errors, keys that are
/// missing, unknown or of the wrong type, references to nothing, contradictions between rows.
pub fn load(directory: &Path) -> Result<Spec, Report> {
    load_with_sources(directory).map(|(spec, _)| spec)
}

/// Reads like [`load`], and also returns the report without problems. It has the texts that the
/// places in the [`Spec`] point into.
///
/// # Errors
///
/// As [`load`].
pub fn load_with_sources(directory: &Path) -> Result<(Spec, Report), Report> {
    if !directory.is_dir() {
        // One problem, instead of one for each file in the folder.
        let message = format!("there is no folder `{}`", shown(directory));
        return Err(Report::of(Diagnostic::error("io", message)));
    }
    let mut loader = Loader::default();
    loader.file(directory, "gates.toml", &[Kind::Gate], rows::gates);
    let abi = &[Kind::Option, Kind::Constant, Kind::Code, Kind::Packing];
    loader.file(directory, "abi.toml", abi, rows::abi);
    loader.file(directory, "types.toml", &[Kind::Type], rows::types);
    let traps = &[Kind::Words, Kind::Trap, Kind::Guard];
    loader.file(directory, "traps.toml", traps, rows::traps);
    for family in FAMILIES {
        let name = format!("builtins/{family}.toml");
        loader.file(directory, &name, &[Kind::Builtin], |draft, reader, root| {
            rows::builtins(draft, reader, root, family);
        });
    }
    loader.file(directory, "builtins/removed.toml", &[Kind::Removed], rows::removed);
    loader.file(directory, "exceptions.toml", &[Kind::Exception], rows::exceptions);
    loader.unknown_files(&directory.join("builtins"));
    let Loader { mut report, names, draft, damaged } = loader;
    names.check(&mut report);
    check(&draft, &mut report);
    report.retain(|problem| {
        let follows = |damage: &Span| {
            problem.primary.as_ref().is_some_and(|place| touch(&place.span, damage))
        };
        problem.code == "toml-syntax" || !damaged.iter().any(follows)
    });
    report.sort();
    let left_out = report.truncate(MOST_PROBLEMS);
    if left_out > 0 {
        let message = format!("{left_out} more problems are not shown");
        report.push(Diagnostic::error("too-many", message).help("correct the ones shown first"));
    }
    if report.has_errors() { Err(report) } else { Ok((draft.spec, report)) }
}

#[derive(Default)]
struct Loader {
    report: Report,
    names: Names,
    draft: Draft,
    /// The parts that syntax errors make unreadable.
    damaged: Vec<Span>,
}

impl Loader {
    /// Reads the file `name`, whose rows are of the kinds `kinds`.
    fn file(
        &mut self,
        directory: &Path,
        name: &str,
        kinds: &'static [Kind],
        read: impl FnOnce(&mut Draft, &mut Reader<'_>, &mut Row<'_>),
    ) {
        let path = directory.join(name);
        let Some(text) = self.text(&path) else {
            for kind in kinds {
                self.names.lose(*kind);
            }
            return;
        };
        let source = self.report.add_source(shown(&path), text.clone());
        let mut reader = Reader::new(&mut self.report, &mut self.names, source, &text, kinds);
        let mut root = reader.parse();
        read(&mut self.draft, &mut reader, &mut root);
        reader.finish(&root);
        let damaged = reader.damaged;
        self.damaged.extend(damaged);
    }

    fn text(&mut self, path: &Path) -> Option<String> {
        // Reading a pipe or a device might never end.
        let bytes = match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                let message = format!("`{}` is not a file", shown(path));
                self.report.push(Diagnostic::error("io", message));
                return None;
            }
            Ok(found) if found.len() > LARGEST_FILE => {
                let message = format!(
                    "`{}` is larger than {LARGEST_FILE} bytes, the limit for a file of the data",
                    shown(path)
                );
                self.report.push(Diagnostic::error("too-large", message));
                return None;
            }
            Ok(_) => fs::read(path),
            Err(error) => Err(error),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                self.report.append(Report::of_io("read", Path::new(&shown(path)), &error));
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                // The text that is shown is the same up to this place.
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                let source = self.report.add_source(shown(path), text);
                let span = Span { source, range: at..at + '\u{fffd}'.len_utf8() };
                let message = format!("`{}` is not valid UTF-8", shown(path));
                let diagnostic = Diagnostic::error("not-utf8", message);
                self.report
                    .push(diagnostic.at(span, format!("the first wrong byte is at offset {at}")));
                None
            }
        }
    }

    /// Reports files that are not read: an unknown family, or a stray copy.
    fn unknown_files(&mut self, builtins: &Path) {
        let Ok(entries) = fs::read_dir(builtins) else { return };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| {
                let family = name.strip_suffix(".toml").unwrap_or_default();
                // Hidden files belong to editors and file managers.
                !name.starts_with('.') && family != "removed" && !FAMILIES.contains(&family)
            })
            .collect();
        names.sort();
        for name in names {
            let message =
                format!("`{}` is not a family of built-ins", shown(&builtins.join(&name)));
            let help = format!("the families are {}", listed(&FAMILIES));
            self.report.push(Diagnostic::error("unknown-file", message).help(help));
        }
    }
}

/// Returns a path as the user would write it: relative to the current folder.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    let shown = relative.as_deref().unwrap_or(path).display().to_string();
    if shown.is_empty() { ".".into() } else { shown }
}
