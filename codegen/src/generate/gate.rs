//! `gate.rs`: the features that the spec marks with emojis.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;

use super::rust::{count, doc, outer_doc, type_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("The features that parts of the Component Model belong to.\n\
         \n\
         ```\n\
         use weft_core::gate::Gate;\n\
         use weft_core::value_type::ValueType;\n\
         \n\
         assert_eq!(ValueType::Stream.gate(), Gate::Async);\n\
         assert_eq!(Gate::Async.since(), \"wasi-0.3\");\n\
         ```");
    let variants = spec.gates.iter().map(|gate| {
        let name = type_name(&gate.name);
        let mark = if gate.emoji.is_empty() { String::new() } else { format!("{} ", gate.emoji) };
        let text = outer_doc(&format!("{mark}{} Since {}.", gate.summary, gate.since));
        quote! { #text #name, }
    });
    let count = count(spec.gates.len());
    let idents: Vec<_> = spec.gates.iter().map(|gate| type_name(&gate.name)).collect();
    let names = spec.gates.iter().map(|gate| &*gate.name.value);
    let emojis = spec.gates.iter().map(|gate| &gate.emoji);
    let since = spec.gates.iter().map(|gate| &gate.since);
    quote! {
        #head
        /// A feature that gates parts of the Component Model.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Gate { #(#variants)* }
        impl Gate {
            /// Every gate.
            pub const ALL: [Self; #count] = [#(Self::#idents),*];
            /// Returns its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#idents => #names,)* }
            }
            /// Returns the emoji that marks it in the spec's text; empty for everything that WASI
            /// 0.2 already had.
            #[must_use]
            pub const fn emoji(self) -> &'static str {
                match self { #(Self::#idents => #emojis,)* }
            }
            /// Returns the milestone in which it shipped: `wasi-0.2`, `wasi-0.3` or `unreleased`.
            #[must_use]
            pub const fn since(self) -> &'static str {
                match self { #(Self::#idents => #since,)* }
            }
        }
    }
}
