//! Mistakes in the use of the machine.

use thiserror::Error;

/// A mistake in the use of the machine: of its steps, calls, ends and handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum MachineError {
    /// A guest has control, and the host cannot begin anything of its own until it returns.
    #[error("a guest has control")]
    GuestHasControl,
    /// The machine waits for the end of one step, and was told of the end of another.
    #[error("the machine waits for the end of another step")]
    OtherStep,
    /// A call trapped, or could not be finished, and has not been unwound.
    #[error("a call that trapped has not been unwound")]
    MustUnwind,
    /// The caller of a host function is locked down.
    #[error("the caller is locked down")]
    CallerGone,
    /// A destructor is a lifted function of the instance that defines the resource type, without
    /// `async` and without `post-return`.
    #[error("this function cannot be the destructor of the resource type")]
    NoDestructor,
    /// A guest's call was passed on while no guest runs.
    #[error("no thread of a guest runs")]
    NoCurrentThread,
    /// Control can return only from a call that was entered.
    #[error("there is no call that this could be the end of")]
    NotEntered,
    /// A store ticks only while no call by the host is under way.
    #[error("a call that the host began is still under way")]
    Entered,
    /// `realloc` and `post-return` neither block nor call out, and nothing else may run in the
    /// instance meanwhile.
    #[error("`realloc` or `post-return` is under way in the instance")]
    InRealloc,
    /// An instance is removed only when none of its threads is part of a call under way.
    #[error("a thread of the instance is part of a call that is under way")]
    InstanceRuns,
    /// A function whose type isn't `async` can't be lifted with `async`.
    #[error("a function whose type is not `async` cannot be lifted with `async`")]
    AsyncLiftOfSyncType,
    /// A function with a callback, or its callback, returned without the `i32` that it owes.
    #[error("a function that was lifted with a callback returns an `i32`")]
    NoCallbackResult,
    /// The host neither made the call nor is the one called.
    #[error("the call is not the host's")]
    NotHosts,
    /// The host has no handle table: it holds things by their ids.
    #[error("the host has no handle table")]
    HostHasNoHandles,
    /// The call has its arguments already.
    #[error("the call has started already")]
    AlreadyStarted,
    /// The call can't return before it has taken its arguments.
    #[error("the call has not started")]
    NotStarted,
    /// The call is over.
    #[error("the call has resolved already")]
    AlreadyResolved,
    /// Cancellation is asked for once.
    #[error("the call was asked to cancel already")]
    AlreadyCancelled,
    /// Nobody asked for cancellation.
    #[error("nobody asked to cancel this")]
    NotCancelled,
    /// The host does not hold this.
    #[error("the host does not hold this")]
    NotHeld,
    /// An end is passed to a guest as an end of another kind, or with elements of another type.
    #[error("the end is not of the type that it is passed as")]
    EndMismatch,
    /// Only readable ends are passed to a guest.
    #[error("a writable end cannot be passed on")]
    NotReadable,
    /// A read or write of the end is under way, or it has come to its end.
    #[error("a read or write of the end is under way, or the end is done")]
    EndBusy,
    /// No read or write of the end is under way.
    #[error("no read or write of the end is under way, or it is cancelled already")]
    EndIdle,
    /// A host's buffer is too long for its stream or future.
    #[error("a buffer of {length} elements is too long, or a future's is not of one")]
    BufferTooLong {
        /// Its length in elements.
        length: u32,
    },
    /// A resource is lent to the instance that defines its type, as its representation, which is
    /// one of 64 bits; the spec flattens every `borrow` to an `i32`.
    #[error("the representation of a borrowed resource does not fit an `i32`")]
    RepresentationTooLarge,
}
