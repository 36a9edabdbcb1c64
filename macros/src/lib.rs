//! The derives of Weft. Programs use them through the `weft` crate, which re-exports each of them
//! beside the trait that it implements.
//!
//! | derive | implements |
//! |---|---|
//! | [`macro@ContextKey`] | `weft::context::TypedContextKey` |
//! | [`macro@ComponentType`], [`macro@Lift`], [`macro@Lower`], all three as [`macro@Value`] | the traits of `weft::abi` |
//! | [`macro@FixedLengthList`] | those, and `weft::list::FixedLength` |
//!
//! Every derive here follows these rules:
//!
//! - Its logic is a function on `proc_macro2` tokens in a file of its own, so that tests call it
//!   without a compiler. This file only connects it.
//! - The expansion contains no `unsafe`, names everything by an absolute path, needs neither
//!   `std` nor `alloc`, and is quiet under `deny(warnings, missing_docs)`.
//! - All mistakes in one input are reported at once, each at the token that the user wrote.

mod complaints;
mod component;
mod context_key;
mod fixed_length_list;

use proc_macro::TokenStream;

#[doc = include_str!("context_key.md")]
#[proc_macro_derive(ContextKey, attributes(context_key))]
pub fn derive_context_key(input: TokenStream) -> TokenStream {
    context_key::expand(input.into()).into()
}

#[doc = include_str!("component_type.md")]
#[proc_macro_derive(ComponentType, attributes(component))]
pub fn derive_component_type(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::ComponentType, input.into()).into()
}

/// Lets values of a type be lifted from a guest. It is used with [`macro@ComponentType`].
#[proc_macro_derive(Lift, attributes(component))]
pub fn derive_lift(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::Lift, input.into()).into()
}

/// Lets values of a type be lowered into a guest. It is used with [`macro@ComponentType`].
#[proc_macro_derive(Lower, attributes(component))]
pub fn derive_lower(input: TokenStream) -> TokenStream {
    component::expand(component::Derived::Lower, input.into()).into()
}

#[doc = include_str!("value.md")]
#[proc_macro_derive(Value, attributes(component))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    let derived =
        [component::Derived::ComponentType, component::Derived::Lift, component::Derived::Lower];
    component::expand_all(&derived, input.into()).into()
}

#[doc = include_str!("fixed_length_list.md")]
#[proc_macro_derive(FixedLengthList, attributes(component))]
pub fn derive_fixed_length_list(input: TokenStream) -> TokenStream {
    fixed_length_list::expand(&input.into()).into()
}
