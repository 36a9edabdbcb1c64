//! `builtin.rs`: the enumeration of all built-ins.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;

use super::rust::{count, doc, outer_doc, type_name};
use super::value_type::hexadecimal;

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("The canonical built-ins: their names and opcodes.");
    let count = count(spec.builtins.len());
    let idents: Vec<_> = spec.builtins.iter().map(|b| type_name(&b.name)).collect();
    let names: Vec<_> = spec.builtins.iter().map(|b| &*b.name.value).collect();
    let opcodes: Vec<_> = spec.builtins.iter().map(|b| hexadecimal(*b.opcode)).collect();
    let variants = spec.builtins.iter().zip(&idents).map(|(builtin, name)| {
        let text = outer_doc(&format!("`{}`: {}", *builtin.name, builtin.summary));
        quote! { #text #name, }
    });
    quote! {
        #head
        use core::fmt;
        /// A canonical built-in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Builtin { #(#variants)* }
        impl Builtin {
            /// Every built-in, family by family.
            pub const ALL: [Self; #count] = [#(Self::#idents),*];
            /// Returns its name in the text format.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#idents => #names,)* }
            }
            /// Returns the built-in with this name in the text format.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { #(#names => Some(Self::#idents),)* _ => None }
            }
            /// Returns the built-in with this opcode in the binary format.
            #[must_use]
            pub const fn from_opcode(opcode: u8) -> Option<Self> {
                match opcode { #(#opcodes => Some(Self::#idents),)* _ => None }
            }
        }
        impl fmt::Display for Builtin {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    }
}
