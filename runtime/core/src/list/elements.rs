//! The elements of a list, each of which takes the size of its own type.

use core::mem;

use crate::context::{ContextValue, ContextValueRef};
use crate::error::Error;
use crate::host::limits::ExtensionLimits;
use crate::limits::{Storage, Table};

use super::dynamic::ListResult;
use super::element::ElementType;

/// There is no room for another element.
const FULL: Error = Error::Full(Table::ListElements);

/// Makes [`Elements`] from the scalar types.
macro_rules! elements {
    ($($case:ident: $ty:ty,)*) => {
        /// The elements of a list. Scalars are stored as they are, without a type for each.
        pub(super) enum Elements<L: ExtensionLimits> {
            $($case(L::ListElements<$ty>),)*
            /// Texts, and values that are made of others.
            Other(L::ListElements<ContextValue<L>>),
        }

        impl<L: ExtensionLimits> Elements<L> {
            /// Returns no elements of this type.
            pub(super) fn new(ty: &ElementType<L::CompoundType>) -> Self {
                match ty {
                    $(ElementType::$case => Self::$case(Storage::EMPTY),)*
                    ElementType::String | ElementType::Compound(_) => Self::Other(Storage::EMPTY),
                }
            }

            pub(super) fn len(&self) -> usize {
                match self {
                    $(Self::$case(elements) => elements.len(),)*
                    Self::Other(elements) => elements.len(),
                }
            }

            /// Makes room for more elements.
            pub(super) fn reserve(&mut self, additional: usize) -> Result<(), Error> {
                let is_reserved = match self {
                    $(Self::$case(elements) => elements.reserve(additional),)*
                    Self::Other(elements) => elements.reserve(additional),
                };
                if is_reserved { Ok(()) } else { Err(FULL) }
            }

            #[inline]
            pub(super) fn get(&self, index: usize) -> Option<ContextValueRef<'_, L>> {
                Some(match self {
                    $(Self::$case(elements) => ContextValueRef::$case(*elements.get(index)?),)*
                    Self::Other(elements) => elements.get(index)?.as_ref(),
                })
            }

            /// Adds an element, which was checked to be of this type.
            pub(super) fn push(
                &mut self,
                ty: &ElementType<L::CompoundType>,
                element: ContextValue<L>,
            ) -> ListResult<(), L> {
                match (self, element) {
                    $((Self::$case(elements), ContextValue::$case(element)) => {
                        elements.push(element).map_err(|_| FULL)?;
                    })*
                    (Self::Other(elements), element) => {
                        elements.push(element).map_err(|_| FULL)?;
                    }
                    (_, element) => return Err(ty.refusal(&element)),
                }
                Ok(())
            }

            /// Replaces an element by one that was checked to be of this type. Returns the old
            /// one, or `None` if there is no element at `index`.
            pub(super) fn replace(
                &mut self,
                ty: &ElementType<L::CompoundType>,
                index: usize,
                element: ContextValue<L>,
            ) -> ListResult<Option<ContextValue<L>>, L> {
                Ok(match (self, element) {
                    $((Self::$case(elements), ContextValue::$case(element)) => {
                        let old = elements.get_mut(index).map(|old| mem::replace(old, element));
                        old.map(ContextValue::$case)
                    })*
                    (Self::Other(elements), element) => {
                        elements.get_mut(index).map(|old| mem::replace(old, element))
                    }
                    (_, element) => return Err(ty.refusal(&element)),
                })
            }

            pub(super) fn try_clone(&self) -> Result<Self, Error> {
                Ok(match self {
                    $(Self::$case(elements) => Self::$case(copy_of(elements)?),)*
                    Self::Other(elements) => Self::Other(copy_of(elements)?),
                })
            }

            /// Returns a copy of the elements as values.
            pub(super) fn to_values(&self) -> Result<L::ListElements<ContextValue<L>>, Error> {
                match self {
                    $(Self::$case(elements) => {
                        copy_by(elements, |element| ContextValue::$case(*element))
                    })*
                    Self::Other(elements) => copy_of(elements),
                }
            }
        }
    };
}

elements! {
    Bool: bool, S8: i8, U8: u8, S16: i16, U16: u16, S32: i32, U32: u32, S64: i64, U64: u64,
    F32: f32, F64: f64, Char: char,
}

impl<L: ExtensionLimits> Elements<L> {
    /// Returns the elements as values.
    pub(super) fn into_values(self) -> Result<L::ListElements<ContextValue<L>>, Error> {
        match self {
            Self::Other(elements) => Ok(elements),
            scalars => scalars.to_values(),
        }
    }
}

fn copy_of<T: Clone, S: Storage<T>>(elements: &S) -> Result<S, Error> {
    copy_by(elements, T::clone)
}

fn copy_by<A, B, S: Storage<B>>(
    elements: &impl Storage<A>,
    copy: impl Fn(&A) -> B,
) -> Result<S, Error> {
    let mut copies = S::EMPTY;
    if !copies.reserve(elements.len()) {
        return Err(FULL);
    }
    let mut originals = (0..elements.len()).filter_map(|index| elements.get(index));
    originals.try_for_each(|it| copies.push(copy(it)).map_err(|_| FULL))?;
    Ok(copies)
}
