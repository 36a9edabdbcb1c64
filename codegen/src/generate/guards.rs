//! `guards.rs`: the checks that the dispatch makes before it calls a built-in's rule.

use proc_macro2::TokenStream;
use quote::quote;
use weft_spec::Spec;

use super::rust::{doc, outer_doc, type_name, value_name};

pub(super) fn module(spec: &Spec) -> TokenStream {
    let head = doc("The checks that built-ins share and that are made before all others.");
    let leading: Vec<_> = spec.guards.iter().filter(|guard| guard.leading).collect();
    let methods = leading.iter().map(|guard| {
        let name = value_name(&guard.name);
        let traps = guard.traps.iter().map(|trap| format!("[`Trap::{}`]", type_name(trap)));
        let traps: Vec<_> = traps.collect();
        let text = outer_doc(&format!(
            "Returns `true` if this rule holds: {}\n\nOtherwise, the built-in traps with {}.",
            guard.summary,
            traps.join(", ")
        ));
        quote! { #text fn #name(&self) -> bool; }
    });
    let checks = leading.iter().map(|guard| {
        let name = value_name(&guard.name);
        let text = outer_doc(&format!("Checks this rule: {}", guard.summary));
        let trap = guard.traps.iter().map(|trap| type_name(trap));
        quote! {
            #text
            pub(crate) fn #name(machine: &impl Guards) -> Result<(), Trap> {
                if machine.#name() { Ok(()) } else { Err(#(Trap::#trap)*) }
            }
        }
    });
    quote! {
        #head
        use crate::trap::Trap;
        /// The checks of an implementation that the dispatch makes before it calls a built-in.
        pub trait Guards {
            #(#methods)*
            /// Notes that a built-in trapped, in one of these checks or in its own. The guest must not
            /// go on.
            fn raised(&mut self, trap: Trap) {
                let _ = trap;
            }
        }
        #(#checks)*
    }
}
