//! Types of values, checked and laid out.
//!
//! There are as many kinds as the ABI tells apart: a tuple is a record, an enum, an option and a
//! result are variants, a map and a fixed-length list are lists (the reference's `despecialize`).
//! What a type was before is its *shape*, which decides how it is named and printed.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hash::{Hash, Hasher};

use crate::builtin::TypeIndex;

use crate::abi::{Abi, FlagsAbi, Offset, VariantAbi};

/// The type of a value.
///
/// Cloning one copies a pointer. Two are equal if they are spelled the same; hashing one takes
/// one step, and comparing two takes one if they are the same or if they differ.
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
    /// `own` of a resource type.
    ///
    /// The number may be the component's own: whoever has the handle table,
    /// [`LiftHandles`](crate::abi::LiftHandles) and
    /// [`LowerContext`](crate::abi::LowerContext), is given it and translates it to the
    /// machine's, which is the one in a [`Resource`](crate::abi::Resource).
    Own(TypeIndex),
    /// `borrow` of a resource type, numbered as for [`Own`](Self::Own)
    Borrow(TypeIndex),
    /// `stream`
    Stream(Arc<EndType>),
    /// `future`
    Future(Arc<EndType>),
}

/// What is known of a compound type besides its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    /// Of everything that the type is spelled with; the same for two that are equal.
    pub(crate) digest: u64,
    /// How many parts it has: itself, and those of each of its parts as often as they occur.
    pub(crate) parts: u32,
    pub(crate) abi: Abi,
    /// How many types it is nested in itself, the longest way.
    pub(crate) depth: u32,
    pub(crate) contains: Contains,
    /// Every pattern of bits is a value, and every byte is part of it.
    pub(crate) plain: bool,
    /// Every core value that it is flattened to is moved as it is.
    pub(crate) flat_plain: bool,
}

/// The set of things that may be in a value of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Contains(u8);

impl Contains {
    pub(crate) const NOTHING: Self = Self(0);
    /// A `borrow`.
    pub(crate) const BORROW: Self = Self(1);
    /// A handle: a resource's, an end's, an error context's.
    pub(crate) const HANDLE: Self = Self(2);
    /// A resource, stream or future type, which is named by its number.
    pub(crate) const NUMBER: Self = Self(4);
    /// A handle of such a type.
    pub(crate) const NUMBERED_HANDLE: Self = Self::HANDLE.or(Self::NUMBER);
    /// A float, and so a NaN.
    pub(crate) const FLOAT: Self = Self(8);

    /// Returns what there may be in either.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns `true` if there may be any of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Facts {
    const fn handle(contains: Contains) -> Self {
        Self { contains, ..Self::leaf(Abi::HANDLE, false) }
    }

    const fn leaf(abi: Abi, plain: bool) -> Self {
        // A leaf is hashed as it is.
        Self {
            digest: 0,
            parts: 1,
            abi,
            depth: 1,
            contains: Contains::NOTHING,
            plain,
            flat_plain: false,
        }
    }
}

/// The parts of something with a name and a type of so many: a name counts as one for every 64
/// bytes, as whoever compares types compares names.
pub(super) fn named(name: &str, parts: u32) -> u32 {
    let name = u32::try_from(name.len() / 64).unwrap_or(u32::MAX);
    parts.max(1).saturating_add(name)
}

/// Types that were hashed when they were made. `facts` is their first field, so that two that
/// differ are told apart by it alone when they are compared.
macro_rules! hashed_once {
    ($($ty:ty),*) => {$(
        impl Hash for $ty {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write_u64(self.facts.digest);
            }
        }
    )*};
}

hashed_once!(ListType, RecordType, VariantType, EndType);

/// `list<element>`, `list<element, length>` or `map<key, value>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListType {
    pub(super) facts: Facts,
    pub(super) element: Type,
    pub(super) shape: ListShape,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType {
    pub(super) facts: Facts,
    pub(super) fields: Box<[Field]>,
    /// What is moved at a time from memory to memory.
    pub(super) runs: Arc<[Run]>,
    pub(super) shape: RecordShape,
    /// Whether lifting one of the fields may trap.
    pub(super) lifting_traps: bool,
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
    pub(super) name: Arc<str>,
    pub(super) ty: Type,
    pub(super) offset: Offset,
}

impl RecordType {
    /// The fields.
    #[must_use]
    pub const fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Returns `true` if there may be a NaN in it.
    pub(crate) const fn contains_float(&self) -> bool {
        self.facts.contains.has(Contains::FLOAT)
    }

    pub(crate) fn runs(&self) -> &[Run] {
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
    pub fn name(&self) -> &str {
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariantType {
    pub(super) facts: Facts,
    pub(super) cases: Box<[Case]>,
    pub(super) shape: VariantShape,
    pub(super) variant: VariantAbi,
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
    pub(super) name: Arc<str>,
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

    /// Returns the case with this index, as [`Val::Variant`](super::val::Val::Variant) has it.
    pub fn case(&self, index: u32) -> Option<&Case> {
        self.cases.get(usize::try_from(index).ok()?)
    }
}

impl Case {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
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

    fn facts(&self) -> Facts {
        let labels =
            self.labels.iter().fold(1, |sum: u32, label| sum.saturating_add(named(label, 0)));
        Facts { parts: labels, ..Facts::leaf(Abi::flags(self.labels.len()), false) }
    }
}

/// `stream` or `future`: what comes out of the end, and how the definition is numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndType {
    pub(super) facts: Facts,
    pub(super) element: Option<Type>,
    pub(super) index: TypeIndex,
}

impl EndType {
    /// The type of the elements.
    #[must_use]
    pub const fn element(&self) -> Option<&Type> {
        self.element.as_ref()
    }

    /// The number that whoever has the handle table knows the type by; as for
    /// [`Type::Own`], it may be the component's own.
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
        self.facts().contains.has(Contains::BORROW)
    }

    /// Returns `true` if a resource, stream or future type is in it, which has a number.
    #[must_use]
    pub fn contains_numbers(&self) -> bool {
        self.facts().contains.has(Contains::NUMBER)
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

    /// Returns true if a value can contain a float, and so a NaN.
    #[must_use]
    pub fn contains_float(&self) -> bool {
        self.facts().contains.has(Contains::FLOAT)
    }

    pub(crate) fn facts(&self) -> Facts {
        match self {
            Self::Bool => Facts::leaf(Abi::BOOL, false),
            Self::S8 => Facts::leaf(Abi::S8, true),
            Self::U8 => Facts::leaf(Abi::U8, true),
            Self::S16 => Facts::leaf(Abi::S16, true),
            Self::U16 => Facts::leaf(Abi::U16, true),
            Self::S32 => Facts { flat_plain: true, ..Facts::leaf(Abi::S32, true) },
            Self::U32 => Facts { flat_plain: true, ..Facts::leaf(Abi::U32, true) },
            Self::S64 => Facts { flat_plain: true, ..Facts::leaf(Abi::S64, true) },
            Self::U64 => Facts { flat_plain: true, ..Facts::leaf(Abi::U64, true) },
            Self::F32 => {
                Facts { contains: Contains::FLOAT, flat_plain: true, ..Facts::leaf(Abi::F32, true) }
            }
            Self::F64 => {
                Facts { contains: Contains::FLOAT, flat_plain: true, ..Facts::leaf(Abi::F64, true) }
            }
            Self::Char => Facts::leaf(Abi::CHAR, false),
            Self::String => Facts::leaf(Abi::STRING, false),
            Self::ErrorContext => Facts::handle(Contains::HANDLE),
            Self::Own(_) => Facts::handle(Contains::NUMBERED_HANDLE),
            Self::Borrow(_) => Facts::handle(Contains::NUMBERED_HANDLE.or(Contains::BORROW)),
            Self::Flags(flags) => flags.facts(),
            Self::Stream(end) | Self::Future(end) => end.facts,
            Self::List(list) => list.facts,
            Self::Record(record) => record.facts,
            Self::Variant(variant) => variant.facts,
        }
    }
}
