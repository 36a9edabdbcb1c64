//! Tuples, and the fields of records for derives.

use crate::error::{AbiError, Failure};

use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext, Offset};

/// Returns the layout of a record or tuple of these fields.
///
/// # Panics
///
/// If there is no such type, because a field has no value, or a value would have more bytes than
/// the canonical ABI allows. In a constant, this doesn't compile.
#[must_use]
pub const fn record_abi(fields: &[Abi]) -> Abi {
    let mut rest = fields;
    while let [first, after @ ..] = rest {
        assert!(first.narrow.size > 0, "a field is a value, and `()` is none");
        rest = after;
    }
    check_size(Abi::record(fields))
}

/// Returns the same layout, if the canonical ABI has types of that size.
pub(super) const fn check_size(abi: Abi) -> Abi {
    assert!(!abi.is_too_large(), "the canonical ABI has no type of more than 268,435,455 bytes");
    abi
}

/// Loads the field at `offset` of the record in `bytes`.
///
/// # Errors
///
/// - [`AbiError::ByteCount`] if there are fewer bytes.
/// - Those of the field's [`Lift`].
pub fn load_field<'a, T: Lift<'a>, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    offset: Offset,
) -> Result<T, Failure> {
    let offset = usize::try_from(offset.of(cx.options.address_type)).ok();
    let field = offset.and_then(|offset| bytes.get(offset..));
    T::load(cx, field.ok_or(AbiError::ByteCount)?)
}

/// Returns the field at `offset` of the record in `bytes`, if its type has
/// [`PLAIN`](Lift::PLAIN). It is never called for other types.
///
/// If `bytes` ends before the record does, it is read as if zeros followed.
///
/// # Panics
///
/// If the type has no [`PLAIN`](Lift::PLAIN). A derive calls this only if it has one.
#[inline]
#[must_use]
pub fn plain_field<'a, T: Lift<'a>>(bytes: &[u8], offset: Offset) -> T {
    // This is not in a constant: if a record has another field, this is compiled, but never
    // called.
    let Some(plain) = T::PLAIN else {
        unreachable!("the record has a `PLAIN` if all fields have one");
    };
    let offset = usize::try_from(offset.narrow).unwrap_or(usize::MAX);
    plain(bytes.get(offset..).unwrap_or_default())
}

/// Stores a field at `offset` of the record at `address`.
///
/// # Errors
///
/// Those of the field's [`Lower`].
pub fn store_field<T: Lower + ?Sized, C: LowerContext + ?Sized>(
    field: &T,
    cx: &mut C,
    address: u64,
    offset: Offset,
) -> Result<(), Failure> {
    let offset = offset.of(cx.options().address_type);
    field.store(cx, address.saturating_add(offset))
}

/// Implements the traits of a tuple. The names are those of a type parameter, the part, and its
/// offset.
macro_rules! tuple {
    ($($ty:ident $part:ident $offset:ident),+) => {
        impl<$($ty: ComponentType),+> ComponentType for ($($ty,)+) {
            const ABI: Abi = record_abi(&[$($ty::ABI),+]);
            const INLINE: bool = true $(&& $ty::INLINE)+;
            const HANDLES: bool = false $(|| $ty::HANDLES)+;
            const SHAPE: Shape = Shape::Tuple(&[$(&$ty::SHAPE),+]);
        }

        impl<$($ty: Lower),+> Lower for ($($ty,)+) {
            fn lower_flat<Cx: LowerContext + ?Sized>(
                &self,
                cx: &mut Cx,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let ($($part,)+) = self;
                $($part.lower_flat(cx, flat)?;)+
                Ok(())
            }

            fn store<Cx: LowerContext + ?Sized>(
                &self,
                cx: &mut Cx,
                address: u64,
            ) -> Result<(), Failure> {
                let ($($part,)+) = self;
                let [$($offset),+] = const { Abi::offsets([$($ty::ABI),+]) };
                $(store_field($part, cx, address, $offset)?;)+
                Ok(())
            }
        }

        impl<'a, $($ty: Lift<'a>),+> Lift<'a> for ($($ty,)+) {
            const PLAIN: Option<fn(&[u8]) -> Self> = if true $(&& $ty::PLAIN.is_some())+ {
                Some(|bytes| {
                    let [$($offset),+] = const { Abi::offsets([$($ty::ABI),+]) };
                    ($(plain_field::<$ty>(bytes, $offset),)+)
                })
            } else {
                None
            };

            fn lift_flat<Hs: LiftHandles>(
                cx: &mut LiftContext<'a, Hs>,
                values: &mut CoreValueIter<'_>,
            ) -> Result<Self, Failure> {
                Ok(($($ty::lift_flat(cx, values)?,)+))
            }

            fn load<Hs: LiftHandles>(
                cx: &mut LiftContext<'a, Hs>,
                bytes: &'a [u8],
            ) -> Result<Self, Failure> {
                let [$($offset),+] = const { Abi::offsets([$($ty::ABI),+]) };
                Ok(($(load_field(cx, bytes, $offset)?,)+))
            }
        }
    };
}

tuple!(A a at_a);
tuple!(A a at_a, B b at_b);
tuple!(A a at_a, B b at_b, C c at_c);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d, E e at_e);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h);
tuple!(A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k, L l at_l
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k, L l at_l, M m at_m
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k, L l at_l, M m at_m, N n at_n
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k, L l at_l, M m at_m, N n at_n, O o at_o
);
tuple!(
    A a at_a, B b at_b, C c at_c, D d at_d, E e at_e, F f at_f, G g at_g, H h at_h, I i at_i, J
    j at_j, K k at_k, L l at_l, M m at_m, N n at_n, O o at_o, P p at_p
);

impl ComponentType for () {
    const ABI: Abi = Abi::NOTHING;
    const INLINE: bool = true;
    const HANDLES: bool = false;
    const SHAPE: Shape = Shape::Nothing;
}

impl Lower for () {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        _: &mut C,
        _: &mut FlatValues,
    ) -> Result<(), Failure> {
        Ok(())
    }

    fn store<C: LowerContext + ?Sized>(&self, _: &mut C, _: u64) -> Result<(), Failure> {
        Ok(())
    }
}

impl<'a> Lift<'a> for () {
    fn lift_flat<H: LiftHandles>(
        _: &mut LiftContext<'a, H>,
        _: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        Ok(())
    }

    fn load<H: LiftHandles>(_: &mut LiftContext<'a, H>, _: &'a [u8]) -> Result<Self, Failure> {
        Ok(())
    }
}
