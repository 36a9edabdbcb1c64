//! The second pass: it moves one value from its place to its destination.

use crate::error::{AbiError, Failure};

use super::context::{TransferContext, source};
use super::handles::Lifted;
use super::place::{From, To};
use super::{elements, floats, text};
use crate::abi::dynamic::Run;
use crate::abi::scalar::{convert_i32_to_char, convert_int_to_bool};
use crate::abi::{Case, ListShape, ListType, Offset, RecordType, Type, VariantType};

/// Moves a value of type `ty`.
pub(super) fn value<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    ty: &Type,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    match ty {
        Type::U8 => scalar(cx, 1, from, to, |bits| bits),
        Type::U16 => scalar(cx, 2, from, to, |bits| bits),
        Type::U32 | Type::S32 => scalar(cx, 4, from, to, |bits| bits),
        Type::U64 | Type::S64 => scalar(cx, 8, from, to, |bits| bits),
        Type::F32 => {
            let bits = from.bits(cx, 4)?;
            let bits = floats::f32_bits(cx, lifted, bits)?;
            to.put(cx, 4, bits, bits)
        }
        Type::F64 => {
            let bits = from.bits(cx, 8)?;
            let bits = floats::f64_bits(cx, lifted, bits)?;
            to.put(cx, 8, bits, bits)
        }
        Type::S8 => scalar(cx, 1, from, to, |bits| extended(bits, 24)),
        Type::S16 => scalar(cx, 2, from, to, |bits| extended(bits, 16)),
        Type::Bool => {
            // A core value is true if any of its bits is set.
            let size = if matches!(from, From::Flat(_)) { 4 } else { 1 };
            let bit = u64::from(convert_int_to_bool(from.word(cx, size)?));
            to.put(cx, 1, bit, bit)
        }
        Type::Char => {
            let character = convert_i32_to_char(from.word(cx, 4)?)?;
            to.put(cx, 4, character.into(), character.into())
        }
        Type::Flags(flags) => {
            let size = flags.abi().size();
            let bits = u64::from(from.word(cx, size)? & flags.mask());
            to.put(cx, u64::from(size), bits, bits)
        }
        Type::String => {
            let (address, length) = from.pair(cx)?;
            let pair = text::transfer(cx, lifted, address, length)?;
            to.put_pair(cx, pair)
        }
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            // The index in the source's table is not needed any longer.
            from.skip(cx, ty)?;
            let index = u64::from(lifted.lower(cx, ty)?);
            to.put(cx, 4, index, index)
        }
        Type::List(list) => self::list(cx, lifted, list, from, to),
        Type::Record(record) => self::record(cx, lifted, record, from, to),
        Type::Variant(variant) => self::variant(cx, lifted, variant, from, to),
    }
}

fn scalar<C: TransferContext + ?Sized>(
    cx: &mut C,
    size: u64,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
    flat: impl Fn(u64) -> u64,
) -> Result<(), Failure> {
    let bits = from.bits(cx, size)?;
    to.put(cx, size, bits, flat(bits))
}

/// Extends the sign of an integer that has `unused` bits less than an `i32`: `lower_flat_signed`.
fn extended(bits: u64, unused: u32) -> u64 {
    let word = crate::abi::flat_values::low_half(bits).cast_signed();
    u64::from((word << unused >> unused).cast_unsigned())
}

fn list<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    list: &ListType,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    use crate::abi::context::LowerContextExt as _;
    let element = list.element();
    if let ListShape::FixedLength(length) = list.shape() {
        return fixed_length_list(cx, lifted, element, length, from, to);
    }
    let (address, length) = from.pair(cx)?;
    let layout = element.abi().of(cx.source_options().address_type);
    source(cx).load_list_from_range(address, length, layout)?;
    lifted.charge(cx, address, layout.size.saturating_mul(length))?;
    let count = usize::try_from(length).map_err(|_| AbiError::TooLong)?;
    let place = cx.allocate_list(count, element.abi().of(cx.options().address_type))?;
    elements::transfer(cx, lifted, element, address, place, length)?;
    to.put_pair(cx, (place, length))
}

fn fixed_length_list<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    element: &Type,
    length: u32,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    if let (From::Memory(from), To::Memory(to)) = (&from, &to) {
        return elements::transfer(cx, lifted, element, *from, *to, length.into());
    }
    // One side is flat, so that there are at most as many elements as core values.
    let sizes = [cx.source_options().address_type, cx.options().address_type]
        .map(|address_type| element.abi().of(address_type).size);
    for number in 0..u64::from(length) {
        let [source_offset, offset] = sizes.map(|size| size.saturating_mul(number));
        let mut from = match from {
            From::Memory(address) => From::Memory(address.saturating_add(source_offset)),
            From::Flat(values) => From::Flat(values),
        };
        let mut to = match to {
            To::Memory(address) => To::Memory(address.saturating_add(offset)),
            To::Flat(flat) => To::Flat(flat),
        };
        value(cx, lifted, element, &mut from, &mut to)?;
    }
    Ok(())
}

/// Moves the fields of a record, or the values of a list of types.
pub(super) fn record<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    record: &RecordType,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    if let (From::Memory(from), To::Memory(to)) = (&from, &to) {
        return record_in_memory(cx, lifted, record, *from, *to);
    }
    record.fields().iter().try_for_each(|field| {
        let (mut from, mut to) = (from.part(cx, field.offset()), to.part(cx, field.offset()));
        value(cx, lifted, field.ty(), &mut from, &mut to)
    })
}

fn record_in_memory<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    record: &RecordType,
    from: u64,
    to: u64,
) -> Result<(), Failure> {
    for run in record.runs() {
        let (offset, bytes, ty) = match run {
            Run::Bytes(offset, bytes) => (*offset, *bytes, None),
            Run::Field(number) => match record.fields().get(*number) {
                Some(field) => (field.offset(), 0, Some(field.ty())),
                None => continue,
            },
        };
        let from = from.saturating_add(offset.of(cx.source_options().address_type));
        let to = to.saturating_add(offset.of(cx.options().address_type));
        match ty {
            None => {
                cx.copy(from, to, bytes)?;
                floats_of_run(cx, lifted, record, (offset, bytes), to)?;
            }
            Some(ty) => value(cx, lifted, ty, &mut From::Memory(from), &mut To::Memory(to))?,
        }
    }
    Ok(())
}

/// Replaces the NaNs in the fields of a run, which was copied to `to`.
fn floats_of_run<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    record: &RecordType,
    (offset, bytes): (Offset, u64),
    to: u64,
) -> Result<(), Failure> {
    if !record.contains_float() {
        return Ok(());
    }
    for field in record.fields() {
        match field.offset().narrow.checked_sub(offset.narrow) {
            Some(distance) if distance < bytes => {
                floats::lower(cx, lifted, field.ty(), to.saturating_add(distance), 1)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn variant<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    variant: &VariantType,
    from: &mut From<'_, '_>,
    to: &mut To<'_>,
) -> Result<(), Failure> {
    let abi = variant.variant();
    let (case, mut payload_place) = from.case(cx, abi)?;
    let mut from = payload_place.from();
    let payload = variant.case(case).and_then(Case::payload);
    match to {
        To::Memory(address) => {
            abi.store(cx, *address, case, &())?;
            let offset = abi.payload_offset().of(cx.options().address_type);
            let mut to = To::Memory(address.saturating_add(offset));
            payload.map_or(Ok(()), |ty| value(cx, lifted, ty, &mut from, &mut to))
        }
        To::Flat(flat) => {
            let end = abi.begin_flat(cx, flat, case)?;
            if let Some(ty) = payload {
                value(cx, lifted, ty, &mut from, &mut To::Flat(flat))?;
            }
            flat.pad_to(end)
        }
    }
}
