//! The tools that have made a file.

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

/// A tool that has made a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Producer {
    /// The field of the section: `language`, `processed-by` or `sdk`.
    pub(super) field: String,
    /// The name.
    pub(super) name: String,
    /// The version, which may be empty.
    pub(super) version: String,
}

/// Returns the tools that are named in any part of a file, each once.
pub(super) fn producers(bytes: &[u8]) -> Vec<Producer> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        if let Payload::CustomSection(section) = payload
            && let KnownCustom::Producers(section) = section.as_known()
        {
            add(section, &mut found);
        }
    }
    found
}

/// Adds the tools of a section, up to the first invalid entry.
fn add(section: ProducersSectionReader<'_>, found: &mut Vec<Producer>) {
    for field in section.into_iter().map_while(Result::ok) {
        for value in field.values.into_iter().map_while(Result::ok) {
            let producer = Producer {
                field: field.name.to_owned(),
                name: value.name.to_owned(),
                version: value.version.to_owned(),
            };
            if !found.contains(&producer) {
                found.push(producer);
            }
        }
    }
}
