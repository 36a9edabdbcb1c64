//! Samples of every built-in, for tests: its definition with given values, and an implementation of
//! its trait that records calls.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use weft_spec::Spec;
use weft_spec::model::Builtin;

use super::family::{
    Fixed, definition_name, fixed, method_name, only_for_coding, parameters, result, trait_name,
    used, variant,
};
use super::rust::{doc, outer_doc, type_name, value_name};

/// Returns the name of a value among those of all built-ins; `ty` alone would be ambiguous.
fn shared_name(builtin: &Builtin, fixed: &Fixed) -> Ident {
    if fixed.name == "ty" {
        format_ident!("{}_type", value_name(&builtin.family))
    } else {
        fixed.name.clone()
    }
}

/// Creates the values that definitions fix, and the definition of each built-in with them.
/// `runtime` is the crate that defines the built-ins, `seen` the visibility.
pub(super) fn definitions(spec: &Spec, runtime: &Ident, seen: &TokenStream) -> TokenStream {
    let head = doc("Definitions of all built-ins, with values that a test chooses.");
    let mut values: Vec<(Ident, Fixed)> = Vec::new();
    for builtin in &spec.builtins {
        for fixed in fixed(builtin) {
            let name = shared_name(builtin, &fixed);
            if values.iter().all(|(known, _)| *known != name) {
                values.push((name, fixed));
            }
        }
    }
    let fields = values.iter().map(|(name, Fixed { ty, doc, .. })| {
        let text = outer_doc(doc);
        quote! { #text #seen #name: #ty, }
    });
    let arms = spec.builtins.iter().map(|builtin| {
        let (all, name) = (type_name(&builtin.name), variant(builtin));
        let definition = definition_name(&builtin.family);
        let fixed = fixed(builtin);
        let fields = fixed.iter().map(|fixed| {
            let (name, value) = (&fixed.name, shared_name(builtin, fixed));
            quote!(#name: self.#value)
        });
        let fields = if fixed.is_empty() { quote!() } else { quote!({ #(#fields),* }) };
        let family = type_name(&builtin.family);
        quote! { Builtin::#all => Definition::#family(#definition::#name #fields), }
    });
    let definitions = spec.families().into_iter().map(definition_name);
    let kinds: Vec<_> = values.iter().map(|(_, fixed)| &fixed.ty).collect();
    let kinds = used(&quote!(#(#kinds)*));
    let indices = ["CoreTypeIndex", "MemoryIndex", "OptionsIndex", "TableIndex", "TypeIndex"];
    let indices = indices.into_iter().filter(|name| kinds.contains(*name));
    let indices = indices.map(|name| format_ident!("{name}"));
    quote! {
        #head
        use #runtime::builtin::{Builtin, Definition, #(#definitions,)* #(#indices),*};
        use #runtime::core_value::IntegerType;
        /// Values for the parts that definitions of built-ins fix. Each built-in uses those that it
        /// has.
        #[derive(Clone, Copy, Debug)]
        #seen struct Fixed { #(#fields)* }
        impl Fixed {
            /// Returns the definition of `builtin` with these values.
            #[must_use]
            #seen fn definition(self, builtin: Builtin) -> Definition {
                match builtin { #(#arms)* }
            }
        }
    }
}

/// Creates an implementation of all built-ins that records their calls.
pub(super) fn recorder(spec: &Spec, runtime: &Ident) -> TokenStream {
    let head = doc("The built-ins of the recorder, which returns samples.");
    let families = spec.families();
    let implementations = families.iter().map(|family| {
        let name = trait_name(family);
        let members = spec.builtins.iter().filter(|builtin| builtin.family == *family);
        let methods = members.map(|builtin| recording_method(spec, builtin));
        quote! { impl #name for Recorder { #(#methods)* } }
    });
    let body = quote!(#(#implementations)*);
    let found = used(&body);
    let groups: [(TokenStream, &[&str]); 3] = [
        (
            quote!(#runtime::builtin),
            &["CoreTypeIndex", "MemoryIndex", "OptionsIndex", "Outcome", "TableIndex", "TypeIndex"],
        ),
        (
            quote!(#runtime::code),
            &["CancelResult", "Ends", "EventCode", "FutureResult", "StreamResult"],
        ),
        (quote!(#runtime::core_value), &["CoreValue", "IntegerType"]),
    ];
    let uses = groups.iter().map(|(module, names)| {
        let names = names.iter().filter(|name| found.contains(**name));
        let names: Vec<Ident> = names.map(|name| format_ident!("{name}")).collect();
        quote!(use #module::{#(#names),*};)
    });
    let traits = families.iter().map(|family| trait_name(family));
    quote! {
        #head
        #(#uses)*
        use #runtime::builtin::{#(#traits),*};
        use #runtime::error::Failure;
        use super::Recorder;
        #body
    }
}

/// Creates a method that records its name and arguments.
fn recording_method(spec: &Spec, builtin: &Builtin) -> TokenStream {
    let name = method_name(builtin);
    let text = name.to_string();
    let fixed = fixed(builtin);
    let fixed = fixed.iter().filter(|fixed| !only_for_coding(&fixed.name));
    let fixed = fixed.map(|Fixed { name, ty, .. }| (name.clone(), ty.clone()));
    let parameters = parameters(builtin).into_iter().map(|(name, ty, _)| (name, ty));
    let (names, types): (Vec<_>, Vec<_>) = fixed.chain(parameters).unzip();
    let formats = names.iter().map(|name| format!("{{{name}:?}}"));
    let (ty, _) = result(spec, builtin);
    quote! {
        fn #name(
            &mut self,
            #(#names: #types),*
        ) -> Result<Outcome<#ty, &'static str>, Failure> {
            self.record(#text, vec![#(format!(#formats)),*])
        }
    }
}
