//! Fixed-length lists: `list<t, n>` of the Component Model.
//!
//! Their elements lie in place, one after the other, and are flattened one after the other; a
//! length is at least 1. Two ways to have them:
//!
//! | when the type is known … | use |
//! |---|---|
//! | to the compiler | `[T; N]`, or a newtype with [`#[derive(FixedLengthList)]`](macro@FixedLengthList) |
//! | when the program runs | [`FixedLengthListType`] and the [`struct@FixedLengthList`] of it |
//!
//! Both are lifted and lowered as any other value is (see [`abi`](crate::abi)); the second one,
//! where there is an allocator, as a `Val`. Where its elements are kept is up to the
//! [limits](crate::host::limits::ExtensionLimits): in memory that grows, or in arrays.
//!
//! ```
//! # extern crate weft_core as weft;
//! use weft::abi::ComponentType;
//! use weft::list::{FixedLength, FixedLengthList};
//!
//! /// Red, green, blue.
//! #[derive(FixedLengthList)]
//! struct Colour([u8; 3]);
//!
//! assert_eq!(Colour::LENGTH, 3);
//! assert_eq!(Colour::ABI.narrow.size, 3);
//! assert_eq!(Colour([255, 128, 0]).elements(), [255, 128, 0]);
//! ```
//!
//! | file | |
//! |---|---|
//! | here | [`FixedLength`] |
//! | `element.rs`, `check.rs` | [`ElementType`], [`CompoundType`]; checking an element |
//! | `dynamic.rs` | [`FixedLengthListType`], [`struct@FixedLengthList`] |
//! | `error.rs` | [`ListError`] |
//! | `compound.rs` | the same where there is an allocator: any type, and lists as values (feature `alloc`) |
//! | `registry.rs` | [`FixedLengthListTypeRegistry`], [`ExtendedValueType`] |
//! | [`fixed_list_utils`] | making lists: the guide's name for it |
//!
//! # The guide's sixth example
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::limits::Heap;
//! use weft::list::fixed_list_utils;
//! use weft::list::{ElementType, FixedLengthList, FixedLengthListType};
//! use weft::list::FixedLengthListTypeRegistry;
//!
//! // Create a fixed-length list type.
//! let list_type = FixedLengthListType::new(ElementType::S32, 5)?;
//! assert_eq!(list_type.size_in_bytes(), 20);
//!
//! // Create a list: one that grows, up to the length. One in an array has the name of the limits
//! // in place of `Heap`, and no other difference.
//! let mut list = FixedLengthList::<Heap>::new(list_type.clone());
//!
//! // Add elements.
//! list.push(10_i32)?;
//! list.push(20_i32)?;
//! assert_eq!(list.remaining(), 3);
//!
//! // Access elements.
//! let value = list.get_as::<i32>(0);
//! assert_eq!(value, Some(10));
//!
//! // Use utility functions.
//! let zeros = fixed_list_utils::zero_filled::<Heap>(ElementType::S32, 10)?;
//! let range = fixed_list_utils::from_range::<Heap>(ElementType::S32, 0, 5)?;
//! assert_eq!((zeros.length(), range.get_as::<i32>(4)), (10, Some(4)));
//!
//! // Type registry.
//! let mut registry = FixedLengthListTypeRegistry::<Heap>::new();
//! let type_index = registry.register_type(list_type)?;
//! assert_eq!(registry.get_type(type_index), Some(list.list_type()));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
#[cfg(feature = "alloc")]
mod compound;
mod dynamic;
mod element;
mod error;
pub mod fixed_list_utils;
mod registry;

pub use dynamic::{FixedLengthList, FixedLengthListIter, FixedLengthListType, ListResult};
pub use element::{CompoundType, ElementType};
pub use error::ListError;
pub use registry::{ExtendedValueType, FixedLengthListTypeRegistry, ResolvedValueType};
#[cfg(feature = "derive")]
pub use weft_macros::FixedLengthList;

use crate::abi::{ComponentType, check_length};

/// A Rust type that is a `list<t, n>`.
#[diagnostic::on_unimplemented(
    message = "a fixed-length list is an array, and `{Self}` is none",
    label = "not an array",
    note = "write `[T; N]`, or a name for such a type"
)]
pub trait FixedLength: ComponentType {
    /// What it is a list of.
    type Element;

    /// How many elements there are.
    const LENGTH: usize;

    /// The elements.
    fn elements(&self) -> &[Self::Element];
}

impl<T: ComponentType, const N: usize> FixedLength for [T; N] {
    type Element = T;
    const LENGTH: usize = {
        check_length(Self::PART);
        N
    };

    fn elements(&self) -> &[T] {
        self
    }
}
