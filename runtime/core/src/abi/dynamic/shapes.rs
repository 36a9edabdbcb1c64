//! Shapes as text.

use core::fmt::{self, Write as _};

use super::display::{Cut, Spell, spell};
use super::ty::Type;
use crate::abi::Shape;

/// Returns the type of a shape without parts.
pub(super) const fn scalar(shape: &Shape) -> Option<Type> {
    Some(match shape {
        Shape::Bool => Type::Bool,
        Shape::S8 => Type::S8,
        Shape::U8 => Type::U8,
        Shape::S16 => Type::S16,
        Shape::U16 => Type::U16,
        Shape::S32 => Type::S32,
        Shape::U32 => Type::U32,
        Shape::S64 => Type::S64,
        Shape::U64 => Type::U64,
        Shape::F32 => Type::F32,
        Shape::F64 => Type::F64,
        Shape::Char => Type::Char,
        Shape::String => Type::String,
        Shape::ErrorContext => Type::ErrorContext,
        _ => return None,
    })
}

/// Writes the shape as WIT does, with the paths of Rust types for resources.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        spell(self, f)
    }
}

impl Spell for Shape {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        if let Some(scalar) = scalar(self) {
            return write!(text, "{scalar}");
        }
        match self {
            Self::List(element) => parts(text, "list<", &[element], ">"),
            Self::FixedLengthList(element, length) => {
                parts(text, "list<", &[element], "")?;
                write!(text, ", {length}>")
            }
            Self::Map(key, value) => parts(text, "map<", &[key, value], ">"),
            Self::Record(fields) => named(text, "record", fields),
            Self::Tuple(types) => parts(text, "tuple<", types, ">"),
            Self::Variant(cases) => named(text, "variant", cases),
            Self::Enum(labels) => names(text, "enum", labels),
            Self::Flags(labels) => names(text, "flags", labels),
            Self::Option(some) => parts(text, "option<", &[some], ">"),
            Self::Result(Self::Nothing, Self::Nothing) => text.write_str("result"),
            Self::Result(ok, Self::Nothing) => parts(text, "result<", &[ok], ">"),
            Self::Result(Self::Nothing, error) => parts(text, "result<_, ", &[error], ">"),
            Self::Result(ok, error) => parts(text, "result<", &[ok, error], ">"),
            Self::Own(resource) => write!(text, "own<{resource}>"),
            Self::Borrow(resource) => write!(text, "borrow<{resource}>"),
            Self::Stream(Self::Nothing) => text.write_str("stream"),
            Self::Stream(element) => parts(text, "stream<", &[element], ">"),
            Self::Future(Self::Nothing) => text.write_str("future"),
            Self::Future(value) => parts(text, "future<", &[value], ">"),
            // Scalars are above.
            _ => text.write_str("nothing"),
        }
    }
}

fn parts(text: &mut Cut<'_, '_>, open: &str, parts: &[&Shape], close: &str) -> fmt::Result {
    text.write_str(open)?;
    for (position, part) in parts.iter().enumerate() {
        text.write_str(separator(position))?;
        part.spell(text)?;
    }
    text.write_str(close)
}

fn named(text: &mut Cut<'_, '_>, kind: &str, parts: &[(&str, &Shape)]) -> fmt::Result {
    write!(text, "{kind} {{ ")?;
    for (position, (name, part)) in parts.iter().enumerate() {
        write!(text, "{}{name}", separator(position))?;
        if **part != Shape::Nothing {
            text.write_str(if kind == "record" { ": " } else { "(" })?;
            part.spell(text)?;
            text.write_str(if kind == "record" { "" } else { ")" })?;
        }
    }
    text.write_str(" }")
}

fn names(text: &mut Cut<'_, '_>, kind: &str, labels: &[&str]) -> fmt::Result {
    write!(text, "{kind} {{ ")?;
    for (position, label) in labels.iter().enumerate() {
        write!(text, "{}{label}", separator(position))?;
    }
    text.write_str(" }")
}

const fn separator(position: usize) -> &'static str {
    if position == 0 { "" } else { ", " }
}
