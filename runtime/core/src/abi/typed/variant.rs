//! `Option`, `Result`, and the cases of variants for derives.

use crate::error::{AbiError, Failure};

use super::record::check_size;
use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::layout::discriminant_size;
use crate::abi::memory::range_mut;
use crate::abi::scalar::{check_case_index, load_small, store_small};
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext, Offset};

/// The layout of a variant: its discriminant, and the place that its payloads share. An enum is a
/// variant whose cases have no payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VariantAbi {
    cases: usize,
    payload_offset: Offset,
    abi: Abi,
}

impl VariantAbi {
    /// Creates the layout of a variant with these payloads. A case without one has
    /// [`Abi::NOTHING`].
    #[must_use]
    pub const fn new(payloads: &[Abi]) -> Self {
        Self::with_cases(Abi::payload(payloads), payloads.len())
    }

    /// Creates the layout of a variant with this many cases without payloads.
    #[must_use]
    pub const fn without_payloads(cases: usize) -> Self {
        Self::with_cases(Abi::NOTHING, cases)
    }

    pub(super) const fn with_cases(payload: Abi, cases: usize) -> Self {
        let payload_offset = payload.payload_offset(cases);
        Self { cases, payload_offset, abi: payload.variant_of(cases) }
    }

    /// Returns the layout of the whole variant.
    #[must_use]
    pub const fn abi(&self) -> Abi {
        self.abi
    }

    /// Returns the same as [`abi`](Self::abi), for a type that has to exist.
    ///
    /// # Panics
    ///
    /// If a value would have more bytes than the canonical ABI allows. In a constant, the program
    /// doesn't compile instead.
    #[must_use]
    pub const fn checked_abi(&self) -> Abi {
        check_size(self.abi)
    }

    /// Returns the offset of the payload.
    #[must_use]
    pub const fn payload_offset(&self) -> Offset {
        self.payload_offset
    }

    /// Lowers a variant to core values: `lower_flat_variant`. These are the case, its payload,
    /// and zeros in the positions that only other cases use.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if `flat` has no room, and the failures that the page of
    /// [`Lower`] names, for the payload.
    pub fn lower_flat<P: Lower + ?Sized, C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
        case: u32,
        payload: &P,
    ) -> Result<(), Failure> {
        let end = self.begin_flat(cx, flat, case)?;
        payload.lower_flat(cx, flat)?;
        flat.pad_to(end)
    }

    /// Lowers the discriminant alone. Returns the number of core values that there have to be in
    /// the end.
    pub(crate) fn begin_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &C,
        flat: &mut FlatValues,
        case: u32,
    ) -> Result<usize, Failure> {
        let count = self.abi.of(cx.options().address_type).flat.count();
        let end = flat.count().saturating_add(count.ok_or(AbiError::FlatValueCount)?);
        flat.push(u64::from(case))?;
        Ok(end)
    }

    /// Stores a variant: `store_variant`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ByteCount`] if there are too few bytes for it.
    /// - The failures that the page of [`Lower`] names, for the payload.
    pub fn store<P: Lower + ?Sized, C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        address: u64,
        case: u32,
        payload: &P,
    ) -> Result<(), Failure> {
        let size = discriminant_size(self.cases);
        let place = range_mut(cx.memory_mut(), address, u64::from(size));
        let stored = place.and_then(|place| store_small(place, size, case));
        stored.ok_or(AbiError::ByteCount)?;
        let offset = self.payload_offset.of(cx.options().address_type);
        payload.store(cx, address.saturating_add(offset))
    }

    /// Lifts the case of a variant, and returns it with the core values of its payload:
    /// `lift_flat_variant`, up to the payload.
    ///
    /// # Errors
    ///
    /// The trap `invalid-discriminant`.
    pub fn lift_flat<'v, H>(
        &self,
        cx: &LiftContext<'_, H>,
        values: &mut CoreValueIter<'v>,
    ) -> Result<(u32, CoreValueIter<'v>), Failure> {
        let count = self.abi.of(cx.options.address_type).flat.count();
        let mut own = values.take(count.ok_or(AbiError::FlatValueCount)?)?;
        Ok((check_case_index(own.next_u32()?, self.cases)?, own))
    }

    /// Loads the case of a variant, and returns it with the bytes from its payload on:
    /// `load_variant`, up to the payload.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ByteCount`] if there are fewer bytes than it takes.
    /// - The trap `invalid-discriminant`.
    pub fn load<'a, H>(
        &self,
        cx: &LiftContext<'a, H>,
        bytes: &'a [u8],
    ) -> Result<(u32, &'a [u8]), Failure> {
        let size = discriminant_size(self.cases);
        let index = load_small(bytes, size).ok_or(AbiError::ByteCount)?;
        let case = check_case_index(index, self.cases)?;
        let offset = usize::try_from(self.payload_offset.of(cx.options.address_type)).ok();
        Ok((case, offset.and_then(|it| bytes.get(it..)).ok_or(AbiError::ByteCount)?))
    }
}

impl<T: ComponentType> ComponentType for Option<T> {
    const ABI: Abi = option::<T>().checked_abi();
    const INLINE: bool = T::INLINE;
    const HANDLES: bool = T::HANDLES;
    const SHAPE: Shape = Shape::Option(&T::SHAPE);
}

const fn option<T: ComponentType>() -> VariantAbi {
    assert!(
        T::ABI.narrow.size > 0,
        "the value of an option can't be `()`: the Component Model has no such value"
    );
    VariantAbi::new(&[Abi::NOTHING, T::ABI])
}

impl<T: Lower> Lower for Option<T> {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        match self {
            None => const { option::<T>() }.lower_flat(cx, flat, 0, &()),
            Some(some) => const { option::<T>() }.lower_flat(cx, flat, 1, some),
        }
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        match self {
            None => const { option::<T>() }.store(cx, address, 0, &()),
            Some(some) => const { option::<T>() }.store(cx, address, 1, some),
        }
    }

    #[inline]
    fn has_handles(&self) -> bool {
        self.as_ref().is_some_and(T::has_handles)
    }
}

impl<'a, T: Lift<'a>> Lift<'a> for Option<T> {
    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        match const { option::<T>() }.lift_flat(cx, values)? {
            (0, _) => Ok(None),
            (_, mut payload) => Ok(Some(T::lift_flat(cx, &mut payload)?)),
        }
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        match const { option::<T>() }.load(cx, bytes)? {
            (0, _) => Ok(None),
            (_, payload) => Ok(Some(T::load(cx, payload)?)),
        }
    }
}

impl<T: ComponentType, E: ComponentType> ComponentType for Result<T, E> {
    const ABI: Abi = result::<T, E>().checked_abi();
    const INLINE: bool = T::INLINE && E::INLINE;
    const HANDLES: bool = T::HANDLES || E::HANDLES;
    const SHAPE: Shape = Shape::Result(&T::SHAPE, &E::SHAPE);
}

const fn result<T: ComponentType, E: ComponentType>() -> VariantAbi {
    VariantAbi::new(&[T::ABI, E::ABI])
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        match self {
            Ok(ok) => const { result::<T, E>() }.lower_flat(cx, flat, 0, ok),
            Err(error) => const { result::<T, E>() }.lower_flat(cx, flat, 1, error),
        }
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        match self {
            Ok(ok) => const { result::<T, E>() }.store(cx, address, 0, ok),
            Err(error) => const { result::<T, E>() }.store(cx, address, 1, error),
        }
    }

    #[inline]
    fn has_handles(&self) -> bool {
        match self {
            Ok(ok) => ok.has_handles(),
            Err(error) => error.has_handles(),
        }
    }
}

impl<'a, T: Lift<'a>, E: Lift<'a>> Lift<'a> for Result<T, E> {
    fn lift_flat<H: LiftHandles>(
        cx: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        match const { result::<T, E>() }.lift_flat(cx, values)? {
            (0, mut payload) => Ok(Ok(T::lift_flat(cx, &mut payload)?)),
            (_, mut payload) => Ok(Err(E::lift_flat(cx, &mut payload)?)),
        }
    }

    fn load<H: LiftHandles>(cx: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        match const { result::<T, E>() }.load(cx, bytes)? {
            (0, payload) => Ok(Ok(T::load(cx, payload)?)),
            (_, payload) => Ok(Err(E::load(cx, payload)?)),
        }
    }
}
