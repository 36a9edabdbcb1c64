//! Values whose types are only known when the program runs: for tools and tests.
//!
//! A [`Type`] is checked when it is made and knows its layout from then on; a [`Val`] is what the
//! reference's despecialized values are. Both need `alloc`.
//!
//! ```
//! # use weft_core as weft;
//! use weft::abi::{CoreValueIter, LiftContext, Options, StringEncoding, Type, TypeList, Val};
//! use weft::core_value::IntegerType;
//!
//! let person = Type::record([("name", Type::String), ("age", Type::U8)])?;
//! let params = TypeList::new([person])?;
//!
//! let memory = b"....Ada";
//! let options = Options::new(IntegerType::I32, StringEncoding::Utf8);
//! let mut cx = LiftContext::new(memory, options);
//! let lifted = params.lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&[4, 3, 36]))?;
//! assert_eq!(lifted, [Val::record([Val::from("Ada"), Val::U8(36)])]);
//!
//! let mismatch = params.check(&[Val::record([Val::from("Ada"), Val::Bool(true)])]).unwrap_err();
//! assert_eq!(mismatch.to_string(), "at [0].age: expected u8, found a bool");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | file | |
//! |---|---|
//! | `ty.rs` | [`Type`] and what it is made of |
//! | `making.rs` | making types, and which there aren't: [`InvalidType`] |
//! | `digest.rs` | a hash of a type, made once |
//! | `display.rs` | types as text |
//! | `of.rs` | the [`Type`] that a Rust type is |
//! | `val.rs` | [`Val`] |
//! | `parts.rs` | parts of values, by their names |
//! | `check.rs` | whether a value is of a type, and where not: [`Mismatch`] |
//! | `load.rs` | `load`, `lift_flat` |
//! | `resolve.rs` | other numbers for handles in types |
//! | `shapes.rs` | what a Rust type is, as text |
//! | `handle_types.rs` | whether a type is the one that a Rust type is, and of which types its handles are |
//! | `returned.rs` | results of calls: [`ReturnedValue`] |
//! | `image.rs` | Rust's own values as [`Val`]s, and back |
//! | `resource_values.rs` | the values of resources that the host keeps |
//! | `store.rs` | `store`, `lower_flat` |
//! | `elements.rs` | elements of streams and futures |
//! | `type_list.rs` | parameters and results: [`TypeList`] |
//! | `wave.rs` | values as text (feature `wave`) |

mod check;
mod digest;
mod display;
mod elements;
mod handle_types;
mod image;
mod load;
mod making;
mod of;
mod parts;
mod resolve;
mod resource_values;
mod returned;
mod shapes;
mod store;
mod ty;
mod type_list;
mod val;
#[cfg(feature = "wave")]
mod wave;

pub use check::Mismatch;
pub use display::{NamedType, TypeNames};
pub use handle_types::HandleTypes;
pub use image::{from_vals, from_vals_with, to_vals, to_vals_with};
pub use making::InvalidType;
pub use of::ResourceNumbers;
pub use resolve::{HandleNumbers, Resolver};
pub use resource_values::{NoResourceValues, ResourceValues, SharedValue};
pub use returned::ReturnedValue;
pub(super) use ty::Run;
pub use ty::{
    Case, EndType, Field, FlagsType, ListShape, ListType, RecordShape, RecordType, Type,
    VariantShape, VariantType,
};
pub use type_list::{LowerFailure, TypeList};
pub use val::Val;
#[cfg(feature = "wave")]
pub use wave::WaveError;
