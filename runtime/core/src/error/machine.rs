//! Mistakes in the use of the machine.

use thiserror::Error;

/// A mistake in the use of the machine: of its steps, calls, ends and handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum MachineError {
    /// A guest has control. The host can begin something only after the guest has returned
    /// control.
    #[error("a guest has control: the host can begin this only after the guest has returned it")]
    GuestHasControl,
    /// The machine waits for the end of one step, and was told something else.
    #[error("the machine waits for the end of another step: take the step that it returned last")]
    OtherStep,
    /// A call has trapped, or could not be finished, and was not unwound.
    #[error("a call that trapped has not been unwound: call `Machine::trapped` first")]
    MustUnwind,
    /// The caller of a host function is locked down.
    #[error("the caller of the host function is locked down, as its instance has trapped")]
    CallerGone,
    /// A destructor has to be a lifted function of the instance that defines the resource type,
    /// without `async` and without `post-return`.
    #[error(
        "a destructor has to be a lifted function of the instance that defines the resource type, without `async` and without `post-return`"
    )]
    NoDestructor,
    /// A guest's call was passed to the machine while no guest runs.
    #[error("no guest runs that could have made this call")]
    NoCurrentThread,
    /// Control can return only from a call that was entered.
    #[error("there is no call that this could end")]
    NotEntered,
    /// A store ticks only while no call by the host is under way.
    #[error("a call that the host began is still under way: end it first")]
    Entered,
    /// `realloc` and `post-return` can neither block nor call imports, and nothing else may run
    /// in the instance meanwhile.
    #[error(
        "`realloc` or `post-return` runs in the instance, and nothing else may run there meanwhile"
    )]
    InRealloc,
    /// An instance can be removed only when none of its threads is part of a call under way.
    #[error("a thread of the instance is part of a call that is under way: end the call first")]
    InstanceRuns,
    /// A function whose type isn't `async` can't be lifted with `async`.
    #[error("a function whose type is not `async` cannot be lifted with `async`")]
    AsyncLiftOfSyncType,
    /// A function with a callback, or its callback, returned without an `i32`.
    #[error(
        "a function that is lifted with a callback, and the callback, return an `i32`, but none was passed"
    )]
    NoCallbackResult,
    /// The host neither made the call nor is its callee.
    #[error("the host neither made the call nor is its callee")]
    NotHosts,
    /// The host has no handle table: its objects have ids.
    #[error("the host made this call, and has no handle table to lift a handle from")]
    HostHasNoHandles,
    /// The call has taken its arguments already.
    #[error("the call has taken its arguments already")]
    AlreadyStarted,
    /// The call can't return before it has taken its arguments.
    #[error("the call has not taken its arguments yet")]
    NotStarted,
    /// The call is over.
    #[error("the call has resolved already")]
    AlreadyResolved,
    /// A call can be asked to cancel once.
    #[error("the call was asked to cancel already")]
    AlreadyCancelled,
    /// The cancellation was not asked for.
    #[error("the caller has not asked to cancel this")]
    NotCancelled,
    /// The host does not hold this object.
    #[error("the host does not hold this")]
    NotHeld,
    /// An end was passed to a guest as an end of another kind, or with elements of another type.
    #[error("the end has another kind or element type than it is passed as")]
    EndMismatch,
    /// Only readable ends can be passed to a guest.
    #[error("only a readable end can be passed to a guest, and this one is writable")]
    NotReadable,
    /// A read or write of the end is under way, or no other can begin.
    #[error("a read or write of the end is under way, or no other can begin")]
    EndBusy,
    /// No read or write of the end is under way.
    #[error("no read or write of the end is under way, or it is cancelled already")]
    EndIdle,
    /// A buffer of the host is too long for its stream, or is not of one element for a future.
    #[error("a buffer has {length} elements: that of a stream has at most {max}, and that of a future has 1", max = crate::limit::MAX_BUFFER_LENGTH)]
    BufferTooLong {
        /// Its length in elements.
        length: u32,
    },
    /// A borrowed resource is passed to the instance that defines its type as its representation,
    /// which has 64 bits here. The spec flattens every `borrow` to an `i32`.
    #[error(
        "the representation of a borrowed resource does not fit an `i32`, which the spec passes every `borrow` as"
    )]
    RepresentationTooLarge,
}
