//! Rust types as types of the Component Model: the traits [`ComponentType`], [`Lift`] and
//! [`Lower`].
//!
//! Layouts are constants, and lifting and lowering are monomorphic: a list of numbers is copied
//! as bytes, a record is a few loads at constant offsets.

mod elements;
mod flags;
mod handle;
#[cfg(feature = "std")]
mod hash_map;
mod list;
#[cfg(feature = "alloc")]
mod owned;
mod parts;
mod record;
mod scalar;
mod shape;
mod shape_abi;
mod variant;
mod window;

use crate::error::{AbiError, Failure};

use super::context::LowerContextExt as _;
use super::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

pub use elements::{Elements, LoadElements, StoreElements};
pub use flags::FlagsAbi;
pub use list::{LiftedList, check_length};
#[cfg(feature = "alloc")]
pub(super) use list::{load_pair, next_pair};
#[cfg(feature = "alloc")]
pub(super) use owned::{charge, owned, reserve, reserved};
use parts::{FlatParts, LoweredParts, NoParts, StoredParts, WrittenParts};
#[doc(hidden)]
pub use parts::{LiftParts, LowerParts, plain_parts};
pub use shape::{ResourceKey, Shape};
pub use variant::VariantAbi;
pub use window::Window;

#[cfg(feature = "derive")]
pub use weft_macros::{ComponentType, Lift, Lower, Value};

#[cfg(doc)]
use super::LiftedStr;

/// A Rust type that is a type of the Component Model.
///
/// A struct or enum of your own becomes a record, variant, enum or flags with
/// [`#[derive(ComponentType, Lift, Lower)]`][derive]. These types of Rust are types of
/// the Component Model, too:
///
/// | WIT | lowered from | lifted as |
/// |---|---|---|
/// | `bool`, `s8` … `u64`, `f32`, `f64`, `char` | Rust's | the same |
/// | `string` | `str`, `String` | `String`; `&str` (from UTF-8) and [`LiftedStr`] borrow |
/// | `list<t>` | `[T]`, `Vec<T>` | `Vec<T>`; `&[u8]` and [`LiftedList`] borrow |
/// | `list<t, 4>` | `[T; 4]` | the same |
/// | `map<k, v>` | `BTreeMap`, `HashMap` | the same |
/// | `tuple<…>` | tuples | the same |
/// | `option<t>`, `result<t, e>` | `Option`, `Result` | the same |
/// | no value | `()` | the same |
/// | `own<r>`, `borrow<r>` | [`OwnHandle<R>`](crate::handle::OwnHandle), [`BorrowHandle<R>`](crate::handle::BorrowHandle) | the same |
/// | `stream<t>`, `future<t>` | [`StreamHandle<T>`](crate::handle::StreamHandle), [`FutureHandle<T>`](crate::handle::FutureHandle) | the same |
/// | `error-context` | [`ErrorContext`](crate::handle::ErrorContext) | the same |
///
/// Types that Rust has, but not the Component Model, don't compile: lists, options and fields of
/// `()`, and types whose values would have more bytes than the canonical ABI allows.
///
/// [derive]: https://docs.rs/weft-macros/latest/weft_macros/derive.ComponentType.html
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of the Component Model",
    label = "not a type of the Component Model",
    note = "for a struct or enum of your own, add `#[derive(ComponentType, Lift, Lower)]`"
)]
pub trait ComponentType {
    /// The type of the Component Model, with the names of its parts.
    const SHAPE: Shape;

    /// The size, alignment and flat form of the [shape](Self::SHAPE).
    const ABI: Abi = Self::SHAPE.abi();

    /// `true` if a value is only its bytes, without an address or a handle. Then storing one
    /// calls no guest.
    const INLINE: bool = false;

    /// `true` if a value may have a handle in it. Then lifting it takes the object of the handle
    /// from the guest, or lends it: once, and in the order of the values.
    const HANDLES: bool = Self::SHAPE.has_handles();

    /// The shape, for types that have this one as a part.
    // Hidden. Without it, a derived `SHAPE` would make a reference for each part, which takes the
    // compiler as much time as the rest of the shape.
    #[doc(hidden)]
    const PART: &'static Shape = &Self::SHAPE;
}

/// A type whose values can be lowered into a guest.
///
/// Derive it, or implement both [`lower_flat`](Self::lower_flat) and [`store`](Self::store).
///
/// ```standalone_crate
/// # extern crate weft_core as weft;
/// use weft::abi::{ComponentType, Lift, Lower};
///
/// #[derive(ComponentType, Lift, Lower)]
/// struct Person<'a> {
///     name: &'a str,
///     #[component(name = "birth-year")]
///     born: u16,
/// }
///
/// assert_eq!(Person::ABI.narrow.size, 12);
/// ```
///
/// # Errors
///
/// All of its functions fail with the trap of `realloc`, with the traps `realloc-unaligned` and
/// `realloc-out-of-bounds`, and with [`AbiError::TooLong`](crate::error::AbiError::TooLong).
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` cannot be lowered into a guest",
    label = "cannot be lowered",
    note = "for a struct or enum of your own, add `#[derive(ComponentType, Lower)]`"
)]
pub trait Lower: ComponentType {
    /// Adds the core values of this value to `flat`: `lower_flat`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flat-lowering)
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        self.lower_parts(&mut LoweredParts { cx, flat })
    }

    /// Writes this value at `address`, where there is room for it: `store`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        self.lower_parts(&mut WrittenParts::new(cx, address))
    }

    /// Lowers the parts of this value, one after the other.
    // Hidden. The derive implements it, in place of the functions above.
    #[doc(hidden)]
    fn lower_parts<P: LowerParts>(&self, parts: &mut P) -> Result<(), Failure> {
        let _ = parts;
        const { NoParts::<Self>::CHECKED };
        Ok(())
    }

    /// Returns `false` if there is no handle in this value, although its type may have
    /// [some](ComponentType::HANDLES). Such a value is lowered directly into the guest.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::abi::Lower;
    /// use weft::handle::ErrorContext;
    ///
    /// let read: Result<[u8; 3], ErrorContext> = Ok([1, 2, 3]);
    /// assert!(!read.has_handles());
    /// ```
    fn has_handles(&self) -> bool {
        Self::HANDLES
    }

    /// Writes values one after the other, beginning at `address`, where there is room for them:
    /// `store_list_into_valid_range`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    fn store_elements<C: LowerContext + ?Sized>(
        elements: &[Self],
        cx: &mut C,
        address: u64,
    ) -> Result<(), Failure>
    where
        Self: Sized,
    {
        list::store_elements(elements, cx, address)
    }
}

/// A type whose values can be lifted from a guest. If a value borrows, it borrows from the guest's
/// memory, for `'a`.
///
/// Derive it, or implement both [`lift_flat`](Self::lift_flat) and [`load`](Self::load).
///
/// # Errors
///
/// All of its functions fail with the traps of the canonical ABI's loading: `invalid-char`,
/// `invalid-discriminant`, and those of strings, lists and handles.
#[diagnostic::on_unimplemented(
    message = "values of `{Self}` cannot be lifted from a guest",
    label = "cannot be lifted",
    note = "for a struct or enum of your own, add `#[derive(ComponentType, Lift)]`"
)]
pub trait Lift<'a>: ComponentType + Sized {
    /// The function that makes a value from bytes, if any bytes are a valid value. This is so for
    /// numbers, and for records and tuples of them. Lists of such values are lifted without a check
    /// of each.
    ///
    /// Only types whose layout is the same in memories of both widths have one.
    const PLAIN: Option<fn(&[u8]) -> Self> = None;

    /// Makes a value from its core values: `lift_flat`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flat-lifting)
    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        Self::lift_parts(&mut FlatParts { cx, values })
    }

    /// Makes a value from its bytes in memory, which other bytes may follow: `load`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        Self::lift_parts(&mut StoredParts::new(cx, bytes))
    }

    /// Makes a value of its parts, one after the other.
    // Hidden. The derive implements it, in place of the functions above.
    #[doc(hidden)]
    fn lift_parts<P: LiftParts<'a>>(parts: &mut P) -> Result<Self, Failure> {
        let _ = parts;
        const { NoParts::<Self>::CHECKED };
        Err(AbiError::ByteCount.into())
    }

    /// Makes the value that is the next part.
    // Hidden. The derive calls it, so that the compiler reports a part that can't be lifted once.
    #[doc(hidden)]
    #[inline]
    fn lift_part<P: LiftParts<'a>>(parts: &mut P) -> Result<Self, Failure> {
        parts.part()
    }

    /// Makes the values that lie one after the other in `bytes`: `load_list_from_valid_range`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    fn load_elements<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        bytes: &'a [u8],
        into: &mut impl Extend<Self>,
    ) -> Result<(), Failure> {
        list::load_elements(cx, bytes, into)
    }

    /// Makes the arrays that lie one after the other in `bytes`: `load_list_from_valid_range` of
    /// `list<t, N>`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    fn load_arrays<const N: usize, H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        bytes: &'a [u8],
        into: &mut impl Extend<[Self; N]>,
    ) -> Result<(), Failure> {
        list::load_elements(cx, bytes, into)
    }
}

/// Lifts parameters, as a tuple, or a result: `lift_flat_values`.
///
/// They come from at most `max_flat` core values, or from the memory whose address is the one
/// core value.
///
/// ```
/// # use weft_core as weft;
/// use weft::abi::{CoreValueIter, LiftContext, Options, StringEncoding, lift_flat_values};
/// use weft::core_value::IntegerType;
///
/// let memory = b"....hello";
/// let options = Options::new(IntegerType::I32, StringEncoding::Utf8);
/// let mut cx = LiftContext::new(memory, options);
/// let (name, age): (&str, u8) =
///     lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(&[4, 5, 42]))?;
/// assert_eq!((name, age), ("hello", 42));
/// # Ok::<(), weft::error::Failure>(())
/// ```
///
/// # Errors
///
/// The traps `pointer-unaligned` and `pointer-out-of-bounds`, and those of [`Lift`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
pub fn lift_flat_values<'a, T: Lift<'a>, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    max_flat: usize,
    values: &mut CoreValueIter<'_>,
) -> Result<T, Failure> {
    let layout = T::ABI.of(cx.options.address_type);
    if !layout.flat.exceed(max_flat) {
        return T::lift_flat(cx, values);
    }
    let address = values.next_address(cx.options.address_type)?;
    let bytes = cx.spilled(address, layout)?;
    T::load(cx, bytes)
}

/// Lowers parameters, as a tuple, or a result: `lower_flat_values`.
///
/// They become at most `max_flat` core values, or are stored in memory: at `out_param`, or at an
/// address that becomes the one core value.
///
/// # Errors
///
/// - The traps `realloc-unaligned` and `realloc-out-of-bounds`, or `pointer-unaligned` and
///   `pointer-out-of-bounds` for an `out_param`.
/// - Those of [`Lower`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#lifting-and-lowering-values)
pub fn lower_flat_values<T: Lower + ?Sized, C: LowerContext + ?Sized>(
    cx: &mut C,
    max_flat: usize,
    values: &T,
    out_param: Option<u64>,
) -> Result<FlatValues, Failure> {
    let layout = T::ABI.of(cx.options().address_type);
    let mut flat = FlatValues::EMPTY;
    if !layout.flat.exceed(max_flat) {
        values.lower_flat(cx, &mut flat)?;
        return Ok(flat);
    }
    let address = cx.spill(layout, out_param, &mut flat)?;
    values.store(cx, address)?;
    Ok(flat)
}

macro_rules! transparent {
    ($(#[$meta:meta])* [$($parameters:tt)*] $ty:ty => $inner:ident) => {
        $(#[$meta])*
        impl<$($parameters)*> ComponentType for $ty {
            const ABI: Abi = $inner::ABI;
            const INLINE: bool = $inner::INLINE;
            const HANDLES: bool = $inner::HANDLES;
            const SHAPE: Shape = $inner::SHAPE;
        }

        $(#[$meta])*
        impl<$($parameters)*> Lower for $ty
        where
            $inner: Lower,
        {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                (**self).lower_flat(cx, flat)
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                (**self).store(cx, address)
            }
        }
    };
}

#[cfg(feature = "alloc")]
use transparent;

transparent!([T: ComponentType + ?Sized] &T => T);
