//! The traps that generated code raises: the rules of lifting and lowering, by number.

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
            /// Returns its number.
            pub(crate) const fn code(self) -> u32 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// Returns the rule that was broken, by its number.
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
    /// A value does not lie in its memory.
    PointerOutOfBounds = 1;
    /// A list is too long.
    ListTooLong = 2;
    /// A list does not lie in its memory.
    ListContentOutOfBounds = 3;
    /// A number is no character.
    InvalidChar = 4;
    /// A discriminant is none of a case.
    InvalidDiscriminant = 5;
    /// A string does not lie in its memory.
    StringContentOutOfBounds = 6;
}
