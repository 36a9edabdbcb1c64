//! The first pass: the checks of lifting. Nothing is lowered before they have passed.

use alloc::vec::Vec;

use wasm_encoder::BlockType;

use crate::abi::{Offset, Type, TypeList, VariantType, discriminant_size};
use crate::component::definition::linking::link_trap::LinkTrap;
use crate::core_value::CoreType;

use super::shape::{may_trap, offsets, payload_of};
use super::transfer::{element_offset, fixed_length};
use super::values::{Locals, Source, Values};

impl Values<'_, '_> {
    /// Checks the values of a list of types.
    pub(super) fn check_all(&mut self, types: &TypeList, source: &mut Source<'_, '_>) {
        for (ty, offset) in types.types().zip(offsets(types)) {
            self.check_part(ty, offset, source);
        }
    }

    fn check_part(&mut self, ty: &Type, offset: Offset, source: &mut Source<'_, '_>) {
        let addresses = self.source_addresses();
        let mut source = source.part(offset, addresses);
        if may_trap(ty) {
            self.check(ty, &mut source);
        } else if let Source::Flat(locals) = source {
            locals.skip(ty.abi().of(addresses).flat.count().unwrap_or_default());
        }
    }

    /// Checks a value.
    fn check(&mut self, ty: &Type, source: &mut Source<'_, '_>) {
        match ty {
            Type::Char => self.check_char(source),
            Type::String | Type::List(_) if let Some(buffer) = self.buffer(ty) => {
                self.check_buffer(&buffer, source);
            }
            Type::List(list) => {
                for number in 0..fixed_length(list) {
                    let offset = element_offset(list.element(), number);
                    self.check_part(list.element(), offset, source);
                }
            }
            Type::Record(record) => {
                for field in record.fields() {
                    self.check_part(field.ty(), field.offset(), source);
                }
            }
            Type::Variant(variant) => self.check_variant(variant, source),
            _ => {}
        }
    }

    fn check_char(&mut self, source: &mut Source<'_, '_>) {
        self.push_bits(&Type::Char, source);
        let value = self.body.set_local(CoreType::I32);
        let mut code = self.body.code();
        // A surrogate, or beyond the last character.
        code.local_get(value).i32_const(0xd800).i32_sub().i32_const(0x800).i32_lt_u();
        code.local_get(value).i32_const(0x10_ffff).i32_gt_u().i32_or();
        self.trap_if(LinkTrap::InvalidChar);
    }

    fn check_variant(&mut self, variant: &VariantType, source: &mut Source<'_, '_>) {
        let case = self.case(variant, source);
        let count = i32::try_from(variant.cases().len()).unwrap_or(i32::MAX);
        self.body.code().local_get(case).i32_const(count).i32_ge_u();
        self.trap_if(LinkTrap::InvalidDiscriminant);
        let (shared, offset) = payload_of(variant);
        let addresses = self.source_addresses();
        let joined = shared.of(addresses).flat.count().unwrap_or_default();
        let mut payload = source.part(offset, addresses);
        for (number, of_case) in (0..).zip(variant.cases()) {
            let Some(ty) = of_case.payload().filter(|ty| may_trap(ty)) else { continue };
            self.body.code().local_get(case).i32_const(number).i32_eq().if_(BlockType::Empty);
            match &payload {
                Source::Flat(locals) => {
                    let flat = self.unjoined(ty, locals.0);
                    self.check(ty, &mut Source::Flat(&mut Locals(&flat)));
                }
                Source::Memory(place) => self.check(ty, &mut Source::Memory(*place)),
            }
            self.body.code().end();
        }
        if let Source::Flat(locals) = &mut payload {
            locals.skip(joined);
        }
    }

    /// Returns a local with the case of a variant.
    pub(super) fn case(&mut self, variant: &VariantType, source: &mut Source<'_, '_>) -> u32 {
        match source {
            Source::Flat(locals) => locals.next(),
            Source::Memory(place) => {
                // The discriminant is loaded like an integer of its size.
                let ty = match discriminant_size(variant.cases().len()) {
                    1 => Type::U8,
                    2 => Type::U16,
                    _ => Type::U32,
                };
                self.push_bits(&ty, &mut Source::Memory(*place));
                self.body.set_local(CoreType::I32)
            }
        }
    }

    /// Returns locals with the core values of a payload, from the locals that all payloads share.
    pub(super) fn unjoined(&mut self, ty: &Type, joined: &[u32]) -> Vec<u32> {
        let flat = ty.abi().of(self.source_addresses()).flat;
        flat.iter().zip(joined).map(|(ty, local)| self.converted(*local, ty)).collect()
    }

    /// Converts the value of a local to a type, and returns the local with the result.
    pub(super) fn converted(&mut self, local: u32, ty: CoreType) -> u32 {
        let Some(from) = self.body.type_of(local).filter(|from| *from != ty) else {
            return local;
        };
        self.body.code().local_get(local);
        self.convert(from, ty);
        self.body.set_local(ty)
    }

    /// Converts the value on the stack without changing its bits.
    pub(super) fn convert(&mut self, from: CoreType, to: CoreType) {
        use CoreType::{F32, F64, I32, I64};
        let mut code = self.body.code();
        match (from, to) {
            (I32, F32) => code.f32_reinterpret_i32(),
            (F32, I32) => code.i32_reinterpret_f32(),
            (I64, I32) => code.i32_wrap_i64(),
            (I32, I64) => code.i64_extend_i32_u(),
            (I64, F32) => code.i32_wrap_i64().f32_reinterpret_i32(),
            (F32, I64) => code.i32_reinterpret_f32().i64_extend_i32_u(),
            (I64, F64) => code.f64_reinterpret_i64(),
            (F64, I64) => code.i64_reinterpret_f64(),
            _ => code.nop(),
        };
    }
}
