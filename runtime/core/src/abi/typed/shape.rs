//! Shapes: Rust types as types of the Component Model, in constants.

use core::any::{TypeId, type_name};
use core::fmt;
use core::hash::{Hash, Hasher};

use super::list::array_abi;
use super::record::check_size;
use super::{FlagsAbi, VariantAbi};
use crate::abi::Abi;

/// The type of the Component Model that a Rust type is.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::{ComponentType, Shape};
///
/// assert_eq!(<Option<u8>>::SHAPE, Shape::Option(&Shape::U8));
/// assert_eq!(<[f32; 4]>::SHAPE, Shape::FixedLengthList(&Shape::F32, 4));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// No value.
    Nothing,
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
    /// `list<t>`
    List(&'static Self),
    /// `list<t, n>`
    FixedLengthList(&'static Self, usize),
    /// `map<k, v>`
    Map(&'static Self, &'static Self),
    /// `record`, with the names and types of the fields
    Record(&'static [(&'static str, &'static Self)]),
    /// `tuple`
    Tuple(&'static [&'static Self]),
    /// `variant`, with the names and payloads of the cases
    Variant(&'static [(&'static str, &'static Self)]),
    /// `enum`, with the names of the cases
    Enum(&'static [&'static str]),
    /// `option<t>`
    Option(&'static Self),
    /// `result<t, e>`
    Result(&'static Self, &'static Self),
    /// `flags`, with the labels
    Flags(&'static [&'static str]),
    /// `own<r>`
    Own(ResourceKey),
    /// `borrow<r>`
    Borrow(ResourceKey),
    /// `stream<t>`
    Stream(&'static Self),
    /// `future<t>`
    Future(&'static Self),
    /// `error-context`
    ErrorContext,
}

impl Shape {
    /// Returns the size, alignment and flat form.
    ///
    /// # Panics
    ///
    /// If there is no such type, because a part is `()`, or a value would have more bytes than the
    /// canonical ABI allows. In a constant, it fails to compile instead.
    #[must_use]
    pub const fn abi(self) -> Abi {
        match self {
            Self::Nothing => Abi::NOTHING,
            Self::Bool => Abi::BOOL,
            Self::S8 => Abi::S8,
            Self::U8 => Abi::U8,
            Self::S16 => Abi::S16,
            Self::U16 => Abi::U16,
            Self::S32 => Abi::S32,
            Self::U32 => Abi::U32,
            Self::S64 => Abi::S64,
            Self::U64 => Abi::U64,
            Self::F32 => Abi::F32,
            Self::F64 => Abi::F64,
            Self::Char => Abi::CHAR,
            Self::String => Abi::STRING,
            Self::List(_) | Self::Map(..) => Abi::LIST,
            Self::FixedLengthList(element, length) => array_abi(element.abi(), length),
            Self::Record(mut fields) => {
                let mut record = Abi::NOTHING;
                while let [(_, first), rest @ ..] = fields {
                    record = first.after(record);
                    fields = rest;
                }
                check_size(record.padded())
            }
            Self::Tuple(mut parts) => {
                let mut record = Abi::NOTHING;
                while let [first, rest @ ..] = parts {
                    record = first.after(record);
                    parts = rest;
                }
                check_size(record.padded())
            }
            Self::Variant(_) | Self::Enum(_) | Self::Option(_) | Self::Result(..) => {
                self.variant_abi().checked_abi()
            }
            Self::Flags(labels) => FlagsAbi::new(labels.len()).abi(),
            Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_)
            | Self::ErrorContext => Abi::HANDLE,
        }
    }

    /// Returns the layout of `record` with this as another field.
    const fn after(self, record: Abi) -> Abi {
        let abi = self.abi();
        assert!(
            abi.narrow.size > 0,
            "a field can't be `()`: the Component Model has no such value"
        );
        record.field(abi).1
    }

    /// Returns the layout of the discriminant and the payload of a variant, enum, option or result.
    /// Other shapes return the layout of an enum without cases.
    #[must_use]
    pub(super) const fn variant_abi(self) -> VariantAbi {
        match self {
            Self::Variant(cases) => {
                let (mut shared, mut rest) = (Abi::NOTHING, cases);
                while let [(_, payload), after @ ..] = rest {
                    shared = Abi::payload(&[shared, payload.abi()]);
                    rest = after;
                }
                VariantAbi::with_cases(shared, cases.len())
            }
            Self::Enum(cases) => VariantAbi::without_payloads(cases.len()),
            Self::Option(some) => {
                let some = some.abi();
                assert!(
                    some.narrow.size > 0,
                    "the value of an option can't be `()`: the Component Model has no such value"
                );
                VariantAbi::new(&[Abi::NOTHING, some])
            }
            Self::Result(ok, error) => VariantAbi::new(&[ok.abi(), error.abi()]),
            _ => VariantAbi::without_payloads(0),
        }
    }

    /// Returns the layout of flags. Other shapes return the layout of flags without labels.
    #[must_use]
    pub(super) const fn flags_abi(self) -> FlagsAbi {
        match self {
            Self::Flags(labels) => FlagsAbi::new(labels.len()),
            _ => FlagsAbi::new(0),
        }
    }

    /// Returns `true` if a value may have a handle in it.
    #[must_use]
    pub const fn has_handles(self) -> bool {
        match self {
            Self::List(element) | Self::FixedLengthList(element, _) | Self::Option(element) => {
                element.has_handles()
            }
            Self::Map(a, b) | Self::Result(a, b) => a.has_handles() || b.has_handles(),
            Self::Record(mut parts) | Self::Variant(mut parts) => {
                while let [(_, first), rest @ ..] = parts {
                    if first.has_handles() {
                        return true;
                    }
                    parts = rest;
                }
                false
            }
            Self::Tuple(mut parts) => {
                while let [first, rest @ ..] = parts {
                    if first.has_handles() {
                        return true;
                    }
                    parts = rest;
                }
                false
            }
            Self::Own(_)
            | Self::Borrow(_)
            | Self::Stream(_)
            | Self::Future(_)
            | Self::ErrorContext => true,
            _ => false,
        }
    }
}

/// The key of a Rust type that stands for a resource type.
///
/// Two keys are equal if, and only if, the Rust types are the same.
#[derive(Clone, Copy)]
pub struct ResourceKey {
    id: TypeId,
    name: fn() -> &'static str,
}

impl ResourceKey {
    /// Creates the key of `R`.
    #[must_use]
    pub const fn of<R: ?Sized + 'static>() -> Self {
        Self { id: TypeId::of::<R>(), name: type_name::<R> }
    }

    /// Returns the path of the Rust type.
    #[must_use]
    pub fn name(&self) -> &'static str {
        (self.name)()
    }
}

impl fmt::Debug for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Writes the path of the Rust type.
impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl PartialEq for ResourceKey {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for ResourceKey {}

impl Hash for ResourceKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}
