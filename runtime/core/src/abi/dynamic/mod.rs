//! Values whose types are only known at run time, for tools and tests: [`Type`] and [`Val`].
//!
//! A [`Type`] is checked when it is made, and stores its layout. A [`Val`] is a despecialized value
//! of the reference. Both need `alloc`.

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
#[cfg(feature = "wave")]
mod wave_list;
#[cfg(feature = "wave")]
mod wave_support;

pub use check::Mismatch;
pub use display::{NamedType, TypeNames};
pub use handle_types::{HandleTypes, NoResourceFacts, ResourceFacts};
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
#[cfg(feature = "wave")]
pub use wave_support::WaveSupport;
