//! Values of the text format.

use wast::component::WastVal;
use weft::abi::{ListShape, Type, Val, VariantShape};

/// Converts a value of the text format to a value of this type.
pub(super) fn to_val(value: &WastVal<'_>, ty: &Type) -> Result<Val, String> {
    let mismatch = || Err(format!("{value:?} is not a value of {ty}"));
    Ok(match (value, ty) {
        (WastVal::Bool(it), Type::Bool) => Val::Bool(*it),
        (WastVal::U8(it), Type::U8) => Val::U8(*it),
        (WastVal::S8(it), Type::S8) => Val::S8(*it),
        (WastVal::U16(it), Type::U16) => Val::U16(*it),
        (WastVal::S16(it), Type::S16) => Val::S16(*it),
        (WastVal::U32(it), Type::U32) => Val::U32(*it),
        (WastVal::S32(it), Type::S32) => Val::S32(*it),
        (WastVal::U64(it), Type::U64) => Val::U64(*it),
        (WastVal::S64(it), Type::S64) => Val::S64(*it),
        (WastVal::F32(it), Type::F32) => Val::F32(f32::from_bits(it.bits)),
        (WastVal::F64(it), Type::F64) => Val::F64(f64::from_bits(it.bits)),
        (WastVal::Char(it), Type::Char) => Val::Char(*it),
        (WastVal::String(it), Type::String) => Val::String((*it).into()),
        (WastVal::List(values), Type::List(list)) => {
            let element = list.element();
            Val::List(values.iter().map(|it| to_val(it, element)).collect::<Result<_, _>>()?)
        }
        (WastVal::Map(entries), Type::List(list)) if list.shape() == ListShape::Map => {
            let Type::Record(entry) = list.element() else { return mismatch() };
            let [key_type, value_type] = entry.fields() else { return mismatch() };
            let entries = entries.iter().map(|(key, value)| {
                let key = to_val(key, key_type.ty())?;
                Ok(Val::Record(vec![key, to_val(value, value_type.ty())?]))
            });
            Val::List(entries.collect::<Result<_, String>>()?)
        }
        (WastVal::Record(fields), Type::Record(record)) => {
            if fields.len() != record.fields().len() {
                return mismatch();
            }
            let values = record.fields().iter().map(|field| {
                let found = fields.iter().find(|(name, _)| *name == field.name());
                let (_, value) = found.ok_or_else(|| format!("no field `{}`", field.name()))?;
                to_val(value, field.ty())
            });
            Val::Record(values.collect::<Result<_, _>>()?)
        }
        (WastVal::Tuple(values), Type::Record(record)) => {
            if values.len() != record.fields().len() {
                return mismatch();
            }
            let values = values.iter().zip(record.fields());
            Val::Record(values.map(|(it, field)| to_val(it, field.ty())).collect::<Result<_, _>>()?)
        }
        (WastVal::Variant(name, payload), Type::Variant(_)) => case(name, payload.as_deref(), ty)?,
        (WastVal::Enum(name), Type::Variant(_)) => case(name, None, ty)?,
        (WastVal::Option(payload), Type::Variant(variant))
            if variant.shape() == VariantShape::Option =>
        {
            case(if payload.is_some() { "some" } else { "none" }, payload.as_deref(), ty)?
        }
        (WastVal::Result(result), Type::Variant(variant))
            if variant.shape() == VariantShape::Result =>
        {
            match result {
                Ok(payload) => case("ok", payload.as_deref(), ty)?,
                Err(payload) => case("error", payload.as_deref(), ty)?,
            }
        }
        (WastVal::Flags(names), Type::Flags(flags)) => {
            let mut bits = 0;
            for name in names {
                let position = flags.labels().position(|label| label == *name);
                bits |= 1 << position.ok_or_else(|| format!("no flag `{name}`"))?;
            }
            Val::Flags(bits)
        }
        _ => return mismatch(),
    })
}

fn case(name: &str, payload: Option<&WastVal<'_>>, ty: &Type) -> Result<Val, String> {
    let Type::Variant(variant) = ty else { return Err(format!("{ty} has no cases")) };
    let mut cases = (0_u32..).zip(variant.cases());
    let case = cases.find(|(_, case)| case.name() == name);
    let (index, case) = case.ok_or_else(|| format!("{ty} has no case `{name}`"))?;
    let payload = match (payload, case.payload()) {
        (None, None) => None,
        (Some(value), Some(ty)) => Some(Box::new(to_val(value, ty)?)),
        _ => return Err(format!("case `{name}` of {ty} has another payload")),
    };
    Ok(Val::Variant(index, payload))
}

/// Returns `true` if two values are the same. Floats are compared by their bits, but all NaNs are
/// the same.
pub(super) fn is_same(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::F32(a), Val::F32(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Val::F64(a), Val::F64(b)) => a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan(),
        (Val::List(a), Val::List(b)) | (Val::Record(a), Val::Record(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        (Val::Variant(a, a_payload), Val::Variant(b, b_payload)) => {
            a == b
                && match (a_payload, b_payload) {
                    (None, None) => true,
                    (Some(a), Some(b)) => is_same(a, b),
                    _ => false,
                }
        }
        _ => a == b,
    }
}
