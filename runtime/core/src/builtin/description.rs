//! The spec's description of a built-in, as data for tools, loaders and messages.

use core::fmt;

use crate::builtin::Builtin;
use crate::gate::Gate;
use crate::trap::Rule;

/// The spec's description of a built-in: a row of `spec/builtins/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Description {
    /// The built-in.
    pub builtin: Builtin,
    /// Its name in the text format.
    pub name: &'static str,
    /// Its opcode in the binary format.
    pub opcode: u8,
    /// The feature that it belongs to.
    pub gate: Gate,
    /// The milestone that it was released with: `wasi-0.2`, `wasi-0.3` or `unreleased`.
    pub since: &'static str,
    /// The immediates after the opcode, as `name: kind`, or as a byte that must be there.
    pub immediates: &'static [&'static str],
    /// The options that it can have.
    pub allowed: &'static [&'static str],
    /// The options that it must have: `option`, `option if condition` or `option unless gate`.
    pub required: &'static [&'static str],
    /// The parameters of its core signature.
    pub params: &'static [Parameter],
    /// The result of its core signature.
    pub result: Option<SymbolicType>,
    /// The condition under which it can block.
    pub blocks: Blocks,
    /// All traps that it can raise.
    pub traps: &'static [Rule],
    /// The field names by which core modules import it.
    pub imports: &'static [ImportName],
    /// A summary of its effect.
    pub summary: &'static str,
}

/// A parameter of a built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: SymbolicType,
}

/// A core type that may depend on the definition of the built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SymbolicType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// The address type of the memory.
    MemoryAddress,
    /// The address type of the table.
    TableAddress,
    /// The value type that a context built-in names.
    ContextType,
    /// The type of a resource's representation.
    ResourceRepresentation,
    /// The type of the parameter of a thread's start function.
    StartParameter,
    /// A nullable reference to a thread's start function.
    StartReference,
    /// The flattened result of the task's function type: any number of core types.
    FlatResults,
}

impl fmt::Display for SymbolicType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::MemoryAddress => "memory.addrtype",
            Self::TableAddress => "table.addrtype",
            Self::ContextType => "T",
            Self::ResourceRepresentation => "T.rep",
            Self::StartParameter => "FuncT.params[0]",
            Self::StartReference => "(ref null FuncT)",
            Self::FlatResults => "lower(FuncT.results)*",
        })
    }
}

/// The condition under which a built-in can block the thread that calls it. A built-in that can
/// block can also run guest code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Blocks {
    /// It never blocks.
    Never,
    /// It can block, unless it was defined with `async`.
    UnlessAsync,
    /// It can block.
    May,
    /// It doesn't block, but can run guest code to its end, such as `realloc`.
    CallsGuest,
}

/// A field name by which a core module imports a built-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportName {
    /// A pattern. `{function}` stands for the function whose type has the stream, the future or
    /// the result. `{type}` stands for the position of the stream or future in that type, or for
    /// `unit` if it has no elements. `{slot}` is 0 or 1, `{encoding}` a string encoding, and
    /// `{resource}` a resource.
    pub pattern: &'static str,
    /// `true` if it is the `async` form.
    pub is_async: bool,
}

/// The core signature, in the notation of the spec: `[s:i32] -> [i32]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub(crate) &'static Description);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (position, parameter) in self.0.params.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            let colon = if parameter.name.is_empty() { "" } else { ":" };
            write!(f, "{space}{}{colon}{}", parameter.name, parameter.ty)?;
        }
        match self.0.result {
            None => f.write_str("] -> []"),
            Some(ty) => write!(f, "] -> [{ty}]"),
        }
    }
}

impl Description {
    /// Returns the core signature, which displays in the notation of the spec.
    #[must_use]
    pub const fn signature(&'static self) -> Signature {
        Signature(self)
    }
}
