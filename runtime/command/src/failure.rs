//! Failures of commands.

use serde_json::{Value, json};
use weft_spec::{Diagnostic, Report};

use crate::format::Format;
use crate::output;

/// The reason why a command has failed.
#[derive(Debug)]
pub(crate) struct Failure {
    report: Report,
    /// More lines, such as those of a backtrace.
    details: Vec<String>,
    code: u8,
}

impl Failure {
    /// Creates a failure with one problem.
    pub(crate) fn new(code: u8, diagnostic: Diagnostic) -> Self {
        Self::of(code, Report::of(diagnostic))
    }

    /// Creates a failure with a report.
    pub(crate) const fn of(code: u8, report: Report) -> Self {
        Self { report, details: Vec::new(), code }
    }

    /// Creates a failure that prints nothing.
    pub(crate) fn without_words(code: u8) -> Self {
        Self::of(code, Report::new())
    }

    /// Adds lines after the report.
    #[must_use]
    pub(crate) fn with_details(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(lines);
        self
    }

    /// Prints a failure after which the command goes on: to standard error, in every format.
    pub(crate) fn complain(&self, format: Format) {
        match format {
            Format::Human => output::complain(&self.text()),
            Format::Json => output::complain(&self.json().to_string()),
        }
    }

    /// Prints the failure, and returns the exit code.
    pub(crate) fn print(&self, format: Format) -> u8 {
        match format {
            _ if self.report.diagnostics().is_empty() => {}
            Format::Human => output::complain(&self.text()),
            // If it can't be printed, the exit code still reports it.
            Format::Json => drop(output::print_json(&self.json())),
        }
        self.code
    }

    fn text(&self) -> String {
        let mut text = self.report.render(true);
        for line in &self.details {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }

    fn json(&self) -> Value {
        json!({ "problems": self.report.to_json(), "details": self.details })
    }
}
