//! Slices, arrays and text, and views of them in a guest's memory.

use core::fmt;
use core::marker::PhantomData;

use arrayvec::ArrayVec;

use crate::core_value::IntegerType;
use crate::error::{AbiError, Failure};

use super::parts::plain_part;
use super::record::check_size;
use super::window::Window;
use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::context::{LowerContextExt as _, LoweringSteps as _};
use crate::abi::memory::{load_ptr, range_mut};
use crate::abi::string::{load_string_from_range, store_str_into_range};
use crate::abi::{
    Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LiftedStr, LowerContext, Offset,
    Options, StringEncoding, ptr_size,
};

/// The size of each element of a list in bytes, in memories of both widths.
struct Stride {
    narrow: usize,
    wide: usize,
}

impl Stride {
    /// Creates the sizes. This doesn't compile if an element has no value.
    const fn of_element<T: ComponentType>() -> Self {
        let (narrow, wide) = (T::ABI.narrow.size, T::ABI.wide.size);
        assert!(
            narrow > 0,
            "an element of a list can't be `()`: the Component Model has no such value"
        );
        #[expect(clippy::cast_possible_truncation, reason = "sizes of types are below 2^28")]
        let (narrow, wide) = (narrow as usize, wide as usize);
        Self { narrow, wide }
    }

    /// Returns the size in one memory. It is a constant for most types, so that loops over
    /// elements are as fast as copies.
    #[inline]
    const fn of(&self, address_type: IntegerType) -> usize {
        match address_type {
            IntegerType::I32 => self.narrow,
            IntegerType::I64 => self.wide,
        }
    }
}

/// Returns the size of each element of a list in bytes.
#[inline]
fn stride<T: ComponentType>(address_type: IntegerType) -> usize {
    const { Stride::of_element::<T>() }.of(address_type)
}

/// Stores elements: the default of [`Lower::store_elements`].
pub(super) fn store_elements<T: Lower, C: LowerContext + ?Sized>(
    elements: &[T],
    cx: &mut C,
    address: u64,
) -> Result<(), Failure> {
    let options = *cx.options();
    let layout = T::ABI.of(options.address_type);
    if !T::INLINE {
        let mut at = address;
        for element in elements {
            element.store(cx, at)?;
            at = at.saturating_add(layout.size);
        }
        return Ok(());
    }
    let length = u64::try_from(elements.len()).ok().and_then(|it| it.checked_mul(layout.size));
    let bytes = length.and_then(|length| range_mut(cx.memory_mut(), address, length));
    let stride = stride::<T>(options.address_type);
    let places = bytes.ok_or(AbiError::ByteCount)?.chunks_exact_mut(stride);
    for (element, bytes) in elements.iter().zip(places) {
        element.store(&mut Window { options, bytes }, 0)?;
    }
    Ok(())
}

/// Adds all elements in `bytes`, of a type with [`PLAIN`](Lift::PLAIN).
fn extend_plain<'a, T: Lift<'a>>(bytes: &[u8], plain: fn(&[u8]) -> T, into: &mut impl Extend<T>) {
    // It is the same function again. With its name here, the compiler sees which function it is
    // even if the loop is in another place, and inlines it.
    let plain = |bytes: &[u8]| const { T::PLAIN }.unwrap_or(plain)(bytes);
    let size = const { Stride::of_element::<T>().narrow };
    // For the same reason, a usual size is part of the loop's type.
    macro_rules! by_size {
        ($($usual:literal)*) => {
            match size {
                $($usual => {
                    into.extend(bytes.as_chunks::<$usual>().0.iter().map(|it| plain(it)));
                })*
                _ => into.extend(bytes.chunks_exact(size).map(plain)),
            }
        };
    }
    by_size!(1 2 3 4 6 8 12 16 20 24 28 32 40 48 56 64);
}

/// Loads elements: the default of [`Lift::load_elements`].
pub(super) fn load_elements<'a, T: Lift<'a>, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    into: &mut impl Extend<T>,
) -> Result<(), Failure> {
    if let Some(plain) = const { T::PLAIN } {
        extend_plain(bytes, plain, into);
        return Ok(());
    }
    let elements = bytes.chunks_exact(stride::<T>(cx.options.address_type));
    let mut failure = None;
    into.extend(elements.map_while(|bytes| match T::load(cx, bytes) {
        Ok(element) => Some(element),
        Err(trap) => {
            failure = Some(trap);
            None
        }
    }));
    failure.map_or(Ok(()), Err)
}

/// Returns the address and the length that a list or string is flattened to.
pub(crate) fn next_pair<H>(
    cx: &LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
) -> Result<(u64, u64), Failure> {
    let address_type = cx.options.address_type;
    Ok((values.next_address(address_type)?, values.next_address(address_type)?))
}

/// Returns the address and the length that a list or string is in memory.
#[inline]
pub(crate) fn load_pair<H>(cx: &LiftContext<'_, H>, bytes: &[u8]) -> Result<(u64, u64), Failure> {
    let address_type = cx.options.address_type;
    let address = load_ptr(bytes, 0, address_type);
    let length = load_ptr(bytes, u64::from(ptr_size(address_type)), address_type);
    Ok(address.zip(length).ok_or(AbiError::ByteCount)?)
}

/// Stores a list in new memory, and returns its address and length: `store_list_into_range`.
fn store_list_into_range<T: Lower, C: LowerContext + ?Sized>(
    cx: &mut C,
    elements: &[T],
) -> Result<(u64, u64), Failure> {
    let layout = T::ABI.of(cx.options().address_type);
    let address = cx.allocate_list(elements.len(), layout)?;
    T::store_elements(elements, cx, address)?;
    Ok((address, u64::try_from(elements.len()).map_err(|_| AbiError::TooLong)?))
}

/// Implements `Lower` for a type that is lowered as an address and a length.
macro_rules! lower_pair {
    ([$($parameters:tt)*] $ty:ty, $abi:ident, $store:expr) => {
        impl<$($parameters)*> Lower for $ty {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let (address, length) = $store(cx, self)?;
                flat.push(address)?;
                flat.push(length)
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let pair = $store(cx, self)?;
                cx.write_pair(address, pair)
            }
        }
    };
}

/// Implements `Lift` for a type that is lifted from an address and a length.
macro_rules! lift_pair {
    ([$($parameters:tt)*] $ty:ty, $load:expr) => {
        impl<'a, $($parameters)*> Lift<'a> for $ty {
            fn lift_flat<H: LiftHandles>(
                cx: &mut LiftContext<'a, H>,
                values: &mut CoreValueIter<'_>,
            ) -> Result<Self, Failure> {
                let pair = $crate::abi::typed::list::next_pair(cx, values)?;
                $load(cx, pair)
            }

            fn load<H: LiftHandles>(
                cx: &mut LiftContext<'a, H>,
                bytes: &'a [u8],
            ) -> Result<Self, Failure> {
                let pair = $crate::abi::typed::list::load_pair(cx, bytes)?;
                $load(cx, pair)
            }
        }
    };
}

#[cfg(feature = "alloc")]
pub(super) use lift_pair;

/// Implements `ComponentType` for a type that is an address and a length.
macro_rules! pair {
    ([$($parameters:tt)*] $ty:ty, $abi:ident, $handles:expr, $shape:expr) => {
        impl<$($parameters)*> ComponentType for $ty {
            const ABI: Abi = Abi::$abi;
            const INLINE: bool = false;
            const HANDLES: bool = $handles;
            const SHAPE: Shape = $shape;
        }
    };
}

#[cfg(feature = "alloc")]
pub(super) use pair;

pair!([T: ComponentType] [T], LIST, T::HANDLES, Shape::List(&T::SHAPE));
lower_pair!([T: Lower] [T], LIST, store_list_into_range);

pair!([] str, STRING, false, Shape::String);
lower_pair!([] str, STRING, store_str_into_range);

pair!([] LiftedStr<'_>, STRING, false, Shape::String);
lift_pair!([] LiftedStr<'a>, |cx: &mut LiftContext<'a, H>, (address, length)| {
    Ok(load_string_from_range(cx, address, length)?.0)
});

lift_pair!([] &'a str, |cx: &mut LiftContext<'a, H>, (address, length)| {
    // The options decide this, not each string.
    if cx.options.string_encoding != StringEncoding::Utf8 {
        return Err(AbiError::NotUtf8.into());
    }
    let (text, _) = load_string_from_range(cx, address, length)?;
    Ok(text.as_str().ok_or(AbiError::NotUtf8)?)
});

lift_pair!([] &'a [u8], |cx: &mut LiftContext<'a, H>, (address, length)| {
    cx.load_list_from_range(address, length, u8::ABI.of(cx.options.address_type))
});

/// A list in the memory that it was lifted from, without a copy. Its elements are loaded when
/// they are asked for.
///
/// Only the list's own address and length are checked when it is lifted. At that time, the
/// canonical ABI loads all elements, and traps if one is malformed: a number that is not a `char`,
/// a discriminant that is not one of a case, a string that is not well-formed or is out of bounds.
/// Here, [`iter`](Self::iter) returns that trap in place of the element, each time that it comes to
/// it. If the guest has to trap before the list is used, call [`check`](Self::check) first. Lists
/// of numbers, of `bool`, and of records and tuples of these, need no check.
///
/// ```
/// # use weft_core as weft;
/// # use weft::abi::{CoreValueIter, LiftContext, Options, StringEncoding, lift_flat_values};
/// use weft::abi::LiftedList;
///
/// # let memory = [1, 0, 2, 0];
/// # let options = Options::new(weft::core_value::IntegerType::I32, StringEncoding::Utf8);
/// # let (mut context, mut values) = (LiftContext::new(&memory, options), CoreValueIter::new(&[0, 2]));
/// let list: LiftedList<'_, u16> = lift_flat_values(&mut context, 16, &mut values)?;
/// let mut sum = 0;
/// for element in list.iter() {
///     sum += element?;
/// }
/// assert_eq!((list.len(), sum), (2, 3));
/// # Ok::<(), weft::error::Failure>(())
/// ```
///
/// A handle is lifted once, in the order of the values. So the elements of such a list can't have
/// handles:
///
/// ```compile_fail
/// # use weft_core as weft;
/// # use weft::abi::*;
/// # use weft::error::Failure;
/// # struct Handle;
/// # impl ComponentType for Handle {
/// #     const ABI: Abi = Abi::HANDLE;
/// #     const INLINE: bool = false;
/// #     const HANDLES: bool = true;
/// #     const SHAPE: Shape = Shape::U32;
/// # }
/// # impl<'a> Lift<'a> for Handle {
/// #     fn lift_flat<H: LiftHandles>(
/// #         _: &mut LiftContext<'a, H>,
/// #         _: &mut CoreValueIter<'_>,
/// #     ) -> Result<Self, Failure> {
/// #         Ok(Self)
/// #     }
/// #     fn load<H: LiftHandles>(
/// #         _: &mut LiftContext<'a, H>,
/// #         _: &'a [u8],
/// #     ) -> Result<Self, Failure> {
/// #         Ok(Self)
/// #     }
/// # }
/// # let options = Options::new(weft::core_value::IntegerType::I32, StringEncoding::Utf8);
/// # let (mut context, mut values) = (LiftContext::new(&[], options), CoreValueIter::new(&[0, 0]));
/// let list: LiftedList<'_, Handle> = lift_flat_values(&mut context, 16, &mut values)?;
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, Copy)]
pub struct LiftedList<'a, T> {
    memory: &'a [u8],
    bytes: &'a [u8],
    options: Options,
    elements: PhantomData<fn() -> T>,
}

pair!([T: ComponentType] LiftedList<'_, T>, LIST, T::HANDLES, Shape::List(&T::SHAPE));
lift_pair!([T: Lift<'a>] LiftedList<'a, T>, |cx: &mut LiftContext<'a, H>, (address, length)| {
    const { assert!(!T::HANDLES, "a `LiftedList` can't have handles in its elements: lift a `Vec`") };
    let layout = T::ABI.of(cx.options.address_type);
    let bytes = cx.load_list_from_range(address, length, layout)?;
    Ok(Self { memory: cx.memory, bytes, options: cx.options, elements: PhantomData })
});

impl<'a, T: Lift<'a>> LiftedList<'a, T> {
    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / stride::<T>(self.options.address_type)
    }

    /// Returns `true` if there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns the bytes in memory.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Loads each element and drops it. Fails with the trap that lifting the whole list would
    /// have had. It does nothing if every pattern of bits is an element.
    ///
    /// # Errors
    ///
    /// The traps that lifting an element may have: the page of [`Lift`] names them.
    pub fn check(&self) -> Result<(), Failure> {
        if const { T::PLAIN.is_some() } {
            return Ok(());
        }
        self.iter().try_for_each(|element| element.map(drop))
    }

    /// Returns the elements. A malformed one is the trap that lifting the whole list would have
    /// had.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Result<T, Failure>> + use<'a, T> {
        let mut cx = LiftContext::new(self.memory, self.options);
        let stride = stride::<T>(self.options.address_type);
        self.bytes.chunks_exact(stride).map(move |bytes| T::load(&mut cx, bytes))
    }
}

impl<T> fmt::Debug for LiftedList<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiftedList").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl<T: ComponentType, const N: usize> ComponentType for [T; N] {
    const ABI: Abi = array_abi(T::ABI, N);
    const INLINE: bool = T::INLINE;
    const HANDLES: bool = T::HANDLES;
    const SHAPE: Shape = Shape::FixedLengthList(&T::SHAPE, N);
}

/// Checks that the canonical ABI has a list of this shape. In a constant, the program doesn't
/// compile if there is none.
///
/// # Panics
///
/// If the length is 0, or a value would have more bytes than the canonical ABI allows.
pub const fn check_length(list: &Shape) {
    let _ = list.abi();
}

/// Returns the layout of `list<t, length>`.
pub(super) const fn array_abi(element: Abi, length: usize) -> Abi {
    assert!(
        element.narrow.size > 0,
        "an element of a list can't be `()`: the Component Model has no such value"
    );
    assert!(length > 0, "the length of a fixed-length list is at least 1");
    assert!(length <= 0xfff_ffff, "the length of a fixed-length list is at most 268,435,455");
    #[expect(clippy::cast_possible_truncation, reason = "it was checked just now")]
    let abi = element.fixed_length_list(length as u32);
    check_size(abi)
}

impl<T: Lower, const N: usize> Lower for [T; N] {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        self.iter().try_for_each(|element| element.lower_flat(cx, flat))
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        T::store_elements(self, cx, address)
    }
}

/// Returns the array in `bytes`, if the type of its elements has [`PLAIN`](Lift::PLAIN).
#[expect(clippy::inline_always, reason = "a loop over elements calls it, through a constant")]
#[inline(always)]
fn plain_array<'a, T: Lift<'a>, const N: usize>(bytes: &[u8]) -> [T; N] {
    core::array::from_fn(|position| {
        let offset = T::ABI.narrow.size.saturating_mul(position as u64);
        plain_part::<T>(bytes, Offset { narrow: offset, wide: offset })
    })
}

impl<'a, T: Lift<'a>, const N: usize> Lift<'a> for [T; N] {
    const PLAIN: Option<fn(&[u8]) -> Self> =
        if T::PLAIN.is_some() { Some(plain_array) } else { None };

    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        let mut elements = ArrayVec::new();
        while !elements.is_full() {
            elements.push(T::lift_flat(cx, values)?);
        }
        Ok(elements.into_inner().map_err(|_| AbiError::FlatValueCount)?)
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        let size = const { [T::ABI.narrow.size * N as u64, T::ABI.wide.size * N as u64] };
        let [narrow, wide] = size;
        let size = Offset { narrow, wide }.of(cx.options.address_type);
        let bytes = usize::try_from(size).ok().and_then(|size| bytes.get(..size));
        let mut elements = ArrayVec::<T, N>::new();
        T::load_elements(cx, bytes.ok_or(AbiError::ByteCount)?, &mut elements)?;
        Ok(elements.into_inner().map_err(|_| AbiError::ByteCount)?)
    }

    fn load_elements<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        bytes: &'a [u8],
        into: &mut impl Extend<Self>,
    ) -> Result<(), Failure> {
        T::load_arrays(cx, bytes, into)
    }
}
