//! Numbers, `bool` and `char`.

use crate::error::{AbiError, Failure};

use super::{ComponentType, Lift, Lower, Shape};
use crate::abi::context::LoweringSteps as _;
use crate::abi::memory::range_mut;
use crate::abi::scalar::{
    convert_i32_to_char, convert_int_to_bool, decode_i32_as_float, decode_i64_as_float,
};
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

/// Implements the traits of a scalar type whose values are all patterns of bits, from its layout
/// and its conversions to and from bytes.
macro_rules! scalar {
    (
        $($ty:ty: $abi:ident $shape:ident,
        encode($self:ident, $options:ident) $encode:expr,
        decode($bytes:ident) $decode:expr,
        arrays($arrays:ident, $into:ident) $extend:expr,
        lower $flat:expr, lift($values:ident) $lift:expr;)*
    ) => {$(
        impl ComponentType for $ty {
            const ABI: Abi = Abi::$abi;
            const INLINE: bool = true;
            const HANDLES: bool = false;
            const SHAPE: Shape = Shape::$shape;
        }

        impl Lower for $ty {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let ($self, $options) = (*self, cx.options());
                let _ = $options;
                flat.push($flat)
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let ($self, $options) = (*self, *cx.options());
                let _ = $options;
                cx.write(address, $encode)
            }

            fn store_elements<C: LowerContext + ?Sized>(
                elements: &[Self],
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let $options = *cx.options();
                let _ = $options;
                let length = u64::try_from(size_of_val(elements)).unwrap_or(u64::MAX);
                let place = range_mut(cx.memory_mut(), address, length);
                let (places, _) = place.ok_or(AbiError::ByteCount)?.as_chunks_mut();
                for (place, $self) in places.iter_mut().zip(elements.iter().copied()) {
                    *place = $encode;
                }
                Ok(())
            }
        }

        impl<'a> Lift<'a> for $ty {
            const PLAIN: Option<fn(&[u8]) -> Self> = Some(|bytes| {
                let $bytes = bytes.first_chunk().copied().unwrap_or_default();
                $decode
            });

            fn lift_flat<H: LiftHandles>(
                _: &mut LiftContext<'a, H>,
                $values: &mut CoreValueIter<'_>,
            ) -> Result<Self, Failure> {
                Ok($lift)
            }

            fn load<H: LiftHandles>(
                _: &mut LiftContext<'a, H>,
                bytes: &'a [u8],
            ) -> Result<Self, Failure> {
                let $bytes = *bytes.first_chunk().ok_or(AbiError::ByteCount)?;
                Ok($decode)
            }

            fn load_elements<H: LiftHandles>(
                _: &mut LiftContext<'a, H>,
                bytes: &'a [u8],
                into: &mut impl Extend<Self>,
            ) -> Result<(), Failure> {
                into.extend(bytes.as_chunks().0.iter().map(|$bytes| {
                    let $bytes = *$bytes;
                    $decode
                }));
                Ok(())
            }

            fn load_arrays<const N: usize, H: LiftHandles>(
                _: &mut LiftContext<'a, H>,
                bytes: &'a [u8],
                $into: &mut impl Extend<[Self; N]>,
            ) -> Result<(), Failure> {
                let $arrays = bytes.as_chunks().0.as_chunks().0;
                $extend;
                Ok(())
            }
        }
    )*};
}

/// Adds arrays of floats. Their bytes are copied unchanged if there is no NaN among them.
///
/// The search for a NaN is over many arrays at a time. To decide it for each float while arrays
/// are made takes twice as long.
fn extend_with_floats<F, const SIZE: usize, const N: usize>(
    into: &mut impl Extend<[F; N]>,
    arrays: &[[[u8; SIZE]; N]],
    as_it_is: impl Fn([u8; SIZE]) -> F + Copy,
    is_nan: impl Fn(F) -> bool,
    decode: impl Fn([u8; SIZE]) -> F + Copy,
) {
    // These are so few bytes that they are still in the nearest cache the second time.
    for arrays in arrays.chunks(const { 2048_usize.div_ceil(SIZE * N + 1) }) {
        let floats = arrays.as_flattened().iter();
        if floats.fold(false, |found, bytes| found | is_nan(as_it_is(*bytes))) {
            into.extend(arrays.iter().map(|array| array.map(decode)));
        } else {
            into.extend(arrays.iter().map(|array| array.map(as_it_is)));
        }
    }
}

/// Takes the low bytes of a core value, as many as the integer has.
macro_rules! low_bytes {
    ($core:expr => $ty:ty) => {{
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "the high bytes are nobody's"
        )]
        let low = $core as $ty;
        low
    }};
}

/// Implements signed integers. Lifting takes the low bytes: `lift_flat_unsigned`,
/// `lift_flat_signed`. Lowering extends the sign to the width of the core value, and no further:
/// `lower_flat_signed`.
macro_rules! integer {
    ($($ty:ty: $abi:ident, $core:ty, $next:ident;)*) => {
        scalar! {$(
            $ty: $abi $abi,
            encode(value, options) value.to_le_bytes(),
            decode(bytes) <$ty>::from_le_bytes(bytes),
            arrays(arrays, into) {
                into.extend(arrays.iter().map(|array| array.map(<$ty>::from_le_bytes)))
            },
            lower u64::from(<$core>::from(value).cast_unsigned()),
            lift(values) low_bytes!(values.$next()? => $ty);
        )*}
    };
}

/// Implements unsigned integers. Lowering extends them with zeros.
macro_rules! unsigned {
    ($($ty:ty: $abi:ident, $next:ident;)*) => {
        scalar! {$(
            $ty: $abi $abi,
            encode(value, options) value.to_le_bytes(),
            decode(bytes) <$ty>::from_le_bytes(bytes),
            arrays(arrays, into) {
                into.extend(arrays.iter().map(|array| array.map(<$ty>::from_le_bytes)))
            },
            lower u64::from(value),
            lift(values) low_bytes!(values.$next()? => $ty);
        )*}
    };
}

integer! {
    i8: S8, i32, next_u32;
    i16: S16, i32, next_u32;
    i32: S32, i32, next_u32;
    i64: S64, i64, next_u64;
}

unsigned! {
    u8: U8, next_u32;
    u16: U16, next_u32;
    u32: U32, next_u32;
    u64: U64, next_u64;
}

scalar! {
    bool: BOOL Bool,
    encode(value, options) [u8::from(value)],
    decode(bytes) {
        let [byte] = bytes;
        convert_int_to_bool(u32::from(byte))
    },
    arrays(arrays, into) {
        let decode = |[byte]: [u8; 1]| convert_int_to_bool(u32::from(byte));
        into.extend(arrays.iter().map(|array| array.map(decode)));
    },
    lower u64::from(value),
    lift(values) convert_int_to_bool(values.next_u32()?);

    f32: F32 F32,
    encode(value, options) options.nan.encode_f32(value).to_le_bytes(),
    decode(bytes) decode_i32_as_float(u32::from_le_bytes(bytes)),
    arrays(arrays, into) {
        let decode = |bytes| decode_i32_as_float(u32::from_le_bytes(bytes));
        extend_with_floats(into, arrays, f32::from_le_bytes, f32::is_nan, decode);
    },
    lower u64::from(options.nan.encode_f32(value)),
    lift(values) decode_i32_as_float(values.next_u32()?);

    f64: F64 F64,
    encode(value, options) options.nan.encode_f64(value).to_le_bytes(),
    decode(bytes) decode_i64_as_float(u64::from_le_bytes(bytes)),
    arrays(arrays, into) {
        let decode = |bytes| decode_i64_as_float(u64::from_le_bytes(bytes));
        extend_with_floats(into, arrays, f64::from_le_bytes, f64::is_nan, decode);
    },
    lower options.nan.encode_f64(value),
    lift(values) decode_i64_as_float(values.next_u64()?);
}

impl ComponentType for char {
    const ABI: Abi = Abi::CHAR;
    const INLINE: bool = true;
    const HANDLES: bool = false;
    const SHAPE: Shape = Shape::Char;
}

impl Lower for char {
    fn lower_flat<C: LowerContext + ?Sized>(
        &self,
        _: &mut C,
        flat: &mut FlatValues,
    ) -> Result<(), Failure> {
        flat.push(u64::from(*self))
    }

    fn store<C: LowerContext + ?Sized>(&self, cx: &mut C, address: u64) -> Result<(), Failure> {
        cx.write(address, u32::from(*self).to_le_bytes())
    }
}

impl<'a> Lift<'a> for char {
    fn lift_flat<H: LiftHandles>(
        _: &mut LiftContext<'a, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        convert_i32_to_char(values.next_u32()?)
    }

    fn load<H: LiftHandles>(_: &mut LiftContext<'a, H>, bytes: &'a [u8]) -> Result<Self, Failure> {
        let bytes = bytes.first_chunk().ok_or(AbiError::ByteCount)?;
        convert_i32_to_char(u32::from_le_bytes(*bytes))
    }
}
