//! Types of values, checked and laid out.
//!
//! There are as many kinds as the ABI distinguishes: a tuple is a record; an enum, an option and
//! a result are variants; a map and a fixed-length list are lists (the reference's
//! `despecialize`). The form before that is the type's *shape*, which decides its name and its
//! text.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::hash::{Hash, Hasher};

use crate::builtin::TypeIndex;

use crate::abi::{Abi, FlagsAbi, Offset, VariantAbi};

/// The type of a value, when it is only known at run time.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::{CoreValueIter, LiftContext, Options, StringEncoding, Type, TypeList, Val};
/// use weft::core_value::IntegerType;
///
/// let person = Type::record([("name", Type::String), ("age", Type::U8)])?;
/// let params = TypeList::new([person])?;
///
/// let memory = b"....Ada";
/// let options = Options::new(IntegerType::I32, StringEncoding::Utf8);
/// let mut cx = LiftContext::new(memory, options);
/// let lifted = params.lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&[4, 3, 36]))?;
/// assert_eq!(lifted, [Val::record([Val::from("Ada"), Val::U8(36)])]);
///
/// let mismatch = params.check(&[Val::record([Val::from("Ada"), Val::Bool(true)])]).unwrap_err();
/// assert_eq!(mismatch.to_string(), "at [0].age: expected u8, found a bool");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cloning a type copies a pointer. Two types are equal if they have the same text. Hashing a type
/// takes one step. Comparing two types also takes one step, unless they are equal and were made
/// separately.
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
    /// The number may be the component's own. The owner of the handle table,
    /// [`LiftHandles`](crate::abi::LiftHandles) or [`LowerContext`](crate::abi::LowerContext),
    /// translates it to the machine's number, which is the one in a
    /// [`Resource`](crate::abi::Resource).
    Own(TypeIndex),
    /// `borrow` of a resource type, numbered as for [`Own`](Self::Own)
    Borrow(TypeIndex),
    /// `stream`
    Stream(Arc<EndType>),
    /// `future`
    Future(Arc<EndType>),
}

/// The properties of a compound type beside its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Facts {
    /// The digest of the type's text, which is the same for equal types.
    pub(crate) digest: u64,
    /// The number of its parts: itself, and those of each part as often as it occurs.
    pub(crate) parts: u32,
    pub(crate) abi: Abi,
    /// The greatest depth of nested types in it.
    pub(crate) depth: u32,
    pub(crate) contains: Contains,
    /// `true` if every pattern of bits is a value, and every byte is part of it.
    pub(crate) plain: bool,
    /// `true` if every core value that it is flattened to is moved unchanged, except for NaNs.
    pub(crate) flat_plain: bool,
}

/// The set of kinds of parts that may be in a value of a type.
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

    /// Returns the kinds that may be in either.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns `true` if there may be one of the kinds of `other`.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Facts {
    const fn handle(contains: Contains) -> Self {
        Self { contains, ..Self::leaf(Abi::HANDLE, false) }
    }

    /// Returns the properties of a number that is a core value by itself.
    const fn number(abi: Abi, contains: Contains) -> Self {
        Self { contains, flat_plain: true, ..Self::leaf(abi, true) }
    }

    const fn leaf(abi: Abi, plain: bool) -> Self {
        // A leaf is hashed by itself.
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

/// Returns the number of parts of a name and a type with `parts` parts. A name counts as one for
/// every 64 bytes, because comparing types compares names.
pub(super) fn named(name: &str, parts: u32) -> u32 {
    let name = u32::try_from(name.len() / 64).unwrap_or(u32::MAX);
    parts.max(1).saturating_add(name)
}

/// Implements `Hash` for types that were hashed when they were made. `facts` is their first
/// field, so that comparing two types that differ only looks at it.
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

/// The form in which a [`ListType`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListShape {
    /// `list<element>`
    List,
    /// `list<element, length>`
    FixedLength(u32),
    /// `map<key, value>`, whose elements are tuples of both
    Map,
}

impl ListType {
    /// Returns the type of the elements.
    #[must_use]
    pub const fn element(&self) -> &Type {
        &self.element
    }

    /// Returns the form in which it is written.
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
    /// The parts that are each moved from memory to memory at once.
    pub(super) runs: Arc<[Run]>,
    pub(super) shape: RecordShape,
    /// `true` if lifting one of the fields may trap.
    pub(super) lifting_traps: bool,
}

/// A part of a record that is moved from memory to memory at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Run {
    /// This many bytes of plain fields, next to one another in memories of both widths.
    Bytes(Offset, u64),
    /// The field with this number.
    Field(usize),
}

/// The form in which a [`RecordType`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordShape {
    /// `record`
    Record,
    /// `tuple`, whose fields have the names `0`, `1`, …
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
    /// Returns the fields.
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

    /// Returns the form in which it is written.
    #[must_use]
    pub const fn shape(&self) -> RecordShape {
        self.shape
    }
}

impl Field {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns its type.
    #[must_use]
    pub const fn ty(&self) -> &Type {
        &self.ty
    }

    /// Returns its offset in the record.
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

/// The form in which a [`VariantType`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariantShape {
    /// `variant`
    Variant,
    /// `enum`
    Enum,
    /// `option`, whose cases have the names `none` and `some`
    Option,
    /// `result`, whose cases have the names `ok` and `error`
    Result,
}

/// A case of a variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    pub(super) name: Arc<str>,
    pub(super) payload: Option<Type>,
}

impl VariantType {
    /// Returns the cases.
    #[must_use]
    pub const fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Returns the form in which it is written.
    #[must_use]
    pub const fn shape(&self) -> VariantShape {
        self.shape
    }

    /// Returns the layout of the discriminant and the payload.
    pub(crate) const fn variant(&self) -> &VariantAbi {
        &self.variant
    }

    /// Returns `true` if a value is only its discriminant.
    pub(crate) fn has_no_payloads(&self) -> bool {
        self.cases.iter().all(|case| case.payload.is_none())
    }

    /// Returns the case with this index, as [`Val::Variant`](super::val::Val::Variant) has it.
    pub fn case(&self, index: u32) -> Option<&Case> {
        self.cases.get(usize::try_from(index).ok()?)
    }
}

impl Case {
    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the type of its payload.
    #[must_use]
    pub const fn payload(&self) -> Option<&Type> {
        self.payload.as_ref()
    }
}

/// `flags`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlagsType {
    facts: Facts,
    labels: Box<[Box<str>]>,
}

impl FlagsType {
    pub(super) fn new(labels: Box<[Box<str>]>) -> Self {
        let parts = labels.iter().fold(1, |sum: u32, label| sum.saturating_add(named(label, 0)));
        Self { facts: Facts { parts, ..Facts::leaf(Abi::flags(labels.len()), false) }, labels }
    }

    /// Returns the labels, that of the lowest bit first.
    pub fn labels(&self) -> impl ExactSizeIterator<Item = &str> {
        self.labels.iter().map(|label| &**label)
    }

    /// Returns the bits that have a label.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        self.abi().mask()
    }

    pub(crate) const fn abi(&self) -> FlagsAbi {
        FlagsAbi::new(self.labels.len())
    }
}

/// `stream` or `future`, with the type of its elements and the number of its definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndType {
    pub(super) facts: Facts,
    pub(super) element: Option<Type>,
    pub(super) index: TypeIndex,
}

impl EndType {
    /// Returns the type of the elements.
    #[must_use]
    pub const fn element(&self) -> Option<&Type> {
        self.element.as_ref()
    }

    /// Returns the number of the type for the owner of the handle table. As in [`Type::Own`], it
    /// may be the component's own.
    #[must_use]
    pub const fn index(&self) -> TypeIndex {
        self.index
    }
}

impl Type {
    /// Returns its size, alignment and flat form.
    #[inline]
    #[must_use]
    pub fn abi(&self) -> Abi {
        self.facts().abi
    }

    /// Returns `true` if there is a `borrow` in it: `contains_borrow`.
    #[must_use]
    pub fn contains_borrow(&self) -> bool {
        self.facts().contains.has(Contains::BORROW)
    }

    /// Returns `true` if a resource, stream or future type is in it, which has a number.
    #[must_use]
    pub fn contains_numbers(&self) -> bool {
        self.facts().contains.has(Contains::NUMBER)
    }

    /// Returns `true` if every pattern of bits is a value, and every byte is part of it. Such
    /// values are copied as bytes.
    #[inline]
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.facts().plain
    }

    /// Returns `true` if lifting may trap, because not every pattern of bits is a value, or
    /// because it changes something.
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

    /// Returns `true` if a value can contain a float, and so a NaN.
    #[inline]
    #[must_use]
    pub fn contains_float(&self) -> bool {
        self.facts().contains.has(Contains::FLOAT)
    }

    /// Returns its properties. Those of a leaf are constants.
    pub(crate) fn facts(&self) -> &Facts {
        match self {
            Self::Bool => &const { Facts::leaf(Abi::BOOL, false) },
            Self::S8 => &const { Facts::leaf(Abi::S8, true) },
            Self::U8 => &const { Facts::leaf(Abi::U8, true) },
            Self::S16 => &const { Facts::leaf(Abi::S16, true) },
            Self::U16 => &const { Facts::leaf(Abi::U16, true) },
            Self::S32 => &const { Facts::number(Abi::S32, Contains::NOTHING) },
            Self::U32 => &const { Facts::number(Abi::U32, Contains::NOTHING) },
            Self::S64 => &const { Facts::number(Abi::S64, Contains::NOTHING) },
            Self::U64 => &const { Facts::number(Abi::U64, Contains::NOTHING) },
            Self::F32 => &const { Facts::number(Abi::F32, Contains::FLOAT) },
            Self::F64 => &const { Facts::number(Abi::F64, Contains::FLOAT) },
            Self::Char => &const { Facts::leaf(Abi::CHAR, false) },
            Self::String => &const { Facts::leaf(Abi::STRING, false) },
            Self::ErrorContext => &const { Facts::handle(Contains::HANDLE) },
            Self::Own(_) => &const { Facts::handle(Contains::NUMBERED_HANDLE) },
            Self::Borrow(_) => {
                &const { Facts::handle(Contains::NUMBERED_HANDLE.or(Contains::BORROW)) }
            }
            Self::Flags(flags) => &flags.facts,
            Self::Stream(end) | Self::Future(end) => &end.facts,
            Self::List(list) => &list.facts,
            Self::Record(record) => &record.facts,
            Self::Variant(variant) => &variant.facts,
        }
    }
}
