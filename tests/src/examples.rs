//! Examples of the derives and of READMEs. They run here because they need more than the crate that
//! they belong to.

#[doc = include_str!("../../macros/src/component_type.md")]
mod component_type {}

#[doc = include_str!("../../macros/src/context_key.md")]
mod context_key {}

#[doc = include_str!("../../macros/src/fixed_length_list.md")]
mod fixed_length_list {}

#[doc = include_str!("../../macros/src/value.md")]
mod value {}

#[doc = include_str!("../../macros/README.md")]
mod macros_package {}

#[doc = include_str!("../../runtime/component/README.md")]
mod runtime_package {}
