//! Mistakes in the values that the canonical ABI lifts and lowers.

use thiserror::Error;

/// A mistake in the values that the canonical ABI lifts and lowers, or in their memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum AbiError {
    /// There are more or fewer core values than the type is flattened to.
    ///
    /// The engine checks the types of its calls, so this is a mistake of its adapter.
    #[error("the engine passed more or fewer core values than the type is flattened to")]
    FlatValueCount,
    /// A value had to be loaded from fewer bytes than it takes, or stored in fewer. The caller of
    /// [`load`](crate::abi::Lift::load) or [`store`](crate::abi::Lower::store) has to check the
    /// number of bytes before.
    #[error("a value takes more bytes than the caller has passed for it")]
    ByteCount,
    /// A Rust type declares that its values are only their bytes
    /// ([`INLINE`](crate::abi::ComponentType::INLINE)), but asks for memory or a handle to store
    /// one.
    #[error("a Rust type with `INLINE`, whose values are only bytes, asks for memory or a handle")]
    NotInline,
    /// A value of the host doesn't have the type that it is lowered as.
    #[error("a value is not of its type")]
    ValueMismatch,
    /// The Rust type of a handle is not bound to a type of the store.
    #[error("the Rust type of a handle is not bound to a type of the store: bind it first")]
    UnknownHandleType,
    /// A resource has no value of the expected Rust type, or the host keeps no values of
    /// resources.
    #[error("a resource has no value of the expected Rust type")]
    ResourceValue,
    /// A `&str` would have to borrow a string that is not UTF-8 in memory. A
    /// [`LiftedStr`](crate::abi::LiftedStr) can borrow it, and a `String` copies it.
    #[error(
        "a `&str` cannot borrow a string that is not in UTF-8: take a `LiftedStr` or a `String`"
    )]
    NotUtf8,
    /// The values of a guest would take more memory of the host than the
    /// [budget](crate::abi::LiftContext::budget) of lifting allows, or than there is. Lists that a
    /// guest passes to another guest also have this error, if they are far larger than its memory.
    #[error(
        "a lifted value takes too much memory: more than the budget, which `LiftContext::with_budget` sets, \
         or more than there is"
    )]
    LiftedTooLarge,
    /// A string or list of the host is longer than the canonical ABI allows.
    #[error("a string or list is longer than the canonical ABI allows")]
    TooLong,
    /// A value has to be lowered into memory, and the canonical options have no `realloc`.
    /// Validation refuses such options.
    #[error("a value has to be lowered into memory, but the canonical options have no `realloc`")]
    NoRealloc,
    /// Core code trapped while a value was lowered. The driver of the engine knows the reason.
    #[error("core code trapped")]
    CoreTrap,
    /// Bytes that are read or written without a check, because it was made before, lie outside of
    /// their memory. Either they were not checked, or the memory has become smaller, which no
    /// engine allows.
    #[error("an address was not checked before, and is outside of the memory")]
    UncheckedAddress,
    /// The memory that values come from changed while they were moved, so that there are now
    /// more, fewer or other handles in them than were lifted. The
    /// context of guests that share a memory has to
    /// [say so](crate::abi::TransferContext::shares_memory).
    #[error("values changed while they were moved between guests that share no memory")]
    SourceChanged,
}
