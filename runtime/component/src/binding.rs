//! What bindings from WIT consist of: the traits that generated types implement.
//!
//! `codegen bind` turns a WIT world into one Rust file that declares types, and for the rest
//! relies on this module. For WIT such as
//!
//! ```wit
//! package example:files;
//!
//! interface types {
//!   resource file {
//!     size: func() -> u64;
//!     sync: async func() -> result<_, string>;
//!   }
//! }
//!
//! world program {
//!   import types;
//!   export run: async func(name: string) -> u32;
//! }
//! ```
//!
//! the file has:
//!
//! - `example::files::types::File`, a [`BoundResource`]: a type without values that tells one kind
//!   of handle from another, as in [`Own<File>`](Own) and [`Borrow<'_, File>`](Borrow);
//! - `example::files::types::HostFile`, the trait with what a host does for files, and `Host`
//!   for the interface's functions that belong to no resource; at the top a `Host` that joins
//!   those of all imports. A method of a resource gets the handle as `self_`;
//! - in modules called `functions`, a type for each function, which implements [`BoundFunction`]:
//!   here `example::files::types::functions::FileSize`, and `exports::functions::Run`;
//! - `Program`, the [`World`];
//! - with components (feature `component`) a function `add_to_linker` for each interface and one
//!   for the world, which gives what a host implements to a
//!   `weft::component::Linker`; what a world exports is called by the type that stands for it,
//!   with `Store::export`.
//!
//! Interfaces are modules, `namespace::package::interface`; those that the world exports lie
//! under `exports`, and their types and resources are others than those of an import of the
//! same interface. Anything in a name that Rust does not allow, or that is there twice, is
//! resolved by a rule: keywords are raw (`r#type`), `self`, `super` and `crate` get an underscore,
//! and the second of two equal names gets a number.
//!
//! # Async functions
//!
//! A host's method for an `async func` returns a future that is `Send` and `'static`:
//!
//! ```
//! # use weft::binding::Borrow;
//! # enum File {}
//! # trait HostFile {
//! #     fn sync(
//! #         &mut self,
//! #         self_: Borrow<'_, File>,
//! #     ) -> impl Future<Output = Result<(), String>> + Send + 'static;
//! # }
//! struct Server {
//!     disk: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
//! }
//!
//! impl HostFile for Server {
//!     fn sync(
//!         &mut self,
//!         self_: Borrow<'_, File>,
//!     ) -> impl Future<Output = Result<(), String>> + Send + 'static {
//!         let (disk, file) = (self.disk.clone(), self_.representation());
//!         async move {
//!             let mut disk = disk.lock().map_err(|error| error.to_string())?;
//!             disk.push(format!("file {file} is in sync"));
//!             Ok(())
//!         }
//!     }
//! }
//! ```
//!
//! - *`'static`*, so that it does not hold on to the host. A guest may have any number of calls
//!   under way at once, and other guests too; if a future borrowed `&mut self`, the first call
//!   that waits would keep all others out. A method looks up what it needs (and resolves
//!   borrowed handles, which belong to the call) and returns an `async move` block with it. So
//!   such a method is written as above and not as an `async fn`, which would hold on to `self`.
//! - *`Send`*, because a [store](crate) is: it can be moved between threads with everything that
//!   is under way in it, so these futures have to be movable, too. The bound stands in the
//!   trait, where a mistake is reported at the method and not at a spawn far away.
//!
//! # What WIT types become
//!
//! | WIT | Rust |
//! |---|---|
//! | `string`, `list<t>` | [`String`], [`Vec<T>`](Vec) |
//! | `list<t, 4>` | `[T; 4]` |
//! | `map<k, v>` | [`BTreeMap<K, V>`](BTreeMap): WIT's key types all have an order |
//! | `record`, `variant`, `enum` | `struct`, `enum` |
//! | `flags` | a `struct` with constants and operators, made with [`flags!`] |
//! | `r`, `own<r>`, `borrow<r>` | [`Own<R>`](Own), [`Borrow<'_, R>`](Borrow) |
//! | `stream<t>`, `future<t>` | [`StreamHandle<T>`](StreamHandle), [`FutureHandle<T>`](FutureHandle) |
//! | `error-context` | [`ErrorContext`] |
//!
//! Types derive what all their parts allow: [`Clone`] unless there is an owned handle in them,
//! [`Eq`] and [`Hash`](core::hash::Hash) unless there is a float. Those that a `result` has as its error implement
//! [`Error`](core::error::Error), with the first sentence of their WIT comment as the message.

#[cfg(feature = "alloc")]
pub use alloc::boxed::Box;
#[cfg(feature = "alloc")]
pub use alloc::collections::BTreeMap;
#[cfg(feature = "alloc")]
pub use alloc::string::String;
#[cfg(feature = "alloc")]
pub use alloc::vec::Vec;

pub use crate::handle::{Borrow, ErrorContext, FutureHandle, Own, StreamHandle};
pub use weft_core::abi::Value;

#[doc(inline)]
pub use crate::__weft_flags as flags;
// Hidden: only generated bindings call it.
#[doc(hidden)]
pub use crate::__weft_link as link;

/// A function that a world imports or exports.
///
/// ```
/// use weft::binding::BoundFunction;
///
/// struct Run;
///
/// impl BoundFunction for Run {
///     const INTERFACE: Option<&'static str> = Some("wasi:cli/run@0.3.2");
///     const NAME: &'static str = "run";
///     const ASYNC: bool = true;
///     type Params<'a> = ();
///     type Result = Result<(), ()>;
/// }
///
/// fn title<F: BoundFunction>() -> String {
///     let kind = if F::ASYNC { "async func" } else { "func" };
///     format!("{kind} {}#{}", F::INTERFACE.unwrap_or_default(), F::NAME)
/// }
///
/// assert_eq!(title::<Run>(), "async func wasi:cli/run@0.3.2#run");
/// ```
pub trait BoundFunction {
    /// The name, in the world, of the interface that the function is in; `None` if it is
    /// directly in the world.
    const INTERFACE: Option<&'static str>;

    /// The name in the interface or world, as components spell it: `[method]file.size`.
    const NAME: &'static str;

    /// Whether it is an `async func`.
    const ASYNC: bool;

    /// The parameters, as a tuple; borrowed handles in it are lent for `'a`. A method's first is
    /// the handle.
    type Params<'a>;

    /// The result, `()` if there is none.
    type Result;
}

/// A type of resource. It has no values: what there are values of is handles to it.
///
/// ```
/// use weft::binding::{BoundResource, Own};
///
/// #[derive(Debug)]
/// enum File {}
///
/// impl BoundResource for File {
///     const INTERFACE: Option<&'static str> = Some("example:files/types");
///     const NAME: &'static str = "file";
/// }
///
/// fn close<R: BoundResource>(handle: Own<R>) -> String {
///     format!("[resource-drop]{} of {}", R::NAME, handle.representation())
/// }
///
/// assert_eq!(close(Own::<File>::new(4)), "[resource-drop]file of 4");
/// ```
pub trait BoundResource {
    /// The name, in the world, of the interface that the resource is in; `None` if it is
    /// directly in the world.
    const INTERFACE: Option<&'static str>;

    /// The name in the interface or world.
    const NAME: &'static str;
}

/// A world: what a component needs and what it offers.
///
/// ```
/// use weft::binding::World;
///
/// struct Program;
///
/// impl World for Program {
///     const NAME: &'static str = "example:files/program";
///     const IMPORTS: &'static [&'static str] = &["example:files/types"];
///     const EXPORTS: &'static [&'static str] = &["run"];
/// }
///
/// assert!(Program::IMPORTS.contains(&"example:files/types"));
/// ```
pub trait World {
    /// The full name, such as `wasi:cli/command@0.3.2`.
    const NAME: &'static str;

    /// The names of the interfaces and functions that it imports, in the order of the WIT.
    const IMPORTS: &'static [&'static str];

    /// The names of the interfaces and functions that it exports, in the order of the WIT.
    const EXPORTS: &'static [&'static str];
}

/// A set of flags that [`flags!`] made.
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

/// Makes `add_to_linker`, which gives what a host implements to components: for one interface, or
/// for a world with all of its interfaces. Only bindings call it.
#[cfg(feature = "component")]
// Hidden: only generated bindings call it, as `binding::link`.
#[doc(hidden)]
#[macro_export]
macro_rules! __weft_link {
    (
        interface: $interface:expr, host: [$($host:ident)?],
        modules: [$($module:path),*],
        resources: [$($name:literal $resource:ty => $dropped:ident::$drop:ident),*],
        functions: [$($function:path => $trait:ident::$method:ident($($param:ident),*)),*],
        async_functions: [
            $($later:path => $later_trait:ident::$later_method:ident($($later_param:ident),*)),*
        ]
    ) => {
        /// Gives all of it to components: `host` finds who implements it in a store's data.
        #[allow(
            clippy::all,
            clippy::pedantic,
            dead_code,
            deprecated,
            unreachable_pub,
            unused_qualifications,
            reason = "it is generated, and what it names is the user's"
        )]
        pub fn add_to_linker<E, T, H>(
            linker: &mut $crate::component::Linker<E, T>,
            host: $crate::component::FindHost<T, H>,
        ) where
            E: $crate::engine::CoreEngine,
            T: 'static,
            H: $($host +)? 'static,
        {
            $($module(linker, host);)*
            $(linker.bind_resource::<$resource, H>(
                $interface, $name, host, <H as $dropped>::$drop,
            );)*
            $(linker.bind_function::<$function, H>(
                host, |host, ($($param,)*)| <H as $trait>::$method(host, $($param),*),
            );)*
            $(linker.bind_async_function::<$later, H>(
                host, |host, ($($later_param,)*)| {
                    $crate::binding::Box::pin(
                        <H as $later_trait>::$later_method(host, $($later_param),*),
                    )
                },
            );)*
            let _ = (linker, host);
        }
    };
}

/// Without components there is nothing to give anything to.
#[cfg(not(feature = "component"))]
// Hidden: only generated bindings call it, as `binding::link`.
#[doc(hidden)]
#[macro_export]
macro_rules! __weft_link {
    ($($anything:tt)*) => {};
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
                fn lower_flat<Cx: $crate::abi::LowerContext + ?Sized>(
                    &self,
                    _: &mut Cx,
                    flat: &mut $crate::abi::FlatValues,
                ) -> ::core::result::Result<(), $crate::error::Failure> {
                    FLAGS.lower_flat(flat, ::core::primitive::u32::from(self.0))
                }

                fn store<Cx: $crate::abi::LowerContext + ?Sized>(
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

    use super::{Flags, flags};

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
