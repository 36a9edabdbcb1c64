//! The run-time type of a Rust type.

use alloc::vec::Vec;

use crate::builtin::TypeIndex;

use super::making::InvalidType;
use super::ty::Type;
use crate::abi::{ComponentType, ResourceKey, Shape};

impl Type {
    /// Returns the type of `T`, or `None` if it is `()`, which stands for no value.
    ///
    /// ```standalone_crate
    /// # extern crate weft_core as weft;
    /// use weft::abi::{ComponentType, Type};
    ///
    /// #[derive(ComponentType)]
    /// struct Point {
    ///     x: f32,
    ///     y: f32,
    /// }
    ///
    /// let ty = Type::of::<Vec<Option<Point>>>()?.unwrap();
    /// assert_eq!(ty.to_string(), "list<option<record { x: f32, y: f32 }>>");
    /// # Ok::<(), weft::abi::InvalidType>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidType`] if there is no such type, although it can be written in Rust.
    pub fn of<T: ComponentType + ?Sized>() -> Result<Option<Self>, InvalidType> {
        Self::of_with::<T>(&NoResourceTypes)
    }

    /// Returns the type of `T` as [`of`](Self::of) does, for a type that may have resources in
    /// it. `numbers` has the numbers of their types.
    ///
    /// # Errors
    ///
    /// [`InvalidType`], which is [`UnknownResource`](InvalidType::UnknownResource) if a number is
    /// not known.
    pub fn of_with<T: ComponentType + ?Sized>(
        numbers: &dyn ResourceNumbers,
    ) -> Result<Option<Self>, InvalidType> {
        optional(&T::SHAPE, numbers)
    }
}

/// The numbers of the resource types of Rust types.
pub trait ResourceNumbers {
    /// Returns the number of the resource type of a Rust type, if there is exactly one.
    fn number(&self, key: ResourceKey) -> Option<TypeIndex>;
}

/// Numbers of no resource types.
struct NoResourceTypes;

impl ResourceNumbers for NoResourceTypes {
    fn number(&self, _: ResourceKey) -> Option<TypeIndex> {
        None
    }
}

/// Returns the type of a shape, or `None` for no value.
fn optional(shape: &Shape, numbers: &dyn ResourceNumbers) -> Result<Option<Type>, InvalidType> {
    match shape {
        Shape::Nothing => Ok(None),
        shape => of(shape, numbers).map(Some),
    }
}

fn of(shape: &Shape, numbers: &dyn ResourceNumbers) -> Result<Type, InvalidType> {
    match shape {
        Shape::Nothing => Err(InvalidType::Empty("value")),
        Shape::Bool => Ok(Type::Bool),
        Shape::S8 => Ok(Type::S8),
        Shape::U8 => Ok(Type::U8),
        Shape::S16 => Ok(Type::S16),
        Shape::U16 => Ok(Type::U16),
        Shape::S32 => Ok(Type::S32),
        Shape::U32 => Ok(Type::U32),
        Shape::S64 => Ok(Type::S64),
        Shape::U64 => Ok(Type::U64),
        Shape::F32 => Ok(Type::F32),
        Shape::F64 => Ok(Type::F64),
        Shape::Char => Ok(Type::Char),
        Shape::String => Ok(Type::String),
        Shape::List(element) => Type::list(of(element, numbers)?),
        Shape::FixedLengthList(element, length) => {
            let length = u32::try_from(*length);
            let length = length.map_err(|_| InvalidType::TooLarge(u64::MAX))?;
            Type::fixed_length_list(of(element, numbers)?, length)
        }
        Shape::Map(key, value) => Type::map(of(key, numbers)?, of(value, numbers)?),
        Shape::Record(fields) => {
            let fields = fields.iter().map(|(name, ty)| Ok((*name, of(ty, numbers)?)));
            Type::record(fields.collect::<Result<Vec<_>, _>>()?)
        }
        Shape::Tuple(types) => {
            Type::tuple(types.iter().map(|ty| of(ty, numbers)).collect::<Result<Vec<_>, _>>()?)
        }
        Shape::Variant(cases) => {
            let cases =
                cases.iter().map(|(name, payload)| Ok((*name, optional(payload, numbers)?)));
            Type::variant(cases.collect::<Result<Vec<_>, _>>()?)
        }
        Shape::Enum(labels) => Type::enumeration(labels.iter().copied()),
        Shape::Option(some) => Type::option(of(some, numbers)?),
        Shape::Result(ok, error) => Type::result(optional(ok, numbers)?, optional(error, numbers)?),
        Shape::Flags(labels) => Type::flags(labels.iter().copied()),
        Shape::Own(key) => numbers.number(*key).map(Type::Own).ok_or(InvalidType::UnknownResource),
        Shape::Borrow(key) => {
            numbers.number(*key).map(Type::Borrow).ok_or(InvalidType::UnknownResource)
        }
        // The number of a stream or future type is found by its element where it is needed.
        Shape::Stream(element) => Type::stream(optional(element, numbers)?, TypeIndex(0)),
        Shape::Future(value) => Type::future(optional(value, numbers)?, TypeIndex(0)),
        Shape::ErrorContext => Ok(Type::ErrorContext),
    }
}
