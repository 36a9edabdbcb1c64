//! The places of options in their text.

use std::collections::HashMap;
use std::ops::Range;

use weft_spec::{Diagnostic, Report, SourceFile, Span};

/// The text that options were read from, and the place of each option in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    source: Option<SourceFile>,
    of: HashMap<OptionPlace, Range<usize>>,
}

/// An option, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum OptionPlace {
    /// The value of the option of this name in `codegen.toml`, such as `crate-path`.
    Value(&'static str),
    /// An element of the list that is the value of an option, by its number.
    Element(&'static str, usize),
    /// A value in a table that is an element of a list, or in a table of pairs: the option, the
    /// element's number, and the value's name.
    Field(&'static str, usize, &'static str),
}

impl Places {
    /// Creates the places of options that were read from `text`; it has no places yet.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let source = SourceFile { path: path.into(), text: text.into() };
        Self { source: Some(source), of: HashMap::new() }
    }

    /// Records that `option` is at the bytes `range` of the text.
    pub fn insert(&mut self, option: OptionPlace, range: Range<usize>) {
        self.of.insert(option, range);
    }

    /// Adds the text to a report, and returns the places of options in that report.
    pub(crate) fn source(&self, report: &mut Report) -> PlacesIn<'_> {
        let source = self.source.as_ref().map(|it| report.add_source(&it.path, &it.text));
        PlacesIn { places: self, source }
    }
}

/// The places of options in a report that has their text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlacesIn<'a> {
    places: &'a Places,
    source: Option<usize>,
}

impl PlacesIn<'_> {
    /// Puts `problem` at the place of `option`, if it is known.
    pub(crate) fn at(self, problem: Diagnostic, option: &OptionPlace) -> Diagnostic {
        match (self.source, self.places.of.get(option)) {
            (Some(source), Some(range)) => problem.at(Span { source, range: range.clone() }, ""),
            _ => problem,
        }
    }
}
