//! The modules that are generated.
//!
//! | file | contents |
//! |---|---|
//! | `flags` | the module with the flags |
//! | `imports` | what the module of a group imports |
//! | `body` | the code of a function, and its locals |
//! | `call` | the function of a link |
//! | `shape` | which types code is made for, and which values native code moves |
//! | `values` | the two sides of a link, and where values come from and go to |
//! | `check` | the first pass: what lifting traps at |
//! | `transfer` | the second pass: values that are moved |
//! | `scalar` | values that are one core value |
//! | `pair` | strings and lists |
//! | `native` | values that native code moves |

mod body;
mod call;
mod check;
mod flags;
mod imports;
mod native;
mod pair;
mod scalar;
mod shape;
mod transfer;
mod values;

use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use arrayvec::ArrayString;
use wasm_encoder::{CodeSection, ExportKind, ExportSection, FunctionSection, Module};

use crate::abi::CoreFunctionType;

use super::plan::LinkInput;
use imports::Imports;

pub(crate) use flags::{flag_name, flags};

/// A generated module, and what is given for its imports, in their order.
#[derive(Debug)]
pub(crate) struct EncodedModule {
    pub(crate) bytes: Vec<u8>,
    pub(crate) imports: Vec<LinkImport>,
}

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

/// The part of a call that a callee's flag tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallPart {
    /// The callee runs, or values are moved.
    Function,
    /// The `realloc` of the callee runs.
    CalleeRealloc,
    /// The `realloc` of the caller runs.
    CallerRealloc,
    /// The `post-return` of the callee runs.
    PostReturn,
}

impl CallPart {
    const ALL: [Self; 4] =
        [Self::Function, Self::CalleeRealloc, Self::CallerRealloc, Self::PostReturn];

    /// Returns the value of the callee's flag while the link at a position among those of the callee
    /// is in this part of its call.
    fn flag(self, link: usize) -> i32 {
        let part = Self::ALL.iter().position(|it| *it == self).unwrap_or_default();
        // There are far fewer links: see `MAX_ITEMS`.
        i32::try_from((link + 1) * Self::ALL.len() + part).unwrap_or(i32::MAX)
    }

    /// Returns the position of the link among those of the callee, and the part of its call, that a
    /// flag tells; nothing if it is 0, or ended the linking of its instance.
    pub(crate) fn of_flag(flag: i32) -> Option<(usize, Self)> {
        let flag = usize::try_from(flag).ok()?;
        let part = *Self::ALL.get(flag % Self::ALL.len())?;
        Some(((flag / Self::ALL.len()).checked_sub(1)?, part))
    }
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

/// Returns the module that makes links. It exports the function of each by its
/// [name](function_name).
pub(super) fn links(inputs: &[LinkInput<'_>]) -> EncodedModule {
    let mut imports = Imports::default();
    let mut bodies = Vec::with_capacity(inputs.len());
    for (member, input) in inputs.iter().enumerate() {
        let (ty, function) = call::function(&mut imports, member, input);
        bodies.push((imports.type_of(&ty), function));
    }
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (member, (ty, function)) in bodies.iter().enumerate() {
        functions.function(*ty);
        let index = imports.num_functions() + u32::try_from(member).unwrap_or(u32::MAX);
        exports.export(&function_name(member), ExportKind::Func, index);
        code.function(function);
    }
    let (types, section, imports) = imports.finish();
    let mut module = Module::new();
    module.section(&types).section(&section).section(&functions).section(&exports).section(&code);
    EncodedModule { bytes: module.finish(), imports }
}

/// A name in a generated module: a number.
pub(crate) type Name = ArrayString<20>;

/// Returns the name that the function of a link is exported as, by its position in the group.
pub(crate) fn function_name(member: usize) -> Name {
    name(member)
}

fn name(number: impl fmt::Display) -> Name {
    let mut name = Name::new();
    // There is room for the digits of every number.
    let _ = write!(name, "{number}");
    name
}
