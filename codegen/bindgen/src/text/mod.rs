//! The text of the file: laid out, and written whole or not at all.

pub(crate) mod layout;
pub(crate) mod print;
pub(crate) mod write;
