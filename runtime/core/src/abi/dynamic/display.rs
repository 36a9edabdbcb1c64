//! Types as text.
//!
//! They are written as in WIT. A record, variant, enum or flags has no expression in WIT, and is
//! written with its parts in braces. A type can be small and its text huge, because its parts may
//! share a part of theirs. So a text ends after [`MAX_LENGTH`] bytes.

use alloc::borrow::Cow;
use core::fmt::{self, Debug, Display, Formatter, Write};

use crate::builtin::TypeIndex;

use super::ty::{
    Case, EndType, Field, FlagsType, ListShape, ListType, RecordShape, RecordType, Type,
    VariantShape, VariantType,
};

/// The greatest number of bytes in a text, after which it is cut and has an ellipsis.
const MAX_LENGTH: usize = 4096;

/// The names of types in their texts: see [`Type::with_names`].
pub trait TypeNames {
    /// Returns the name of a type, or `None` if it is written as its definition.
    fn name_of(&self, ty: &Type) -> Option<Cow<'_, str>>;
}

/// A type that is written with names. [`Type::with_names`] returns it.
#[derive(Clone, Copy)]
pub struct NamedType<'a> {
    ty: &'a Type,
    names: &'a dyn TypeNames,
}

impl Type {
    /// Returns the type as text, in which this type and those in it have the names of `names`.
    /// Without a name, `own` and `borrow` are written with the number of the resource type.
    ///
    /// ```
    /// use std::borrow::Cow;
    ///
    /// use weft_core::abi::{Type, TypeNames};
    /// use weft_core::builtin::TypeIndex;
    ///
    /// struct Files;
    ///
    /// impl TypeNames for Files {
    ///     fn name_of(&self, ty: &Type) -> Option<Cow<'_, str>> {
    ///         matches!(ty, Type::Own(TypeIndex(7))).then_some(Cow::Borrowed("file"))
    ///     }
    /// }
    ///
    /// let ty = Type::list(Type::Own(TypeIndex(7)))?;
    /// assert_eq!(ty.to_string(), "list<own<7>>");
    /// assert_eq!(ty.with_names(&Files).to_string(), "list<file>");
    /// # Ok::<(), weft_core::abi::InvalidType>(())
    /// ```
    #[must_use]
    pub const fn with_names<'a>(&'a self, names: &'a dyn TypeNames) -> NamedType<'a> {
        NamedType { ty: self, names }
    }
}

impl Display for NamedType<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        spell_with(self.ty, Some(self.names), f)
    }
}

impl Debug for NamedType<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

/// A text that is cut.
pub(super) struct Cut<'a, 'b> {
    text: &'a mut Formatter<'b>,
    left: usize,
    ended: bool,
    names: Option<&'a dyn TypeNames>,
}

impl Write for Cut<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if let Some(left) = self.left.checked_sub(text.len()) {
            self.left = left;
            return self.text.write_str(text);
        }
        self.ended = true;
        self.text.write_str(text.get(..text.floor_char_boundary(self.left)).unwrap_or_default())?;
        self.text.write_str("…")?;
        // The caller stops writing here.
        Err(fmt::Error)
    }
}

/// A thing that has a text.
pub(super) trait Spell {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result;
}

/// Writes the text of something, and cuts it if it is too long.
pub(super) fn spell(it: &impl Spell, f: &mut Formatter<'_>) -> fmt::Result {
    spell_with(it, None, f)
}

fn spell_with(
    it: &impl Spell,
    names: Option<&dyn TypeNames>,
    f: &mut Formatter<'_>,
) -> fmt::Result {
    let mut text = Cut { text: f, left: MAX_LENGTH, ended: false, names };
    match it.spell(&mut text) {
        Err(fmt::Error) if text.ended => Ok(()),
        spelled => spelled,
    }
}

/// Implements `Display` for things that have a text.
macro_rules! display {
    ($($ty:ty),*) => {$(
        impl Display for $ty {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                spell(self, f)
            }
        }
    )*};
}

display!(Type, ListType, RecordType, Field, VariantType, Case, FlagsType);

impl Debug for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl Spell for Type {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        if let Some(name) = text.names.and_then(|names| names.name_of(self)) {
            return text.write_str(&name);
        }
        match self {
            Self::Bool => text.write_str("bool"),
            Self::S8 => text.write_str("s8"),
            Self::U8 => text.write_str("u8"),
            Self::S16 => text.write_str("s16"),
            Self::U16 => text.write_str("u16"),
            Self::S32 => text.write_str("s32"),
            Self::U32 => text.write_str("u32"),
            Self::S64 => text.write_str("s64"),
            Self::U64 => text.write_str("u64"),
            Self::F32 => text.write_str("f32"),
            Self::F64 => text.write_str("f64"),
            Self::Char => text.write_str("char"),
            Self::String => text.write_str("string"),
            Self::ErrorContext => text.write_str("error-context"),
            Self::List(list) => list.spell(text),
            Self::Record(record) => record.spell(text),
            Self::Variant(variant) => variant.spell(text),
            Self::Flags(flags) => flags.spell(text),
            Self::Own(TypeIndex(index)) => write!(text, "own<{index}>"),
            Self::Borrow(TypeIndex(index)) => write!(text, "borrow<{index}>"),
            Self::Stream(end) => spell_end(end, text, "stream"),
            Self::Future(end) => spell_end(end, text, "future"),
        }
    }
}

fn commas<'a, T: Spell + ?Sized + 'a>(
    text: &mut Cut<'_, '_>,
    items: impl Iterator<Item = &'a T>,
) -> fmt::Result {
    for (position, item) in items.enumerate() {
        text.write_str(if position == 0 { "" } else { ", " })?;
        item.spell(text)?;
    }
    Ok(())
}

impl Spell for ListType {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        if let (ListShape::Map, Type::Record(entry)) = (self.shape(), self.element()) {
            text.write_str("map<")?;
            commas(text, entry.fields().iter().map(Field::ty))?;
            return text.write_str(">");
        }
        text.write_str("list<")?;
        self.element().spell(text)?;
        match self.shape() {
            ListShape::FixedLength(length) => write!(text, ", {length}>"),
            ListShape::List | ListShape::Map => text.write_str(">"),
        }
    }
}

impl Spell for RecordType {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        match self.shape() {
            RecordShape::Tuple => {
                text.write_str("tuple<")?;
                commas(text, self.fields().iter().map(Field::ty))?;
                text.write_str(">")
            }
            RecordShape::Record => {
                text.write_str("record { ")?;
                commas(text, self.fields().iter())?;
                text.write_str(" }")
            }
        }
    }
}

impl Spell for Field {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        text.write_str(self.name())?;
        text.write_str(": ")?;
        self.ty().spell(text)
    }
}

impl Spell for VariantType {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        let payload = |index| self.case(index).and_then(Case::payload);
        let keyword = match self.shape() {
            VariantShape::Enum => "enum { ",
            VariantShape::Variant => "variant { ",
            VariantShape::Option => {
                text.write_str("option<")?;
                commas(text, payload(1).into_iter())?;
                return text.write_str(">");
            }
            VariantShape::Result => {
                let (ok, error) = (payload(0), payload(1));
                if ok.is_none() && error.is_none() {
                    return text.write_str("result");
                }
                text.write_str("result<")?;
                match ok {
                    None => text.write_str("_")?,
                    Some(ok) => ok.spell(text)?,
                }
                if let Some(error) = error {
                    text.write_str(", ")?;
                    error.spell(text)?;
                }
                return text.write_str(">");
            }
        };
        text.write_str(keyword)?;
        commas(text, self.cases().iter())?;
        text.write_str(" }")
    }
}

impl Spell for Case {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        text.write_str(self.name())?;
        let Some(payload) = self.payload() else { return Ok(()) };
        text.write_str("(")?;
        payload.spell(text)?;
        text.write_str(")")
    }
}

impl Spell for FlagsType {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        text.write_str("flags { ")?;
        commas(text, self.labels())?;
        text.write_str(" }")
    }
}

impl Spell for str {
    fn spell(&self, text: &mut Cut<'_, '_>) -> fmt::Result {
        text.write_str(self)
    }
}

fn spell_end(end: &EndType, text: &mut Cut<'_, '_>, keyword: &str) -> fmt::Result {
    text.write_str(keyword)?;
    let Some(element) = end.element() else { return Ok(()) };
    text.write_str("<")?;
    element.spell(text)?;
    text.write_str(">")
}
