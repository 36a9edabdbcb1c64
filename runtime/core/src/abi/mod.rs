//! The canonical ABI: how values of the Component Model lie in memories, cross as core values,
//! and are lifted out of one and lowered into another.
//!
//! The rules are those of the executable reference `definitions.py`, under its names and in its
//! order. Bytes, core values, calls of `realloc` and traps are compared with what it does.
//!
//! | file | the reference's part |
//! |---|---|
//! | `layout` | `alignment`, `elem_size`, `discriminant_type`: [`Layout`], [`Abi`] |
//! | `flat_types`, `function_type` | `flatten_type`, `join`, `flatten_functype`: [`FlatTypes`], [`Flattening`] |
//! | `flat_values` | `CoreValueIter`, `CoerceValueIter`: [`FlatValues`] |
//! | `context` | `LiftLowerContext`: [`LiftContext`], [`LowerContext`], and the checks of addresses and lengths |
//! | `resource` | the resource that a handle stands for: [`Resource`] |
//! | `memory` | `load_int`, `store_int` |
//! | `scalar` | `convert_int_to_bool`, `convert_i32_to_char`, `canonicalize_nan32` and their like |
//! | `string` | `load_string_from_range`, `store_string_into_range` and every pair of encodings |
//! | `typed` | `load`, `store`, `lift_flat`, `lower_flat`, `lift_flat_values`, `lower_flat_values` for Rust's own types: [`Lift`], [`Lower`] |
//! | `dynamic` | the same for types that are known at run time (feature `alloc`): `Type`, `Val` |
//! | `plan` | from guest to guest without values in between (feature `alloc`) |

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
    RecordShape, RecordType, Type, TypeList, Val, VariantShape, VariantType,
};
#[cfg(feature = "alloc")]
pub use dynamic::{HandleNumbers, HandleTypes, Resolver, ReturnedValue, from_vals, to_vals};
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
    ComponentType, FlagsAbi, Lift, LiftedList, Lower, ResourceKey, Shape, VariantAbi, check_length,
    lift_flat_values, load_field, lower_flat_values, plain_field, record_abi, store_field,
};
