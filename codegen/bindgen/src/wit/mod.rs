//! WIT: found, read, decoded, parsed, resolved, and refused where there are no bindings for it.

pub(crate) mod closest;
pub(crate) mod complaints;
pub(crate) mod encoded;
pub(crate) mod features;
pub(crate) mod files;
pub(crate) mod limits;
pub(crate) mod nested_names;
pub(crate) mod source;
pub(crate) mod world;
