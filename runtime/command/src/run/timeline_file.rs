//! The file of `--timeline`: what the guest did, as text, as a trace, or as a page.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use weft::component::Store;
use weft::engine::wasmi::Wasmi;
use weft::timeline::Timeline;
use weft_explore::timeline::TimelineReport;
use weft_spec::{Diagnostic, Report};

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

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

/// The file of a timeline, which is written when the guest has ended.
#[derive(Debug)]
pub(super) struct TimelineFile {
    path: TimelinePath,
    file: File,
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

    /// Creates the file, and lets a store record the last `capacity` events.
    ///
    /// # Errors
    ///
    /// The file can't be created.
    pub(super) fn begin<T: 'static>(
        &self,
        store: &mut Store<Wasmi, T>,
        capacity: usize,
    ) -> Result<TimelineFile, Failure> {
        let file = File::create(&self.path).map_err(|error| not_written(&self.path, &error))?;
        store.record_timeline(Timeline::with_clock(capacity, now)).map_err(|error| {
            let message = format!("cannot record a timeline: {error}");
            Failure::new(WEFT_FAILED, Diagnostic::error("timeline", message))
        })?;
        Ok(TimelineFile { path: self.clone(), file })
    }
}

impl TimelinePath {
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
        std::fs::write(&self.path, text).map_err(|error| not_written(&self.path, &error))
    }
}

impl TimelineFile {
    /// Writes what a store has recorded. `error` is the reason why the guest was stopped.
    ///
    /// # Errors
    ///
    /// The file can't be written.
    pub(super) fn finish<T: 'static>(
        mut self,
        store: &mut Store<Wasmi, T>,
        title: &str,
        error: Option<&str>,
    ) -> Result<(), Failure> {
        let waiting = if error.is_some() { store.waiting() } else { Vec::new() };
        let Some(timeline) = store.take_timeline() else { return Ok(()) };
        let report = TimelineReport::new(&timeline).with_title(title).with_waiting(&waiting);
        let text = self.path.text_of(&report.with_outcome(error.unwrap_or_default()))?;
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.flush());
        written.map_err(|error| not_written(&self.path.path, &error))
    }
}

fn not_written(path: &Path, error: &std::io::Error) -> Failure {
    Failure::of(WEFT_FAILED, Report::of_io("write", path, error))
}

/// Returns the time of an event. Only differences matter.
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
