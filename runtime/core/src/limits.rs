//! The storage of a machine's tables: growing ones, or arrays of the sizes that you write.
//!
//! The machine's code and signatures are the same for both. If a table is full, a call fails with
//! [`Error::Full`](crate::error::Error::Full), which names the table, and nothing has changed.
//!
//! ```
//! # use weft_core as weft;
//! use weft::error::Error;
//! use weft::limits::Table;
//! use weft::machine::Machine;
//!
//! weft::limits! {
//!     struct Small { instances: 1, ..MachineSizes::SMALL }
//! }
//!
//! let mut machine = Machine::<Small>::default(); // Its tables are arrays.
//! machine.new_instance()?;
//! assert_eq!(machine.new_instance(), Err(Error::Full(Table::Instances)));
//! # Ok::<(), weft::error::Error>(())
//! ```
//!
//! | item | purpose |
//! |---|---|
//! | [`Limits`] | names a [`Storage`] for each [`Table`] of a machine |
//! | [`Heap`] | lets every table grow (feature `alloc`) |
//! | [`limits!`](crate::limits!) | makes a type whose tables are arrays |
//! | [`MachineSizes`] | the sizes of these arrays, with presets |
//! | [`ExtensionLimits`](crate::host::limits::ExtensionLimits), [`ExtensionSizes`](crate::host::limits::ExtensionSizes) | the same for the side tables of the host extensions |

mod message;
mod sizes;
mod storage;
mod table;

use crate::limit;

pub use message::{ArrayText, Message};
pub use sizes::MachineSizes;
pub(crate) use sizes::sizes;
pub use storage::{Array, Storage};
pub use table::Table;
pub(crate) use table::{bytes_of, entries};

macro_rules! limits_and_heap {
    ($($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
        /// The storage of each table of a machine.
        ///
        /// [`Heap`] lets all of them grow. [`limits!`](crate::limits!) makes a type whose tables
        /// are arrays. Implement the trait by hand to mix the two.
        pub trait Limits: Sized + 'static {
            /// The greatest index of an instance's handle table and thread table. A guest that
            /// needs a greater one traps with [`TableFull`](crate::trap::Trap::TableFull). A host
            /// may lower this limit; the limit of the spec is [`limit::MAX_TABLE_LENGTH`].
            const MAX_TABLE_LENGTH: u32 = limit::MAX_TABLE_LENGTH;

            $($(#[$attribute])* type $table<T>: Storage<T>;)*
            /// The debug message of an error context.
            type Message: Message;
        }

        #[cfg(feature = "alloc")]
        impl Limits for Heap {
            $(type $table<T> = alloc::vec::Vec<T>;)*
            type Message = alloc::string::String;
        }
    };
}

crate::__machine_tables! { [limits_and_heap] }

/// Storage that lets every table grow.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Heap;

/// Implements [`Limits`] by arrays: the first part of [`limits!`](crate::limits!).
// Hidden: `limits!` expands to it in the crates of users.
#[doc(hidden)]
#[macro_export]
macro_rules! __machine_limits {
    (
        $name:ident { $($sizes:tt)* }
        $($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*
    ) => {
        const _: () = {
            use $crate::limits::MachineSizes;

            #[allow(clippy::needless_update, reason = "every size may be given beside a preset")]
            const SIZES: MachineSizes = MachineSizes { $($sizes)* };

            impl $crate::limits::Limits for $name {
                $(type $table<T> = $crate::limits::Array<T, { SIZES.$size }>;)*
                type Message = $crate::limits::ArrayText<{ SIZES.message_bytes }>;
            }
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::limits! {
        struct InOrder {
            instances: 1, functions: 2, types: 3, handles: 4, thread_indices: 5, tasks: 6,
            threads: 7, waitables: 8, waitable_sets: 9, resources: 10, lends: 11,
            error_contexts: 12, frames: 13, held_frames: 15, message_bytes: 14,
        }
    }

    crate::limits! {
        struct OutOfOrder {
            frames: 13, held_frames: 15, message_bytes: 14, error_contexts: 12, lends: 11, resources: 10,
            waitable_sets: 9, waitables: 8, threads: 7, tasks: 6, thread_indices: 5, handles: 4,
            types: 3, functions: 2, instances: 1
        }
    }

    crate::limits! {
        struct Preset { frames: 7, ..MachineSizes::SMALL }
    }

    /// Returns the number of entries that there is room for.
    fn room<T>(mut storage: impl Storage<T>) -> usize {
        (0..1000).find(|it| !storage.reserve(it + 1)).unwrap()
    }

    /// Checks the resulting sizes.
    macro_rules! sizes_of {
        ($limits:ident
            $($(#[$attribute:meta])* $table:ident, $size:ident, $shown:literal, $presets:tt;)*) => {
            MachineSizes {
                $($size: room(<$limits as Limits>::$table::<u8>::EMPTY),)*
                message_bytes: size_of::<<$limits as Limits>::Message>() - size_of::<ArrayText<0>>(),
            }
        };
    }

    #[test]
    fn sizes_are_given_in_any_order() {
        let in_order = crate::__machine_tables! { [sizes_of] InOrder };
        assert_eq!(in_order.instances, 1);
        assert_eq!(in_order.frames, 13);
        assert_eq!(in_order, crate::__machine_tables! { [sizes_of] OutOfOrder });
    }

    #[test]
    fn a_preset_stands_for_sizes_that_are_not_written() {
        let sizes = crate::__machine_tables! { [sizes_of] Preset };
        assert_eq!(sizes.frames, 7);
        assert_eq!(
            MachineSizes { message_bytes: 64, ..sizes },
            MachineSizes { frames: 7, ..MachineSizes::SMALL }
        );
    }
}
