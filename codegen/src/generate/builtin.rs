//! `builtin.rs`: the enumeration of all built-ins, and the sums of the families' definitions and
//! traits.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;

use super::family::{constant, definition_name, trait_name};
use super::rust::{count, doc, outer_doc, type_name, value_name};
use super::value_type::hexadecimal;

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("The canonical built-ins: names, opcodes and what the spec says of each.");
    let count = count(spec.builtins.len());
    let idents: Vec<_> = spec.builtins.iter().map(|b| type_name(&b.name)).collect();
    let names: Vec<_> = spec.builtins.iter().map(|b| &*b.name.value).collect();
    let opcodes: Vec<_> = spec.builtins.iter().map(|b| hexadecimal(*b.opcode)).collect();
    let variants = spec.builtins.iter().zip(&idents).map(|(builtin, name)| {
        let text = outer_doc(&format!("`{}`: {}", *builtin.name, builtin.summary));
        quote! { #text #name, }
    });
    let tables = spec.builtins.iter().map(|builtin| {
        let (module, name) = (value_name(&builtin.family), constant(builtin));
        quote!(crate::generated::#module::#name)
    });
    let families = spec.families();
    let modules: Vec<_> = families.iter().map(|family| value_name(family)).collect();
    let traits: Vec<_> = families.iter().map(|family| trait_name(family)).collect();
    let definitions: Vec<_> = families.iter().map(|family| definition_name(family)).collect();
    let family_names: Vec<_> = families.iter().map(|family| type_name(family)).collect();
    let family_docs =
        families.iter().map(|family| outer_doc(&format!("A built-in of the family `{family}`.")));
    quote! {
        #head
        use core::fmt;
        use crate::builtin::{Description, Outcome, integer_result};
        use crate::core_value::{CoreValue, IntegerType};
        use crate::error::{BuiltinCallError, Failure};
        #(use crate::generated::#modules::{#traits, #definitions};)*
        /// A canonical built-in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Builtin { #(#variants)* }
        impl Builtin {
            /// Every built-in, family by family.
            pub const ALL: [Self; #count] = [#(Self::#idents),*];
            /// Its name in the text format.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { #(Self::#idents => #names,)* }
            }
            /// The built-in with this name in the text format.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { #(#names => Some(Self::#idents),)* _ => None }
            }
            /// The built-in with this opcode in the binary format.
            #[must_use]
            pub const fn from_opcode(opcode: u8) -> Option<Self> {
                match opcode { #(#opcodes => Some(Self::#idents),)* _ => None }
            }
            /// What the spec says of it.
            #[must_use]
            pub const fn description(self) -> &'static Description {
                match self { #(Self::#idents => &#tables,)* }
            }
        }
        impl fmt::Display for Builtin {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
        /// An implementation of every built-in.
        pub trait Builtins: #(#traits)+* {}
        impl<M: #(#traits)+*> Builtins for M {}
        /// A built-in with what its definition in a component fixes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Definition { #(#family_docs #family_names(#definitions),)* }
        #(impl From<#definitions> for Definition {
            fn from(definition: #definitions) -> Self { Self::#family_names(definition) }
        })*
        impl Definition {
            /// The built-in that this is a definition of.
            #[must_use]
            pub const fn builtin(self) -> Builtin {
                match self { #(Self::#family_names(definition) => definition.builtin(),)* }
            }
            /// The core type of its result, if it has one.
            #[must_use]
            pub const fn result_type(self) -> Option<IntegerType> {
                match self { #(Self::#family_names(definition) => definition.result_type(),)* }
            }
            /// The core result of a call that was suspended and has come to its end: `result`,
            /// packed, as the core type that the definition says; nothing where it has none.
            ///
            /// # Errors
            ///
            /// [`BuiltinCallError::ResultTooLarge`] if it doesn't fit that type.
            pub fn resumed(self, result: u64) -> Result<Option<CoreValue>, BuiltinCallError> {
                match self.result_type() {
                    None => Ok(None),
                    Some(ty) => integer_result(self.builtin(), ty, result),
                }
            }
            /// Calls the built-in on `machine` with its core arguments.
            ///
            /// # Errors
            ///
            /// [`Failure::Trap`] where the guest broke a rule; [`Failure::Error`] if the arguments
            /// are not those of the signature, or a result doesn't fit it.
            pub fn call<M: Builtins>(
                self,
                machine: &mut M,
                arguments: &[CoreValue],
            ) -> Result<Outcome<Option<CoreValue>, M::Suspension>, Failure> {
                match self {
                    #(Self::#family_names(definition) => definition.call(machine, arguments),)*
                }
            }
        }
    }
}
