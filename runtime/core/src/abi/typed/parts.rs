//! Values that are made of parts, independent of where the parts are. A derived type has one
//! function to lift its parts and one to lower them, for core values and for memory.

#![expect(clippy::inline_always, reason = "the places of parts are constants only in their record")]

use core::marker::PhantomData;

use crate::error::{AbiError, Failure};

use super::{ComponentType, Lift, Lower};
use crate::abi::layout::align_to;
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext, Offset};

/// The parts that a value is lifted from, one after the other.
pub trait LiftParts<'a>: Sized {
    /// Lifts the next part.
    ///
    /// # Errors
    ///
    /// The same as for the part's [`Lift`].
    fn part<T: Lift<'a>>(&mut self) -> Result<T, Failure>;

    /// Returns the case of the variant or enum `T`, and its payload as the only part.
    ///
    /// # Errors
    ///
    /// The trap `invalid-discriminant`.
    fn case<T: ComponentType>(&mut self) -> Result<(u32, impl LiftParts<'a>), Failure>;

    /// Returns the bits of the flags `T`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ByteCount`] if there are fewer bytes than the flags have.
    /// - [`AbiError::FlatValueCount`] if there are fewer core values.
    fn flags<T: ComponentType>(&mut self) -> Result<u32, Failure>;
}

/// The places that a value's parts are lowered to, one after the other.
pub trait LowerParts {
    /// Lowers the next part.
    ///
    /// # Errors
    ///
    /// The same as for the part's [`Lower`].
    fn part<T: Lower + ?Sized>(&mut self, part: &T) -> Result<(), Failure>;

    /// Lowers a case of the variant or enum `T`, with its payload, which is `()` if it has none.
    ///
    /// # Errors
    ///
    /// The same as for the payload's [`Lower`].
    fn case<T: ComponentType + ?Sized, P: Lower + ?Sized>(
        &mut self,
        case: u32,
        payload: &P,
    ) -> Result<(), Failure>;

    /// Lowers the flags `T`.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ByteCount`] if there are fewer bytes than the flags have.
    /// - [`AbiError::FlatValueCount`] if there are fewer core values.
    fn flags<T: ComponentType + ?Sized>(&mut self, bits: u32) -> Result<(), Failure>;
}

/// The place of the next field of a record, in memories of both widths.
#[derive(Clone, Copy)]
struct NextField(Offset);

impl NextField {
    const FIRST: Self = Self(Offset { narrow: 0, wide: 0 });

    /// Returns the offset of the next field, which has this layout, and moves past it. In a
    /// function that handles all fields of a record, the compiler finds a constant.
    #[inline(always)]
    const fn next(&mut self, abi: Abi) -> Offset {
        let Offset { narrow, wide } = self.0;
        let offset = Offset {
            narrow: align_to(narrow, abi.narrow.alignment),
            wide: align_to(wide, abi.wide.alignment),
        };
        self.0 = Offset {
            narrow: offset.narrow.saturating_add(abi.narrow.size),
            wide: offset.wide.saturating_add(abi.wide.size),
        };
        offset
    }
}

/// Parts that are core values.
pub(super) struct FlatParts<'x, 'a, 'v, H> {
    pub(super) cx: &'x mut LiftContext<'a, H>,
    pub(super) values: &'x mut CoreValueIter<'v>,
}

/// The payload of a case, in core values.
struct FlatPayload<'x, 'a, 'v, H> {
    cx: &'x mut LiftContext<'a, H>,
    values: CoreValueIter<'v>,
}

impl<'a, H: LiftHandles> LiftParts<'a> for FlatParts<'_, 'a, '_, H> {
    #[inline(always)]
    fn part<T: Lift<'a>>(&mut self) -> Result<T, Failure> {
        T::lift_flat(self.cx, self.values)
    }

    #[inline]
    fn case<T: ComponentType>(&mut self) -> Result<(u32, impl LiftParts<'a>), Failure> {
        let (case, values) = const { T::SHAPE.variant_abi() }.lift_flat(self.cx, self.values)?;
        Ok((case, FlatPayload { cx: self.cx, values }))
    }

    #[inline]
    fn flags<T: ComponentType>(&mut self) -> Result<u32, Failure> {
        const { T::SHAPE.flags_abi() }.lift_flat(self.values)
    }
}

impl<'a, H: LiftHandles> LiftParts<'a> for FlatPayload<'_, 'a, '_, H> {
    #[inline(always)]
    fn part<T: Lift<'a>>(&mut self) -> Result<T, Failure> {
        T::lift_flat(self.cx, &mut self.values)
    }

    fn case<T: ComponentType>(&mut self) -> Result<(u32, impl LiftParts<'a>), Failure> {
        let (case, values) =
            const { T::SHAPE.variant_abi() }.lift_flat(self.cx, &mut self.values)?;
        Ok((case, FlatPayload { cx: &mut *self.cx, values }))
    }

    fn flags<T: ComponentType>(&mut self) -> Result<u32, Failure> {
        const { T::SHAPE.flags_abi() }.lift_flat(&mut self.values)
    }
}

/// Parts in memory.
pub(super) struct StoredParts<'x, 'a, H> {
    cx: &'x mut LiftContext<'a, H>,
    bytes: &'a [u8],
    next: NextField,
}

impl<'x, 'a, H> StoredParts<'x, 'a, H> {
    pub(super) const fn new(cx: &'x mut LiftContext<'a, H>, bytes: &'a [u8]) -> Self {
        Self { cx, bytes, next: NextField::FIRST }
    }
}

impl<'a, H: LiftHandles> LiftParts<'a> for StoredParts<'_, 'a, H> {
    #[inline(always)]
    fn part<T: Lift<'a>>(&mut self) -> Result<T, Failure> {
        let offset = self.next.next(T::ABI).of(self.cx.options.address_type);
        let offset = usize::try_from(offset).ok();
        let field = offset.and_then(|offset| self.bytes.get(offset..));
        T::load(self.cx, field.ok_or(AbiError::ByteCount)?)
    }

    #[inline]
    fn case<T: ComponentType>(&mut self) -> Result<(u32, impl LiftParts<'a>), Failure> {
        let (case, payload) = const { T::SHAPE.variant_abi() }.load(self.cx, self.bytes)?;
        Ok((case, StoredParts::new(self.cx, payload)))
    }

    #[inline]
    fn flags<T: ComponentType>(&mut self) -> Result<u32, Failure> {
        const { T::SHAPE.flags_abi() }.load(self.bytes)
    }
}

/// Parts in memory that all have a [`PLAIN`](Lift::PLAIN).
struct PlainParts<'x> {
    bytes: &'x [u8],
    next: NextField,
}

impl<'a> LiftParts<'a> for PlainParts<'_> {
    #[inline(always)]
    fn part<T: Lift<'a>>(&mut self) -> Result<T, Failure> {
        Ok(plain_part(self.bytes, self.next.next(T::ABI)))
    }

    fn case<T: ComponentType>(&mut self) -> Result<(u32, impl LiftParts<'a>), Failure> {
        let (case, payload): (u32, Self) = Err(AbiError::ByteCount)?;
        Ok((case, payload))
    }

    fn flags<T: ComponentType>(&mut self) -> Result<u32, Failure> {
        Err(AbiError::ByteCount.into())
    }
}

/// Returns the part at `offset` of the record in `bytes`. Its type has a [`PLAIN`](Lift::PLAIN).
///
/// If `bytes` is shorter than the record, the bytes after its end are zeros.
#[inline]
#[must_use]
pub(super) fn plain_part<'a, T: Lift<'a>>(bytes: &[u8], offset: Offset) -> T {
    // No input reaches this: `plain_parts` makes a function only if all parts have a `PLAIN`. It is not
    // checked at compile time, because a record with another part compiles this, too.
    let Some(plain) = T::PLAIN else {
        unreachable!("the record has a `PLAIN` if all parts have one");
    };
    let offset = usize::try_from(offset.narrow).unwrap_or(usize::MAX);
    plain(bytes.get(offset..).unwrap_or_default())
}

/// Returns the [`PLAIN`](Lift::PLAIN) of a type with parts, if all of them have one.
#[must_use]
pub const fn plain_parts<'a, T: Lift<'a>>(are_plain: bool) -> Option<fn(&[u8]) -> T> {
    if !are_plain {
        return None;
    }
    Some(|bytes| {
        let parts = &mut PlainParts { bytes, next: NextField::FIRST };
        // No input reaches this: `PlainParts` fails for cases and flags alone, which are never plain.
        let Ok(value) = T::lift_parts(parts) else {
            unreachable!("parts that have a `PLAIN` are lifted without errors");
        };
        value
    })
}

/// Core values that parts become.
pub(super) struct LoweredParts<'x, C: ?Sized> {
    pub(super) cx: &'x mut C,
    pub(super) flat: &'x mut FlatValues,
}

impl<C: LowerContext + ?Sized> LowerParts for LoweredParts<'_, C> {
    #[inline(always)]
    fn part<T: Lower + ?Sized>(&mut self, part: &T) -> Result<(), Failure> {
        part.lower_flat(self.cx, self.flat)
    }

    #[inline]
    fn case<T: ComponentType + ?Sized, P: Lower + ?Sized>(
        &mut self,
        case: u32,
        payload: &P,
    ) -> Result<(), Failure> {
        const { T::SHAPE.variant_abi() }.lower_flat(self.cx, self.flat, case, payload)
    }

    #[inline]
    fn flags<T: ComponentType + ?Sized>(&mut self, bits: u32) -> Result<(), Failure> {
        const { T::SHAPE.flags_abi() }.lower_flat(self.flat, bits)
    }
}

/// Places in memory that parts are written to.
pub(super) struct WrittenParts<'x, C: ?Sized> {
    cx: &'x mut C,
    address: u64,
    next: NextField,
}

impl<'x, C: ?Sized> WrittenParts<'x, C> {
    pub(super) const fn new(cx: &'x mut C, address: u64) -> Self {
        Self { cx, address, next: NextField::FIRST }
    }
}

impl<C: LowerContext + ?Sized> LowerParts for WrittenParts<'_, C> {
    #[inline(always)]
    fn part<T: Lower + ?Sized>(&mut self, part: &T) -> Result<(), Failure> {
        let offset = self.next.next(T::ABI).of(self.cx.options().address_type);
        part.store(self.cx, self.address.saturating_add(offset))
    }

    #[inline]
    fn case<T: ComponentType + ?Sized, P: Lower + ?Sized>(
        &mut self,
        case: u32,
        payload: &P,
    ) -> Result<(), Failure> {
        const { T::SHAPE.variant_abi() }.store(self.cx, self.address, case, payload)
    }

    #[inline]
    fn flags<T: ComponentType + ?Sized>(&mut self, bits: u32) -> Result<(), Failure> {
        const { T::SHAPE.flags_abi() }.store(self.cx, self.address, bits)
    }
}

/// The failed check of a type that neither has functions of its own nor is made of parts.
pub(super) struct NoParts<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> NoParts<T> {
    /// A constant that fails to compile where it is used.
    pub(super) const CHECKED: () = assert!(
        size_of::<PhantomData<T>>() > 0,
        "derive `Lift` and `Lower`, or implement both of their functions: `lift_flat` and `load`, \
         `lower_flat` and `store`"
    );
}
