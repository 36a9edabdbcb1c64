//! `value_type.rs`: the value types, and the layouts that never change.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;
use weft_spec::model::{CoreType, Layout};

use super::rust::{count, doc, outer_doc, type_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc(
        "The kinds of value types of the Component Model, and the layouts that never change.\n\
         \n\
         ```\n\
         use weft_core::value_type::ValueType;\n\
         \n\
         let ty = ValueType::from_opcode(0x7f).unwrap();\n\
         assert_eq!(ty, ValueType::Bool);\n\
         assert_eq!(ty.name(), \"bool\");\n\
         ```",
    );
    let types = &spec.value_types;
    let count = count(types.len());
    let idents: Vec<_> = types.iter().map(|ty| type_name(&ty.name)).collect();
    let variants = types.iter().zip(&idents).map(|(ty, name)| {
        let text = outer_doc(&ty.summary);
        quote! { #text #name, }
    });
    let names = types.iter().map(|ty| &*ty.name.value);
    let opcodes: Vec<_> = types.iter().map(|ty| hexadecimal(*ty.opcode)).collect();
    let gates = types.iter().map(|ty| type_name(&ty.gate));
    let fixed = types.iter().zip(&idents).filter_map(|(ty, name)| {
        let Layout::Fixed { size, alignment, flat } = &ty.layout else { return None };
        let flat = match flat {
            CoreType::I32 => quote!(I32),
            CoreType::I64 => quote!(I64),
            CoreType::F32 => quote!(F32),
            CoreType::F64 => quote!(F64),
        };
        Some(quote! {
            Self::#name => Some(FixedLayout {
                size: #size,
                alignment: #alignment,
                flat: CoreType::#flat,
            }),
        })
    });
    let specialized = types.iter().zip(&idents).filter_map(|(ty, name)| {
        let Layout::As(other) = &ty.layout else { return None };
        let other = type_name(other);
        Some(quote! { Self::#name => Some(Self::#other), })
    });
    quote! {
        #head
        use crate::core_value::CoreType;
        use crate::gate::Gate;
        /// A kind of value type.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ValueType { #(#variants)* }
        /// A layout that depends neither on the memory nor on other types.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct FixedLayout {
            /// In bytes.
            pub size: u32,
            /// In bytes; a power of two.
            pub alignment: u32,
            /// The one core value that it is flattened to.
            pub flat: CoreType,
        }
        impl ValueType {
            /// Every kind of value type.
            pub const ALL: [Self; #count] = [#(Self::#idents),*];
            /// Returns its keyword.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#idents => #names,)* }
            }
            /// Returns its opcode in the binary format.
            #[must_use]
            pub const fn opcode(self) -> u8 {
                match self { #(Self::#idents => #opcodes,)* }
            }
            /// Returns the type with this opcode in the binary format.
            #[must_use]
            pub const fn from_opcode(opcode: u8) -> Option<Self> {
                match opcode { #(#opcodes => Some(Self::#idents),)* _ => None }
            }
            /// Returns the feature to which it belongs.
            #[must_use]
            pub const fn gate(self) -> Gate {
                match self { #(Self::#idents => Gate::#gates,)* }
            }
            /// Returns its layout, if that is always the same.
            #[must_use]
            pub const fn fixed_layout(self) -> Option<FixedLayout> {
                match self { #(#fixed)* _ => None }
            }
            /// Returns the type of which it is a special form, and whose layout it has.
            #[must_use]
            pub const fn specializes(self) -> Option<Self> {
                match self { #(#specialized)* _ => None }
            }
        }
    }
}

/// Formats an opcode: `0x2a`.
pub(super) fn hexadecimal(byte: u8) -> syn::LitInt {
    syn::LitInt::new(&format!("{byte:#04x}"), proc_macro2::Span::call_site())
}
