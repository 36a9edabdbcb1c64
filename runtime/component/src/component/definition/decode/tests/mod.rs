//! The definitions that components in the text format are decoded into.

mod aliases;
mod bindings;
mod builtins;
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "a table, a row a line")]
#[path = "generated/definitions.rs"]
mod definitions;
mod errors;
mod extern_types;
mod modules;
mod types;
mod unsupported;

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::{Bodies, Features, InvalidComponent};
use crate::component::definition::items::{Binding, Decoded, Item};

/// Returns the bytes of a component in the text format.
fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the text is right")
}

fn decode(bytes: &[u8]) -> Result<Decoded, InvalidComponent> {
    super::decode(bytes, Features::default(), Bodies::Validated)
}

fn decoded(text: &str) -> Decoded {
    decode(&bytes(text)).expect("the component is valid")
}

fn refused(text: &str) -> InvalidComponent {
    decode(&bytes(text)).expect_err("the component is refused")
}

/// Returns the bindings of imports, instantiations and exports, in order.
fn bindings(items: &[Item]) -> Vec<Option<Binding>> {
    let binding = |item: &Item| match item {
        Item::Import { binding, .. }
        | Item::Instantiate { binding, .. }
        | Item::Export { binding, .. } => Some(binding.clone()),
        _ => None,
    };
    items.iter().filter_map(binding).collect()
}

/// Returns a binding of the parts of an instance.
fn instance<const N: usize>(parts: [(&str, Binding); N]) -> Binding {
    let parts: Vec<(Box<str>, Binding)> =
        parts.into_iter().map(|(name, binding)| (name.into(), binding)).collect();
    Binding::Instance(parts.into())
}
