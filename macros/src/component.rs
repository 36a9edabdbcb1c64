//! `#[derive(ComponentType)]`, `#[derive(Lift)]` and `#[derive(Lower)]`: from the tokens of a
//! type to implementations of the traits of `weft::abi`.
//!
//! Only `ComponentType` complains about an item. The three are derived together, so each mistake
//! is reported once.

mod emit;
mod item;
mod name;
mod options;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::complaints::Complaints;

use item::Item;

/// Returns the path of the `weft` crate that the attributes of a type name.
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

/// Returns the expansion of one of the derives: the implementation, or one `compile_error!` for
/// each mistake.
pub(crate) fn expand(derived: Derived, input: TokenStream) -> TokenStream {
    expand_all(&[derived], input)
}

/// Returns the expansion of several of the derives. The input is read once.
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
