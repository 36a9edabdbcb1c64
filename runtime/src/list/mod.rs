//! Fixed-length lists: `list<t, n>` of the Component Model.
//!
//! Their elements lie in place, one after the other, and are flattened one after the other; a
//! length is at least 1. Two ways to have them:
//!
//! | when the type is known … | use |
//! |---|---|
//! | to the compiler | `[T; N]`, or a newtype with [`#[derive(FixedLengthList)]`](macro@FixedLengthList) |
//! | when the program runs (feature `alloc`) | `FixedLengthListType` and the `FixedLengthList` of it |
//!
//! Both are lifted and lowered as any other value is; see [`abi`](crate::abi).
//!
//! ```
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
//! | `dynamic.rs` | `FixedLengthListType`, `FixedLengthList` |
//! | `registry.rs` | `FixedLengthListTypeRegistry`, `ExtendedValueType` |
//! | `fixed_list_utils.rs` | making lists: the guide's name for it |

#[cfg(feature = "alloc")]
mod dynamic;
#[cfg(feature = "alloc")]
pub mod fixed_list_utils;
#[cfg(feature = "alloc")]
mod registry;

#[cfg(feature = "alloc")]
pub use dynamic::{FixedLengthList, FixedLengthListType, ListError};
#[cfg(feature = "alloc")]
pub use registry::{ExtendedValueType, FixedLengthListTypeRegistry};
pub use weft_macros::FixedLengthList;

use crate::abi::ComponentType;

/// A Rust type that is a `list<t, n>`.
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
    const LENGTH: usize = N;

    fn elements(&self) -> &[T] {
        self
    }
}
