//! Types and values with an allocator: elements of any type, and lists as values of the dynamic
//! kind.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;

use crate::abi::{Abi, Case, Field, ListShape, Mismatch, Type, Val};
use crate::context::ContextValueRef;
use crate::host::limits::ExtensionLimits;

use super::dynamic::{FixedLengthList, FixedLengthListType};
use super::element::{CompoundType, ElementType};
use super::error::ListError;

impl CompoundType for Type {
    type Value = Val;
    type Mismatch = Mismatch;
    type List = Self;

    fn into_element(self) -> ElementType<Self> {
        self.into()
    }

    fn abi(&self) -> Abi {
        Self::abi(self)
    }

    fn check(&self, value: &Val) -> Result<(), Mismatch> {
        Self::check(self, value)
    }

    fn zero(&self) -> Option<Val> {
        zero(self)
    }

    fn list_of(element: &ElementType<Self>, length: u32) -> Result<Self, ListError<Self>> {
        Self::fixed_length_list(element.clone().into(), length).map_err(|_| ListError::TooComplex)
    }
}

impl From<Type> for ElementType<Type> {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Bool => Self::Bool,
            Type::S8 => Self::S8,
            Type::U8 => Self::U8,
            Type::S16 => Self::S16,
            Type::U16 => Self::U16,
            Type::S32 => Self::S32,
            Type::U32 => Self::U32,
            Type::S64 => Self::S64,
            Type::U64 => Self::U64,
            Type::F32 => Self::F32,
            Type::F64 => Self::F64,
            Type::Char => Self::Char,
            Type::String => Self::String,
            compound => Self::Compound(compound),
        }
    }
}

impl From<ElementType<Self>> for Type {
    fn from(ty: ElementType<Self>) -> Self {
        match ty {
            ElementType::Bool => Self::Bool,
            ElementType::S8 => Self::S8,
            ElementType::U8 => Self::U8,
            ElementType::S16 => Self::S16,
            ElementType::U16 => Self::U16,
            ElementType::S32 => Self::S32,
            ElementType::U32 => Self::U32,
            ElementType::S64 => Self::S64,
            ElementType::U64 => Self::U64,
            ElementType::F32 => Self::F32,
            ElementType::F64 => Self::F64,
            ElementType::Char => Self::Char,
            ElementType::String => Self::String,
            ElementType::Compound(compound) => compound,
        }
    }
}

impl FixedLengthListType<Type> {
    /// Returns the type of the whole list in the Component Model.
    #[must_use]
    pub const fn as_type(&self) -> &Type {
        &self.list
    }
}

/// Conversions from and to values of the dynamic kind.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::{Type, Val};
/// use weft::limits::Heap;
/// use weft::list::{FixedLengthList, FixedLengthListType};
///
/// let ty = FixedLengthListType::new(Type::S32, 2)?;
/// let mut list = FixedLengthList::<Heap>::new(ty);
/// list.push(Val::S32(5))?;
/// list.push(20_i32)?;
/// assert_eq!(list.to_val()?, Val::list([Val::S32(5), Val::S32(20)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl<L: ExtensionLimits<Text = String, Compound = Val, CompoundType = Type>> FixedLengthList<L> {
    /// Creates a list from a value.
    ///
    /// # Errors
    ///
    /// - [`ListError::Compound`] if the value is not a full list of this type.
    pub fn from_val(ty: FixedLengthListType<Type>, val: Val) -> Result<Self, ListError<Type>> {
        ty.as_type().check(&val).map_err(|mismatch| {
            let expected = ElementType::Compound(ty.as_type().clone());
            ListError::Compound { expected, mismatch }
        })?;
        let elements = match val {
            Val::List(elements) => elements,
            _ => vec![],
        };
        Self::with_elements(ty, elements)
    }

    /// Returns the list as a value.
    ///
    /// # Errors
    ///
    /// - [`ListError::NotFull`] if the list has fewer elements than its length.
    pub fn to_val(&self) -> Result<Val, ListError<Type>> {
        self.check_full()?;
        Ok(Val::List(self.iter().filter_map(ContextValueRef::get::<Val>).collect()))
    }
}

/// Returns the value whose bits in memory are all 0, if there is one.
fn zero(ty: &Type) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::F32 => Val::F32(0.0),
        Type::F64 => Val::F64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::from(""),
        Type::Flags(_) => Val::Flags(0),
        Type::List(list) => match list.shape() {
            ListShape::List | ListShape::Map => Val::list([]),
            ListShape::FixedLength(length) => {
                Val::List(vec![zero(list.element())?; length as usize])
            }
        },
        Type::Record(record) => {
            let fields = record.fields().iter().map(Field::ty).map(zero);
            Val::Record(fields.collect::<Option<_>>()?)
        }
        Type::Variant(variant) => Val::Variant(
            0,
            match variant.cases().first().and_then(Case::payload) {
                Some(payload) => Some(Box::new(zero(payload)?)),
                None => None,
            },
        ),
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            return None;
        }
    })
}
