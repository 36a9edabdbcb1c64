//! The things that generated modules import.

use crate::abi::{CoreFunctionType, FlatTypes};
use crate::core_value::CoreType;

/// Something that the module of a group imports. Links are numbered by their position in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkImport {
    /// The function that makes the call of a link in the ordinary way.
    Fallback(usize),
    /// The flag with this number.
    Flag(u32),
    /// The core function that is called.
    Callee(usize),
    /// The `post-return` of the callee.
    PostReturn(usize),
    /// The memory of one side of a link.
    Memory(usize, LinkEnd),
    /// The `realloc` of one side of a link.
    Realloc(usize, LinkEnd),
    /// A function of Weft's.
    Host(LinkFunction),
}

/// A side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkEnd {
    /// The one that calls.
    Caller,
    /// The one that is called.
    Callee,
}

/// A function of Weft's that generated code calls. A link is named by its number in the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LinkFunction {
    /// Traps for the reason with this [code](super::link_trap::LinkTrap::code).
    Trap,
    /// Traps if more bytes than this may not be moved in addition to the size of the source's
    /// memory.
    Charge,
    /// Traps if a string is malformed: the link and [direction](direction_code), the address and the
    /// length.
    CheckString,
    /// Moves the arguments of a link, which are given after it.
    Arguments(CoreFunctionType),
    /// Moves the result of a link: the link, the address of the result, and the address that it
    /// goes to.
    Results(CoreFunctionType),
    /// Returns the next of the core values that arguments were moved to.
    Next,
}

impl LinkFunction {
    /// Returns its type.
    pub(crate) fn ty(self) -> CoreFunctionType {
        use CoreType::{I32, I64};
        let (params, results): (&[CoreType], &[CoreType]) = match self {
            Self::Trap => (&[I32], &[]),
            Self::Charge => (&[I64], &[]),
            Self::CheckString => (&[I32, I64, I64], &[]),
            Self::Next => (&[], &[I64]),
            Self::Arguments(ty) | Self::Results(ty) => return ty,
        };
        CoreFunctionType { params: flat_types(params), results: flat_types(results) }
    }
}

/// Returns core types as flat types.
pub(super) fn flat_types(types: &[CoreType]) -> FlatTypes {
    types.iter().fold(FlatTypes::EMPTY, |flat, ty| flat.push(*ty))
}

/// Returns the number by which generated code names a link and the side that values come from.
pub(crate) fn direction_code(link: usize, from: LinkEnd) -> u32 {
    let end = match from {
        LinkEnd::Caller => 0,
        LinkEnd::Callee => 1,
    };
    u32::try_from(2 * link + end).unwrap_or(u32::MAX)
}

/// Returns the link that a number names, and the side that values come from.
pub(crate) fn of_direction_code(code: u32) -> (usize, LinkEnd) {
    let from = if code.is_multiple_of(2) { LinkEnd::Caller } else { LinkEnd::Callee };
    (usize::try_from(code / 2).unwrap_or(usize::MAX), from)
}
