//! Files that are read: components in the binary or in the text format, and other texts.

use std::io::{self, ErrorKind};
use std::path::Path;

use wasmparser::Parser;
use wast::Wat;
use wast::parser::ParseBuffer;
use weft::component::InvalidComponent;
use weft::error::WithCauses;
use weft_spec::{Diagnostic, Report, Span};

use crate::exit_code::{CANNOT_RUN, NOT_FOUND};
use crate::failure::Failure;

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A component.
    Component,
    /// A core module.
    CoreModule,
}

/// A file in the binary format.
#[derive(Debug)]
pub(crate) struct Input {
    /// The path, as the user wrote it.
    pub(crate) path: String,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// The kind of the file.
    pub(crate) kind: Kind,
}

impl Input {
    /// Reads a file, in the binary format or in the text format.
    ///
    /// # Errors
    ///
    /// The file can't be read, or is in neither format.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let bytes = std::fs::read(path).map_err(|error| not_read(path, &error))?;
        let path = path.display().to_string();
        let bytes = if bytes.starts_with(b"\0asm") { bytes } else { encode(&path, &bytes)? };
        let kind = if Parser::is_component(&bytes) {
            Kind::Component
        } else if Parser::is_core_wasm(&bytes) {
            Kind::CoreModule
        } else {
            return Err(not_wasm(&path));
        };
        Ok(Self { path, bytes, kind })
    }

    /// Returns a failure if the file is a core module.
    ///
    /// # Errors
    ///
    /// The file is a core module. The failure says how to make a component from it.
    pub(crate) fn expect_component(&self) -> Result<(), Failure> {
        match self.kind {
            Kind::Component => Ok(()),
            Kind::CoreModule => {
                let message = format!("`{}` is a core module, not a component", self.path);
                let diagnostic = Diagnostic::error("core-module", message);
                let advice = how_to_make_a_component(&self.bytes);
                let diagnostic = advice.into_iter().fold(diagnostic, Diagnostic::help);
                Err(Failure::new(CANNOT_RUN, diagnostic))
            }
        }
    }
}

/// Reads a file with text: a script or a schedule.
///
/// # Errors
///
/// The file can't be read, or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| not_read(path, &error))
}

/// Returns the failure for a file or folder that can't be read.
pub(crate) fn not_read(path: &Path, error: &io::Error) -> Failure {
    let code = if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { CANNOT_RUN };
    Failure::of(code, Report::of_io("read", path, error))
}

/// Returns the failure for a file that is not valid, or that Weft does not support.
pub(crate) fn not_valid(path: &str, error: &InvalidComponent) -> Failure {
    let text = WithCauses(error);
    let diagnostic = match error {
        InvalidComponent::Unsupported { .. } => {
            Diagnostic::error("unsupported", format!("`{path}` is not supported: {text}"))
        }
        _ => Diagnostic::error("invalid", format!("`{path}` is not valid: {text}")),
    };
    Failure::new(CANNOT_RUN, diagnostic)
}

/// Returns the ways to make a component from a core module.
pub(crate) fn how_to_make_a_component(module: &[u8]) -> Vec<String> {
    let imports_preview1 = Parser::new(0).parse_all(module).any(|payload| match payload {
        Ok(wasmparser::Payload::ImportSection(imports)) => imports
            .into_imports()
            .any(|import| import.is_ok_and(|it| it.module == "wasi_snapshot_preview1")),
        _ => false,
    });
    if !imports_preview1 {
        let command = "wasm-tools component new app.wasm -o component.wasm";
        return vec![format!("make a component from it: {command}")];
    }
    let target = "it imports WASI 0.1, as modules for the target `wasm32-wasip1` do: \
                  build it for `wasm32-wasip2`, which makes a component";
    let command = "wasm-tools component new app.wasm -o component.wasm \
                   --adapt wasi_snapshot_preview1=wasi_snapshot_preview1.command.wasm";
    vec![target.to_owned(), format!("or make a component from it: {command}")]
}

/// Converts the text format to the binary format.
fn encode(path: &str, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let first = bytes.iter().find(|it| !it.is_ascii_whitespace());
    if !matches!(first, Some(b'(' | b';')) {
        return Err(not_wasm(path));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let message = format!("`{path}` is not UTF-8 (at byte {})", error.valid_up_to());
        Failure::new(CANNOT_RUN, Diagnostic::error("text-format", message))
    })?;
    let wrong = |error: wast::Error| wrong_text(path, text, &error);
    let buffer = ParseBuffer::new(text).map_err(wrong)?;
    let mut wat = wast::parser::parse::<Wat<'_>>(&buffer).map_err(wrong)?;
    wat.encode().map_err(wrong)
}

fn wrong_text(path: &str, text: &str, error: &wast::Error) -> Failure {
    let mut report = Report::new();
    let source = report.add_source(path, text);
    // The end of the file is shown after the last thing in it.
    let place = error.span().offset().min(text.trim_end().len());
    let diagnostic = Diagnostic::error("text-format", error.message());
    report.push(diagnostic.at(Span { source, range: place..place }, ""));
    Failure::of(CANNOT_RUN, report)
}

fn not_wasm(path: &str) -> Failure {
    let message = format!("`{path}` is not WebAssembly: expected the binary or the text format");
    Failure::new(CANNOT_RUN, Diagnostic::error("not-wasm", message))
}
