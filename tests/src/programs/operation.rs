//! The actions of guests and the host in a program.

use weft::builtin::Builtin;

use super::world::BEYOND;

/// An action, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// Its numbers; an operation ignores those that it does not need.
    pub arguments: [u32; 4],
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The operations of a guest or the host: calls of built-ins, and others.
        ///
        /// `a`, `b`, `c` and `d` are the numbers of the entry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            /// A guest calls a built-in. Its definition takes `a` if [`is_chosen`] returns true;
            /// its parameters take the remaining numbers.
            Builtin(Builtin),
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// Returns its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Builtin(builtin) => builtin.name(),
                    $(Self::$name => $text,)*
                }
            }

            /// Returns the operation with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$name),)*
                    _ => Builtin::from_name(name).map(Self::Builtin),
                }
            }
        }
    };
}

operations! {
    /// A guest calls function `b` of instance `a`, lowered with `async` if `c` is odd, with `d`. The
    /// result is stored beyond the memory if `c` is [`BEYOND`] or more.
    Call = "call",
    /// A guest returns `a`, or the code `a` and the waitable set `b`. If its function has a
    /// `post-return` function, that one calls the built-in with the number `c`: [`after_return`].
    Return = "return",
    /// A guest stores the word `b` in its memory, at one of the first addresses: [`stored_at`].
    Store = "store",
    /// The host lets a ready thread run.
    HostTick = "host.tick",
    /// The host calls function `b` of instance `a`; `c` is the representation of a resource.
    HostInvoke = "host.invoke",
    /// The host asks one of its calls to cancel.
    HostCancel = "host.cancel",
    /// A host function takes its arguments.
    HostStart = "host.start",
    /// A host function returns.
    HostReturn = "host.return",
    /// A host function ends without a result, after a request for cancellation.
    HostCancelled = "host.cancelled",
    /// The host reads from or writes to one of its ends, `b` elements.
    HostCopy = "host.copy",
    /// The host cancels a read or write of its own.
    HostCancelCopy = "host.cancel-copy",
    /// The host ends the cancellation of a guest's read or write.
    HostFinishCancellation = "host.finish-cancellation",
    /// The host drops one of its ends.
    HostDrop = "host.drop",
    /// The host takes the events of its ends.
    HostEvents = "host.events",
    /// The host, which a guest has called, returns control.
    HostDone = "host.done",
}

impl From<Builtin> for Operation {
    fn from(builtin: Builtin) -> Self {
        Self::Builtin(builtin)
    }
}

impl Operation {
    /// Returns true if the host does it.
    #[must_use]
    pub const fn is_hosts(self) -> bool {
        !matches!(self, Self::Builtin(_) | Self::Call | Self::Return | Self::Store)
    }
}

/// Returns true if the first number of an entry selects the definition of a built-in: its type,
/// which is `a` modulo the number of types; its slot; or its `async`, see [`is_async`].
///
/// Resources can only be made of an instance's own type.
#[must_use]
pub fn is_chosen(builtin: Builtin) -> bool {
    let immediates = builtin.description().immediates;
    let chooses =
        |it: &&str| [": typeidx", ": u32", ": async?"].iter().any(|kind| it.ends_with(kind));
    immediates.iter().any(chooses) && builtin != Builtin::ResourceNew
}

/// Returns true if the number that selects a definition of `builtin` means `async`: by its bit 4,
/// after the type, if there is one, and by its bit 0 otherwise.
#[must_use]
pub fn is_async(builtin: Builtin, number: u32) -> bool {
    let has_type = builtin.description().immediates.iter().any(|it| it.ends_with(": typeidx"));
    number >> (if has_type { 4 } else { 0 }) & 1 == 1
}

/// Returns the number that is added to the address of the result of a call, for the number of its
/// entry that says whether it is lowered with `async`.
#[must_use]
pub const fn result_offset(number: u32) -> u32 {
    if number >= BEYOND { BEYOND } else { 0 }
}

/// Returns the built-in that a `post-return` function calls with zeros, for the number of the entry
/// with which the guest returns. Nearly all trap there.
#[must_use]
pub fn after_return(number: u32) -> Option<Builtin> {
    let position = number.checked_sub(1)?;
    let builtin = Builtin::ALL.get(position as usize).copied()?;
    // The reference does not have the last one.
    (builtin != Builtin::ThreadAvailableParallelism).then_some(builtin)
}

/// Returns the number with which a guest's `post-return` function calls a built-in.
#[must_use]
pub fn number_after_return(builtin: Builtin) -> u32 {
    let position = Builtin::ALL.iter().position(|it| *it == builtin);
    position.and_then(|it| u32::try_from(it + 1).ok()).unwrap_or(0)
}

/// Returns the address at which a guest stores a word, for the number of its entry.
#[must_use]
pub const fn stored_at(number: u32) -> u32 {
    number % 16 * 4
}
