//! Fixed-length lists: `list<t, n>` of the Component Model.
//!
//! A list whose type is known to the compiler is an array `[T; N]`, or a newtype with
//! [`#[derive(FixedLengthList)]`][derive]:
//!
//! ```standalone_crate
//! # extern crate weft_core as weft;
//! use weft::abi::ComponentType;
//! use weft::list::{FixedLength, FixedLengthList};
//!
//! // Red, green, blue.
//! #[derive(FixedLengthList)]
//! struct Color([u8; 3]);
//!
//! assert_eq!(Color::LENGTH, 3);
//! assert_eq!(Color::ABI.narrow.size, 3);
//! assert_eq!(Color([255, 128, 0]).elements(), [255, 128, 0]);
//! ```
//!
//! A list whose type is known only when the program runs is a [`struct@FixedLengthList`] of a
//! [`FixedLengthListType`]. The [limits](crate::host::limits::ExtensionLimits) choose where its
//! elements are kept: in memory that grows, or in arrays.
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
//! // Create a list. With other limits than `Heap`, its elements can be in an array.
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
//!
//! [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.FixedLengthList.html

mod check;
#[cfg(feature = "alloc")]
mod compound;
mod dynamic;
mod element;
mod elements;
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
    message = "a fixed-length list is an array, and `{Self}` is not",
    label = "not an array",
    note = "write `[T; N]`, or a name for such a type"
)]
pub trait FixedLength: ComponentType {
    /// The type of the elements.
    type Element;

    /// The number of elements.
    const LENGTH: usize;

    /// Returns the elements.
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
