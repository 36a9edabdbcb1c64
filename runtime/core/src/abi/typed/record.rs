//! Tuples, and the fields of records for derives.

use crate::error::Failure;

use super::parts::{LiftParts, LowerParts, plain_parts};
use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

/// Returns the layout, if the canonical ABI has types of that size.
pub(super) const fn check_size(abi: Abi) -> Abi {
    assert!(!abi.is_too_large(), "the canonical ABI has no type of more than 268,435,455 bytes");
    abi
}

/// Implements the traits for a tuple. Each pair of names is a type parameter and its part.
macro_rules! tuple {
    ($($ty:ident $part:ident),+) => {
        impl<$($ty: ComponentType),+> ComponentType for ($($ty,)+) {
            const INLINE: bool = true $(&& $ty::INLINE)+;
            const SHAPE: Shape = Shape::Tuple(&[$(&$ty::SHAPE),+]);
        }

        impl<$($ty: Lower),+> Lower for ($($ty,)+) {
            fn lower_parts<Ps: LowerParts>(&self, parts: &mut Ps) -> Result<(), Failure> {
                let ($($part,)+) = self;
                $(parts.part($part)?;)+
                Ok(())
            }
        }

        impl<'a, $($ty: Lift<'a>),+> Lift<'a> for ($($ty,)+) {
            const PLAIN: Option<fn(&[u8]) -> Self> =
                plain_parts(true $(&& $ty::PLAIN.is_some())+);

            fn lift_parts<Ps: LiftParts<'a>>(parts: &mut Ps) -> Result<Self, Failure> {
                Ok(($(parts.part::<$ty>()?,)+))
            }
        }
    };
}

tuple!(A a);
tuple!(A a, B b);
tuple!(A a, B b, C c);
tuple!(A a, B b, C c, D d);
tuple!(A a, B b, C c, D d, E e);
tuple!(A a, B b, C c, D d, E e, F f);
tuple!(A a, B b, C c, D d, E e, F f, G g);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n, O o);
tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l, M m, N n, O o, P p);

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
