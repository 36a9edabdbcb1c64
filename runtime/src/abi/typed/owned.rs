//! What needs `alloc`: `String`, `Vec`, `Box`, `BTreeMap`.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{Error, Failure};

use super::super::context::LowerContextExt as _;
use super::super::string::load_string_from_range;
use super::super::{
    Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LiftedStr, LowerContext,
};
use super::list::{lift_pair, pair};
use super::{ComponentType, Lift, Lower, Shape, transparent};

pair!([] String, STRING, false, Shape::String);
lift_pair!([] String, |cx: &mut LiftContext<'a, H>, (address, length)| {
    let (text, _) = load_string_from_range(cx, address, length)?;
    Ok(owned(text))
});

/// The string, with one allocation.
pub(crate) fn owned(text: LiftedStr<'_>) -> String {
    match text {
        LiftedStr::Utf8(text) => String::from(text),
        // No code point up to U+FF has more than two bytes, and no UTF-16 unit more than three.
        LiftedStr::Utf16(_) | LiftedStr::Latin1(_) => {
            let bytes = text.chars().map(char::len_utf8).sum();
            let mut owned = String::with_capacity(bytes);
            owned.extend(text.chars());
            owned
        }
    }
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
    // The list lies in memory, so that its length is no larger than the memory.
    let mut elements = Vec::with_capacity(usize::try_from(length).map_err(|_| Error::TooLong)?);
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
        T::lift_flat(cx, values).map(Self::new)
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
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
    Ok((address, u64::try_from(length).map_err(|_| Error::TooLong)?))
}

/// A map of Rust as one of the Component Model.
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
                // The entries lie in memory, so that there are no more than it has room for.
                let length = usize::try_from(length).map_err(|_| Error::TooLong)?;
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
