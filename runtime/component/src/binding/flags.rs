//! Sets of flags: what the macro `flags!` makes of a `struct`.

/// A set of flags that [`flags!`](super::flags) made.
pub trait Flags: Copy {
    /// The integer that holds a bit for each flag.
    type Bits;

    /// The WIT names, from the lowest bit up.
    const NAMES: &'static [&'static str];

    /// Returns the integer.
    fn to_bits(self) -> Self::Bits;

    /// Returns the set that an integer stands for. Bits without a flag are ignored, as the
    /// canonical ABI has it.
    fn from_bits_truncated(bits: Self::Bits) -> Self;
}

/// Makes a set of flags of a `struct` around an integer: its operators, tests, and names.
///
/// The `struct` and its constants stand beside the call, so that they can be documented; the
/// flags' WIT names are given from the lowest bit up.
///
/// ```
/// /// How to open a file.
/// #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
/// pub struct OpenFlags(u8);
///
/// impl OpenFlags {
///     /// Create it if there is none.
///     pub const CREATE: Self = Self(1 << 0);
///     /// Fail if there is one.
///     pub const EXCLUSIVE: Self = Self(1 << 1);
/// }
///
/// weft::binding::flags!(OpenFlags: u8, ["create", "exclusive"]);
///
/// let mut flags = OpenFlags::CREATE | OpenFlags::EXCLUSIVE;
/// assert!(flags.contains(OpenFlags::CREATE));
/// assert_eq!(flags, OpenFlags::all());
/// assert_eq!(format!("{flags:?}"), "OpenFlags(create | exclusive)");
///
/// flags.remove(OpenFlags::CREATE);
/// assert_eq!(flags.bits(), 0b10);
/// assert!((flags & OpenFlags::CREATE).is_empty());
/// assert_eq!(!flags, OpenFlags::CREATE);
///
/// // Bits without a flag are ignored, as the canonical ABI has it.
/// assert_eq!(OpenFlags::from_bits(0xff), OpenFlags::all());
/// ```
// Hidden: users name it `binding::flags`.
#[doc(hidden)]
#[macro_export]
macro_rules! __weft_flags {
    ($name:ident: $bits:ty, [$($flag:literal),* $(,)?]) => {
        #[allow(dead_code, deprecated, unreachable_pub)]
        const _: () = {
            impl $name {
                /// Returns the set without flags.
                pub const fn empty() -> Self {
                    Self(0)
                }

                /// Returns the set of all flags.
                pub const fn all() -> Self {
                    let mut bits: $bits = 0;
                    let mut flag = 0;
                    while flag < <Self as $crate::binding::Flags>::NAMES.len() {
                        bits |= 1 << flag;
                        flag += 1;
                    }
                    Self(bits)
                }

                /// Returns the integer with a bit for each flag.
                pub const fn bits(self) -> $bits {
                    self.0
                }

                /// Returns the set that an integer stands for; bits without a flag are ignored.
                pub const fn from_bits(bits: $bits) -> Self {
                    Self(bits & Self::all().0)
                }

                /// Returns `true` if there is no flag in it.
                pub const fn is_empty(self) -> bool {
                    self.0 == 0
                }

                /// Returns `true` if all flags of `other` are in it.
                pub const fn contains(self, other: Self) -> bool {
                    self.0 & other.0 == other.0
                }

                /// Adds the flags of `other`.
                pub const fn insert(&mut self, other: Self) {
                    self.0 |= other.0;
                }

                /// Takes away the flags of `other`.
                pub const fn remove(&mut self, other: Self) {
                    self.0 &= !other.0;
                }
            }

            impl $crate::binding::Flags for $name {
                type Bits = $bits;
                // Here alone: an inherent constant could meet that of a flag.
                const NAMES: &'static [&'static str] = &[$($flag),*];

                fn to_bits(self) -> $bits {
                    self.0
                }

                fn from_bits_truncated(bits: $bits) -> Self {
                    Self::from_bits(bits)
                }
            }

            impl $crate::abi::ComponentType for $name {
                const ABI: $crate::abi::Abi = FLAGS.abi();
                const INLINE: bool = true;
                const HANDLES: bool = false;
                const SHAPE: $crate::abi::Shape =
                    $crate::abi::Shape::Flags(<$name as $crate::binding::Flags>::NAMES);
            }

            const FLAGS: $crate::abi::FlagsAbi =
                $crate::abi::FlagsAbi::new(<$name as $crate::binding::Flags>::NAMES.len());

            impl $crate::abi::Lower for $name {
                fn lower_flat<Cx: $crate::abi::LowerContext + ?::core::marker::Sized>(
                    &self,
                    _: &mut Cx,
                    flat: &mut $crate::abi::FlatValues,
                ) -> ::core::result::Result<(), $crate::error::Failure> {
                    FLAGS.lower_flat(flat, ::core::primitive::u32::from(self.0))
                }

                fn store<Cx: $crate::abi::LowerContext + ?::core::marker::Sized>(
                    &self,
                    cx: &mut Cx,
                    address: ::core::primitive::u64,
                ) -> ::core::result::Result<(), $crate::error::Failure> {
                    FLAGS.store(cx, address, ::core::primitive::u32::from(self.0))
                }
            }

            impl<'a> $crate::abi::Lift<'a> for $name {
                fn lift_flat<Hs: $crate::abi::LiftHandles>(
                    _: &mut $crate::abi::LiftContext<'a, Hs>,
                    values: &mut $crate::abi::CoreValueIter<'_>,
                ) -> ::core::result::Result<Self, $crate::error::Failure> {
                    let bits = <$bits>::try_from(FLAGS.lift_flat(values)?);
                    ::core::result::Result::Ok(Self(bits.unwrap_or_default()))
                }

                fn load<Hs: $crate::abi::LiftHandles>(
                    _: &mut $crate::abi::LiftContext<'a, Hs>,
                    bytes: &'a [::core::primitive::u8],
                ) -> ::core::result::Result<Self, $crate::error::Failure> {
                    let bits = <$bits>::try_from(FLAGS.load(bytes)?);
                    ::core::result::Result::Ok(Self(bits.unwrap_or_default()))
                }
            }

            impl ::core::ops::BitOr for $name {
                type Output = Self;

                fn bitor(self, other: Self) -> Self {
                    Self(self.0 | other.0)
                }
            }

            impl ::core::ops::BitOrAssign for $name {
                fn bitor_assign(&mut self, other: Self) {
                    self.insert(other);
                }
            }

            impl ::core::ops::BitAnd for $name {
                type Output = Self;

                fn bitand(self, other: Self) -> Self {
                    Self(self.0 & other.0)
                }
            }

            impl ::core::ops::BitXor for $name {
                type Output = Self;

                fn bitxor(self, other: Self) -> Self {
                    Self(self.0 ^ other.0)
                }
            }

            impl ::core::ops::Sub for $name {
                type Output = Self;

                fn sub(self, other: Self) -> Self {
                    Self(self.0 & !other.0)
                }
            }

            impl ::core::ops::Not for $name {
                type Output = Self;

                fn not(self) -> Self {
                    Self::from_bits(!self.0)
                }
            }

            impl ::core::fmt::Debug for $name {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(::core::concat!(::core::stringify!($name), "("))?;
                    let mut first = true;
                    for (bit, name) in <Self as $crate::binding::Flags>::NAMES.iter().enumerate() {
                        if self.0 & (1 << bit) != 0 {
                            f.write_str(if first { "" } else { " | " })?;
                            f.write_str(name)?;
                            first = false;
                        }
                    }
                    f.write_str(")")
                }
            }
        };
    };
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::Flags;
    use crate::binding::flags;

    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
    struct Full(u8);
    flags!(Full: u8, ["a", "b", "c", "d", "e", "f", "g", "h"]);

    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
    struct Three(u32);
    flags!(Three: u32, ["a", "b", "c"]);

    #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
    struct Nothing(u8);
    flags!(Nothing: u8, []);

    #[test]
    fn all_is_every_flag_and_no_more() {
        assert_eq!(Full::all().bits(), 0xff);
        assert_eq!(Three::all().bits(), 0b111);
        assert_eq!(Nothing::all(), Nothing::empty());
        assert_eq!((!Three::empty()).bits(), 0b111);
        assert_eq!(Three::from_bits_truncated(u32::MAX).to_bits(), 0b111);
    }

    #[test]
    fn sets_are_compared_joined_and_taken_apart() {
        let [a, b] = [1, 2].map(Three::from_bits);
        let mut both = a;
        both |= b;
        assert_eq!(both, a | b);
        assert_eq!(both - a, b);
        assert_eq!(both ^ a, b);
        assert_eq!(both & a, a);
        assert!(both.contains(a) && !a.contains(both) && a.contains(Three::empty()));
        assert_eq!(format!("{both:?} {:?}", Three::empty()), "Three(a | b) Three()");
    }
}
