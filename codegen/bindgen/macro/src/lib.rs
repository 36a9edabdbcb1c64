//! Weft's macro for bindings, used through the `weft` crate, which re-exports it with its feature
//! `bindgen`.
//!
//! The logic is a function on `proc_macro2` tokens in `expand.rs`, so that tests call it without
//! a compiler; `settings.rs` reads the macro's input.

mod expand;
mod settings;

use std::path::Path;

use proc_macro::TokenStream;

#[doc = include_str!("bindgen.md")]
#[proc_macro]
pub fn bindgen(input: TokenStream) -> TokenStream {
    // Cargo sets it; a compiler without Cargo reads paths from its current folder.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    expand::expand(input.into(), Path::new(&folder)).into()
}
