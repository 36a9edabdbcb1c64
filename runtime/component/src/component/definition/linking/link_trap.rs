//! The traps that generated code raises: numbers for rules of lifting and lowering.

use crate::trap::Trap;

/// Declares the traps.
macro_rules! link_traps {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        /// A trap that generated code raises.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum LinkTrap {
            $($(#[$doc])* $name,)*
        }

        impl LinkTrap {
            /// Returns the number of the trap.
            pub(crate) const fn code(self) -> u32 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// Returns the trap for a number.
            pub(crate) const fn of_code(code: u32) -> Option<Trap> {
                match code {
                    $($code => Some(Trap::$name),)*
                    _ => None,
                }
            }
        }
    };
}

link_traps! {
    /// The address of a value is not aligned.
    PointerUnaligned = 0;
    /// A value is not inside of its memory.
    PointerOutOfBounds = 1;
    /// A list is too long.
    ListTooLong = 2;
    /// A list is not inside of its memory.
    ListContentOutOfBounds = 3;
    /// A number is not a character.
    InvalidChar = 4;
    /// A discriminant belongs to no case.
    InvalidDiscriminant = 5;
    /// A string is not inside of its memory.
    StringContentOutOfBounds = 6;
}
