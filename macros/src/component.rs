//! `#[derive(ComponentType)]`, `#[derive(Lift)]`, `#[derive(Lower)]`: from the tokens of a type to
//! the traits of `weft::abi`.
//!
//! | part | where |
//! |---|---|
//! | which items are which types, and what they are called | `item.rs` |
//! | `#[component(…)]` | `options.rs` |
//! | the rule for names | `name.rs` |
//! | the three traits | `emit.rs` |
//!
//! Only `ComponentType` complains about an item: the three are derived together, and a mistake is
//! said once.

mod emit;
mod item;
mod name;
mod options;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::complaints::Complaints;

use item::Item;

/// The `weft` crate that the attributes of a type name.
pub(crate) fn weft_of(attributes: &[syn::Attribute], complaints: &mut Complaints) -> syn::Path {
    let options = options::Options::read(attributes, options::Place::Struct, complaints);
    options.weft.unwrap_or_else(|| syn::parse_quote!(::weft))
}

/// The trait that is derived.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Derived {
    ComponentType,
    Lift,
    Lower,
}

/// The expansion of one of the derives: the implementation, or one `compile_error!` for each
/// mistake.
pub(crate) fn expand(derived: Derived, input: TokenStream) -> TokenStream {
    expand_all(&[derived], input)
}

/// The expansion of several of the derives. The input is read once.
pub(crate) fn expand_all(derived: &[Derived], input: TokenStream) -> TokenStream {
    let item = Item::read(input);
    let expansions = derived.iter().map(|derived| match (&item, derived) {
        (Ok(item), Derived::ComponentType) => emit::component_type(item),
        (Ok(item), Derived::Lift) => emit::lift(item),
        (Ok(item), Derived::Lower) => emit::lower(item),
        (Err(errors), Derived::ComponentType) => errors.to_compile_error(),
        (Err(_), Derived::Lift | Derived::Lower) => TokenStream::new(),
    });
    expansions.collect()
}
