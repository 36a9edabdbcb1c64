//! `definition.rs`: the sums of the families' definitions and traits, and the descriptions of
//! built-ins.
//!
//! The families name the enumeration of built-ins, and this file names the families, so that no two
//! generated files name each other.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;

use super::family::{constant, definition_name, trait_name};
use super::rust::{doc, outer_doc, type_name, value_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("All built-ins together: their descriptions, definitions and implementations.");
    let idents = spec.builtins.iter().map(|b| type_name(&b.name));
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
        use crate::builtin::{Builtin, Description, Outcome, integer_result};
        use crate::core_value::{CoreValue, IntegerType};
        use crate::error::{BuiltinCallError, Failure};
        #(use crate::generated::#modules::{#traits, #definitions};)*
        impl Builtin {
            /// Returns the spec's description of this built-in.
            #[must_use]
            pub const fn description(self) -> &'static Description {
                match self { #(Self::#idents => &#tables,)* }
            }
        }
        /// An implementation of every built-in.
        pub trait Builtins: #(#traits)+* {}
        impl<M: #(#traits)+*> Builtins for M {}
        /// A built-in with the values that its definition in a component fixes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Definition { #(#family_docs #family_names(#definitions),)* }
        #(impl From<#definitions> for Definition {
            fn from(definition: #definitions) -> Self { Self::#family_names(definition) }
        })*
        impl Definition {
            /// Returns the built-in of this definition.
            #[must_use]
            pub const fn builtin(self) -> Builtin {
                match self { #(Self::#family_names(definition) => definition.builtin(),)* }
            }
            /// Returns the core type of its result, if it has one.
            #[must_use]
            pub const fn result_type(self) -> Option<IntegerType> {
                match self { #(Self::#family_names(definition) => definition.result_type(),)* }
            }
            /// Returns the core result of a call that was suspended and has ended: the packed
            /// `result` as the core type of the definition, or none if it has no result.
            ///
            /// # Errors
            ///
            /// [`BuiltinCallError::ResultTooLarge`] if it does not fit in that type.
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
            /// [`Failure::Trap`] if the guest broke a rule; [`Failure::Error`] if the arguments do
            /// not match the signature, or a result does not fit it.
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
