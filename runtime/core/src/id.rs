//! Ids, by which a host names the objects in a machine.
//!
//! An id has the generation of its slot. So the id of an object that is gone is an
//! [`Error::Unknown`](crate::error::Error::Unknown), and never the id of a newer object. A program
//! with several machines can set a [tag](crate::machine::Machine::set_tag) for each. Then an id of
//! another machine is an [`Error::Unknown`](crate::error::Error::Unknown), too.
//!
//! ```
//! # use weft_core as weft;
//! use weft::id::Id;
//! use weft::machine::{InstanceId, Machine};
//!
//! weft::limits! {
//!     struct Small { ..MachineSizes::SMALL }
//! }
//!
//! let mut machine = Machine::<Small>::default();
//! let instance = machine.new_instance()?;
//! assert_eq!((instance.position(), instance.generation()), (0, 0));
//! assert_eq!(InstanceId::from_u64(instance.as_u64()), Some(instance));
//! assert_eq!(instance.to_string(), "1"); // For logs.
//! # Ok::<(), weft::error::Error>(())
//! ```

use core::fmt;
use core::num::NonZeroU32;

/// An id of an object in a table. The object's place is used again after the object is gone.
///
/// A [`SecondaryMap`](crate::secondary_map::SecondaryMap) maps ids to values.
pub trait Id: Copy + Eq + fmt::Debug {
    /// Returns the number of the object's place in its table, from 1.
    fn number(self) -> NonZeroU32;

    /// Returns the position of the object's place in its table, from 0.
    #[inline]
    fn position(self) -> usize {
        (self.number().get() - 1) as usize
    }

    /// Returns the number of objects that had the place before this one.
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
            /// Returns the id as a number, for logs and metadata. No other object of the same kind
            /// in the machine gets this number until the place was used 2³² times, or 2²⁴ times in
            /// a machine with a [tag](crate::machine::Machine::set_tag).
            #[must_use]
            pub const fn as_u64(self) -> u64 {
                ((self.generation as u64) << 32) | self.number.get() as u64
            }

            /// Returns the id whose [`as_u64`](Self::as_u64) is `number`, or `None` if there is
            /// none.
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

        /// Writes the number of its place, and the generation if it is not the first one. If the
        /// machine has a tag, it comes first: `7:3.1`.
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
    /// A task, which is a call of a guest's export.
    TaskId;
    /// A thread.
    ThreadId;
    /// A subtask, which is a call as its caller sees it.
    SubtaskId;
    /// An end of a stream or future.
    EndId;
    /// An error context.
    ErrorContextId;
    /// A waitable set.
    WaitableSetId;
    /// A function that can be called: a guest's lifted export, or a host function.
    FunctionId;
}

/// A waitable: a call, or an end with its reads and writes.
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
