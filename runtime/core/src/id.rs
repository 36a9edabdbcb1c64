//! Ids: how a host names what is in a machine.
//!
//! An id carries the generation of its slot, so that one of something gone is an
//! [`Error::Unknown`](crate::error::Error::Unknown), and never somebody else's task.
//!
//! A program with several machines gives each a [tag](crate::machine::Machine::set_tag). Then an id of
//! another machine is an [`Error::Unknown`](crate::error::Error::Unknown), too.

use core::fmt;
use core::num::NonZeroU32;

/// An id of something whose place in its table is used again when it is gone.
///
/// A [`SecondaryMap`](crate::secondary_map::SecondaryMap) keeps values beside it.
pub trait Id: Copy + Eq + fmt::Debug {
    /// Returns the number of its place in the table of its kind, from 1.
    fn number(self) -> NonZeroU32;

    /// Returns the position of its place in the table of its kind, from 0.
    #[inline]
    fn position(self) -> usize {
        (self.number().get() - 1) as usize
    }

    /// Returns how often the place was used before.
    fn generation(self) -> u32;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            pub(crate) number: NonZeroU32,
            pub(crate) generation: u32,
        }

        impl $name {
            /// The id as a number, which no other thing of its kind has in the same machine, and none
            /// will have before its place was used 2³² times, or 2²⁴ times in a machine with a
            /// [tag](crate::machine::Machine::set_tag): for logs and metadata.
            #[must_use]
            pub const fn as_u64(self) -> u64 {
                ((self.generation as u64) << 32) | self.number.get() as u64
            }

            /// Returns the id that [`as_u64`](Self::as_u64) returned `number` for. None if no id is
            /// that number.
            #[must_use]
            pub const fn from_u64(number: u64) -> Option<Self> {
                let [a, b, c, d, generation @ ..] = number.to_le_bytes();
                let generation = u32::from_le_bytes(generation);
                match NonZeroU32::new(u32::from_le_bytes([a, b, c, d])) {
                    Some(number) => Some(Self { number, generation }),
                    None => None,
                }
            }
        }

        impl Id for $name {
            #[inline]
            fn number(self) -> NonZeroU32 {
                self.number
            }

            #[inline]
            fn generation(self) -> u32 {
                self.generation
            }
        }

        /// The number of its place; and, if others were there before, how many. The tag of its
        /// machine comes first, if it has one: `7:3.1`.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, tag] = self.generation.to_le_bytes();
                if tag != 0 {
                    write!(f, "{tag}:")?;
                }
                match u32::from_le_bytes([a, b, c, 0]) {
                    0 => write!(f, "{}", self.number),
                    generation => write!(f, "{}.{generation}", self.number),
                }
            }
        }
    )*};
}

ids! {
    /// A component instance.
    InstanceId;
    /// A task: a call of a guest's export.
    TaskId;
    /// A thread.
    ThreadId;
    /// A subtask: a call as its caller sees it.
    SubtaskId;
    /// An end of a stream or future.
    EndId;
    /// An error context.
    ErrorContextId;
    /// A waitable set.
    WaitableSetId;
    /// A function that can be called: one that a guest exports, lifted, or one of the host.
    FunctionId;
}

/// Something that can be waited for: a call, or a read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitableId {
    /// A subtask.
    Subtask(SubtaskId),
    /// An end of a stream or future.
    End(EndId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_again_from_its_number() {
        let number = (7 << 32) | 3;
        let id = TaskId::from_u64(number).unwrap();
        assert_eq!((id.as_u64(), id.position(), id.generation()), (number, 2, 7));
        assert_eq!(TaskId::from_u64(7 << 32), None);
    }
}
