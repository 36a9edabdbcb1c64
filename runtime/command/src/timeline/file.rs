//! The options for a timeline, and its file: as text, as a trace, or as a page.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use weft::component::Store;
use weft::engine::wasmi::Wasmi;
use weft::timeline::Timeline;
use weft_explore::timeline::TimelineReport;
use weft_spec::{Diagnostic, Report};

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

/// The options for a timeline.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Timeline")]
pub(crate) struct TimelineArguments {
    /// Record what guests do, and write it at the end: as a page for a browser (`.html`), as a trace
    /// for the viewer Perfetto (`.json`), or as text (`.txt`). Recording makes guests slower.
    #[arg(long, value_name = "FILE", value_parser = TimelinePath::parse)]
    timeline: Option<TimelinePath>,
    /// Keep this number of events, the last ones.
    #[arg(long, value_name = "COUNT", default_value_t = 100_000)]
    timeline_events: usize,
}

/// A kind of file, which its extension tells.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Trace,
    Page,
}

/// The path of a timeline, and the kind of file.
#[derive(Clone, Debug)]
pub(crate) struct TimelinePath {
    path: PathBuf,
    kind: Kind,
}

/// The file of a timeline, which is written when the guests have ended.
#[derive(Debug)]
pub(crate) struct TimelineFile {
    path: TimelinePath,
    /// The number of events that are kept.
    pub(super) capacity: usize,
    /// The clock of the timelines. Each owns it.
    start: Arc<Instant>,
}

impl TimelineArguments {
    /// Returns `true` if a timeline is wanted.
    pub(crate) const fn is_wanted(&self) -> bool {
        self.timeline.is_some()
    }

    /// Returns the file, if one is wanted. Until the end, a file that exists keeps its contents, and
    /// one that does not exist is not made.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(crate) fn file(&self) -> Result<Option<TimelineFile>, Failure> {
        let Some(path) = &self.timeline else { return Ok(None) };
        check(&path.path).map_err(|error| not_written(&path.path, &error))?;
        let (path, capacity) = (path.clone(), self.timeline_events);
        Ok(Some(TimelineFile { path, capacity, start: Arc::new(Instant::now()) }))
    }
}

impl TimelinePath {
    /// Reads the value of the option.
    ///
    /// # Errors
    ///
    /// The extension is none of the three.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let kind = match path.extension().and_then(|it| it.to_str()) {
            Some("txt") => Kind::Text,
            Some("json") => Kind::Trace,
            Some("html") => Kind::Page,
            _ => return Err("its name has to end with `.html`, `.json` or `.txt`".to_owned()),
        };
        Ok(Self { path, kind })
    }

    /// Returns a report as the kind of file that the path has.
    fn text_of(&self, report: &TimelineReport<'_>) -> Result<String, Failure> {
        Ok(match self.kind {
            Kind::Text => report.text(),
            Kind::Trace => report.trace_json(),
            Kind::Page => report.html().map_err(|error| {
                let diagnostic = Diagnostic::error("timeline", error.to_string());
                Failure::new(WEFT_FAILED, diagnostic)
            })?,
        })
    }

    /// Writes a report.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(crate) fn write(&self, report: &TimelineReport<'_>) -> Result<(), Failure> {
        let text = self.text_of(report)?;
        fs::write(&self.path, text).map_err(|error| not_written(&self.path, &error))
    }
}

impl TimelineFile {
    /// Returns an empty timeline of `capacity` events. Its times are counted from the start of the
    /// command.
    pub(crate) fn timeline(&self, capacity: usize) -> Timeline {
        let start = Arc::clone(&self.start);
        Timeline::with_clock(capacity, move || start.elapsed())
    }

    /// Returns the number of timelines that were made and not dropped.
    pub(super) fn timelines(&self) -> usize {
        Arc::strong_count(&self.start) - 1
    }

    /// Lets the only store record its last events.
    ///
    /// # Errors
    ///
    /// The store can't record.
    pub(crate) fn record<T: 'static>(&self, store: &mut Store<Wasmi, T>) -> Result<(), Failure> {
        store.record_timeline(self.timeline(self.capacity)).map_err(|error| {
            let message = format!("cannot record a timeline: {error}");
            Failure::new(WEFT_FAILED, Diagnostic::error("timeline", message))
        })
    }

    /// Writes what the only store has recorded. `error` is the reason why the guest was stopped.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(crate) fn finish<T: 'static>(
        self,
        store: &mut Store<Wasmi, T>,
        title: &str,
        error: Option<&str>,
    ) -> Result<(), Failure> {
        let waiting = if error.is_some() { store.waiting() } else { Vec::new() };
        let Some(timeline) = store.take_timeline() else { return Ok(()) };
        let report = TimelineReport::new(&timeline).with_title(title).with_waiting(&waiting);
        self.write(&report.with_outcome(error.unwrap_or_default()))
    }

    /// Writes a report.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(crate) fn write(&self, report: &TimelineReport<'_>) -> Result<(), Failure> {
        self.path.write(report)
    }
}

/// Checks that a file can be written, and changes nothing.
fn check(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(_) => fs::remove_file(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).open(path).map(|_| ())
        }
        Err(error) => Err(error),
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::of(WEFT_FAILED, Report::of_io("write", path, error))
}
