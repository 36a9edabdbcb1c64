//! The sizes of a bounded machine's tables, with presets.

/// Makes the type of the sizes of some tables, with its presets. Its input is the documentation
/// of the type and of each preset, the sizes that belong to no table, and the rows of the tables.
macro_rules! sizes {
    (
        $(#[$attribute:meta])*
        struct $sizes:ident;
        $(#[$none_attribute:meta])*
        const NONE;
        $(#[$small_attribute:meta])*
        const SMALL;
        $(#[$medium_attribute:meta])*
        const MEDIUM;
        lengths {
            $(
                $(#[$length_attribute:meta])*
                $length:ident, [$length_small:literal, $length_medium:literal];
            )*
        }
        $(
            $(#[$table_attribute:meta])*
            $table:ident, $size:ident, $shown:literal, [$small:literal, $medium:literal];
        )*
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $sizes {
            $($(#[$table_attribute])* pub $size: usize,)*
            $($(#[$length_attribute])* pub $length: usize,)*
        }

        impl $sizes {
            $(#[$none_attribute])*
            pub const NONE: Self = Self { $($size: 0,)* $($length: 0,)* };

            $(#[$small_attribute])*
            pub const SMALL: Self = Self { $($size: $small,)* $($length: $length_small,)* };

            $(#[$medium_attribute])*
            pub const MEDIUM: Self = Self { $($size: $medium,)* $($length: $length_medium,)* };
        }
    };
}

pub(crate) use sizes;

crate::__machine_tables! { [sizes]
    /// The sizes of a bounded machine's tables: the first part of [`limits!`](crate::limits!).
    ///
    /// A table of size `n` holds `n` entries at a time.
    struct MachineSizes;
    /// No entries in any table, for a type that limits only host extensions.
    const NONE;
    /// The sizes for one component that handles few calls at a time: 4 tasks and threads, 8
    /// subtasks and ends of streams and futures, 16 handles. A machine takes less than 2.5 KiB.
    const SMALL;
    /// The sizes for a few components that handle some calls at a time: 16 tasks and threads, 64
    /// subtasks and ends of streams and futures, 64 handles in each instance. A machine takes less
    /// than 14 KiB.
    const MEDIUM;
    lengths {
        /// The length of each error context's debug message, in bytes of UTF-8.
        message_bytes, [64, 128];
    }
}
