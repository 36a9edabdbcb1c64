//! Mistakes in the values that the canonical ABI lifts and lowers.

use thiserror::Error;

/// A mistake in the values that the canonical ABI lifts and lowers, or in their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AbiError {
    /// There are more or fewer core values than the type is flattened to.
    ///
    /// The engine checks the types of what it calls, so this is a mistake of its adapter.
    #[error("there are more or fewer core values than the type is flattened to")]
    FlatValueCount,
    /// A value was to be loaded from fewer bytes than it takes, or stored in fewer. The caller of
    /// [`load`](crate::abi::Lift::load) or [`store`](crate::abi::Lower::store) checks that before.
    #[error("a value takes more bytes than there are for it")]
    ByteCount,
    /// A Rust type says that its values are nothing but their bytes
    /// ([`INLINE`](crate::abi::ComponentType::INLINE)), and asks for memory or a handle to store
    /// one.
    #[error("a type whose values are only bytes asks for memory or a handle")]
    NotInline,
    /// A value of the host is not of its type.
    #[error("a value is not of its type")]
    ValueMismatch,
    /// The Rust type of a handle was bound to no type of the store.
    #[error("nobody has said which type of the store the type of a handle is")]
    UnknownHandleType,
    /// A resource has no value of the Rust type that was expected, or whoever lifts and lowers keeps
    /// no values of resources.
    #[error("a resource has no value of the type that was expected")]
    ResourceValue,
    /// A `&str` is to borrow a string that does not lie in memory as UTF-8. A
    /// [`LiftedStr`](crate::abi::LiftedStr) can, and a `String` is a copy.
    #[error("a `&str` cannot borrow a string that is not in UTF-8")]
    NotUtf8,
    /// The values of a guest would take more of the host's memory than the
    /// [budget](crate::abi::LiftContext::budget) of lifting allows, or than there is. Or a guest
    /// passes to another so many lists in one place that they are far more than its memory.
    #[error("a lifted value takes too much memory")]
    LiftedTooLarge,
    /// A string or list of the host is longer than the canonical ABI allows.
    #[error("a string or list is longer than the canonical ABI allows")]
    TooLong,
    /// A value is to be lowered into memory by options that have no `realloc`, which validation
    /// refuses.
    #[error("there is no `realloc` to lower with")]
    NoRealloc,
    /// Core code trapped while a value was lowered. The driver of the engine knows why.
    #[error("core code trapped")]
    CoreTrap,
    /// Bytes that are read or written without a check, because it was made before, do not lie in
    /// their memory: nobody checked them, or the memory has shrunk, which no engine's does.
    #[error("an address was not checked before, and is outside of the memory")]
    UncheckedAddress,
    /// The memory that values come from changed while they were moved, so that they are not what
    /// was lifted: there are more handles in them, or fewer, or others. Only a guest that passes
    /// values to itself can do that.
    #[error("values changed while they were moved")]
    SourceChanged,
}
