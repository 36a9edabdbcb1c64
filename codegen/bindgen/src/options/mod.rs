//! The options of bindings: their values, their written form, and the rules for each item.

pub(crate) mod fields;
pub(crate) mod places;
pub(crate) mod rules;
pub mod settings;
