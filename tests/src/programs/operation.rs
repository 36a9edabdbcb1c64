//! What guests and the host can do in a program.

use weft::builtin::Builtin;

/// What somebody does, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What.
    pub operation: Operation,
    /// With which numbers; those that an operation doesn't need are not looked at.
    pub arguments: [u32; 4],
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What somebody can do: call a built-in, and what else there is.
        ///
        /// `a`, `b`, `c` and `d` are the numbers of the entry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            /// A guest calls a built-in. Its definition takes `a` if [`is_chosen`] says so, then
            /// its parameters take the numbers that are left.
            Builtin(Builtin),
            $($(#[$doc])* $name,)*
        }

        impl Operation {
            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Builtin(builtin) => builtin.name(),
                    $(Self::$name => $text,)*
                }
            }

            /// The operation of this name.
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
    /// A guest calls function `b` of instance `a`, lowered with `async` if `c` is odd, with `d`.
    Call = "call",
    /// A guest returns `a`, or the code `a` and the waitable set `b`.
    Return = "return",
    /// The host lets a ready thread run.
    HostTick = "host.tick",
    /// The host calls function `b` of instance `a`; `c` is the representation of a resource.
    HostInvoke = "host.invoke",
    /// The host asks one of its calls to cancel.
    HostCancel = "host.cancel",
    /// One of the host's functions takes its arguments.
    HostStart = "host.start",
    /// One of the host's functions returns.
    HostReturn = "host.return",
    /// One of the host's functions ends without a result, as it was asked to.
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
    /// The host, called by a guest, gives control back.
    HostDone = "host.done",
}

impl From<Builtin> for Operation {
    fn from(builtin: Builtin) -> Self {
        Self::Builtin(builtin)
    }
}

impl Operation {
    /// Whether the host does it.
    #[must_use]
    pub const fn is_hosts(self) -> bool {
        !matches!(self, Self::Builtin(_) | Self::Call | Self::Return)
    }
}

/// Whether the first number of an entry chooses the definition of a built-in: the type, which is
/// `a` modulo how many there are; the slot; or whether it has `async`, see [`is_async`].
///
/// Only the own type of an instance can be made into a resource.
#[must_use]
pub fn is_chosen(builtin: Builtin) -> bool {
    let immediates = builtin.description().immediates;
    let chooses =
        |it: &&str| [": typeidx", ": u32", ": async?"].iter().any(|kind| it.ends_with(kind));
    immediates.iter().any(chooses) && builtin != Builtin::ResourceNew
}

/// Whether the number that chooses a definition of `builtin` says `async`: its bit 4, after the
/// type, where there is one, and its bit 0 otherwise.
#[must_use]
pub fn is_async(builtin: Builtin, number: u32) -> bool {
    let has_type = builtin.description().immediates.iter().any(|it| it.ends_with(": typeidx"));
    number >> (if has_type { 4 } else { 0 }) & 1 == 1
}
