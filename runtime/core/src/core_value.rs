//! The values and types of core WebAssembly that cross the boundary between a guest and Weft.

use core::fmt;

/// An argument or a result of a core function.
///
/// Floats are stored as their bits, so that a NaN arrives unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreValue {
    /// An `i32`, as an unsigned number.
    I32(u32),
    /// An `i64`, as an unsigned number.
    I64(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
    /// A reference to a function, by the number that its adapter chose; `None` is the null
    /// reference.
    Function(Option<u32>),
}

impl CoreValue {
    /// Returns the type of this value.
    #[must_use]
    pub const fn ty(self) -> CoreType {
        match self {
            Self::I32(_) => CoreType::I32,
            Self::I64(_) => CoreType::I64,
            Self::F32(_) => CoreType::F32,
            Self::F64(_) => CoreType::F64,
            Self::Function(_) => CoreType::Function,
        }
    }

    /// Returns `value` as an integer of type `ty`, or `None` if it doesn't fit.
    #[must_use]
    pub fn integer(ty: IntegerType, value: u64) -> Option<Self> {
        match ty {
            IntegerType::I32 => u32::try_from(value).ok().map(Self::I32),
            IntegerType::I64 => Some(Self::I64(value)),
        }
    }
}

/// The type of a [`CoreValue`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoreType {
    /// `i32`
    I32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// A nullable reference to a function.
    Function,
}

impl fmt::Display for CoreType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
            Self::Function => "funcref",
        })
    }
}

/// An integer type: the type of the addresses of a memory or table, or one that a definition
/// chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegerType {
    /// `i32`
    I32,
    /// `i64`
    I64,
}

impl From<IntegerType> for CoreType {
    fn from(ty: IntegerType) -> Self {
        match ty {
            IntegerType::I32 => Self::I32,
            IntegerType::I64 => Self::I64,
        }
    }
}
