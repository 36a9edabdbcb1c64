//! The official suite: what it says is a component is decoded, and what it says is none is refused.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails to set up has failed")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, Wast, WastDirective, Wat};
use weft::component::validate;

/// Every file of the suite.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).expect("the suite can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wast") {
            found.push(path);
        }
    }
}

/// What was counted and what went wrong.
#[derive(Default)]
struct Tally {
    valid: usize,
    refused: usize,
    report: String,
}

impl Tally {
    fn valid(&mut self, place: &str, mut wat: QuoteWat<'_>) {
        if is_module(&wat) {
            return;
        }
        self.valid += 1;
        match wat.encode() {
            Err(error) => writeln!(self.report, "{place}: not encoded: {error}"),
            Ok(bytes) => match validate(&bytes) {
                Ok(()) => return,
                Err(error) => writeln!(self.report, "{place}: refused: {error}"),
            },
        }
        .expect("a string takes everything");
    }

    fn refused(&mut self, place: &str, mut wat: QuoteWat<'_>) {
        self.refused += 1;
        if let Ok(bytes) = wat.encode()
            && validate(&bytes).is_ok()
        {
            writeln!(self.report, "{place}: not refused").expect("a string takes everything");
        }
    }
}

/// Modules are for the core suite, and no components.
fn is_module(wat: &QuoteWat<'_>) -> bool {
    matches!(wat, QuoteWat::Wat(Wat::Module(_)) | QuoteWat::QuoteModule(..))
}

fn directive(tally: &mut Tally, place: &str, directive: WastDirective<'_>) {
    match directive {
        WastDirective::Module(wat) | WastDirective::ModuleDefinition(wat) => {
            tally.valid(place, wat);
        }
        WastDirective::AssertMalformed { module, .. }
        | WastDirective::AssertInvalid { module, .. }
        | WastDirective::AssertMalformedCustom { module, .. }
        | WastDirective::AssertInvalidCustom { module, .. } => tally.refused(place, module),
        WastDirective::AssertUnlinkable { module, .. } => {
            tally.valid(place, QuoteWat::Wat(module));
        }
        WastDirective::AssertTrap { exec: wast::WastExecute::Wat(module), .. } => {
            tally.valid(place, QuoteWat::Wat(module));
        }
        _ => {}
    }
}

#[test]
fn every_component_of_the_suite_is_decoded_or_refused_as_the_suite_says() {
    let suite = weft_spec::pinned::component_model().expect("the pinned sources").join("test");
    let mut paths = Vec::new();
    files(&suite, &mut paths);
    assert_eq!(paths.len(), 72);

    let mut tally = Tally::default();
    for path in &paths {
        let text = std::fs::read_to_string(path).expect("a file of the suite can be read");
        let name = path.strip_prefix(&suite).expect("within the suite").display().to_string();
        let mut lexer = wast::lexer::Lexer::new(&text);
        lexer.allow_confusing_unicode(true);
        let buffer = ParseBuffer::new_with_lexer(lexer).expect("tokens");
        let wast =
            parser::parse::<Wast<'_>>(&buffer).unwrap_or_else(|error| panic!("{name}: {error}"));
        for found in wast.directives {
            let (line, _) = found.span().linecol_in(&text);
            directive(&mut tally, &format!("{name}:{}", line + 1), found);
        }
    }
    assert!(tally.report.is_empty(), "{}", tally.report);
    assert_eq!((tally.valid, tally.refused), (320, 470));
}
