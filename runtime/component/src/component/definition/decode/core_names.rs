//! The names in core modules.

use alloc::boxed::Box;
use alloc::vec::Vec;

use wasmparser::{ExternalKind, KnownCustom, Name, NameSectionReader, Payload};

use crate::component::definition::core_entry::CoreNames;

/// A reader of a core module's names. Names are only for messages, so a wrong name section only
/// ends the reading, and the module is not refused.
#[derive(Debug, Default)]
pub(super) struct CoreNamesReader {
    module: Option<Box<str>>,
    /// The exported functions, by their index, with the names of their exports.
    exports: Vec<(u32, Box<str>)>,
    functions: Vec<(Box<str>, Box<str>)>,
}

impl CoreNamesReader {
    /// Reads the next section.
    pub(super) fn payload(&mut self, payload: &Payload<'_>) {
        match payload {
            Payload::ExportSection(section) => {
                let exports = section.clone().into_iter().map_while(Result::ok);
                let functions = exports.filter(|export| export.kind == ExternalKind::Func);
                self.exports = functions.map(|it| (it.index, it.name.into())).collect();
                self.exports.sort_unstable();
            }
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    self.names(names);
                }
            }
            _ => {}
        }
    }

    fn names(&mut self, names: NameSectionReader<'_>) {
        for name in names.into_iter().map_while(Result::ok) {
            match name {
                Name::Module { name, .. } => self.module = Some(name.into()),
                Name::Function(names) => {
                    for name in names.into_iter().map_while(Result::ok) {
                        self.function(name.index, name.name);
                    }
                }
                _ => {}
            }
        }
    }

    /// Adds the name of a function.
    fn function(&mut self, index: u32, name: &str) {
        let first = self.exports.partition_point(|(it, _)| *it < index);
        let exports = self.exports.iter().skip(first).take_while(|(it, _)| *it == index);
        let others = exports.filter(|(_, export)| **export != *name);
        self.functions.extend(others.map(|(_, export)| (export.clone(), Box::from(name))));
    }

    /// Returns the names.
    pub(super) fn finish(mut self) -> CoreNames {
        self.functions.sort_unstable();
        self.functions.dedup_by(|one, other| one.0 == other.0);
        CoreNames { module: self.module, functions: self.functions.into() }
    }
}
