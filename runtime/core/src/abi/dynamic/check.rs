//! Checking that a value has a type, and finding the part that doesn't.
//!
//! Values are checked before they are lowered, so that a mistake of the host leaves a guest
//! unchanged.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::fmt::{self, Display};

use thiserror::Error;

use crate::limit::REALLOC_I32_MAX;

use super::ty::{ListShape, ListType, RecordType, Type, VariantType};
use super::val::Val;
use crate::abi::context::lowered_byte_length;

/// The difference between a value and the type that it should have.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[error("{}expected {expected}, found {found}", Place(path))]
pub struct Mismatch {
    path: String,
    expected: String,
    found: String,
}

/// The words for a path, or nothing if the value itself differs.
struct Place<'a>(&'a str);

impl Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, "at {}: ", self.0) }
    }
}

impl Mismatch {
    /// Returns the difference between two numbers of `things`, which is a plural.
    pub(super) fn count(expected: u64, things: &str, found: usize) -> Self {
        let things = if expected == 1 { things.trim_end_matches('s') } else { things };
        Self::new(format_args!("{expected} {things}"), found)
    }

    pub(super) fn new(expected: impl Display, found: impl Display) -> Self {
        let (expected, found) = (expected.to_string(), found.to_string());
        Self { path: String::new(), expected, found }
    }

    /// Adds the enclosing part to the path.
    pub(super) fn within(mut self, part: impl Display) -> Self {
        self.path.insert_str(0, &part.to_string());
        self
    }

    /// Returns the path to the part that differs: `.field`, `[element]`, `(case)`, one after the
    /// other. It is empty if the value itself differs.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the expected type, or the number of values with the word for them.
    #[must_use]
    pub fn expected(&self) -> &str {
        &self.expected
    }

    /// Returns the kind of the value that was found, or the number of values.
    #[must_use]
    pub fn found(&self) -> &str {
        &self.found
    }
}

impl Type {
    /// Checks that `val` is a value of this type.
    ///
    /// For a handle, it only checks the kind. The owner of the handle table checks the resource,
    /// stream or future type when the handle is lowered, because a type may have its component's
    /// own number.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], which names the part that differs.
    pub fn check(&self, val: &Val) -> Result<(), Mismatch> {
        match (self, val) {
            (Self::Bool, Val::Bool(_))
            | (Self::S8, Val::S8(_))
            | (Self::U8, Val::U8(_))
            | (Self::S16, Val::S16(_))
            | (Self::U16, Val::U16(_))
            | (Self::S32, Val::S32(_))
            | (Self::U32, Val::U32(_))
            | (Self::S64, Val::S64(_))
            | (Self::U64, Val::U64(_))
            | (Self::F32, Val::F32(_))
            | (Self::F64, Val::F64(_))
            | (Self::Char, Val::Char(_))
            | (Self::ErrorContext, Val::ErrorContext(_))
            | (Self::Own(_), Val::Own(_))
            | (Self::Borrow(_), Val::Borrow(_))
            | (Self::Stream(_), Val::Stream(_))
            | (Self::Future(_), Val::Future(_)) => Ok(()),
            (Self::String, Val::String(text)) => {
                // In the worst case, each byte becomes a code unit of UTF-16.
                check_byte_length(text.len(), 2)
            }
            (Self::List(list), Val::List(elements)) => list.check(elements),
            (Self::Record(record), Val::Record(fields)) => record.check(fields),
            (Self::Variant(variant), Val::Variant(case, payload)) => {
                variant.check(*case, payload.as_deref())
            }
            (Self::Flags(flags), Val::Flags(bits)) => match bits & !flags.mask() {
                0 => Ok(()),
                unknown => Err(Mismatch::new(self, format_args!("the bits {unknown:#x}"))),
            },
            _ => Err(Mismatch::new(self, val.kind())),
        }
    }

    /// Checks that each of `vals` is a value of this type.
    ///
    /// # Errors
    ///
    /// [`Mismatch`], whose path begins with the position of the value.
    pub fn check_each(&self, vals: &[Val]) -> Result<(), Mismatch> {
        vals.iter().enumerate().try_for_each(|(position, val)| {
            self.check(val).map_err(|it| it.within(format_args!("[{position}]")))
        })
    }
}

/// Checks that `realloc` of each memory can be asked for `length` elements of `element_size`
/// bytes.
fn check_byte_length(length: usize, element_size: u64) -> Result<(), Mismatch> {
    match lowered_byte_length(length, element_size) {
        Some(_) => Ok(()),
        None => Err(Mismatch::new(
            format_args!("at most {REALLOC_I32_MAX} bytes"),
            format_args!("{length} times {element_size} bytes"),
        )),
    }
}

impl ListType {
    fn check(&self, elements: &[Val]) -> Result<(), Mismatch> {
        let element = self.element();
        let count = elements.len();
        match self.shape() {
            ListShape::FixedLength(length) => {
                if u32::try_from(count) != Ok(length) {
                    return Err(Mismatch::count(length.into(), "elements", count));
                }
            }
            ListShape::List | ListShape::Map => {
                // With addresses of 64 bits, elements have their greatest size.
                check_byte_length(count, element.abi().wide.size)?;
            }
        }
        element.check_each(elements)
    }
}

impl RecordType {
    pub(super) fn check(&self, fields: &[Val]) -> Result<(), Mismatch> {
        if fields.len() != self.fields().len() {
            let expected = self.fields().len() as u64;
            return Err(Mismatch::count(expected, "fields", fields.len()));
        }
        self.fields().iter().zip(fields).try_for_each(|(field, val)| {
            let name = field.name();
            field.ty().check(val).map_err(|it| it.within(format_args!(".{name}")))
        })
    }
}

impl VariantType {
    pub(super) fn check(&self, index: u32, payload: Option<&Val>) -> Result<(), Mismatch> {
        let Some(case) = self.case(index) else {
            let expected = format!("one of {} cases", self.cases().len());
            return Err(Mismatch::new(expected, format_args!("case {index}")));
        };
        let within = |it: Mismatch| it.within(format_args!("({})", case.name()));
        match (case.payload(), payload) {
            (None, None) => Ok(()),
            (Some(ty), Some(val)) => ty.check(val).map_err(within),
            (Some(ty), None) => Err(within(Mismatch::new(ty, "nothing"))),
            (None, Some(val)) => Err(within(Mismatch::new("nothing", val.kind()))),
        }
    }
}
