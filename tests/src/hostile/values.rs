//! Arguments for calls.

use weft::abi::{ListShape, Type, Val};

/// The greatest length of a fixed-length list.
const LONGEST: u32 = 1_000;

/// Returns a value of a type; nothing if only a guest can create one, or if it would be large.
pub(super) fn argument(ty: &Type) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(true),
        Type::S8 => Val::S8(-1),
        Type::U8 => Val::U8(1),
        Type::S16 => Val::S16(-1),
        Type::U16 => Val::U16(1),
        Type::S32 => Val::S32(-1),
        Type::U32 => Val::U32(1),
        Type::S64 => Val::S64(-1),
        Type::U64 => Val::U64(1),
        Type::F32 => Val::F32(1.0),
        Type::F64 => Val::F64(f64::NAN),
        Type::Char => Val::Char('é'),
        Type::String => Val::String("wörds".into()),
        Type::Flags(_) => Val::Flags(1),
        Type::List(list) => match list.shape() {
            ListShape::FixedLength(length) if length > LONGEST => return None,
            ListShape::FixedLength(length) => {
                Val::List((0..length).map(|_| argument(list.element())).collect::<Option<_>>()?)
            }
            _ => Val::List(vec![argument(list.element())?]),
        },
        Type::Record(record) => {
            let fields = record.fields().iter();
            Val::Record(fields.map(|field| argument(field.ty())).collect::<Option<_>>()?)
        }
        Type::Variant(variant) => {
            let payload = variant.cases().first()?.payload();
            Val::Variant(
                0,
                payload
                    .map(|ty| argument(ty).map(Box::new))
                    .map_or(Some(None), |it| Some(Some(it?)))?,
            )
        }
        _ => return None,
    })
}
