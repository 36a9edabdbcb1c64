//! Shapes: Rust types as types of the Component Model, in constants.

use core::any::{TypeId, type_name};
use core::fmt;
use core::hash::{Hash, Hasher};

/// The type of the Component Model that a Rust type stands for.
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

/// The key of a Rust type that stands for a resource type.
///
/// Two keys are equal if, and only if, the Rust types are the same.
#[derive(Clone, Copy)]
pub struct ResourceKey {
    id: TypeId,
    name: fn() -> &'static str,
    has_values: bool,
}

impl ResourceKey {
    /// Creates the key of `R`, which is only a name for a resource type.
    #[must_use]
    pub const fn of<R: ?Sized + 'static>() -> Self {
        Self { id: TypeId::of::<R>(), name: type_name::<R>, has_values: false }
    }

    /// Creates the key of `R`, whose values are the resources. It is equal to that of
    /// [`of`](Self::of).
    #[must_use]
    pub const fn of_values<R: 'static>() -> Self {
        Self { id: TypeId::of::<R>(), name: type_name::<R>, has_values: true }
    }

    /// Returns `true` if the resources are values of the Rust type.
    #[must_use]
    pub const fn has_values(&self) -> bool {
        self.has_values
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
