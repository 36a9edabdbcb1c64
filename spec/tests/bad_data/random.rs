//! Random damage: loading always ends with a result, and places are always inside the files.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use weft_spec::{Label, Report};

use crate::data::{Data, FILES};

/// The pieces of text that are inserted as damage.
const PIECES: [&str; 34] = [
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\n",
    "\r",
    "\r\n",
    "#",
    "\\",
    " ",
    "0",
    "0x",
    "-",
    "1e9",
    "true",
    "🦊",
    "ß",
    "\u{feff}",
    "\u{0}",
    "name = \"a\"\n",
    "[[trap]]\n",
    "[gate]\n",
    "[[a.b]]\n",
    "x",
    "99999999999999999999",
];

#[derive(Clone, Debug)]
enum Edit {
    Delete(Index, usize),
    Insert(Index, &'static str),
    Byte(Index, u8),
    DuplicateLine(Index, Index),
    SwapLines(Index, Index),
    DeleteLine(Index),
    Value(Index, &'static str),
    Truncate(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1_usize..40).prop_map(|(at, length)| Edit::Delete(at, length)),
        (at(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Byte(at, byte)),
        (at(), at()).prop_map(|(from, to)| Edit::DuplicateLine(from, to)),
        (at(), at()).prop_map(|(one, other)| Edit::SwapLines(one, other)),
        at().prop_map(Edit::DeleteLine),
        (at(), select(&PIECES[..])).prop_map(|(at, piece)| Edit::Value(at, piece)),
        at().prop_map(Edit::Truncate),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut lines: Vec<Vec<u8>> =
            bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        match self {
            Self::Delete(at, length) => {
                let at = at.index(bytes.len());
                bytes.drain(at..(at + length).min(bytes.len()));
                return;
            }
            Self::Insert(at, piece) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, piece.bytes());
                return;
            }
            Self::Byte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
                return;
            }
            Self::Truncate(at) => return bytes.truncate(at.index(bytes.len())),
            Self::DuplicateLine(from, to) => {
                let line = lines[from.index(lines.len())].clone();
                lines.insert(to.index(lines.len()), line);
            }
            Self::SwapLines(one, other) => {
                let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                lines.swap(one, other);
            }
            Self::DeleteLine(at) => drop(lines.remove(at.index(lines.len()))),
            Self::Value(at, piece) => {
                let at = at.index(lines.len());
                let line = &mut lines[at];
                if let Some(equals) = line.iter().position(|byte| *byte == b'=') {
                    line.truncate(equals + 1);
                    line.extend(format!(" {piece}\n").bytes());
                }
            }
        }
        *bytes = lines.concat();
    }
}

fn is_inside(report: &Report, label: &Label) -> bool {
    let range = &label.span.range;
    let Some(source) = report.sources().get(label.span.source) else { return false };
    source.text.get(range.clone()).is_some() && report.line_and_column(&label.span).is_some()
}

#[test]
fn damaged_files_load_or_are_reported_with_places_inside_them() {
    let data = RefCell::new(Data::with_rows());
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let damage = proptest::collection::vec((select(&FILES[..]), edit()), 1..6);
    let result = runner.run(&damage, |damage| {
        let data = data.borrow_mut();
        let touched: BTreeSet<&str> = damage.iter().map(|(file, _)| *file).collect();
        let whole: Vec<(&str, String)> =
            touched.iter().map(|file| (*file, data.text(file))).collect();
        for (file, text) in &whole {
            let mut bytes = text.clone().into_bytes();
            for (_, edit) in damage.iter().filter(|(damaged, _)| damaged == file) {
                edit.apply(&mut bytes);
            }
            data.write(file, bytes);
        }
        let loaded = data.load();
        for (file, text) in whole {
            data.write(file, text);
        }
        let Err(report) = loaded else { return Ok(()) };
        prop_assert!(report.has_errors());
        let shown = data.show(&report);
        prop_assert!(!shown.is_empty());
        let mut seen = BTreeSet::new();
        for problem in report.diagnostics() {
            prop_assert!(!problem.message.is_empty());
            for label in problem.primary.iter().chain(&problem.secondary) {
                prop_assert!(is_inside(&report, label), "{label:?} of\n{shown}");
            }
            let again =
                !seen.insert(format!("{} {} {:?}", problem.code, problem.message, problem.primary));
            prop_assert!(!again, "twice: {}\n{shown}", problem.message);
        }
        // A file that is cut off lacks the rows that others name.
        if damage.iter().any(|(_, edit)| matches!(edit, Edit::Truncate(_))) {
            return Ok(());
        }
        // Five edits damage five rows, or two of them change a value that all other rows are
        // checked against.
        prop_assert!(
            report.diagnostics().len() <= 40,
            "{} problems:\n{shown}",
            report.diagnostics().len()
        );
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
