//! The options of bindings: as they are given, as they are written, and what they say of each item.

pub(crate) mod fields;
pub(crate) mod places;
pub(crate) mod rules;
pub mod settings;
