//! The canonical ABI: the layout of values in memory, their form as core values, and lifting them
//! out of one memory or lowering them into another.
//!
//! *Lifting* reads a value of the Component Model from a guest, *lowering* writes one. A Rust type
//! takes part by the traits [`ComponentType`], [`Lift`] and [`Lower`], which can be derived. The
//! rules are those of the executable reference `definitions.py`, under its names and in its order.
//!
//! ```
//! # use weft_core as weft;
//! use weft::abi::{CoreValueIter, LiftContext, Options, StringEncoding, lift_flat_values};
//! use weft::core_value::IntegerType;
//!
//! // A guest passes a `tuple<string, u8>` as three core values: address, length, number.
//! let memory = b"....Ada";
//! let mut guest = LiftContext::new(memory, Options::new(IntegerType::I32, StringEncoding::Utf8));
//! let mut core_values = CoreValueIter::new(&[4, 3, 36]);
//! let (name, age): (&str, u8) = lift_flat_values(&mut guest, 16, &mut core_values)?;
//! assert_eq!((name, age), ("Ada", 36));
//! # Ok::<(), weft::error::Failure>(())
//! ```
//!
//! | to … | use |
//! |---|---|
//! | lift and lower Rust types | [`Lift`], [`Lower`], [`lift_flat_values`], [`lower_flat_values`] |
//! | lift and lower values whose types are known at run time | `Type`, `TypeList`, `Val` (feature `alloc`) |
//! | move values from guest to guest, without Rust values in between | `TypeList` and `TransferContext` (feature `alloc`) |
//! | give access to a guest's memory, `realloc` and handles | [`LiftContext`], [`LowerContext`], [`LiftHandles`] |
//! | set the canonical options of a guest | [`Options`], [`StringEncoding`] |
//! | lay a type out in memory | [`Abi`], [`Layout`] |
//! | flatten types and functions into core types | [`FlatTypes`], [`Flattening`] |
//! | pass flat values | [`FlatValues`], [`CoreValueIter`] |
//! | read text and lists in place | [`LiftedStr`], [`LiftedList`] |

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
#[cfg(feature = "alloc")]
pub use dynamic::{
    Case, EndType, Field, FlagsType, InvalidType, ListShape, ListType, LowerFailure, Mismatch,
    NamedType, RecordShape, RecordType, Type, TypeList, TypeNames, Val, VariantShape, VariantType,
};
#[cfg(feature = "alloc")]
pub use dynamic::{
    HandleNumbers, HandleTypes, NoResourceFacts, NoResourceValues, Resolver, ResourceFacts,
    ResourceNumbers, ResourceValues, ReturnedValue, SharedValue, from_vals, from_vals_with,
    to_vals, to_vals_with,
};
#[cfg(feature = "wave")]
pub use dynamic::{WaveError, WaveSupport};
pub use flat_types::FlatTypes;
pub use flat_values::{CoreValueIter, FlatValues};
pub use function_type::{CoreFunctionType, Flattening};
pub use layout::{Abi, Layout, Offset, align_to, discriminant_size, is_aligned, ptr_size};
pub use memory::{range, range_mut};
#[cfg(feature = "alloc")]
pub use plan::{FlatLimits, LiftedHandle, TransferContext};
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
