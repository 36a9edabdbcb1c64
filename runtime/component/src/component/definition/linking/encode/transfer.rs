//! The second pass: moving the values.

use alloc::vec::Vec;

use wasm_encoder::BlockType;

use crate::abi::{ListShape, ListType, Offset, Type, TypeList, VariantType, discriminant_size};
use crate::core_value::IntegerType;

use super::shape::{is_copied, offsets, payload_of};
use super::values::{Locals, Place, Source, Target, Values};

/// The largest number of bytes that are moved by loads and stores. More are copied as a block.
const MAX_LOADED: u64 = 16;

impl Values<'_, '_> {
    /// Moves the values of a list of types.
    pub(super) fn transfer_all(
        &mut self,
        types: &TypeList,
        source: &mut Source<'_, '_>,
        target: &mut Target<'_>,
    ) {
        for (ty, offset) in types.types().zip(offsets(types)) {
            self.transfer_part(ty, offset, source, target);
        }
    }

    fn transfer_part(
        &mut self,
        ty: &Type,
        offset: Offset,
        source: &mut Source<'_, '_>,
        target: &mut Target<'_>,
    ) {
        let mut source = source.part(offset, self.source_addresses());
        self.transfer(ty, &mut source, &mut target.part(offset, self.target_addresses()));
    }

    /// Moves a value.
    fn transfer(&mut self, ty: &Type, source: &mut Source<'_, '_>, target: &mut Target<'_>) {
        if let (Source::Memory(from), Target::Memory(to)) = (&*source, &*target)
            && is_copied(ty)
            && ty.abi().narrow.size > MAX_LOADED
        {
            return self.copy(*from, *to, ty.abi().narrow.size);
        }
        match ty {
            Type::String | Type::List(_) if let Some(buffer) = self.buffer(ty) => {
                self.transfer_buffer(&buffer, source, target);
            }
            Type::List(list) => {
                for number in 0..fixed_length(list) {
                    let offset = element_offset(list.element(), number);
                    self.transfer_part(list.element(), offset, source, target);
                }
            }
            Type::Record(record) => {
                for field in record.fields() {
                    self.transfer_part(field.ty(), field.offset(), source, target);
                }
            }
            Type::Variant(variant) => self.transfer_variant(variant, source, target),
            _ => self.scalar(ty, source, target),
        }
    }

    /// Copies a constant number of bytes.
    fn copy(&mut self, from: Place, to: Place, bytes: u64) {
        let (source, target) = (self.source_memory(), self.target_memory());
        let (from_addresses, to_addresses) = (self.source_addresses(), self.target_addresses());
        self.push_address(to_addresses, to);
        self.push_address(from_addresses, from);
        let shorter = super::pair::shorter(from_addresses, to_addresses);
        self.address_constant(shorter, bytes);
        self.body.code().memory_copy(target.index, source.index);
    }

    /// Pushes the address of a place.
    fn push_address(&mut self, addresses: IntegerType, place: Place) {
        self.body.code().local_get(place.base());
        if place.offset() > 0 {
            self.address_constant(addresses, place.offset());
            match addresses {
                IntegerType::I32 => self.body.code().i32_add(),
                IntegerType::I64 => self.body.code().i64_add(),
            };
        }
    }

    /// Moves a variant, whose case was checked.
    fn transfer_variant(
        &mut self,
        variant: &VariantType,
        source: &mut Source<'_, '_>,
        target: &mut Target<'_>,
    ) {
        let case = self.case(variant, source);
        let (shared, offset) = payload_of(variant);
        let joined = shared.of(self.source_addresses()).flat.count().unwrap_or_default();
        let mut payload = source.part(offset, self.source_addresses());
        let mut places = Vec::new();
        match target {
            Target::Flat(moved) => {
                moved.push(case);
                let types = shared.of(self.target_addresses()).flat;
                places.extend(types.iter().map(|ty| self.body.local(ty)));
                moved.extend(&places);
            }
            Target::Memory(place) => {
                let argument = place.argument(self.target_memory());
                let mut code = self.body.code();
                code.local_get(place.base()).local_get(case);
                match discriminant_size(variant.cases().len()) {
                    1 => code.i32_store8(argument),
                    2 => code.i32_store16(argument),
                    _ => code.i32_store(argument),
                };
            }
        }
        for (number, of_case) in (0..).zip(variant.cases()) {
            let Some(ty) = of_case.payload() else { continue };
            self.body.code().local_get(case).i32_const(number).i32_eq().if_(BlockType::Empty);
            self.transfer_payload(ty, &payload, target, &places, offset);
            self.body.code().end();
        }
        if let Source::Flat(locals) = &mut payload {
            locals.skip(joined);
        }
    }

    /// Moves the payload of a variant. Its core values go to `places`.
    fn transfer_payload(
        &mut self,
        ty: &Type,
        payload: &Source<'_, '_>,
        target: &mut Target<'_>,
        places: &[u32],
        offset: Offset,
    ) {
        let flat;
        let mut locals;
        let mut source = match payload {
            Source::Flat(joined) => {
                flat = self.unjoined(ty, joined.0);
                locals = Locals(&flat);
                Source::Flat(&mut locals)
            }
            Source::Memory(place) => Source::Memory(*place),
        };
        if let Target::Memory(place) = target {
            let place = place.after(offset.of(self.target_addresses()));
            return self.transfer(ty, &mut source, &mut Target::Memory(place));
        }
        let mut moved = Vec::new();
        self.transfer(ty, &mut source, &mut Target::Flat(&mut moved));
        for (local, place) in moved.iter().zip(places) {
            let types = (self.body.type_of(*local), self.body.type_of(*place));
            self.body.code().local_get(*local);
            if let (Some(from), Some(to)) = types {
                self.convert(from, to);
            }
            self.body.code().local_set(*place);
        }
    }
}

/// Returns the offset of an element of a fixed-length list.
pub(super) fn element_offset(element: &Type, number: u32) -> Offset {
    let abi = element.abi();
    let [narrow, wide] =
        [abi.narrow, abi.wide].map(|layout| layout.size.saturating_mul(number.into()));
    Offset { narrow, wide }
}

/// Returns the length of a fixed-length list; 0 for another list.
pub(super) fn fixed_length(list: &ListType) -> u32 {
    match list.shape() {
        ListShape::FixedLength(length) => length,
        ListShape::List | ListShape::Map => 0,
    }
}
