//! The names in generated modules.

use core::fmt::{self, Write as _};

use arrayvec::ArrayString;

/// A name in a generated module: a number.
pub(crate) type Name = ArrayString<20>;

/// Returns the name of the exported function of a link, by its position in the group.
pub(crate) fn function_name(member: usize) -> Name {
    name(member)
}

/// Returns the name of an exported flag.
pub(crate) fn flag_name(flag: u32) -> Name {
    name(flag)
}

/// Returns a number as a name.
pub(super) fn name(number: impl fmt::Display) -> Name {
    let mut name = Name::new();
    // There is room for the digits of every number.
    let _ = write!(name, "{number}");
    name
}
