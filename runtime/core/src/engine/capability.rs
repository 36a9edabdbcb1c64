//! The proposals to WebAssembly that engines may lack.

use core::fmt;

/// A proposal to WebAssembly, which a core module may need and an engine may lack.
///
/// The enumeration is exhaustive on purpose: the layer above has to know each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// 64-bit memories and tables.
    Memory64,
    /// More than one memory in a module.
    MultiMemory,
    /// Memories with pages of one byte.
    CustomPageSizes,
    /// `return_call` and its like.
    TailCalls,
    /// Vectors of 128 bits.
    Simd,
    /// Vector instructions whose results may differ.
    RelaxedSimd,
    /// Tags, `throw` and `try_table`.
    ExceptionHandling,
    /// Typed references to functions.
    FunctionReferences,
    /// Structs and arrays.
    GarbageCollection,
    /// Shared memories and atomic instructions.
    Threads,
    /// Arithmetic on 128-bit integers.
    WideArithmetic,
    /// Continuations.
    StackSwitching,
}

impl Capability {
    /// All capabilities.
    pub const ALL: [Self; 12] = [
        Self::Memory64,
        Self::MultiMemory,
        Self::CustomPageSizes,
        Self::TailCalls,
        Self::Simd,
        Self::RelaxedSimd,
        Self::ExceptionHandling,
        Self::FunctionReferences,
        Self::GarbageCollection,
        Self::Threads,
        Self::WideArithmetic,
        Self::StackSwitching,
    ];

    /// Returns the name of the proposal.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Memory64 => "memory64",
            Self::MultiMemory => "multi-memory",
            Self::CustomPageSizes => "custom-page-sizes",
            Self::TailCalls => "tail-call",
            Self::Simd => "simd",
            Self::RelaxedSimd => "relaxed-simd",
            Self::ExceptionHandling => "exception-handling",
            Self::FunctionReferences => "function-references",
            Self::GarbageCollection => "gc",
            Self::Threads => "threads",
            Self::WideArithmetic => "wide-arithmetic",
            Self::StackSwitching => "stack-switching",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
