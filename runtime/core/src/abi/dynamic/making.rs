//! Making types, and the reasons why there is no such type.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::sync::Arc;
use alloc::vec::Vec;

use thiserror::Error;

use crate::builtin::TypeIndex;
use crate::limit::MAX_FLAGS;

use super::digest::digest;
use super::ty::{
    Case, Contains, EndType, Facts, Field, FlagsType, ListShape, ListType, RecordShape, RecordType,
    Run, Type, VariantShape, VariantType, named,
};
use crate::abi::{Abi, VariantAbi};

/// The reason why there is no such type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum InvalidType {
    /// A record, tuple, variant, enum or flags needs at least one part.
    #[error("the type `{0}` has at least one part, and this one has none")]
    Empty(&'static str),
    /// Two parts have the same name.
    #[error("two parts have the name `{0}`")]
    DuplicateName(String),
    /// There are more flags than bits.
    #[error("flags have at most 32 labels, and these have {0}")]
    TooManyFlags(usize),
    /// A fixed-length list can't be empty.
    #[error("the length of a fixed-length list is at least 1")]
    NoLength,
    /// A value would be larger than the canonical ABI allows.
    #[error("a value has at most 268,435,455 bytes, and one of this type has {0}")]
    TooLarge(u64),
    /// A resource type has another number in each store, and the number for a Rust type is not
    /// known.
    #[error(
        "it is not known which resource type a Rust type stands for: name the type, as \
         `stream_of_type` and `future_of_type` do"
    )]
    UnknownResource,
    /// A type is nested too deeply to be worked on.
    #[error("types are nested at most {max} levels deep", max = Type::MAX_DEPTH)]
    TooDeep,
    /// A type has too many parts to be worked on. A part counts as often as it occurs.
    #[error("a type has at most {max} parts", max = Type::MAX_PARTS)]
    TooManyParts,
    /// The keys of a map have to be numbers, truth values, characters or strings.
    #[error("the keys of a map are numbers, truth values, characters or strings, and not `{0}`")]
    KeyType(Type),
    /// A stream of characters doesn't exist.
    #[error("there is no `stream<char>`")]
    CharStream,
    /// A borrow is only valid during a call.
    #[error("the elements of a stream or future contain no `borrow`")]
    BorrowInEnd,
}

/// Computes the facts of a type from its fields or cases.
fn joint<'a>(
    parts: impl Iterator<Item = (&'a str, Option<&'a Type>)>,
    abi: Abi,
    digest: u64,
) -> Facts {
    let mut facts = Facts {
        digest,
        parts: 1,
        abi,
        depth: 0,
        contains: Contains::NOTHING,
        plain: false,
        flat_plain: false,
    };
    for (name, ty) in parts {
        let part = ty.map(Type::facts);
        facts.parts = facts.parts.saturating_add(named(name, part.map_or(0, |it| it.parts)));
        facts.depth = facts.depth.max(part.map_or(0, |it| it.depth));
        facts.contains = facts.contains.or(part.map_or(Contains::NOTHING, |it| it.contains));
    }
    facts.depth = facts.depth.saturating_add(1);
    facts
}

/// Returns a name that types share after their numbers are replaced.
fn shared(name: impl Into<Box<str>>) -> Arc<str> {
    Arc::from(name.into())
}

fn checked(facts: Facts) -> Result<Facts, InvalidType> {
    if facts.depth > Type::MAX_DEPTH {
        return Err(InvalidType::TooDeep);
    }
    if facts.parts > Type::MAX_PARTS {
        return Err(InvalidType::TooManyParts);
    }
    if facts.abi.is_too_large() {
        return Err(InvalidType::TooLarge(facts.abi.wide.size));
    }
    Ok(facts)
}

fn check_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), InvalidType> {
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    match names.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some((*a).into()),
        _ => None,
    }) {
        Some(twice) => Err(InvalidType::DuplicateName(twice)),
        None => Ok(()),
    }
}

impl Type {
    /// The greatest depth of nested types, so that recursion over them doesn't overflow a
    /// thread's stack. Validators of components have the same limit.
    pub const MAX_DEPTH: u32 = 100;

    /// The greatest number of parts of a type: itself, and those of each of its parts as often as
    /// they occur. A label, or a case without payload, is one part. A name counts as one more for
    /// every 64 bytes of it.
    ///
    /// Types share their parts, so that a type with many parts takes little memory. But visiting
    /// all of them, as comparing two types may, takes long. Validators of components have the
    /// same limit.
    pub const MAX_PARTS: u32 = 1_000_000;

    /// Creates the type `list<element>`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn list(element: Self) -> Result<Self, InvalidType> {
        Self::list_of(element, ListShape::List)
    }

    /// Creates the type `list<element, length>`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::NoLength`], [`InvalidType::TooLarge`], [`InvalidType::TooDeep`] or
    /// [`InvalidType::TooManyParts`].
    pub fn fixed_length_list(element: Self, length: u32) -> Result<Self, InvalidType> {
        if length == 0 {
            return Err(InvalidType::NoLength);
        }
        Self::list_of(element, ListShape::FixedLength(length))
    }

    /// Creates the type `map<key, value>`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::KeyType`], [`InvalidType::TooLarge`], [`InvalidType::TooDeep`] or
    /// [`InvalidType::TooManyParts`].
    pub fn map(key: Self, value: Self) -> Result<Self, InvalidType> {
        match key {
            Self::Bool
            | Self::S8
            | Self::U8
            | Self::S16
            | Self::U16
            | Self::S32
            | Self::U32
            | Self::S64
            | Self::U64
            | Self::Char
            | Self::String => Self::list_of(Self::tuple([key, value])?, ListShape::Map),
            _ => Err(InvalidType::KeyType(key)),
        }
    }

    fn list_of(element: Self, shape: ListShape) -> Result<Self, InvalidType> {
        let part = *element.facts();
        let facts = match shape {
            ListShape::FixedLength(length) => {
                Facts { abi: part.abi.fixed_length_list(length), ..part }
            }
            ListShape::List | ListShape::Map => {
                Facts { abi: Abi::LIST, plain: false, flat_plain: false, ..part }
            }
        };
        let facts = checked(Facts {
            digest: digest((shape, &element)),
            parts: part.parts.saturating_add(1),
            depth: part.depth.saturating_add(1),
            ..facts
        })?;
        Ok(Self::List(Arc::new(ListType { facts, element, shape })))
    }

    /// Creates the type `record`, from the names and types of its fields.
    ///
    /// # Errors
    ///
    /// [`InvalidType::Empty`], [`InvalidType::DuplicateName`], [`InvalidType::TooLarge`],
    /// [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn record<N: Into<Box<str>>>(
        fields: impl IntoIterator<Item = (N, Self)>,
    ) -> Result<Self, InvalidType> {
        let fields = fields.into_iter().map(|(name, ty)| (shared(name), ty));
        let record = RecordType::new(fields, RecordShape::Record);
        checked(record.facts)?;
        if record.fields.is_empty() {
            return Err(InvalidType::Empty("record"));
        }
        check_names(record.fields.iter().map(Field::name))?;
        Ok(Self::Record(Arc::new(record)))
    }

    /// Creates the type `tuple`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::Empty`], [`InvalidType::TooLarge`], [`InvalidType::TooDeep`] or
    /// [`InvalidType::TooManyParts`].
    pub fn tuple(types: impl IntoIterator<Item = Self>) -> Result<Self, InvalidType> {
        let record = RecordType::tuple(types);
        checked(record.facts)?;
        if record.fields.is_empty() {
            return Err(InvalidType::Empty("tuple"));
        }
        Ok(Self::Record(Arc::new(record)))
    }

    /// Creates the type `variant`, from the names and payloads of its cases.
    ///
    /// # Errors
    ///
    /// [`InvalidType::Empty`], [`InvalidType::DuplicateName`], [`InvalidType::TooLarge`],
    /// [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn variant<N: Into<Box<str>>>(
        cases: impl IntoIterator<Item = (N, Option<Self>)>,
    ) -> Result<Self, InvalidType> {
        let cases = cases.into_iter().map(|(name, payload)| Case { name: shared(name), payload });
        Self::variant_of(cases.collect(), VariantShape::Variant, "variant")
    }

    /// Creates the type `enum`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::Empty`], [`InvalidType::DuplicateName`] or [`InvalidType::TooManyParts`].
    pub fn enumeration<N: Into<Box<str>>>(
        labels: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidType> {
        let cases = labels.into_iter().map(|name| Case { name: shared(name), payload: None });
        Self::variant_of(cases.collect(), VariantShape::Enum, "enum")
    }

    /// Creates the type `option<some>`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::TooLarge`], [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn option(some: Self) -> Result<Self, InvalidType> {
        let cases = [
            Case { name: "none".into(), payload: None },
            Case { name: "some".into(), payload: Some(some) },
        ];
        Self::variant_of(cases.into(), VariantShape::Option, "option")
    }

    /// Creates the type `result<ok, error>`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::TooLarge`], [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn result(ok: Option<Self>, error: Option<Self>) -> Result<Self, InvalidType> {
        let cases = [
            Case { name: "ok".into(), payload: ok },
            Case { name: "error".into(), payload: error },
        ];
        Self::variant_of(cases.into(), VariantShape::Result, "result")
    }

    fn variant_of(
        cases: Box<[Case]>,
        shape: VariantShape,
        keyword: &'static str,
    ) -> Result<Self, InvalidType> {
        if cases.is_empty() {
            return Err(InvalidType::Empty(keyword));
        }
        check_names(cases.iter().map(Case::name))?;
        let payloads = cases.iter().map(|case| case.payload().map_or(Abi::NOTHING, Self::abi));
        let variant = VariantAbi::new(&payloads.collect::<Vec<_>>());
        let parts = cases.iter().map(|case| (case.name(), case.payload()));
        let facts = checked(joint(parts, variant.abi(), digest((shape, &cases))))?;
        Ok(Self::Variant(Arc::new(VariantType { facts, cases, shape, variant })))
    }

    /// Creates the type `flags`.
    ///
    /// # Errors
    ///
    /// [`InvalidType::Empty`], [`InvalidType::TooManyFlags`] or [`InvalidType::DuplicateName`].
    pub fn flags<N: Into<Box<str>>>(
        labels: impl IntoIterator<Item = N>,
    ) -> Result<Self, InvalidType> {
        let labels: Box<[Box<str>]> = labels.into_iter().map(Into::into).collect();
        if labels.is_empty() {
            return Err(InvalidType::Empty("flags"));
        }
        if u32::try_from(labels.len()).map_or(true, |count| count > MAX_FLAGS) {
            return Err(InvalidType::TooManyFlags(labels.len()));
        }
        check_names(labels.iter().map(|label| &**label))?;
        Ok(Self::Flags(Arc::new(FlagsType::new(labels))))
    }

    /// Creates the type `stream<element>`. `index` is its number for the owner of the handle
    /// table.
    ///
    /// # Errors
    ///
    /// [`InvalidType::CharStream`], [`InvalidType::BorrowInEnd`], [`InvalidType::TooDeep`] or
    /// [`InvalidType::TooManyParts`].
    pub fn stream(element: Option<Self>, index: TypeIndex) -> Result<Self, InvalidType> {
        if element == Some(Self::Char) {
            return Err(InvalidType::CharStream);
        }
        Ok(Self::Stream(Arc::new(EndType::new(element, index)?)))
    }

    /// Creates the type `future<value>`. `index` is its number for the owner of the handle table.
    ///
    /// # Errors
    ///
    /// [`InvalidType::BorrowInEnd`], [`InvalidType::TooDeep`] or [`InvalidType::TooManyParts`].
    pub fn future(value: Option<Self>, index: TypeIndex) -> Result<Self, InvalidType> {
        Ok(Self::Future(Arc::new(EndType::new(value, index)?)))
    }
}

impl EndType {
    fn new(element: Option<Type>, index: TypeIndex) -> Result<Self, InvalidType> {
        let parts = element.iter().map(|element| ("", Some(element)));
        let joint = joint(parts, Abi::HANDLE, digest((&element, index)));
        let contains = joint.contains.or(Contains::NUMBERED_HANDLE);
        let facts = checked(Facts { contains, ..joint })?;
        if facts.contains.has(Contains::BORROW) {
            return Err(InvalidType::BorrowInEnd);
        }
        Ok(Self { facts, element, index })
    }
}

impl RecordType {
    /// Creates a tuple. It may be empty, which a type can't be, but a list of parameters can.
    pub(super) fn tuple(types: impl IntoIterator<Item = Type>) -> Self {
        let named = types.into_iter().enumerate();
        Self::new(
            named.map(|(position, ty)| (Arc::from(position.to_string()), ty)),
            RecordShape::Tuple,
        )
    }

    fn new(fields: impl Iterator<Item = (Arc<str>, Type)>, shape: RecordShape) -> Self {
        let mut record = Abi::NOTHING;
        let mut bytes = 0_u64;
        let mut plain = true;
        let fields: Box<[Field]> = fields
            .map(|(name, ty)| {
                let part = ty.facts();
                let (offset, longer) = record.field(part.abi);
                record = longer;
                plain &= part.plain;
                bytes = bytes.saturating_add(part.abi.narrow.size);
                Field { name, ty, offset }
            })
            .collect();
        let abi = record.padded();
        let parts = fields.iter().map(|field| (field.name(), Some(field.ty())));
        let facts = joint(parts, abi, digest((shape, &fields)));
        let plain = plain && bytes == abi.narrow.size;
        let runs = runs_of(&fields);
        let lifting_traps = fields.iter().any(|field| field.ty.lifting_traps());
        let flat_plain = fields.iter().all(|field| field.ty.facts().flat_plain);
        Self { facts: Facts { plain, flat_plain, ..facts }, fields, runs, shape, lifting_traps }
    }
}

/// Joins plain fields that lie next to one another.
fn runs_of(fields: &[Field]) -> Arc<[Run]> {
    let mut runs: Vec<Run> = Vec::new();
    for (number, field) in fields.iter().enumerate() {
        let facts = field.ty.facts();
        if !facts.plain {
            runs.push(Run::Field(number));
            continue;
        }
        let size = facts.abi.narrow.size;
        if let Some(Run::Bytes(before, length)) = runs.last_mut()
            && before.narrow.saturating_add(*length) == field.offset.narrow
            && before.wide.saturating_add(*length) == field.offset.wide
        {
            *length = length.saturating_add(size);
        } else {
            runs.push(Run::Bytes(field.offset, size));
        }
    }
    runs.into()
}
