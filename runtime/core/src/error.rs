//! The two kinds of bad news: a guest's [`Trap`], and the host's [`enum@Error`].

use core::fmt;

use thiserror::Error;

use crate::builtin::Builtin;
use crate::chooser::Choice;
use crate::code::PackedField;
use crate::core_value::CoreType;
use crate::limits::Table;
use crate::trap::Trap;

/// What went wrong in a call into Weft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Failure {
    /// The guest broke a rule of the Component Model.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The host misused the API, or a limit is reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// The host misused the API, or a limit is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Error {
    /// A built-in was called with more or fewer core values than its signature has.
    ///
    /// The engine checks the types of what it calls, so this is a mistake of its adapter.
    #[error("`{builtin}` takes {expected} core arguments and was given {given}")]
    ArgumentCount {
        /// The built-in.
        builtin: Builtin,
        /// How many its signature has.
        expected: u32,
        /// How many there were.
        given: u32,
    },
    /// A built-in was called with a core value of another type than its signature has.
    #[error("argument {position} of `{builtin}` is of type {expected}, and was given as {given}")]
    ArgumentType {
        /// The built-in.
        builtin: Builtin,
        /// Which argument, from 0.
        position: u32,
        /// Its type.
        expected: CoreType,
        /// The type of what was given.
        given: CoreType,
    },
    /// A result of a built-in does not fit the core type that its definition says.
    #[error("the result of `{builtin}` does not fit its core type")]
    ResultTooLarge {
        /// The built-in.
        builtin: Builtin,
    },
    /// A value does not fit its bits of a packed integer.
    #[error(transparent)]
    FieldTooLarge(#[from] FieldTooLarge),
    /// A table of the machine has no room. Nothing has changed, and there is room again when
    /// something is freed.
    #[error("there is no room for more {0}")]
    Full(Table),
    /// What was named is not in the machine, or not any more, or of another kind.
    #[error("there is no such entry among the {0}, or there is none any more")]
    Unknown(Table),
    /// A link inside of the machine leads nowhere: this is a mistake of Weft's.
    #[error("the machine's {0} are inconsistent, which is a mistake of Weft's")]
    Inconsistent(Table),
    /// A guest has control, and the host can't begin something of its own.
    #[error("a guest has control")]
    GuestHasControl,
    /// The machine waits for the end of another step than the one that it is told of.
    #[error("this is not the end of the step that is to be taken")]
    OtherStep,
    /// A call trapped, or could not be finished, and has not been unwound.
    #[error("a call that trapped has not been unwound")]
    MustUnwind,
    /// The caller of a host's function is locked down.
    #[error("the caller is locked down")]
    CallerGone,
    /// A destructor is a lifted function of the instance that defines the resource type, without
    /// `async` and without `post-return`.
    #[error("this function cannot be the destructor of the resource type")]
    NoDestructor,
    /// A guest's call was passed on while no guest runs.
    #[error("no thread of a guest runs")]
    NoCurrentThread,
    /// Control can't return to where it wasn't.
    #[error("there is no call that this could be the end of")]
    NotEntered,
    /// A store ticks only when the host has nothing else under way.
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
    /// What a function with a callback, or its callback, returned is missing.
    #[error("a function that was lifted with a callback returns an `i32`")]
    NoCallbackResult,
    /// There are two slots.
    #[error("there is no context slot {slot}")]
    NoContextSlot {
        /// The slot.
        slot: u32,
    },
    /// The built-in needs something of the engine that this one lacks.
    #[error("`{builtin}` needs an engine with {capability}")]
    EngineCapability {
        /// The built-in.
        builtin: Builtin,
        /// What the engine lacks.
        capability: MissingCapability,
    },
    /// The chooser chose what there isn't.
    #[error("of {count} possibilities of `{choice}`, {chosen} was chosen")]
    ChoiceOutOfRange {
        /// What was to be decided.
        choice: Choice,
        /// What was chosen, from 0.
        chosen: u32,
        /// How many possibilities there were.
        count: u32,
    },
    /// The host can't do this with a call that it didn't make, or isn't the one called.
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
    /// Only readable ends are given away.
    #[error("a writable end cannot be given away")]
    NotReadable,
    /// A read or write of the end is under way, or it has come to its end.
    #[error("a read or write of the end is under way, or the end is done")]
    EndBusy,
    /// No read or write of the end is under way.
    #[error("no read or write of the end is under way, or it is cancelled already")]
    EndIdle,
    /// There are more or fewer core values than the type is flattened to.
    ///
    /// The engine checks the types of what it calls, so this is a mistake of its adapter.
    #[error("there are more or fewer core values than the type is flattened to")]
    FlatValueCount,
    /// A value was to be loaded from fewer bytes than it takes, or stored where there is no room
    /// for it. Who calls [`load`](crate::abi::Lift::load) or [`store`](crate::abi::Lower::store)
    /// has checked that before.
    #[error("a value takes more bytes than there are for it")]
    ByteCount,
    /// A type of the host says that its values are nothing but their bytes
    /// ([`INLINE`](crate::abi::ComponentType::INLINE)), and asks for memory or a handle to store
    /// one.
    #[error("a type whose values are only bytes asks for memory or a handle")]
    NotInline,
    /// A value of the host is not of its type.
    #[error("a value is not of its type")]
    ValueMismatch,
    /// A handle has a Rust type of which nobody has said which type of the store it is.
    #[error("nobody has said which type of the store the type of a handle is")]
    UnknownHandleType,
    /// A resource is lent to the instance that defines its type, as its representation, which is
    /// one of 64 bits; the spec flattens every `borrow` to an `i32`.
    #[error("the representation of a borrowed resource does not fit an `i32`")]
    RepresentationTooLarge,
    /// A `&str` is to borrow a string that does not lie in memory as UTF-8. A
    /// [`LiftedStr`](crate::abi::LiftedStr) can, and a `String` is a copy.
    #[error("a `&str` cannot borrow a string that is not in UTF-8")]
    NotUtf8,
    /// What a guest passes would take more of the host's memory than the
    /// [budget](crate::abi::LiftContext::budget) of lifting allows, or than there is; or it passes
    /// so many lists that lie in the same place to another guest that it is far more than its
    /// memory.
    #[error("a lifted value takes too much memory")]
    LiftedTooLarge,
    /// A string or list of the host is longer than the canonical ABI allows.
    #[error("a string or list is longer than the canonical ABI allows")]
    TooLong,
    /// Something is to be lowered into memory by options that have no `realloc`, which validation
    /// refuses.
    #[error("there is no `realloc` to lower with")]
    NoRealloc,
    /// Core code trapped while a value was lowered; who drives the engine knows why.
    #[error("core code trapped")]
    CoreTrap,
    /// Bytes that are read or written without a check, because it was made before, do not lie in
    /// their memory: nobody checked them, or the memory has shrunk, which no engine's does.
    #[error("an address was not checked before, and is outside of the memory")]
    UncheckedAddress,
    /// The memory that values come from changed while they were moved, so that they are not what
    /// was lifted: there are more handles in them, or fewer, or others. Only a guest that gives
    /// values to itself can do that.
    #[error("values changed while they were moved")]
    SourceChanged,
    /// A text, or bytes, are longer than what is set aside for one: of a value that the host keeps,
    /// or of a name. Nothing was cut, and nothing has changed.
    #[error("there is no room for {bytes} bytes in one text or value")]
    ValueTooLong {
        /// How long it is, in bytes; the highest number if it is longer than that.
        bytes: u32,
    },
    /// The context is that of a scope, which takes it away itself when it is left.
    #[error("the context is that of a scope, and is there until the scope is left")]
    ContextScopeEntered,
    /// An error context would be among its own sources.
    #[error("an error context would be among its own sources")]
    SourceCycle,
    /// An error has more sources than are followed.
    #[error("an error has more than {max} sources, one behind the other")]
    TooManySources {
        /// How many are followed.
        max: u32,
    },
    /// Somebody waits for the end of the thread, or was told of it.
    #[error("the thread was joined already")]
    AlreadyJoined,
    /// Nobody waits for the end of the thread.
    #[error("nobody joins the thread")]
    NotJoined,
    /// A thread would wait for its own end, directly or because others do.
    #[error("a thread would wait for its own end")]
    JoinCycle,
    /// The thread is over: it is given no values any more, and waits for nobody.
    #[error("the thread is over")]
    ThreadEnded,
    /// A host's buffer is too long for its stream or future.
    #[error("a buffer of {length} elements is too long, or a future's is not of one")]
    BufferTooLong {
        /// Its length in elements.
        length: u32,
    },
    /// What is not over can be cancelled, not forgotten.
    #[error("the task is not over")]
    NotFinished,
    /// A call or task is bound to one cancellation token at a time.
    #[error("the task is bound to a cancellation token already")]
    AlreadyBound,
    /// It is bound to no cancellation token.
    #[error("the task is bound to no cancellation token")]
    NotBound,
    /// What is to be removed from a waitable set is no member of it.
    #[error("this is not a member of the waitable set")]
    NotMember,
    /// A waitable set that is dropped has no members, as the spec says of guests' sets.
    #[error("the waitable set has members")]
    SetNotEmpty,
    /// Nothing is added to a waitable set that was closed.
    #[error("the waitable set is closed")]
    SetClosed,
    /// A waitable set would be among its own members.
    #[error("a waitable set would be among its own members")]
    SetCycle,
}

impl Error {
    /// [`ValueTooLong`](Self::ValueTooLong) of so many bytes.
    pub(crate) fn value_too_long(bytes: usize) -> Self {
        Self::ValueTooLong { bytes: u32::try_from(bytes).unwrap_or(u32::MAX) }
    }
}

/// Something that an engine can have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MissingCapability {
    /// Shared functions, whose threads run in parallel.
    SharedFunctions,
}

impl fmt::Display for MissingCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SharedFunctions => "shared functions",
        })
    }
}

/// A value does not fit its bits of a packed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} does not fit the field `{}` of a `{}`", field.name(), field.packing())]
pub struct FieldTooLarge {
    /// The field.
    pub field: PackedField,
    /// The value.
    pub value: u32,
}

/// A packed integer holds a code that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} is no `{code}`")]
pub struct UnknownCode {
    /// The enumeration, as `spec/abi.toml` calls it.
    pub code: &'static str,
    /// The number.
    pub value: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearly all that the machine does ends with one of them or a little more, which then is
    /// returned in registers.
    #[test]
    fn errors_take_no_more_than_two_registers() {
        assert_eq!((size_of::<Error>(), size_of::<Failure>()), (12, 12));
        assert_eq!(size_of::<Result<u64, Failure>>(), 16);
    }
}
