//! `String`, `Vec`, `Box` and `BTreeMap`, which need `alloc`.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{AbiError, Failure};

use super::list::{lift_pair, pair};
use super::{ComponentType, Lift, Lower, Shape, transparent};
use crate::abi::context::{LowerContextExt as _, LoweringSteps as _};
use crate::abi::string::load_string_from_range;
use crate::abi::{
    Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LiftedStr, LowerContext,
};

pair!([] String, STRING, false, Shape::String);
lift_pair!([] String, |cx: &mut LiftContext<'a, H>, (address, length)| {
    let (text, _) = load_string_from_range(cx, address, length)?;
    owned(cx, text)
});

/// Copies the string, with one allocation.
///
/// # Errors
///
/// [`AbiError::LiftedTooLarge`] if the budget or the memory is too small.
pub(crate) fn owned<H>(
    cx: &mut LiftContext<'_, H>,
    text: LiftedStr<'_>,
) -> Result<String, Failure> {
    let bytes = match text {
        LiftedStr::Utf8(text) => text.len(),
        LiftedStr::Utf16(_) | LiftedStr::Latin1(_) => text.chars().map(char::len_utf8).sum(),
    };
    cx.charge(u64::try_from(bytes).unwrap_or(u64::MAX))?;
    let mut owned = String::new();
    owned.try_reserve_exact(bytes).map_err(|_| AbiError::LiftedTooLarge)?;
    match text {
        LiftedStr::Utf8(text) => owned.push_str(text),
        LiftedStr::Utf16(_) | LiftedStr::Latin1(_) => owned.extend(text.chars()),
    }
    Ok(owned)
}

/// Takes `count` values of type `T` from the budget. Values without a size are charged as bytes,
/// so that their number is limited, too.
///
/// # Errors
///
/// [`AbiError::LiftedTooLarge`] if less is left.
pub(crate) fn charge<T, H>(cx: &mut LiftContext<'_, H>, count: usize) -> Result<(), Failure> {
    let bytes = count.saturating_mul(size_of::<T>().max(1));
    cx.charge(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// Creates a `Vec` with room for the number of values that a guest has passed.
///
/// # Errors
///
/// [`AbiError::LiftedTooLarge`] if the budget or the memory is too small.
pub(crate) fn reserved<T, H>(cx: &mut LiftContext<'_, H>, count: usize) -> Result<Vec<T>, Failure> {
    let mut elements = Vec::new();
    reserve(cx, &mut elements, count)?;
    Ok(elements)
}

/// Makes room for as many more values as a guest has passed.
///
/// # Errors
///
/// [`AbiError::LiftedTooLarge`] if the budget or the memory is too small.
pub(crate) fn reserve<T, H>(
    cx: &mut LiftContext<'_, H>,
    elements: &mut Vec<T>,
    count: usize,
) -> Result<(), Failure> {
    charge::<T, H>(cx, count)?;
    Ok(elements.try_reserve_exact(count).map_err(|_| AbiError::LiftedTooLarge)?)
}

impl Lower for String {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        self.as_str().lower_flat(cx, flat)
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        self.as_str().store(cx, address)
    }
}

pair!([T: ComponentType] Vec<T>, LIST, T::HANDLES, Shape::List(&T::SHAPE));
lift_pair!([T: Lift<'a>] Vec<T>, |cx: &mut LiftContext<'a, H>, (address, length)| {
    let layout = T::ABI.of(cx.options.address_type);
    let bytes = cx.load_list_from_range(address, length, layout)?;
    // The list lies in memory, so that its length is at most that of the memory.
    let mut elements = reserved(cx, usize::try_from(length).map_err(|_| AbiError::TooLong)?)?;
    T::load_elements(cx, bytes, &mut elements)?;
    Ok(elements)
});

impl<T: Lower> Lower for Vec<T> {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        self.as_slice().lower_flat(cx, flat)
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        self.as_slice().store(cx, address)
    }
}

transparent!([T: ComponentType + ?Sized] Box<T> => T);

impl<'a, T: Lift<'a>> Lift<'a> for Box<T> {
    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        charge::<T, H>(cx, 1)?;
        T::lift_flat(cx, values).map(Self::new)
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        charge::<T, H>(cx, 1)?;
        T::load(cx, bytes).map(Self::new)
    }
}

/// Stores the entries of a map, which is a list of pairs.
pub(super) fn store_map<'m, K: Lower + 'm, V: Lower + 'm, C: LowerContext + ?Sized>(
    cx: &mut C,
    entries: impl ExactSizeIterator<Item = (&'m K, &'m V)>,
) -> Result<(u64, u64), Failure> {
    let layout = <(K, V)>::ABI.of(cx.options().address_type);
    let length = entries.len();
    let address = cx.allocate_list(length, layout)?;
    let mut at = address;
    for entry in entries {
        entry.store(cx, at)?;
        at = at.saturating_add(layout.size);
    }
    Ok((address, u64::try_from(length).map_err(|_| AbiError::TooLong)?))
}

/// Implements a map of the Component Model for a map of Rust.
macro_rules! map {
    ([$($key:tt)*] [$($hasher:tt)*] [$($default:tt)*] $ty:ty, $with_room_for:expr) => {
        impl<K: ComponentType, V: ComponentType, $($hasher)*> ComponentType for $ty {
            const ABI: Abi = Abi::LIST;
            const INLINE: bool = false;
            const HANDLES: bool = K::HANDLES || V::HANDLES;
            const SHAPE: Shape = Shape::Map(&K::SHAPE, &V::SHAPE);
        }

        impl<K: Lower, V: Lower, $($hasher)*> Lower for $ty {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let (address, length) = store_map(cx, self.iter())?;
                flat.push(address)?;
                flat.push(length)
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let pair = store_map(cx, self.iter())?;
                cx.write_pair(address, pair)
            }
        }

        lift_pair!(
            [K: Lift<'a> + $($key)*, V: Lift<'a>, $($default)*] $ty,
            |cx: &mut LiftContext<'a, H>, (address, length)| {
                let layout = <(K, V)>::ABI.of(cx.options.address_type);
                let bytes = cx.load_list_from_range(address, length, layout)?;
                // Maps keep as much free as they use. The entries lie in memory, so that there
                // are at most as many as it has room for.
                let length = usize::try_from(length).map_err(|_| AbiError::TooLong)?;
                charge::<[(K, V); 2], H>(cx, length)?;
                let mut map: Self = $with_room_for(length);
                <(K, V)>::load_elements(cx, bytes, &mut map)?;
                Ok(map)
            }
        );
    };
}

#[cfg(feature = "std")]
pub(super) use map;

map!([Ord] [] [] BTreeMap<K, V>, |_| BTreeMap::new());
