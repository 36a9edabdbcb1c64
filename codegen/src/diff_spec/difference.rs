//! What a comparison finds, and how it is collected.

use serde::Serialize;
use weft_spec::model::Exception;
use weft_spec::{Report, Span};

/// Something that the description is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// `design/mvp/Explainer.md`.
    Explainer,
    /// `design/mvp/CanonicalABI.md`.
    CanonicalAbi,
    /// `design/mvp/Binary.md`.
    Binary,
    /// The validator of `wasm-tools`, and its text format.
    Validator,
    /// `design/mvp/canonical-abi/definitions.py`.
    Reference,
    /// The official test suite, `test/**/*.wast`.
    Suite,
}

impl Source {
    /// All sources with the names that exceptions call them by.
    pub const ALL: [(Source, &'static str); 6] = [
        (Self::Explainer, "explainer"),
        (Self::CanonicalAbi, "canonical-abi"),
        (Self::Binary, "binary"),
        (Self::Validator, "validator"),
        (Self::Reference, "reference"),
        (Self::Suite, "suite"),
    ];

    /// The name that exceptions call it by.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(source, _)| *source == self).map_or("", |(_, name)| name)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Explainer => "Explainer.md",
            Self::CanonicalAbi => "CanonicalABI.md",
            Self::Binary => "Binary.md",
            Self::Validator => "the validator",
            Self::Reference => "definitions.py",
            Self::Suite => "the official suite",
        }
    }
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file.
    pub file: String,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
}

/// A fact on which the description and a source differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The source.
    pub source: Source,
    /// What it is about, such as `stream.read`.
    pub subject: String,
    /// Which fact about it, such as `opcode`.
    pub what: String,
    /// What the description says; none if it is silent.
    pub described: Option<String>,
    /// What the source says; none if it is silent.
    pub found: Option<String>,
    /// Where the source says it.
    pub place: Option<Place>,
    /// Where the description says it.
    pub described_at: Option<Place>,
    /// What to do about it.
    pub act: String,
    /// The exception that explains it.
    pub excused_by: Option<String>,
}

impl Difference {
    /// The text by which an exception names this difference: what the source says, or
    /// `no <what>` if it is silent.
    pub fn says(&self) -> String {
        self.found.clone().unwrap_or_else(|| format!("no {}", self.what))
    }
}

/// The result of comparing the description with its sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Every difference, those that an exception explains included.
    pub differences: Vec<Difference>,
    /// How many facts were compared, source by source.
    pub facts_checked: Vec<(Source, usize)>,
    /// The names of exceptions that explain nothing.
    pub unused_exceptions: Vec<String>,
}

impl Comparison {
    /// The differences that no exception explains.
    pub fn unexcused(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.excused_by.is_none())
    }

    /// Whether there is nothing to act on: each difference explained, each exception in use.
    pub fn is_clean(&self) -> bool {
        self.unexcused().next().is_none() && self.unused_exceptions.is_empty()
    }

    /// Takes over what was found in a source.
    pub(super) fn add(&mut self, findings: Findings<'_>) {
        self.facts_checked.push((findings.source, findings.checked));
        self.differences.extend(findings.differences);
    }

    /// Marks what the exceptions explain. Each explains one difference: with the same source and
    /// subject, that [says](Difference::says) the same in place of the same.
    pub(super) fn excuse(&mut self, exceptions: &[Exception]) {
        for exception in exceptions {
            let matched = self.differences.iter_mut().find(|difference| {
                difference.excused_by.is_none()
                    && difference.source.name() == exception.source.value
                    && difference.subject == exception.subject
                    && difference.says() == exception.says
                    && difference.described == exception.stands
            });
            match matched {
                Some(difference) => difference.excused_by = Some(exception.name.value.clone()),
                None => self.unused_exceptions.push(exception.name.value.clone()),
            }
        }
    }
}

/// One fact, as the description and as a source have it.
#[derive(Debug)]
pub(super) struct Fact<'a> {
    pub subject: &'a str,
    pub what: &'a str,
    pub described: Option<String>,
    pub found: Option<String>,
    pub place: Option<Place>,
    /// What to edit to change the description, such as ``the `opcode` of `stream.read` in …``.
    pub edit: String,
    /// Where the description has the fact, or what the fact is about.
    pub described_at: Option<&'a Span>,
}

/// The facts compared so far with one source.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    source: Source,
    /// The texts of the description.
    texts: &'a Report,
    pub checked: usize,
    pub differences: Vec<Difference>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(source: Source, texts: &'a Report) -> Self {
        Self { source, texts, checked: 0, differences: Vec::new() }
    }

    /// Counts the fact, and keeps it if the two sides differ.
    pub(super) fn compare(&mut self, fact: Fact<'_>) {
        self.checked += 1;
        if fact.described == fact.found {
            return;
        }
        let title = self.source.title();
        let act = match (&fact.described, &fact.found) {
            (None, _) => format!("add {} to match {title}", fact.edit),
            (Some(_), None) => format!("remove {}: {title} has none", fact.edit),
            (Some(_), Some(_)) => format!("change {} to match {title}", fact.edit),
        };
        self.differences.push(Difference {
            source: self.source,
            subject: fact.subject.to_owned(),
            what: fact.what.to_owned(),
            described: fact.described,
            found: fact.found,
            place: fact.place,
            described_at: fact.described_at.and_then(|span| {
                let file = self.texts.sources().get(span.source)?.path.clone();
                Some(Place { file, line: self.texts.line_and_column(span)?.0 })
            }),
            act,
            excused_by: None,
        });
    }
}
