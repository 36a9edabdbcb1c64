//! `code.rs`: enumerations that cross the boundary as integers, and packed integers.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use weft_spec::Spec;
use weft_spec::model::{Code, PackedField, Packing, Sentinel};

use super::rust::{canonical_abi, constant_name, count, doc, outer_doc, type_name, value_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("Codes of enumerations, and integers that hold several facts.\n\
         \n\
         A built-in can return several facts in one integer. Each type here packs and unpacks one of them:\n\
         \n\
         ```\n\
         use weft_core::code::{CopyResult, StreamResult};\n\
         \n\
         let read = StreamResult::Ended { result: CopyResult::Completed, progress: 3 };\n\
         let packed = read.pack()?;\n\
         assert_eq!(packed, 0x30);\n\
         assert_eq!(StreamResult::unpack(packed), Ok(read));\n\
         # Ok::<(), weft_core::error::FieldTooLarge>(())\n\
         ```");
    let codes = spec.codes.iter().map(code);
    let packings = spec.packings.iter().map(|packing| self::packing(spec, packing));
    let fields = packed_fields(spec);
    quote! {
        #head
        use crate::error::{FieldTooLarge, UnknownCode};
        use crate::limit;
        use crate::trap::Trap;
        #(#codes)*
        #(#packings)*
        #fields
    }
}

/// Creates the list of fields for which a number may be too large.
fn packed_fields(spec: &Spec) -> TokenStream {
    let fields = spec.packings.iter().flat_map(|packing| {
        packing.fields.iter().filter(|field| may_not_fit(field)).map(move |field| (packing, field))
    });
    let fields: Vec<_> = fields.collect();
    let names: Vec<_> = fields.iter().map(|(packing, field)| field_case(packing, field)).collect();
    let docs = fields
        .iter()
        .map(|(packing, field)| outer_doc(&format!("`{}` of a `{}`.", *field.name, *packing.name)));
    let packings = fields.iter().map(|(packing, _)| &*packing.name.value);
    let spelled = fields.iter().map(|(_, field)| &*field.name.value);
    let text = outer_doc("A field of a packed integer for which a number may be too large.");
    quote! {
        #text
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PackedField { #(#docs #names,)* }
        impl PackedField {
            /// Returns the name of its packed integer in `spec/abi.toml`.
            #[must_use]
            pub const fn packing(self) -> &'static str {
                match self { #(Self::#names => #packings,)* }
            }
            /// Returns its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#names => #spelled,)* }
            }
        }
    }
}

/// Returns the name of a field among the fields of all packed integers.
fn field_case(packing: &Packing, field: &PackedField) -> Ident {
    format_ident!("{}{}", type_name(&packing.name), type_name(&field.name))
}

fn code(code: &Code) -> TokenStream {
    let name = type_name(&code.name);
    let text = outer_doc(&format!("{}\n\n{}", code.summary, canonical_abi(&code.anchor)));
    let cases: Vec<_> = code.cases.iter().map(|case| type_name(&case.name)).collect();
    let docs = code.cases.iter().map(|case| outer_doc(&case.summary));
    let values: Vec<_> = code.cases.iter().map(|c| Literal::u32_unsuffixed(c.value)).collect();
    let count = count(cases.len());
    let spelled = &*code.name.value;
    quote! {
        #text
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum #name { #(#docs #cases = #values,)* }
        impl #name {
            /// Every case.
            pub const ALL: [Self; #count] = [#(Self::#cases),*];
            /// Returns its number.
            #[must_use]
            pub const fn code(self) -> u32 { self as u32 }
            /// Returns the case with the number `value`.
            ///
            /// # Errors
            ///
            /// [`UnknownCode`] if there is none.
            pub const fn from_code(value: u32) -> Result<Self, UnknownCode> {
                match value {
                    #(#values => Ok(Self::#cases),)*
                    _ => Err(UnknownCode { code: #spelled, value }),
                }
            }
        }
    }
}

fn packing(spec: &Spec, packing: &Packing) -> TokenStream {
    let name = type_name(&packing.name);
    let text = outer_doc(&format!(
        "{}\n\n{}\n\n{}",
        packing.summary,
        bits(packing),
        canonical_abi(&packing.anchor)
    ));
    let whole = if packing.width == 64 { quote!(u64) } else { quote!(u32) };
    let declared = packing.fields.iter().map(|field| {
        let field_name = value_name(&field.name);
        let (ty, text) = match &field.code {
            Some(code) => {
                let known = spec.codes.iter().find(|known| *known.name == *code);
                let summary = known.map_or("", |known| known.summary.as_str());
                let ty = type_name(code);
                (quote!(#ty), summary.to_owned())
            }
            None if field.summary.is_empty() => {
                (quote!(u32), format!("Bits {} to {}.", field.low, field.high - 1))
            }
            None => (quote!(u32), field.summary.clone()),
        };
        let text = outer_doc(&text);
        (text, field_name, ty)
    });
    let pack = pack(packing, &whole);
    let unpack = unpack(packing, &whole);
    if let Some(sentinel) = &packing.sentinel {
        let variant = type_name(&sentinel.otherwise);
        let other = type_name(&sentinel.name);
        let other_text =
            outer_doc(&format!("[`limit::{}`] in place of the packed values.", sentinel.constant));
        let declared = declared.map(|(text, name, ty)| quote! { #text #name: #ty });
        return quote! {
            #text
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum #name {
                #other_text
                #other,
                /// The packed values.
                #variant { #(#declared,)* },
            }
            impl #name { #pack #unpack }
        };
    }
    let declared = declared.map(|(text, name, ty)| quote! { #text pub #name: #ty });
    quote! {
        #text
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct #name { #(#declared,)* }
        impl #name { #pack #unpack }
    }
}

/// Returns the positions of the fields, for the documentation.
fn bits(packing: &Packing) -> String {
    let fields: Vec<String> = packing
        .fields
        .iter()
        .map(|field| format!("bits {} to {}: `{}`", field.low, field.high - 1, *field.name))
        .collect();
    format!("In an `i{}`: {}.", packing.width, fields.join("; "))
}

/// Returns true if a value of this field might not fit in its bits.
pub(super) fn may_not_fit(field: &PackedField) -> bool {
    field.code.is_none() && field.high - field.low < 32
}

fn pack(packing: &Packing, whole: &TokenStream) -> TokenStream {
    let fields: Vec<_> = packing.fields.iter().map(|field| value_name(&field.name)).collect();
    let fallible = packing.fields.iter().any(may_not_fit);
    let checks = packing.fields.iter().filter(|field| may_not_fit(field)).map(|field| {
        let ident = value_name(&field.name);
        let case = field_case(packing, field);
        let bits = Literal::u32_unsuffixed(field.high - field.low);
        quote! {
            if #ident >> #bits != 0 {
                return Err(FieldTooLarge { field: PackedField::#case, value: #ident });
            }
        }
    });
    let parts = packing.fields.iter().map(|field| {
        let ident = value_name(&field.name);
        let value = match (&field.code, packing.width) {
            (Some(_), 64) => quote!((#ident.code() as u64)),
            (Some(_), _) => quote!(#ident.code()),
            (None, 64) => quote!((#ident as u64)),
            (None, _) => quote!(#ident),
        };
        let low = Literal::u32_unsuffixed(field.low);
        if field.low == 0 { value } else { quote!((#value << #low)) }
    });
    let value = quote! { #(#parts)|* };
    let take = match &packing.sentinel {
        None => quote! { let Self { #(#fields),* } = self; },
        Some(Sentinel { name, constant, otherwise }) => {
            let (otherwise, name) = (type_name(otherwise), type_name(name));
            let constant = constant_name(constant);
            let sentinel =
                if fallible { quote!(Ok(limit::#constant)) } else { quote!(limit::#constant) };
            let fields = match fields.as_slice() {
                [only] => quote!(#only),
                several => quote!((#(#several),*)),
            };
            let matched = packing.fields.iter().map(|field| value_name(&field.name));
            quote! {
                let #fields = match self {
                    Self::#name => return #sentinel,
                    Self::#otherwise { #(#matched),* } => #fields,
                };
            }
        }
    };
    if fallible {
        quote! {
            /// Returns the packed integer.
            ///
            /// # Errors
            ///
            /// [`FieldTooLarge`] if a number does not fit in its bits.
            pub const fn pack(self) -> Result<#whole, FieldTooLarge> {
                #take
                #(#checks)*
                Ok(#value)
            }
        }
    } else {
        quote! {
            /// Returns the packed integer.
            #[must_use]
            pub const fn pack(self) -> #whole { #take #value }
        }
    }
}

fn unpack(packing: &Packing, whole: &TokenStream) -> TokenStream {
    let fields: Vec<_> = packing.fields.iter().map(|field| value_name(&field.name)).collect();
    let error = match &packing.trap {
        Some(_) => quote!(Trap),
        None => quote!(UnknownCode),
    };
    let fallible = packing.fields.iter().any(|field| field.code.is_some());
    let parts = packing.fields.iter().map(|field| {
        let ident = value_name(&field.name);
        let low = Literal::u32_unsuffixed(field.low);
        let shifted = if field.low == 0 { quote!(packed) } else { quote!((packed >> #low)) };
        let width = field.high - field.low;
        let number = match (packing.width, field.high == packing.width) {
            (64, _) => quote!(#shifted as u32),
            (_, true) if field.low == 0 => quote!(packed),
            (_, true) => quote!(packed >> #low),
            (_, false) => {
                let mask = Literal::u32_unsuffixed((1_u32 << width) - 1);
                quote!(#shifted & #mask)
            }
        };
        match &field.code {
            None => quote! { let #ident = #number; },
            Some(code) => {
                let ty = type_name(code);
                match packing.trap.as_ref().map(|trap| type_name(trap)) {
                    Some(trap) => quote! {
                        let Ok(#ident) = #ty::from_code(#number) else {
                            return Err(Trap::#trap);
                        };
                    },
                    None => quote! {
                        let #ident = match #ty::from_code(#number) {
                            Ok(case) => case,
                            Err(error) => return Err(error),
                        };
                    },
                }
            }
        }
    });
    let value = match &packing.sentinel {
        None => quote!(Self { #(#fields),* }),
        Some(sentinel) => {
            let otherwise = type_name(&sentinel.otherwise);
            quote!(Self::#otherwise { #(#fields),* })
        }
    };
    let sentinel = packing.sentinel.as_ref().map(|Sentinel { name, constant, .. }| {
        let (name, constant) = (type_name(name), constant_name(constant));
        quote! { if packed == limit::#constant { return Ok(Self::#name); } }
    });
    if !fallible {
        return quote! {
            /// Returns the values of a packed integer.
            #[expect(clippy::cast_possible_truncation, reason = "a field is cut out")]
            #[must_use]
            pub const fn unpack(packed: #whole) -> Self { #(#parts)* #value }
        };
    }
    let errors = outer_doc(&match &packing.trap {
        Some(trap) => format!("[`Trap::{}`] if a code does not exist.", type_name(trap)),
        None => "[`UnknownCode`] if a code does not exist.".to_owned(),
    });
    quote! {
        /// Returns the values of a packed integer.
        ///
        /// # Errors
        ///
        #errors
        pub const fn unpack(packed: #whole) -> Result<Self, #error> {
            #sentinel
            #(#parts)*
            Ok(#value)
        }
    }
}
