//! The text of the file: formats it, and writes it completely or not at all.

pub(crate) mod layout;
pub(crate) mod print;
pub(crate) mod write;
