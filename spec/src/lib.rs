//! The Component Model as data.

mod diagnostic;
pub use diagnostic::{Diagnostic, Label, Report, Severity, SourceFile, Span};
