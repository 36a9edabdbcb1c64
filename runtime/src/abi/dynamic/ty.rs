//! Types of values, checked and laid out.
//!
//! There are as many kinds as the ABI tells apart: a tuple is a record, an enum, an option and a
//! result are variants, a map and a fixed-length list are lists (the reference's `despecialize`).
//! What a type was before is its *shape*, which decides how it is named and printed.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use crate::builtin::TypeIndex;

use super::super::{Abi, FlagsAbi, Offset, VariantAbi};

/// The type of a value.
///
/// Cloning one copies a pointer. Two are equal if they are spelled the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `s8`
    S8,
    /// `u8`
    U8,
    /// `s16`
    S16,
    /// `u16`
    U16,
    /// `s32`
    S32,
    /// `u32`
    U32,
    /// `s64`
    S64,
    /// `u64`
    U64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `char`
    Char,
    /// `string`
    String,
    /// `error-context`
    ErrorContext,
    /// `list`, `list<…, n>`, `map`
    List(Arc<ListType>),
    /// `record`, `tuple`
    Record(Arc<RecordType>),
    /// `variant`, `enum`, `option`, `result`
    Variant(Arc<VariantType>),
    /// `flags`
    Flags(Arc<FlagsType>),
    /// `own` of a resource type
    Own(TypeIndex),
    /// `borrow` of a resource type
    Borrow(TypeIndex),
    /// `stream`
    Stream(Arc<EndType>),
    /// `future`
    Future(Arc<EndType>),
}

/// What is known of a compound type besides its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    pub(crate) abi: Abi,
    /// How many types it is nested in itself, the longest way.
    pub(crate) depth: u32,
    pub(crate) contains_borrow: bool,
    /// Every pattern of bits is a value, and every byte is part of it.
    pub(crate) plain: bool,
}

impl Facts {
    const fn leaf(abi: Abi, plain: bool) -> Self {
        Self { abi, depth: 1, contains_borrow: false, plain }
    }
}

/// `list<element>`, `list<element, length>` or `map<key, value>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListType {
    pub(super) element: Type,
    pub(super) shape: ListShape,
    pub(super) facts: Facts,
}

/// What a [`ListType`] is spelled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListShape {
    /// `list<element>`
    List,
    /// `list<element, length>`
    FixedLength(u32),
    /// `map<key, value>`, whose elements are the tuples of both
    Map,
}

impl ListType {
    /// The type of the elements.
    #[must_use]
    pub const fn element(&self) -> &Type {
        &self.element
    }

    /// What it is spelled as.
    #[must_use]
    pub const fn shape(&self) -> ListShape {
        self.shape
    }
}

/// `record` or `tuple`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RecordType {
    pub(super) fields: Box<[Field]>,
    /// What is moved at a time from memory to memory.
    pub(super) runs: Box<[Run]>,
    pub(super) shape: RecordShape,
    /// Whether lifting one of the fields may trap.
    pub(super) lifting_traps: bool,
    pub(super) facts: Facts,
}

/// A part of a record that is moved from memory to memory at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Run {
    /// So many bytes: plain fields, next to one another in memories of both widths.
    Bytes(Offset, u64),
    /// The field with this number.
    Field(usize),
}

/// What a [`RecordType`] is spelled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordShape {
    /// `record`
    Record,
    /// `tuple`, whose fields are called `0`, `1`, …
    Tuple,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    pub(super) name: Box<str>,
    pub(super) ty: Type,
    pub(super) offset: Offset,
}

impl RecordType {
    /// The fields.
    #[must_use]
    pub const fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) const fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// What it is spelled as.
    #[must_use]
    pub const fn shape(&self) -> RecordShape {
        self.shape
    }
}

impl Field {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// Its type.
    #[must_use]
    pub const fn ty(&self) -> &Type {
        &self.ty
    }

    /// Where it lies in the record.
    #[must_use]
    pub const fn offset(&self) -> Offset {
        self.offset
    }
}

/// `variant`, `enum`, `option` or `result`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct VariantType {
    pub(super) cases: Box<[Case]>,
    pub(super) shape: VariantShape,
    pub(super) variant: VariantAbi,
    pub(super) facts: Facts,
}

/// What a [`VariantType`] is spelled as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariantShape {
    /// `variant`
    Variant,
    /// `enum`
    Enum,
    /// `option`, whose cases are called `none` and `some`
    Option,
    /// `result`, whose cases are called `ok` and `error`
    Result,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    pub(super) name: Box<str>,
    pub(super) payload: Option<Type>,
}

impl VariantType {
    /// The cases.
    #[must_use]
    pub const fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// What it is spelled as.
    #[must_use]
    pub const fn shape(&self) -> VariantShape {
        self.shape
    }

    /// The discriminant and where the payload lies.
    pub(crate) const fn variant(&self) -> &VariantAbi {
        &self.variant
    }

    /// Whether a value is no more than its discriminant.
    pub(crate) fn has_no_payloads(&self) -> bool {
        self.cases.iter().all(|case| case.payload.is_none())
    }

    /// The case with this index.
    pub(crate) fn case(&self, index: u32) -> Option<&Case> {
        self.cases.get(usize::try_from(index).ok()?)
    }
}

impl Case {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &str {
        &self.name
    }

    /// The type of its payload.
    #[must_use]
    pub const fn payload(&self) -> Option<&Type> {
        self.payload.as_ref()
    }
}

/// `flags`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlagsType {
    pub(super) labels: Box<[Box<str>]>,
}

impl FlagsType {
    /// The labels, that of the lowest bit first.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &str> {
        self.labels.iter().map(|label| &**label)
    }

    /// The bits that have a label.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        self.abi().mask()
    }

    pub(crate) const fn abi(&self) -> FlagsAbi {
        FlagsAbi::new(self.labels.len())
    }
}

/// `stream` or `future`: what comes out of the end, and how the definition is numbered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndType {
    pub(super) element: Option<Type>,
    pub(super) index: TypeIndex,
}

impl EndType {
    /// The type of the elements.
    #[must_use]
    pub const fn element(&self) -> Option<&Type> {
        self.element.as_ref()
    }

    /// The number that whoever has the handle table knows the type by.
    #[must_use]
    pub const fn index(&self) -> TypeIndex {
        self.index
    }
}

impl Type {
    /// Size, alignment and flat form.
    #[must_use]
    pub fn abi(&self) -> Abi {
        self.facts().abi
    }

    /// `contains_borrow`: whether there is a `borrow` in it.
    #[must_use]
    pub fn contains_borrow(&self) -> bool {
        self.facts().contains_borrow
    }

    /// Whether every pattern of bits is a value, and every byte is part of it: such values are
    /// copied as bytes.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.facts().plain
    }

    /// Whether lifting one may trap: not every pattern of bits is a value, or it does something.
    pub(crate) fn lifting_traps(&self) -> bool {
        match self {
            Self::Bool
            | Self::S8
            | Self::U8
            | Self::S16
            | Self::U16
            | Self::S32
            | Self::U32
            | Self::S64
            | Self::U64
            | Self::F32
            | Self::F64
            | Self::Flags(_) => false,
            Self::Char
            | Self::String
            | Self::ErrorContext
            | Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_)
            | Self::Variant(_) => true,
            Self::List(list) => match list.shape {
                ListShape::FixedLength(_) => list.element.lifting_traps(),
                ListShape::List | ListShape::Map => true,
            },
            Self::Record(record) => record.lifting_traps,
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        match self {
            Self::Bool => Facts::leaf(Abi::BOOL, false),
            Self::S8 => Facts::leaf(Abi::S8, true),
            Self::U8 => Facts::leaf(Abi::U8, true),
            Self::S16 => Facts::leaf(Abi::S16, true),
            Self::U16 => Facts::leaf(Abi::U16, true),
            Self::S32 => Facts::leaf(Abi::S32, true),
            Self::U32 => Facts::leaf(Abi::U32, true),
            Self::S64 => Facts::leaf(Abi::S64, true),
            Self::U64 => Facts::leaf(Abi::U64, true),
            Self::F32 => Facts::leaf(Abi::F32, true),
            Self::F64 => Facts::leaf(Abi::F64, true),
            Self::Char => Facts::leaf(Abi::CHAR, false),
            Self::String => Facts::leaf(Abi::STRING, false),
            Self::ErrorContext | Self::Own(_) => Facts::leaf(Abi::HANDLE, false),
            Self::Borrow(_) => Facts { contains_borrow: true, ..Facts::leaf(Abi::HANDLE, false) },
            Self::Flags(flags) => Facts::leaf(Abi::flags(flags.labels.len()), false),
            Self::Stream(end) | Self::Future(end) => Facts {
                depth: end.element.as_ref().map_or(0, |it| it.facts().depth).saturating_add(1),
                ..Facts::leaf(Abi::HANDLE, false)
            },
            Self::List(list) => list.facts,
            Self::Record(record) => record.facts,
            Self::Variant(variant) => variant.facts,
        }
    }
}

/// As WIT spells it; a record, variant, enum or flags, which WIT has no expression for, with its
/// parts in braces.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::S8 => f.write_str("s8"),
            Self::U8 => f.write_str("u8"),
            Self::S16 => f.write_str("s16"),
            Self::U16 => f.write_str("u16"),
            Self::S32 => f.write_str("s32"),
            Self::U32 => f.write_str("u32"),
            Self::S64 => f.write_str("s64"),
            Self::U64 => f.write_str("u64"),
            Self::F32 => f.write_str("f32"),
            Self::F64 => f.write_str("f64"),
            Self::Char => f.write_str("char"),
            Self::String => f.write_str("string"),
            Self::ErrorContext => f.write_str("error-context"),
            Self::List(list) => list.fmt(f),
            Self::Record(record) => record.fmt(f),
            Self::Variant(variant) => variant.fmt(f),
            Self::Flags(flags) => {
                f.write_str("flags { ")?;
                commas(f, flags.labels.iter())?;
                f.write_str(" }")
            }
            Self::Own(TypeIndex(index)) => write!(f, "own<{index}>"),
            Self::Borrow(TypeIndex(index)) => write!(f, "borrow<{index}>"),
            Self::Stream(end) => end.fmt_as(f, "stream"),
            Self::Future(end) => end.fmt_as(f, "future"),
        }
    }
}

impl fmt::Debug for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn commas<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
) -> fmt::Result {
    for (position, item) in items.enumerate() {
        f.write_str(if position == 0 { "" } else { ", " })?;
        item.fmt(f)?;
    }
    Ok(())
}

impl fmt::Display for ListType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.shape, &self.element) {
            (ListShape::Map, Type::Record(entry)) => {
                f.write_str("map<")?;
                commas(f, entry.fields.iter().map(|field| &field.ty))?;
                f.write_str(">")
            }
            (ListShape::FixedLength(length), element) => write!(f, "list<{element}, {length}>"),
            (_, element) => write!(f, "list<{element}>"),
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            RecordShape::Tuple => {
                f.write_str("tuple<")?;
                commas(f, self.fields.iter().map(|field| &field.ty))?;
                f.write_str(">")
            }
            RecordShape::Record => {
                f.write_str("record { ")?;
                commas(f, self.fields.iter())?;
                f.write_str(" }")
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.ty)
    }
}

impl fmt::Display for VariantType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payload = |index| self.case(index).and_then(Case::payload);
        match self.shape {
            VariantShape::Option => match payload(1) {
                Some(some) => write!(f, "option<{some}>"),
                None => f.write_str("option"),
            },
            VariantShape::Result => match (payload(0), payload(1)) {
                (None, None) => f.write_str("result"),
                (Some(ok), None) => write!(f, "result<{ok}>"),
                (None, Some(error)) => write!(f, "result<_, {error}>"),
                (Some(ok), Some(error)) => write!(f, "result<{ok}, {error}>"),
            },
            VariantShape::Enum | VariantShape::Variant => {
                let keyword =
                    if self.shape == VariantShape::Enum { "enum { " } else { "variant { " };
                f.write_str(keyword)?;
                commas(f, self.cases.iter())?;
                f.write_str(" }")
            }
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.payload {
            None => f.write_str(&self.name),
            Some(payload) => write!(f, "{}({payload})", self.name),
        }
    }
}

impl EndType {
    fn fmt_as(&self, f: &mut fmt::Formatter<'_>, keyword: &str) -> fmt::Result {
        match &self.element {
            None => f.write_str(keyword),
            Some(element) => write!(f, "{keyword}<{element}>"),
        }
    }
}
