//! The imports of generated modules.

use crate::abi::{CoreFunctionType, FlatTypes};
use crate::core_value::CoreType;

/// An import of the module of a group. Links are numbered by their position in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkImport {
    /// The function that makes the call of a link in the ordinary way.
    Fallback(usize),
    /// The flag with this number.
    Flag(u32),
    /// The core function to call.
    Callee(usize),
    /// The `post-return` of the callee.
    PostReturn(usize),
    /// The memory of one side of a link.
    Memory(usize, LinkEnd),
    /// The `realloc` of one side of a link.
    Realloc(usize, LinkEnd),
    /// A function of Weft.
    Host(LinkFunction),
}

/// A side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkEnd {
    /// The side that calls.
    Caller,
    /// The side that is called.
    Callee,
}

/// A function of Weft that generated code calls. A link is named by its number in the component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LinkFunction {
    /// Traps for the reason with this [code](super::link_trap::LinkTrap::code).
    Trap,
    /// Traps unless this many bytes may be moved beyond the size of the source's memory.
    Charge,
    /// Traps if a string is malformed. Its parameters are the link and [direction](direction_code),
    /// the address and the length.
    CheckString,
    /// Moves the arguments of a link, which follow the link.
    Arguments(CoreFunctionType),
    /// Moves the result of a link. Its parameters are the link, the address of the result, and the
    /// destination address.
    Results(CoreFunctionType),
    /// Returns the next of the core values to which arguments were moved.
    Next,
    /// Returns the bits that a NaN of type `f32` arrives with. Its parameter is 0 for the first NaN
    /// among values that move together.
    NanF32,
    /// Returns the bits that a NaN of type `f64` arrives with, with the same parameter.
    NanF64,
}

impl LinkFunction {
    /// Returns the type of the function.
    pub(crate) fn ty(self) -> CoreFunctionType {
        use CoreType::{I32, I64};
        let (params, results): (&[CoreType], &[CoreType]) = match self {
            Self::Trap => (&[I32], &[]),
            Self::Charge => (&[I64], &[]),
            Self::CheckString => (&[I32, I64, I64], &[]),
            Self::Next => (&[], &[I64]),
            Self::NanF32 => (&[I32], &[I32]),
            Self::NanF64 => (&[I32], &[I64]),
            Self::Arguments(ty) | Self::Results(ty) => return ty,
        };
        CoreFunctionType { params: flat_types(params), results: flat_types(results) }
    }
}

/// Returns core types as flat types.
pub(super) fn flat_types(types: &[CoreType]) -> FlatTypes {
    types.iter().fold(FlatTypes::EMPTY, |flat, ty| flat.push(*ty))
}

/// Returns the number in generated code for a link and the side that values come from.
pub(crate) fn direction_code(link: usize, from: LinkEnd) -> u32 {
    let end = match from {
        LinkEnd::Caller => 0,
        LinkEnd::Callee => 1,
    };
    u32::try_from(2 * link + end).unwrap_or(u32::MAX)
}

/// Returns the link of such a number, and the side that values come from.
pub(crate) fn of_direction_code(code: u32) -> (usize, LinkEnd) {
    let from = if code.is_multiple_of(2) { LinkEnd::Caller } else { LinkEnd::Callee };
    (usize::try_from(code / 2).unwrap_or(usize::MAX), from)
}
