//! Types of a list's elements: scalars and strings everywhere, and compound types with an
//! allocator.

use core::convert::Infallible;
use core::error::Error as StdError;
use core::fmt;
use core::hash::Hash;

use crate::abi::Abi;

use super::error::ListError;

/// The type of a list's elements.
///
/// `C` stands for compound types, such as records. The
/// [limits](crate::host::limits::ExtensionLimits::CompoundType) choose it: a `Type` on
/// [`Heap`](crate::limits::Heap), and [`NoCompound`](crate::host::limits::NoCompound), which has no
/// values, where tables are arrays. With `alloc`, a `Type` can be converted to an element type.
///
/// ```
/// # use weft_core as weft;
/// use weft::host::limits::NoCompound;
/// use weft::list::ElementType;
///
/// assert_eq!(ElementType::<NoCompound>::U16.abi().narrow.size, 2);
/// assert_eq!(ElementType::<NoCompound>::Char.to_string(), "char");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementType<C> {
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
    /// Any other type.
    Compound(C),
}

/// The types that are made of other types: a `Type`, or a type without values.
pub trait CompoundType: Clone + Eq + Hash + fmt::Debug + fmt::Display + 'static {
    /// The values of these types.
    type Value;
    /// The reason that a value is not of its type.
    type Mismatch: StdError + Clone + Eq + 'static;
    /// The type of a whole list, as in the Component Model.
    type List: Clone + Eq + Hash + fmt::Debug;

    /// Returns this type as an element type. A scalar type becomes its own case.
    fn into_element(self) -> ElementType<Self>;

    /// Returns the size, alignment and flat form.
    fn abi(&self) -> Abi;

    /// Checks that a value is of this type.
    ///
    /// # Errors
    ///
    /// - [`Mismatch`](Self::Mismatch), with the place of the wrong part.
    fn check(&self, value: &Self::Value) -> Result<(), Self::Mismatch>;

    /// Returns the value whose bits in memory are all 0, if there is one.
    fn zero(&self) -> Option<Self::Value>;

    /// Returns the type of a list with this many elements: at least one, and not too many for the
    /// canonical ABI.
    ///
    /// # Errors
    ///
    /// - [`ListError::TooComplex`] if the type would be nested too deeply, or have too many
    ///   parts.
    fn list_of(element: &ElementType<Self>, length: u32) -> Result<Self::List, ListError<Self>>;
}

/// There are no compound types.
impl CompoundType for Infallible {
    type Value = Self;
    type Mismatch = Self;
    type List = ();

    fn into_element(self) -> ElementType<Self> {
        match self {}
    }

    fn abi(&self) -> Abi {
        match *self {}
    }

    fn check(&self, _: &Self) -> Result<(), Self> {
        match *self {}
    }

    fn zero(&self) -> Option<Self> {
        match *self {}
    }

    fn list_of(_: &ElementType<Self>, _: u32) -> Result<(), ListError<Self>> {
        Ok(())
    }
}

impl<C: CompoundType> ElementType<C> {
    /// Returns the size, alignment and flat form of an element.
    pub fn abi(&self) -> Abi {
        match self {
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
            Self::Compound(compound) => compound.abi(),
        }
    }

    /// Returns the one form of this type: a scalar type in a `Compound` becomes its own case.
    pub(super) fn canonical(self) -> Self {
        match self {
            Self::Compound(compound) => compound.into_element(),
            scalar => scalar,
        }
    }
}

/// Shows the type as WIT writes it.
impl<C: fmt::Display> fmt::Display for ElementType<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bool => "bool",
            Self::S8 => "s8",
            Self::U8 => "u8",
            Self::S16 => "s16",
            Self::U16 => "u16",
            Self::S32 => "s32",
            Self::U32 => "u32",
            Self::S64 => "s64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Char => "char",
            Self::String => "string",
            Self::Compound(compound) => return compound.fmt(f),
        })
    }
}
