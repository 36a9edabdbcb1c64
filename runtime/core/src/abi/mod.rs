//! The canonical ABI: how values of the Component Model lie in memories, cross as core values,
//! and are lifted out of one and lowered into another.
//!
//! The rules are those of the executable reference `definitions.py`, under its names and in its
//! order. Bytes, core values, calls of `realloc` and traps are compared with what it does.
//!
//! | to … | use |
//! |---|---|
//! | lift and lower Rust's own types | [`Lift`], [`Lower`], [`lift_flat_values`], [`lower_flat_values`] |
//! | lift and lower values whose types are known at run time | `Type`, `TypeList`, `Val` (feature `alloc`) |
//! | move values from guest to guest, without values in between | `TypeList` and `TransferContext` (feature `alloc`) |
//! | give access to a guest's memory, `realloc` and handles | [`LiftContext`], [`LowerContext`], [`LiftHandles`] |
//! | say which canonical options a guest has | [`Options`], [`StringEncoding`] |
//! | lay a type out in memory | [`Abi`], [`Layout`] |
//! | flatten types and functions into core types | [`FlatTypes`], [`Flattening`] |
//! | pass flat values | [`FlatValues`], [`CoreValueIter`] |
//! | read text and lists in place | [`LiftedStr`], [`LiftedList`] |
//!
//! `runtime/ARCHITECTURE.md` in the repository tells which file has which part of the reference.

mod context;
#[cfg(feature = "alloc")]
mod dynamic;
mod flat_types;
mod flat_values;
mod function_type;
mod layout;
mod memory;
#[cfg(feature = "alloc")]
mod plan;
mod resource;
mod scalar;
mod string;
mod typed;

pub use context::{
    LiftContext, LiftHandles, LowerContext, LowerContextExt, NanBits, NoHandles, Options, Peer,
    check_buffer,
};
#[cfg(feature = "wave")]
pub use dynamic::WaveError;
#[cfg(feature = "alloc")]
pub use dynamic::{
    Case, EndType, Field, FlagsType, InvalidType, ListShape, ListType, LowerFailure, Mismatch,
    NamedType, RecordShape, RecordType, Type, TypeList, TypeNames, Val, VariantShape, VariantType,
};
#[cfg(feature = "alloc")]
pub use dynamic::{
    HandleNumbers, HandleTypes, NoResourceValues, Resolver, ResourceNumbers, ResourceValues,
    ReturnedValue, SharedValue, from_vals, from_vals_with, to_vals, to_vals_with,
};
pub use flat_types::FlatTypes;
pub use flat_values::{CoreValueIter, FlatValues};
pub use function_type::{CoreFunctionType, Flattening};
pub use layout::{Abi, Layout, Offset, align_to, discriminant_size, is_aligned, ptr_size};
pub use memory::{range, range_mut};
#[cfg(feature = "alloc")]
pub use plan::{FlatLimits, TransferContext};
pub use resource::Resource;
pub use string::{
    Chars, Latin1, LiftedStr, SimpleEncoding, StringEncoding, Utf16, store_str_into_range,
};
#[cfg(feature = "derive")]
pub use typed::Value;
pub use typed::{
    ComponentType, Elements, FlagsAbi, Lift, LiftedList, LoadElements, Lower, ResourceKey, Shape,
    StoreElements, VariantAbi, Window, check_length, lift_flat_values, lower_flat_values,
};
#[doc(hidden)]
pub use typed::{LiftParts, LowerParts, plain_parts};
