//! The results of a comparison, and their collection.

use serde::Serialize;
use weft_spec::model::Exception;
use weft_spec::{Report, Span};

use super::counterpart::Counterpart;

/// A source that is compared with the data.
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
    /// All sources, each with its name in exceptions.
    pub const ALL: [(Source, &'static str); 6] = [
        (Self::Explainer, "explainer"),
        (Self::CanonicalAbi, "canonical-abi"),
        (Self::Binary, "binary"),
        (Self::Validator, "validator"),
        (Self::Reference, "reference"),
        (Self::Suite, "suite"),
    ];

    /// Returns its name in exceptions.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(source, _)| *source == self).map_or("", |(_, name)| name)
    }

    /// Returns its name for people.
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
    /// The line, counted from 1; 0 stands for the whole file.
    pub line: usize,
}

/// A kind of change of a function or a script since the revision that Weft follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It does something else.
    Changed,
    /// It has other parameters, and does the same.
    Signature,
    /// It has other parameters, and does something else.
    SignatureAndChanged,
    /// It does the same under another name.
    Renamed,
}

impl Change {
    /// Returns the change in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Signature => "signature changed",
            Self::SignatureAndChanged => "changed, with its signature",
            Self::Renamed => "renamed",
        }
    }

    /// Returns what to do about it.
    fn act(self, source: Source) -> &'static str {
        match (source, self) {
            (Source::Suite, Self::Added) => "read the script, and run it",
            (Source::Suite, Self::Removed) => "read why it is gone, and remove what is only for it",
            (Source::Suite, Self::Renamed) => "change its name where Weft has it",
            (Source::Suite, _) => "read what changed in the script, and run it",
            (_, Self::Added) => "read it, and give Weft a function of this name that does it",
            (_, Self::Removed) => "remove it from Weft, or read which function does it now",
            (_, Self::Signature) => "read the new parameters, and compare Weft's with them",
            (_, Self::Renamed) => "give Weft's function the new name",
            (_, Self::Changed | Self::SignatureAndChanged) => {
                "read what changed in it, and make the same change in Weft"
            }
        }
    }
}

/// A fact in which the data and a source differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The source.
    pub source: Source,
    /// The subject, such as `stream.read`.
    pub subject: String,
    /// The fact about the subject, such as `opcode`.
    pub what: String,
    /// The fact in the data, if the data has it.
    pub described: Option<String>,
    /// The fact in the source, if the source has it.
    pub found: Option<String>,
    /// The place of the fact in the source.
    pub place: Option<Place>,
    /// The place of the fact in the data.
    pub described_at: Option<Place>,
    /// The correction to make.
    pub act: String,
    /// The kind of change, for a function or a script that is not as it was.
    pub change: Option<Change>,
    /// The places in Weft that do what such a function does.
    pub read: Vec<Counterpart>,
    /// The exception that explains it.
    pub excused_by: Option<String>,
}

impl Difference {
    /// Returns the text with which an exception names this difference: the fact in the source, or
    /// `no <what>` if the source does not have it.
    pub fn says(&self) -> String {
        self.found.clone().unwrap_or_else(|| format!("no {}", self.what))
    }
}

/// The result of a comparison of the data with the sources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// All differences, including those that an exception explains.
    pub differences: Vec<Difference>,
    /// The number of facts that were compared, for each source.
    pub facts_checked: Vec<(Source, usize)>,
    /// The names of exceptions that explain no difference.
    pub unused_exceptions: Vec<String>,
}

impl Comparison {
    /// Returns the differences that no exception explains.
    pub fn unexcused(&self) -> impl Iterator<Item = &Difference> {
        self.differences.iter().filter(|difference| difference.excused_by.is_none())
    }

    /// Returns true if each difference is explained, and each exception is used.
    pub fn is_clean(&self) -> bool {
        self.unexcused().next().is_none() && self.unused_exceptions.is_empty()
    }

    /// Adds the findings in a source.
    pub(super) fn add(&mut self, findings: Findings<'_>) {
        let known = self.facts_checked.iter_mut().find(|(source, _)| *source == findings.source);
        match known {
            Some((_, checked)) => *checked += findings.checked,
            None => self.facts_checked.push((findings.source, findings.checked)),
        }
        self.differences.extend(findings.differences);
    }

    /// Marks the differences that the exceptions explain. Each exception explains one difference:
    /// the one with the same source, subject, [text](Difference::says) and text in the data.
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

/// One fact, as in the data and as in a source.
#[derive(Debug)]
pub(super) struct Fact<'a> {
    pub subject: &'a str,
    pub what: &'a str,
    pub described: Option<String>,
    pub found: Option<String>,
    pub place: Option<Place>,
    /// The place to edit in the data, such as ``the `opcode` of `stream.read` in …``.
    pub edit: String,
    /// The place of the fact in the data, or of its subject.
    pub described_at: Option<&'a Span>,
}

/// A function or a script, as it was and as it is now.
#[derive(Debug)]
pub(super) struct Moved<'a> {
    pub subject: &'a str,
    pub what: &'a str,
    /// The change, if there is one.
    pub change: Option<Change>,
    pub described: Option<(String, Place)>,
    pub found: Option<(String, Place)>,
    pub read: Vec<Counterpart>,
}

/// The facts compared so far with one source.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    source: Source,
    /// The texts of the data.
    texts: &'a Report,
    pub checked: usize,
    pub differences: Vec<Difference>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(source: Source, texts: &'a Report) -> Self {
        Self { source, texts, checked: 0, differences: Vec::new() }
    }

    /// Adds the fact to the count, and records a difference if the two sides differ.
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
            change: None,
            read: Vec::new(),
            excused_by: None,
        });
    }

    /// Adds the function or script to the count, and records a difference if it is not as it was.
    pub(super) fn moved(&mut self, moved: Moved<'_>) {
        self.checked += 1;
        let Some(change) = moved.change else { return };
        let (described, described_at) = moved.described.unzip();
        let (found, place) = moved.found.unzip();
        self.differences.push(Difference {
            source: self.source,
            subject: moved.subject.to_owned(),
            what: moved.what.to_owned(),
            described,
            found,
            place,
            described_at,
            act: change.act(self.source).to_owned(),
            change: Some(change),
            read: moved.read,
            excused_by: None,
        });
    }
}
