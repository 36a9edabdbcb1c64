//! A count of tries that should all have the same outcome; each other outcome is reported once.

use indexmap::IndexMap;
use weft_spec::Span;

use crate::diff_spec::difference::{Fact, Findings};

/// The outcomes of tries for one fact.
#[derive(Debug)]
pub(super) struct Tally<'a> {
    pub subject: &'a str,
    pub what: &'a str,
    /// The expected outcome, according to the data.
    pub expected: &'a str,
    pub edit: String,
    pub described_at: &'a Span,
    right: usize,
    /// The unexpected outcomes, each with the forms that had it.
    wrong: IndexMap<String, Vec<String>>,
}

impl<'a> Tally<'a> {
    pub(super) fn new(
        subject: &'a str,
        what: &'a str,
        expected: &'a str,
        edit: String,
        described_at: &'a Span,
    ) -> Self {
        Self { subject, what, expected, edit, described_at, right: 0, wrong: IndexMap::new() }
    }

    /// Records a try with `form`; the error is the unexpected outcome.
    pub(super) fn count(&mut self, form: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.right += 1,
            Err(instead) => self.wrong.entry(instead).or_default().push(form.to_owned()),
        }
    }

    /// Reports one difference for each unexpected outcome.
    pub(super) fn finish(self, findings: &mut Findings<'_>) {
        findings.checked += self.right;
        for (instead, forms) in self.wrong {
            // The other tries of the group are facts, too.
            findings.checked += forms.len() - 1;
            let forms: Vec<String> = forms.into_iter().filter(|form| !form.is_empty()).collect();
            let found = if forms.is_empty() {
                instead
            } else {
                format!("{instead} ({})", forms.join("; "))
            };
            findings.compare(Fact {
                subject: self.subject,
                what: self.what,
                described: Some(self.expected.to_owned()),
                found: Some(found),
                place: None,
                edit: self.edit.clone(),
                described_at: Some(self.described_at),
            });
        }
    }
}
