//! `trap.rs`: the rules that trap when they are broken, and the messages.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;
use weft_spec::model::{Trap, TrapLayer, TrapWords};

use super::rust::{count, doc, outer_doc, type_name, value_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("The rules of the Component Model, and the traps of guests that break them.\n\
         \n\
         ```\n\
         use weft_core::trap::{Rule, Trap};\n\
         \n\
         let trap = Trap::UnknownHandleIndex { index: 7 };\n\
         assert_eq!(trap.to_string(), \"unknown handle index 7\");\n\
         assert_eq!(trap.rule(), Rule::UnknownHandleIndex);\n\
         assert_eq!(trap.rule().id(), \"unknown-handle-index\");\n\
         ```");
    let words = spec.trap_words.iter().map(words);
    let variants = spec.traps.iter().map(|trap| variant(spec, trap));
    let messages = spec.traps.iter().map(message);
    let rules = spec.traps.iter().map(|trap| {
        let name = type_name(&trap.id);
        let fields = if parameters(trap).is_empty() { quote!() } else { quote!({ .. }) };
        quote! { Self::#name #fields => Rule::#name, }
    });
    let rule_names: Vec<_> = spec.traps.iter().map(|trap| type_name(&trap.id)).collect();
    let rule_docs = spec.traps.iter().map(|trap| outer_doc(&trap.summary));
    let ids = spec.traps.iter().map(|trap| &*trap.id.value);
    let layers = spec.traps.iter().map(|trap| match trap.layer {
        TrapLayer::Machine => quote!(Machine),
        TrapLayer::Abi => quote!(Abi),
        TrapLayer::Embedding => quote!(Embedding),
    });
    let count = count(spec.traps.len());
    quote! {
        #head
        use core::fmt;
        /// The trap of a guest that broke a rule of the Component Model.
        ///
        /// The documentation of each trap is the rule. Its text is the message that the official
        /// test suite expects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Trap { #(#variants)* }
        impl Trap {
            /// Returns the rule that was broken.
            #[must_use]
            pub const fn rule(self) -> Rule { match self { #(#rules)* } }
        }
        impl fmt::Display for Trap {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { #(#messages)* }
            }
        }
        impl core::error::Error for Trap {}
        /// A rule that causes a [`Trap`] when it is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { #(#rule_docs #rule_names,)* }
        impl Rule {
            /// Every rule.
            pub const ALL: [Self; #count] = [#(Self::#rule_names),*];
            /// Returns its id in `spec/traps.toml`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { #(Self::#rule_names => #ids,)* }
            }
            /// Returns the layer that checks it.
            #[must_use]
            pub const fn layer(self) -> Layer {
                match self { #(Self::#rule_names => Layer::#layers,)* }
            }
        }
        /// The layer that checks a [`Rule`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Layer {
            /// The machine: tasks, threads, waitables, ends, handles.
            Machine,
            /// Lifting and lowering.
            Abi,
            /// The code that drives the engine.
            Embedding,
        }
        #(#words)*
    }
}

/// Returns the variant of a trap, with the fields that its message names.
fn variant(spec: &Spec, trap: &Trap) -> TokenStream {
    let name = type_name(&trap.id);
    let text = outer_doc(&trap.summary);
    let fields = parameters(trap);
    if fields.is_empty() {
        return quote! { #text #name, };
    }
    let fields = fields.iter().map(|parameter| {
        let field = value_name(parameter);
        if parameter == "index" {
            return quote! {
                /// The index that the guest passed.
                #field: u32
            };
        }
        let ty = type_name(parameter);
        let summary = spec.trap_words.iter().find(|words| *words.name == *parameter);
        let text = outer_doc(summary.map_or("", |words| &words.summary));
        quote! { #text #field: #ty }
    });
    quote! { #text #name { #(#fields,)* }, }
}

/// Returns the arm that writes the message of a trap.
fn message(trap: &Trap) -> TokenStream {
    let name = type_name(&trap.id);
    let parameters = parameters(trap);
    let fields: Vec<_> = parameters.iter().map(|name| value_name(name)).collect();
    let mut format = trap.message.value.clone();
    for (parameter, field) in parameters.iter().zip(&fields) {
        format = format.replace(&format!("{{{parameter}}}"), &format!("{{{field}}}"));
    }
    if fields.is_empty() {
        quote! { Self::#name => f.write_str(#format), }
    } else {
        quote! { Self::#name { #(#fields),* } => write!(f, #format), }
    }
}

/// Creates the enumeration of the words that complete a message.
fn words(words: &TrapWords) -> TokenStream {
    let name = type_name(&words.name);
    let text = outer_doc(&words.summary);
    let variants: Vec<_> = words.words.iter().map(|word| type_name(word)).collect();
    let texts = &words.words;
    let docs = words.words.iter().map(|word| outer_doc(&format!("`{word}`")));
    quote! {
        #text
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum #name { #(#docs #variants,)* }
        impl fmt::Display for #name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { #(Self::#variants => #texts,)* })
            }
        }
    }
}

/// Returns the parameters of a trap's message, each once.
fn parameters(trap: &Trap) -> Vec<String> {
    let mut parameters: Vec<String> = Vec::new();
    for part in trap.message.split('{').skip(1) {
        if let Some((parameter, _)) = part.split_once('}')
            && !parameters.iter().any(|known| known == parameter)
        {
            parameters.push(parameter.to_owned());
        }
    }
    parameters
}
